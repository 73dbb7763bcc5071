"""The source's keys of the group "Mode" (spec jdbc 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.api import ConfigException, ConfigKey, ConfigType, Importance, Width, recommenders, validators
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.enumerators import lower_names
from penstock_jdbc.config.layout import in_group
from penstock_jdbc.config.mappings import several_mappings, single_mappings
from penstock_jdbc.config.names import (
    INCREMENTING_COLUMN,
    INCREMENTING_MAPPING,
    INCREMENTING_MODES,
    ISOLATION_MODE,
    MODE,
    MODES,
    QUERY,
    QUERY_MASKED,
    TIMESTAMP_COLUMNS,
    TIMESTAMP_INITIAL,
    TIMESTAMP_MAPPING,
    TIMESTAMP_MODES,
    VALIDATE_NON_NULL,
)
from penstock_jdbc.database.isolation import Isolation

_VISIBLE_IN: Mapping[str, tuple[str, ...]] = {
    INCREMENTING_COLUMN: INCREMENTING_MODES,
    INCREMENTING_MAPPING: INCREMENTING_MODES,
    TIMESTAMP_COLUMNS: TIMESTAMP_MODES,
    TIMESTAMP_MAPPING: TIMESTAMP_MODES,
    VALIDATE_NON_NULL: ("timestamp", "incrementing", "timestamp+incrementing"),
}


class _ByMode:
    """Shows a key in the modes that use it; a mode that is none is an error of every such key."""

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:  # noqa: ARG002
        return []

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:
        mode = parsed.get(MODE)
        if mode in {"", None}:
            raise ConfigException("Query mode must be specified")
        if mode not in MODES:
            raise ConfigException(f"Invalid mode: {mode}")
        return mode in _VISIBLE_IN.get(name, ())


_BY_MODE = _ByMode()

_COLUMNS = [
    ConfigKey(
        MODE,
        ConfigType.STRING,
        "",
        Importance.HIGH,
        "How new rows are found. bulk: the whole table at every poll. incrementing: rows with a higher value in a column that "
        "only grows. timestamp: rows with a later timestamp. timestamp+incrementing: both, so that rows of one instant are "
        "told apart.",
        validators.one_of("", *MODES),
        width=Width.MEDIUM,
        display_name="Table Loading Mode",
        dependents=(
            INCREMENTING_COLUMN,
            TIMESTAMP_COLUMNS,
            INCREMENTING_MAPPING,
            TIMESTAMP_MAPPING,
            VALIDATE_NON_NULL,
        ),
    ),
    ConfigKey(
        INCREMENTING_COLUMN,
        ConfigType.STRING,
        "",
        Importance.MEDIUM,
        "The column that only grows and is never null. Empty: the table's auto-increment column.",
        width=Width.MEDIUM,
        display_name="Incrementing Column Name",
        recommender=_BY_MODE,
    ),
    ConfigKey(
        TIMESTAMP_COLUMNS,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "The columns that tell when a row was changed. Of several the first that is not null counts; one should never be null.",
        width=Width.MEDIUM,
        display_name="Timestamp Column Name",
        recommender=_BY_MODE,
    ),
    ConfigKey(
        TIMESTAMP_MAPPING,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "Timestamp columns by table, for use with table.include.list: regex:[column|column],…; each table must match one.",
        several_mappings,
        width=Width.LONG,
        display_name="Table to timestamp columns mappings",
        recommender=_BY_MODE,
    ),
    ConfigKey(
        INCREMENTING_MAPPING,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "The incrementing column by table, for use with table.include.list: regex:column,…; each table must match one.",
        single_mappings,
        width=Width.LONG,
        display_name="Table to incrementing column mappings",
        recommender=_BY_MODE,
    ),
    ConfigKey(
        TIMESTAMP_INITIAL,
        ConfigType.LONG,
        None,
        Importance.LOW,
        "Where timestamp modes begin when no offset is stored, in milliseconds since 1970; -1: now. Not set: with all rows.",
        width=Width.MEDIUM,
        display_name="Unix time value of initial timestamp",
        recommender=_BY_MODE,
    ),
    ConfigKey(
        VALIDATE_NON_NULL,
        ConfigType.BOOLEAN,
        True,
        Importance.LOW,
        "Whether a task refuses to start when incrementing or timestamp columns may be null: such rows would never be read.",
        width=Width.SHORT,
        display_name="Validate Non Null",
        recommender=_BY_MODE,
    ),
]

_QUERY = [
    ConfigKey(
        QUERY,
        ConfigType.STRING,
        "",
        Importance.MEDIUM,
        "A SELECT statement to read from instead of tables. In modes other than bulk a condition is added to it.",
        width=Width.SHORT,
        display_name="Query",
    ),
    ConfigKey(
        QUERY_MASKED,
        ConfigType.PASSWORD,
        "",
        Importance.MEDIUM,
        "As query, but kept out of logs and error messages.",
        width=Width.SHORT,
        display_name="Query (Masked)",
        recommender=recommenders.visible_if(lambda _parsed: False),
    ),
    shared_keys.quote_identifiers(),
    ConfigKey(
        "query.suffix",
        ConfigType.STRING,
        "",
        Importance.LOW,
        "Text to put at the end of every query.",
        width=Width.MEDIUM,
        display_name="Query suffix",
    ),
    ConfigKey(
        ISOLATION_MODE,
        ConfigType.STRING,
        "DEFAULT",
        Importance.LOW,
        "The isolation level of transactions that read. SQL_SERVER_SNAPSHOT is for SQL Server alone; a level that the database "
        "lacks is ignored with a warning.",
        width=Width.MEDIUM,
        display_name="Transaction Isolation Mode",
        recommender=lower_names(tuple(Isolation.__members__)),
    ),
    ConfigKey(
        "query.retry.attempts",
        ConfigType.INT,
        -1,
        Importance.LOW,
        "How often a failed query is tried before the task fails; -1: for ever.",
        width=Width.MEDIUM,
        display_name="Query Retry Attempts",
    ),
]

MODE_KEYS = in_group("Mode", [*_COLUMNS, *_QUERY])
