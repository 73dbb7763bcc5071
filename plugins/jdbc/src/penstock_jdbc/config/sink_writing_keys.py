"""The sink's keys of the groups "Writes", "DDL Support", "DML Support" and "Retries" (spec jdbc 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.api import ConfigKey, ConfigType, Importance, Width, validators
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.enumerators import Enumerator
from penstock_jdbc.config.layout import in_group
from penstock_jdbc.config.names import DELETE_ENABLED, PK_MODE

TABLE_TYPES = ("TABLE", "PARTITIONED TABLE", "VIEW")
INSERT_MODES = ("insert", "upsert", "update")


class _Deletes:
    """Deletes need the record's key."""

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:
        return [True, False] if self.visible(name, parsed) else [False]

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:  # noqa: ARG002
        return str(parsed.get(PK_MODE)).lower() == "record_key"


WRITE_KEYS = in_group(
    "Writes",
    [
        ConfigKey(
            "insert.mode",
            ConfigType.STRING,
            "insert",
            Importance.HIGH,
            "How rows are written: insert, upsert (insert, or update the row with that primary key), or update.",
            Enumerator(INSERT_MODES),
            width=Width.MEDIUM,
            display_name="Insert Mode",
        ),
        ConfigKey(
            "batch.size",
            ConfigType.INT,
            3000,
            Importance.MEDIUM,
            "At most how many records are written at a time.",
            validators.at_least(0),
            width=Width.SHORT,
            display_name="Batch Size",
        ),
        ConfigKey(
            DELETE_ENABLED,
            ConfigType.BOOLEAN,
            False,
            Importance.MEDIUM,
            "Whether a record without a value deletes the row of its key. Needs pk.mode=record_key.",
            width=Width.SHORT,
            display_name="Enable deletes",
            recommender=_Deletes(),
        ),
        ConfigKey(
            "table.types",
            ConfigType.LIST,
            "TABLE",
            Importance.LOW,
            "The types of tables that may be written to: TABLE, PARTITIONED TABLE, VIEW.",
            Enumerator(TABLE_TYPES),
            width=Width.MEDIUM,
            display_name="Table Types",
        ),
        ConfigKey(
            "replace.null.with.default",
            ConfigType.BOOLEAN,
            True,
            Importance.LOW,
            "Whether a null is written as the default of its field's schema, where that has one.",
            width=Width.MEDIUM,
            display_name="Replace null value with default value",
        ),
    ],
)

DDL_KEYS = in_group(
    "DDL Support",
    [
        ConfigKey(
            "auto.create",
            ConfigType.BOOLEAN,
            False,
            Importance.MEDIUM,
            "Whether missing tables are created.",
            width=Width.SHORT,
            display_name="Auto-Create",
        ),
        ConfigKey(
            "auto.evolve",
            ConfigType.BOOLEAN,
            False,
            Importance.MEDIUM,
            "Whether missing columns are added.",
            width=Width.SHORT,
            display_name="Auto-Evolve",
        ),
        shared_keys.quote_identifiers(),
    ],
)

DML_KEYS = in_group(
    "DML Support",
    [
        ConfigKey(
            "mssql.use.merge.holdlock",
            ConfigType.BOOLEAN,
            True,
            Importance.LOW,
            "Whether upserts on SQL Server hold their locks to the end of the statement (HOLDLOCK).",
            width=Width.MEDIUM,
            display_name="SQL Server - Use HOLDLOCK in MERGE",
        ),
    ],
)

RETRY_KEYS = in_group(
    "Retries",
    [
        ConfigKey(
            "max.retries",
            ConfigType.INT,
            10,
            Importance.MEDIUM,
            "How often a failed batch is tried again before the task fails.",
            validators.at_least(0),
            width=Width.SHORT,
            display_name="Maximum Retries",
        ),
        ConfigKey(
            "retry.backoff.ms",
            ConfigType.INT,
            3000,
            Importance.MEDIUM,
            "Milliseconds before a failed batch is tried again.",
            validators.at_least(0),
            width=Width.SHORT,
            display_name="Retry Backoff (millis)",
        ),
        ConfigKey("trim.sensitive.log", ConfigType.BOOLEAN, False, Importance.LOW, internal=True),
    ],
)
