"""JdbcSinkConnector: topics into tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from penstock.api import Check, ConfigDef, ConfigValue, PlannedStep, SinkConnector, SinkRecord, TopicPartition
from penstock_jdbc.config.sink_config import SINK_CONFIG
from penstock_jdbc.sink.options import validate_options
from penstock_jdbc.sink.settings import SinkSettings


class JdbcSinkConnector(SinkConnector):
    """All tasks have the same configuration: Kafka's group protocol divides the partitions among them."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "io.confluent.connect.jdbc.JdbcSinkConnector"
    task_class = "penstock_jdbc.sink.task:JdbcSinkTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        return super().task_configs(1) * max_tasks

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Connect's keys with a connection at the end (spec jdbc 12), and those of Penstock's options that are set."""
        from penstock_jdbc.config.sink_validation import validate  # opens connections: only here

        return [*validate(props, type(self).CONFIG), *validate_options(props)]

    def check(self, props: Mapping[str, str]) -> Iterator[Check]:
        """Configuration, driver, connection, and the table of each topic."""
        from penstock_jdbc.sink.check import sink_checks

        return sink_checks(props, type(self).CONFIG)

    def plan(self, props: Mapping[str, str], records: Sequence[SinkRecord]) -> Iterator[PlannedStep]:
        """The DDL that tasks would run before they could write these records."""
        from penstock_jdbc.sink.check import sink_plan

        return sink_plan(props, records, type(self).CONFIG)

    def alter_offsets(self, props: Mapping[str, str], offsets: Mapping[TopicPartition, int | None]) -> bool:
        """Offsets that are kept in the database are altered there too. Raises ConnectException, and what the driver raises."""
        # SQLAlchemy comes with these, and not with every look at what is installed
        from penstock_jdbc.database.session import Database
        from penstock_jdbc.database.settings import ConnectionSettings
        from penstock_jdbc.sink.exactly_once import OffsetLedger
        from penstock_jdbc.sink.session import SinkSession

        config = type(self).CONFIG.parsed(props)
        settings = SinkSettings.of(config, props)
        if settings.exactly_once:
            session = SinkSession(Database(ConnectionSettings.of(config, props)), settings, lambda _seconds: False)
            try:
                OffsetLedger(session, settings.connector, settings.offsets_table).alter(offsets)
            finally:
                session.close()
        return True
