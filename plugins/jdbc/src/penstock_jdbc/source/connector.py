"""JdbcSource: rows of tables, or of a query, become records (spec jdbc 4)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from penstock.api import (
    Check,
    ConfigDef,
    ConfigValue,
    ExactlyOnceSupport,
    Offset,
    SourceConnector,
)
from penstock_jdbc.config.names import TASK_TABLES, TASK_TABLES_FETCHED
from penstock_jdbc.config.source_config import SOURCE_CONFIG
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import check_altered
from penstock_jdbc.source.options import LATE_COMMITS_CONFIG, SOURCE_OPTIONS, LateCommits
from penstock_jdbc.source.selection import TableSelection, groups_of
from penstock_jdbc.source.settings import query_of

if TYPE_CHECKING:
    from penstock_jdbc.database.session import Database
    from penstock_jdbc.source.monitor import TableMonitor

logger = logging.getLogger(__name__)

_STOP_S = 5.0
_MS_PER_S = 1000


class JdbcSourceConnector(SourceConnector):
    """Divides the tables that there are among tasks, and anew whenever others are found. A query has one task."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_CONFIG
    connect_name = "io.confluent.connect.jdbc.JdbcSourceConnector"
    task_class = "penstock_jdbc.source.task:JdbcSourceTask"

    _monitor: TableMonitor | None = None
    _database: Database | None = None

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Connect's keys in Connect's order, and those of Penstock's options that are set."""
        from penstock_jdbc.config.source_validation import validate  # opens connections: only here

        own = [value for value in SOURCE_OPTIONS.validate(props) if value.name in props]
        return [*validate(props, type(self).CONFIG), *own]

    def check(self, props: Mapping[str, str]) -> Iterator[Check]:
        """Configuration, driver, connection, and whether tasks could read what is asked for."""
        from penstock_jdbc.source.check import source_checks

        return source_checks(props, type(self).CONFIG)

    def start(self, props: Mapping[str, str]) -> None:
        """Open a connection, and begin to watch tables unless there is a query.

        Raises ConnectException when the database cannot be reached.
        """
        # SQLAlchemy comes with these, and not with every look at what is installed
        from penstock_jdbc.database.session import Database
        from penstock_jdbc.database.settings import ConnectionSettings
        from penstock_jdbc.source.monitor import TableMonitor

        settings = ConnectionSettings.of(self.config, props)
        self._database = database = Database(settings)
        selection = TableSelection.of(self.config, unique_names=self._unique_names)
        connection = database.open(self.context.wait)
        if self._query:
            connection.close()
            return
        self._monitor = TableMonitor(
            database,
            selection,
            self.config.get_long("table.poll.interval.ms") / _MS_PER_S,
            self.context,
        )
        self._monitor.start(connection)

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """One for a query, else one for each group of tables. While tables are not listed, one that idles."""
        if self._query:
            return [self._task("", fetched=True)]
        assert self._monitor is not None
        assert self._database is not None
        limit_s = self.config.get_long("table.monitoring.startup.polling.limit.ms") / _MS_PER_S
        tables = self._monitor.tables(limit_s)
        if self._monitor.failure is not None:
            return []
        if tables is None:
            logger.info("Tables are not listed yet: the task idles until they are")
            return [self._task("", fetched=False)]
        if not tables:
            logger.warning("No tables were found that this connector is to read: check its filters and privileges")
            return [self._task("", fetched=True)]
        quoted = self._database.identifiers.quoted
        return [self._task(",".join(map(quoted, group)), fetched=True) for group in groups_of(tables, max_tasks)]

    def stop(self) -> None:
        """End the watch."""
        if self._monitor is not None:
            self._monitor.stop(_STOP_S)
            self._monitor = None
        if self._database is not None:
            self._database.close()
            self._database = None

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """Possible where an offset tells rows apart: with an ascending number, and no window that a restart reads again."""
        mode = Mode(self.CONFIG.parsed(props).get_string("mode"))
        again = SOURCE_OPTIONS.parsed(dict(props)).get_string(LATE_COMMITS_CONFIG) == LateCommits.OVERLAP.value
        return ExactlyOnceSupport.SUPPORTED if mode.uses_incrementing and not again else ExactlyOnceSupport.UNSUPPORTED

    def alter_offsets(self, props: Mapping[str, str], offsets: list[tuple[Offset, Offset | None]]) -> bool:  # noqa: ARG002
        """Refuse what a task could not go on from. As Java's connector it leaves open whether more is to be done."""
        for partition, offset in offsets:
            check_altered(partition, offset)
        return False

    @property
    def _unique_names(self) -> bool:
        """Whether tables of one bare name are refused: their topics would be one."""
        return True

    @property
    def _query(self) -> bool:
        return bool(query_of(self.config))

    def _task(self, tables: str, *, fetched: bool) -> dict[str, str]:
        given = {key: value for key, value in self.props.items() if value is not None}
        return {**given, TASK_TABLES: tables, TASK_TABLES_FETCHED: "true" if fetched else "false"}
