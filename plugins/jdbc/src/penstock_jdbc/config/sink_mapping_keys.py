"""The sink's keys of the group "Data Mapping" (spec jdbc 12, 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.api import ConfigKey, ConfigType, Importance, Width, validators
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.enumerators import Enumerator, lower_names
from penstock_jdbc.config.layout import in_group
from penstock_jdbc.config.names import DELETE_ENABLED, PK_MODE

PK_MODES = ("none", "kafka", "record_key", "record_value")
DATE_TIMEZONES = ("db_timezone", "utc")
PRECISION_MODES = ("microseconds", "nanoseconds")


class _PkModes:
    """With deletes only ``record_key`` makes sense."""

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:  # noqa: ARG002
        return ["record_key"] if parsed.get(DELETE_ENABLED) else list(PK_MODES)

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:  # noqa: ARG002
        return True


MAPPING_KEYS = in_group(
    "Data Mapping",
    [
        ConfigKey(
            "table.name.format",
            ConfigType.STRING,
            "${topic}",
            Importance.MEDIUM,
            "The table of a topic; ${topic} is replaced by the topic's name. May begin with a schema and a catalog.",
            validators.non_empty(),
            width=Width.LONG,
            display_name="Table Name Format",
        ),
        ConfigKey(
            PK_MODE,
            ConfigType.STRING,
            "none",
            Importance.HIGH,
            "Where the primary key comes from. none: there is none. kafka: topic, partition and offset. record_key: the "
            "record's key. record_value: fields of its value.",
            Enumerator(PK_MODES),
            width=Width.MEDIUM,
            display_name="Primary Key Mode",
            recommender=_PkModes(),
        ),
        ConfigKey(
            "pk.fields",
            ConfigType.LIST,
            "",
            Importance.MEDIUM,
            "The names of the primary key's columns. kafka: three names, for topic, partition and offset. record_key: one name "
            "for a primitive key, else fields of the key. record_value: fields of the value. Empty: all there are.",
            width=Width.LONG,
            display_name="Primary Key Fields",
        ),
        ConfigKey(
            "fields.whitelist",
            ConfigType.LIST,
            "",
            Importance.MEDIUM,
            "The fields of the value to write; empty: all. Columns of the primary key are always written.",
            width=Width.LONG,
            display_name="Fields Whitelist",
        ),
        shared_keys.db_timezone("DB Time Zone"),
        ConfigKey(
            "date.timezone",
            ConfigType.STRING,
            "DB_TIMEZONE",
            Importance.LOW,
            "The time zone in which Date values become days: that of db.timezone, or UTC. West of UTC, DB_TIMEZONE writes the "
            "day before.",
            Enumerator(DATE_TIMEZONES),
            width=Width.MEDIUM,
            display_name="Time Zone used for Date",
            recommender=lower_names(DATE_TIMEZONES),
        ),
        ConfigKey(
            "timestamp.fields.list",
            ConfigType.LIST,
            "",
            Importance.MEDIUM,
            "Fields with a number, or its text, since 1970 that become timestamps.",
            width=Width.MEDIUM,
            display_name="Timestamp Fields Whitelist",
        ),
        ConfigKey(
            "timestamp.precision.mode",
            ConfigType.STRING,
            "MICROSECONDS",
            Importance.LOW,
            "The unit of the fields in timestamp.fields.list.",
            Enumerator(PRECISION_MODES),
            width=Width.MEDIUM,
            display_name="Sink Timestamp Precision mode",
            recommender=lower_names(PRECISION_MODES),
        ),
        shared_keys.calendar_system(),
        ConfigKey(
            "string.output.value.column.name",
            ConfigType.STRING,
            "record_value",
            Importance.LOW,
            "The column for values that are plain strings.",
            validators.non_empty(),
            width=Width.MEDIUM,
            display_name="String Value Column Name",
        ),
    ],
)
