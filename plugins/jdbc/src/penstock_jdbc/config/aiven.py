"""Keys of Aiven's fork that Confluent's connectors don't have (spec jdbc 16).

Its connectors take all keys of Confluent's here, so that a config may use what both know; where both have a key under two
names, Aiven's counts when it is set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from penstock.api import ConfigDef, ConfigKey, ConfigType, Importance, Width
from penstock_jdbc.config.enumerators import Enumerator

SQL_QUOTE_IDENTIFIERS = "sql.quote.identifiers"
INCREMENTING_INITIAL = "incrementing.initial"
TIMESTAMP_INITIAL_MS = "timestamp.initial.ms"
QUALIFY_TABLES = "table.names.qualify"
NORMALIZE_TABLE = "table.name.normalize"
TOPICS_TO_TABLES = "topics.to.tables.mapping"
_BATCH_ROWS = 100


def _quoting(group: str) -> ConfigKey:
    return ConfigKey(
        SQL_QUOTE_IDENTIFIERS,
        ConfigType.BOOLEAN,
        True,
        Importance.MEDIUM,
        "Whether names of tables and columns are quoted in SQL; false is quote.sql.identifiers=never.",
        group=group,
        width=Width.MEDIUM,
        display_name="Quote SQL Identifiers",
    )


def aiven_source_keys(base: ConfigDef) -> list[ConfigKey]:
    """Confluent's keys with Aiven's defaults, and Aiven's own."""
    changed = [replace(key, default=_BATCH_ROWS) if key.name == "batch.max.rows" else key for key in base]
    return [
        *changed,
        _quoting("Database"),
        ConfigKey(
            INCREMENTING_INITIAL,
            ConfigType.LONG,
            -1,
            Importance.LOW,
            "Incrementing modes begin behind this value when no offset is stored.",
            group="Mode",
            width=Width.MEDIUM,
            display_name="Initial incrementing value",
        ),
        ConfigKey(
            TIMESTAMP_INITIAL_MS,
            ConfigType.LONG,
            0,
            Importance.LOW,
            "Timestamp modes begin behind this instant, in milliseconds since 1970, when no offset is stored.",
            group="Mode",
            width=Width.MEDIUM,
            display_name="Initial timestamp (ms)",
        ),
        ConfigKey(
            QUALIFY_TABLES,
            ConfigType.BOOLEAN,
            True,
            Importance.LOW,
            "Whether topics and offsets have the full names of tables, with catalog and schema.",
            group="Database",
            width=Width.SHORT,
            display_name="Qualify table names",
        ),
    ]


def aiven_sink_keys(base: ConfigDef) -> Iterable[ConfigKey]:
    """Confluent's keys with Aiven's insert mode, and Aiven's own."""
    modes = Enumerator(("insert", "multi", "upsert", "update"))
    changed = [replace(key, validator=modes) if key.name == "insert.mode" else key for key in base]
    return [
        *changed,
        _quoting("DDL Support"),
        ConfigKey(
            NORMALIZE_TABLE,
            ConfigType.BOOLEAN,
            False,
            Importance.MEDIUM,
            "Whether every character of a table's name other than letters, digits and _ becomes _.",
            group="Data Mapping",
            width=Width.SHORT,
            display_name="Table Name Normalize",
        ),
        ConfigKey(
            TOPICS_TO_TABLES,
            ConfigType.LIST,
            "",
            Importance.MEDIUM,
            "The tables of topics whose names don't follow table.name.format: topic:table,…",
            group="Data Mapping",
            width=Width.LONG,
            display_name="Topics To Tables Mapping",
        ),
    ]
