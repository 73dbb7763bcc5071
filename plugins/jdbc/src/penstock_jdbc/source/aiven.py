"""Aiven's fork of the source, by its class name and its own keys (spec jdbc 16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from penstock.api import Check, ConfigDef, ConfigValue
from penstock_jdbc.config.aiven import (
    QUALIFY_TABLES,
    SQL_QUOTE_IDENTIFIERS,
    TIMESTAMP_INITIAL_MS,
)
from penstock_jdbc.config.names import QUOTE_SQL_IDENTIFIERS, TIMESTAMP_INITIAL
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG
from penstock_jdbc.source.connector import JdbcSourceConnector
from penstock_jdbc.source.options import SOURCE_OPTIONS


class AivenJdbcSourceConnector(JdbcSourceConnector):
    """``io.aiven.connect.jdbc.JdbcSourceConnector``: qualified topic names by default, and other names for some keys."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SOURCE_CONFIG
    connect_name = "io.aiven.connect.jdbc.JdbcSourceConnector"
    task_class = "penstock_jdbc.source.aiven_task:AivenJdbcSourceTask"

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """As Confluent's, with Aiven's keys."""
        from penstock_jdbc.config.source_validation import validate  # opens connections: only here

        own = [value for value in SOURCE_OPTIONS.validate(props) if value.name in props]
        return [*validate(confluent_names(props), AIVEN_SOURCE_CONFIG), *own]

    def check(self, props: Mapping[str, str]) -> Iterator[Check]:
        """As Confluent's, with Aiven's keys."""
        from penstock_jdbc.source.check import source_checks

        bare_names = props.get(QUALIFY_TABLES, "").strip().lower() == "false"
        return source_checks(confluent_names(props), AIVEN_SOURCE_CONFIG, unique_names=bare_names)

    def start(self, props: Mapping[str, str]) -> None:
        """As Confluent's."""
        translated = confluent_names(props)
        self.use_config(translated)
        super().start(translated)

    @property
    def _unique_names(self) -> bool:
        return not self.config.get_bool(QUALIFY_TABLES)


def confluent_names(props: Mapping[str, str]) -> dict[str, str]:
    """A configuration with Confluent's names beside Aiven's, where they mean the same and Confluent's are not set."""
    found = dict(props)
    if SQL_QUOTE_IDENTIFIERS in props and QUOTE_SQL_IDENTIFIERS not in props:
        found[QUOTE_SQL_IDENTIFIERS] = "never" if props[SQL_QUOTE_IDENTIFIERS].strip().lower() == "false" else "always"
    if TIMESTAMP_INITIAL_MS in props and TIMESTAMP_INITIAL not in props:
        found[TIMESTAMP_INITIAL] = props[TIMESTAMP_INITIAL_MS]
    return found
