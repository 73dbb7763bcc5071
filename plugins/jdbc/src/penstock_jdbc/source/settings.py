"""What a task's configuration says about reading (spec jdbc 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api import ParsedConfig
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.database.zones import parse_zone
from penstock_jdbc.source.fields import FieldRules
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.numeric import NumericMapping
from penstock_jdbc.source.options import (
    KEY_COLUMNS_CONFIG,
    KEY_MODE_CONFIG,
    LATE_COMMITS_CONFIG,
    LATE_COMMITS_IDS_CONFIG,
    LATE_COMMITS_ROWS_CONFIG,
    LATE_COMMITS_WINDOW_CONFIG,
    SNAPSHOT_CHUNK_CONFIG,
    SNAPSHOT_MODE_CONFIG,
    SOURCE_OPTIONS,
    KeyMode,
    LateCommits,
    SnapshotMode,
)
from penstock_jdbc.source.temporal import Granularity, WallClock

_MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which columns tell how far a table was read: the same for all tables, or by regular expressions for their names."""

    incrementing: str
    timestamps: tuple[str, ...]
    incrementing_by_table: tuple[str, ...]
    timestamps_by_table: tuple[str, ...]
    by_table: bool


@dataclass(frozen=True, slots=True)
class Initial:
    """Where reading begins when nothing is stored. ``timestamp_ms`` None is the epoch, −1 the database's time of now."""

    timestamp_ms: int | None
    incrementing: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and in which portions."""

    poll_interval_s: float
    batch_rows: int
    batch_is_set: bool
    """Whether the user gave ``batch_rows``; else it is a default, and larger portions are read."""
    buffer_rows: int
    linger_s: float
    retry_attempts: int
    """−1 is for ever."""
    shutdown_s: float


@dataclass(frozen=True, slots=True)
class LateCommitRules:
    """See :class:`~penstock_jdbc.source.options.LateCommits`."""

    how: LateCommits
    window_ms: int
    window_ids: int
    most_rows: int


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """All of it."""

    mode: Mode
    query: str
    query_masked: bool
    """Whether the query came as a secret."""
    suffix: str
    topic_prefix: str
    qualify_names: bool
    """Whether topics and schemas are called by full table names, as Aiven's connector does."""
    columns: ColumnChoice
    initial: Initial
    delay_ms: int
    check_nulls: bool
    pace: Pace
    rules: FieldRules
    key_mode: KeyMode
    key_columns: tuple[str, ...]
    late: LateCommitRules
    snapshot: SnapshotMode
    chunk_rows: int

    @classmethod
    def of(cls, config: ParsedConfig, props: Mapping[str, str | None]) -> SourceSettings:
        """The settings in a task's configuration. Raises ConfigException for an own option that is wrong."""
        options = SOURCE_OPTIONS.parsed({key: value for key, value in props.items() if value is not None})
        return cls(
            mode=Mode(config.get_string("mode")),
            query=query_of(config),
            query_masked=not config.get_string("query", ""),
            suffix=config.get_string("query.suffix", "").strip(),
            topic_prefix=config.get_string("topic.prefix", "").strip(),
            qualify_names=False,
            columns=_columns(config),
            initial=Initial(config.get_long("timestamp.initial", None), -1),
            delay_ms=config.get_long("timestamp.delay.interval.ms"),
            check_nulls=config.get_bool("validate.non.null"),
            pace=_pace(config),
            rules=field_rules(config),
            key_mode=KeyMode(options.get_string(KEY_MODE_CONFIG)),
            key_columns=tuple(options.get_list(KEY_COLUMNS_CONFIG)),
            late=_late(options),
            snapshot=SnapshotMode(options.get_string(SNAPSHOT_MODE_CONFIG)),
            chunk_rows=options.get_int(SNAPSHOT_CHUNK_CONFIG),
        )


def query_of(config: ParsedConfig) -> str:
    """The user's query, from ``query`` or ``query.masked``; empty in table mode."""
    masked = config.get_password("query.masked", None)
    return config.get_string("query", "") or ("" if masked is None else masked.value)


def field_rules(config: ParsedConfig) -> FieldRules:
    """What the configuration says of types."""
    numeric = NumericMapping.of(
        config.get_string("numeric.mapping", None), precision_mapping=config.get_bool("numeric.precision.mapping")
    )
    calendar = CalendarSystem(config.get_string("date.calendar.system", "LEGACY"))
    clock = WallClock(parse_zone(config.get_string("db.timezone", "UTC")), calendar)
    return FieldRules(numeric, Granularity(config.get_string("timestamp.granularity", "connect_logical")), clock)


def _columns(config: ParsedConfig) -> ColumnChoice:
    return ColumnChoice(
        incrementing=config.get_string("incrementing.column.name", "").strip(),
        timestamps=tuple(config.get_list("timestamp.column.name")),
        incrementing_by_table=tuple(config.get_list("incrementing.column.mapping")),
        timestamps_by_table=tuple(config.get_list("timestamp.columns.mapping")),
        by_table=bool(config.get_list("table.include.list")),
    )


def _pace(config: ParsedConfig) -> Pace:
    rows = config.get_int("batch.max.rows")
    return Pace(
        poll_interval_s=config.get_int("poll.interval.ms") / _MS_PER_S,
        batch_rows=rows,
        batch_is_set="batch.max.rows" in config.originals,
        buffer_rows=config.get_int("max.buffer.size") or 4 * rows,
        linger_s=config.get_long("poll.linger.ms") / _MS_PER_S,
        retry_attempts=config.get_int("query.retry.attempts"),
        shutdown_s=float(config.get_int("engine.shutdown.timeout")) if "engine.shutdown.timeout" in config else 10.0,
    )


def _late(options: ParsedConfig) -> LateCommitRules:
    return LateCommitRules(
        LateCommits(options.get_string(LATE_COMMITS_CONFIG)),
        options.get_long(LATE_COMMITS_WINDOW_CONFIG),
        options.get_long(LATE_COMMITS_IDS_CONFIG),
        options.get_int(LATE_COMMITS_ROWS_CONFIG),
    )
