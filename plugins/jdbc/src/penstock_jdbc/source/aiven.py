"""Aiven's fork of the source, by its class name and its own keys (spec jdbc 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from penstock.api import ConfigDef, ConfigKey, ConfigType, ConfigValue, Importance
from penstock_jdbc.config.aiven import (
    INCREMENTING_INITIAL,
    QUALIFY_TABLES,
    SQL_QUOTE_IDENTIFIERS,
    TIMESTAMP_INITIAL_MS,
)
from penstock_jdbc.config.names import QUOTE_SQL_IDENTIFIERS, TIMESTAMP_INITIAL
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG
from penstock_jdbc.source.connector import TABLES_CONFIG, TABLES_FETCHED_CONFIG, JdbcSourceConnector
from penstock_jdbc.source.options import SOURCE_OPTIONS
from penstock_jdbc.source.settings import Initial, SourceSettings
from penstock_jdbc.source.task import JdbcSourceTask

_TASK_CONFIG = AIVEN_SOURCE_CONFIG.including(
    [
        ConfigKey(TABLES_CONFIG, ConfigType.LIST, "", Importance.HIGH, "The tables of this task, quoted full names."),
        ConfigKey(TABLES_FETCHED_CONFIG, ConfigType.BOOLEAN, False, Importance.HIGH, "Whether tables were listed yet."),
    ]
)


class AivenJdbcSourceConnector(JdbcSourceConnector):
    """``io.aiven.connect.jdbc.JdbcSourceConnector``: qualified topic names by default, and other names for some keys."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SOURCE_CONFIG
    connect_name = "io.aiven.connect.jdbc.JdbcSourceConnector"
    task_class = "penstock_jdbc.source.aiven:AivenJdbcSourceTask"

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """As Confluent's, with Aiven's keys."""
        from penstock_jdbc.config.source_validation import validate  # opens connections: only here

        own = [value for value in SOURCE_OPTIONS.validate(props) if value.name in props]
        return [*validate(confluent_names(props), AIVEN_SOURCE_CONFIG), *own]

    def start(self, props: Mapping[str, str]) -> None:
        """As Confluent's."""
        translated = confluent_names(props)
        self.use_config(translated)
        super().start(translated)

    @property
    def _unique_names(self) -> bool:
        return not self.config.get_bool(QUALIFY_TABLES)


class AivenJdbcSourceTask(JdbcSourceTask):
    """Its task."""

    CONFIG: ClassVar[ConfigDef] = _TASK_CONFIG
    connect_name = "io.aiven.connect.jdbc.source.JdbcSourceTask"

    def start(self, props: Mapping[str, str]) -> None:
        """As Confluent's."""
        translated = confluent_names(props)
        self.use_config(translated)
        super().start(translated)

    def settings(self, props: Mapping[str, str]) -> SourceSettings:
        """With Aiven's own keys."""
        found = super().settings(props)
        initial = Initial(found.initial.timestamp_ms, self.config.get_long(INCREMENTING_INITIAL))
        return replace(found, qualify_names=self.config.get_bool(QUALIFY_TABLES), initial=initial)


def confluent_names(props: Mapping[str, str]) -> dict[str, str]:
    """A configuration with Confluent's names beside Aiven's, where they mean the same and Confluent's are not set."""
    found = dict(props)
    if SQL_QUOTE_IDENTIFIERS in props and QUOTE_SQL_IDENTIFIERS not in props:
        found[QUOTE_SQL_IDENTIFIERS] = "never" if props[SQL_QUOTE_IDENTIFIERS].strip().lower() == "false" else "always"
    if TIMESTAMP_INITIAL_MS in props and TIMESTAMP_INITIAL not in props:
        found[TIMESTAMP_INITIAL] = props[TIMESTAMP_INITIAL_MS]
    return found
