"""What a sink is told: the keys of its configuration, once, as values (spec jdbc 12)."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.api import ParsedConfig
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.database.zones import parse_zone
from penstock_jdbc.sink.options import (
    EXACTLY_ONCE_CONFIG,
    INVALID_RECORDS_CONFIG,
    OFFSETS_TABLE_CONFIG,
    SINK_OPTIONS,
    OnInvalid,
)

_NEW_YEAR = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class InsertMode(enum.Enum):
    """``insert.mode``; ``multi`` is Aiven's, one INSERT for many rows, which is how an insert is done here anyway."""

    INSERT = "insert"
    MULTI = "multi"
    UPSERT = "upsert"
    UPDATE = "update"


class PrimaryKeyMode(enum.Enum):
    """``pk.mode``."""

    NONE = "none"
    KAFKA = "kafka"
    RECORD_KEY = "record_key"
    RECORD_VALUE = "record_value"


class EpochUnit(enum.Enum):
    """``timestamp.precision.mode``: what the fields of ``timestamp.fields.list`` count. The value is in nanoseconds."""

    MICROSECONDS = 1000
    NANOSECONDS = 1


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """A sink's configuration. ``db_zone`` is for times and timestamps, ``date_zone`` for dates."""

    connector: str
    insert_mode: InsertMode = InsertMode.INSERT
    batch_size: int = 3000
    delete_enabled: bool = False
    table_types: frozenset[str] = frozenset({"TABLE"})
    table_name_format: str = "${topic}"
    normalize_names: bool = False
    topics_to_tables: Mapping[str, str] = field(default_factory=dict)
    pk_mode: PrimaryKeyMode = PrimaryKeyMode.NONE
    pk_fields: tuple[str, ...] = ()
    fields_whitelist: frozenset[str] = frozenset()
    auto_create: bool = False
    auto_evolve: bool = False
    replace_null_with_default: bool = True
    string_column: str = "record_value"
    timestamp_fields: frozenset[str] = frozenset()
    epoch_unit: EpochUnit = EpochUnit.MICROSECONDS
    db_zone: dt.tzinfo = dt.UTC
    date_zone: dt.tzinfo = dt.UTC
    calendar: CalendarSystem = CalendarSystem.LEGACY
    max_retries: int = 10
    backoff_ms: int = 3000
    trim_log: bool = False
    merge_holdlock: bool = True
    exactly_once: bool = False
    offsets_table: str = "penstock_sink_offsets"
    on_invalid: OnInvalid = OnInvalid.FAIL

    @property
    def field_options(self) -> list[str]:
        """The options in force that speak of single fields, which a String value doesn't have."""
        named = {"fields.whitelist": self.fields_whitelist, "timestamp.fields.list": self.timestamp_fields}
        return [key for key, given in named.items() if given]

    @property
    def warnings(self) -> list[str]:
        """What is allowed, as in Java, and hardly meant."""
        found = []
        if self.insert_mode is InsertMode.UPDATE and self.pk_mode is PrimaryKeyMode.NONE:
            found.append(
                "With insert.mode=update and pk.mode=none every record changes every row of its table. Set pk.mode"
            )
        winter = _NEW_YEAR.astimezone(self.date_zone).utcoffset()
        if winter is not None and winter.total_seconds() < 0:
            found.append(
                f"Dates are stored a day early, because in {self.date_zone} midnight UTC is the evening before. Set "
                "date.timezone=UTC to keep them"
            )
        return found

    @classmethod
    def of(cls, config: ParsedConfig, props: Mapping[str, str | None]) -> SinkSettings:
        """The settings in a task's configuration, parsed with the sink's ConfigDef or Aiven's. Raises ConfigException."""
        options = SINK_OPTIONS.parsed(props)
        db_zone = parse_zone(_text(config, "db.timezone", "UTC"))
        by_utc = _text(config, "date.timezone", "DB_TIMEZONE").upper() == "UTC"
        return cls(
            connector=str(props.get("name") or ""),
            insert_mode=InsertMode(_text(config, "insert.mode", "insert").lower()),
            batch_size=max(1, config.get_int("batch.size")),
            delete_enabled=config.get_bool("delete.enabled"),
            table_types=frozenset(name.upper() for name in _list(config, "table.types") or ["TABLE"]),
            table_name_format=_text(config, "table.name.format", "${topic}").strip(),
            normalize_names="table.name.normalize" in config and config.get_bool("table.name.normalize"),
            topics_to_tables=_mapping(_list(config, "topics.to.tables.mapping")),
            pk_mode=PrimaryKeyMode(_text(config, "pk.mode", "none").lower()),
            pk_fields=tuple(_list(config, "pk.fields")),
            fields_whitelist=frozenset(_list(config, "fields.whitelist")),
            auto_create=config.get_bool("auto.create"),
            auto_evolve=config.get_bool("auto.evolve"),
            replace_null_with_default=_flag(config, "replace.null.with.default", if_absent=True),
            string_column=_text(config, "string.output.value.column.name", "record_value"),
            timestamp_fields=frozenset(_list(config, "timestamp.fields.list")),
            epoch_unit=EpochUnit[_text(config, "timestamp.precision.mode", "MICROSECONDS").upper()],
            db_zone=db_zone,
            date_zone=dt.UTC if by_utc else db_zone,
            calendar=CalendarSystem(_text(config, "date.calendar.system", "LEGACY").upper()),
            max_retries=config.get_int("max.retries"),
            backoff_ms=config.get_int("retry.backoff.ms"),
            trim_log=_flag(config, "trim.sensitive.log", if_absent=False),
            merge_holdlock=_flag(config, "mssql.use.merge.holdlock", if_absent=True),
            exactly_once=options.get_bool(EXACTLY_ONCE_CONFIG),
            offsets_table=options.get_string(OFFSETS_TABLE_CONFIG),
            on_invalid=OnInvalid(options.get_string(INVALID_RECORDS_CONFIG).lower()),
        )


def _text(config: ParsedConfig, key: str, if_absent: str) -> str:
    return config.get_string(key, if_absent) if key in config else if_absent


def _flag(config: ParsedConfig, key: str, *, if_absent: bool) -> bool:
    return config.get_bool(key) if key in config else if_absent


def _list(config: ParsedConfig, key: str) -> list[str]:
    found = config.get_list(key, None) if key in config else None
    return [item.strip() for item in found or () if item.strip()]


def _mapping(pairs: list[str]) -> dict[str, str]:
    return {topic: table for topic, _, table in (pair.partition(":") for pair in pairs) if table}
