"""Source partitions and offsets, as Java's connector stores them (spec jdbc 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api import ConnectException, Offset
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.source.mode import Mode

PROTOCOL_FIELD = "protocol"
PROTOCOL = "1"
TABLE_FIELD = "table"
QUERY_FIELD = "query"
QUERY_PARTITION: Offset = {QUERY_FIELD: "query"}

TIMESTAMP_FIELD = "timestamp"
TIMESTAMP_NANOS_FIELD = "timestamp_nanos"
INCREMENTING_FIELD = "incrementing"
OFFSET_FIELDS = (TIMESTAMP_NANOS_FIELD, INCREMENTING_FIELD, TIMESTAMP_FIELD)
"""In the order in which Java writes them."""
SNAPSHOT_FIELD = "snapshot"
"""An own field, there only while a snapshot is under way: the primary key that was read last, as a JSON list."""

_NS_PER_MS, _NS_PER_S, _MS_PER_S = 1_000_000, 1_000_000_000, 1000
_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a snapshot came: ``text`` is the stored JSON list of the primary key's values."""

    text: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a table was read: the newest timestamp, in nanoseconds since the epoch, and the last number.

    None stands for what no row told yet: the epoch and −1 take its place in a query.
    """

    timestamp_ns: int | None = None
    incrementing: int | None = None
    cursor: Cursor | None = None

    def of_mode(self, mode: Mode) -> Position:
        """Without what a mode does not use: the connector may have had another one."""
        return Position(
            self.timestamp_ns if mode.uses_timestamp else None,
            self.incrementing if mode.uses_incrementing else None,
            self.cursor,
        )

    def as_offset(self) -> dict[str, object]:
        """The map that is stored. ``timestamp_nanos`` is the fraction of the second, the milliseconds included."""
        found: dict[str, object] = {}
        if self.timestamp_ns is not None:
            found[TIMESTAMP_NANOS_FIELD] = self.timestamp_ns % _NS_PER_S
        if self.incrementing is not None:
            found[INCREMENTING_FIELD] = self.incrementing
        if self.timestamp_ns is not None:
            found[TIMESTAMP_FIELD] = self.timestamp_ns // _NS_PER_MS
        if self.cursor is not None:
            found[SNAPSHOT_FIELD] = self.cursor.text
        return found

    @classmethod
    def of_offset(cls, offset: Mapping[str, object] | None) -> Position:
        """The position in a stored map. Raises ConnectException for a value that is no whole number."""
        if offset is None:
            return cls()
        millis, nanos = _long(offset, TIMESTAMP_FIELD), _long(offset, TIMESTAMP_NANOS_FIELD)
        timestamp = None
        if millis is not None:
            fraction = millis % _MS_PER_S * _NS_PER_MS if nanos is None else nanos
            timestamp = millis // _MS_PER_S * _NS_PER_S + fraction
        snapshot = offset.get(SNAPSHOT_FIELD)
        return cls(
            timestamp, _long(offset, INCREMENTING_FIELD), Cursor(snapshot) if isinstance(snapshot, str) else None
        )


def _long(offset: Mapping[str, object], field: str) -> int | None:
    value = offset.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not _LONG_MIN <= value <= _LONG_MAX:
        raise ConnectException(
            f"The value of '{field}' in the offset {dict(offset)} is no whole number of 64 bits but {value!r}. "
            "Stop the connector, correct or reset its offsets (/connectors/{name}/offsets), and resume it"
        )
    return value


def table_partition(table: TableId) -> dict[str, object]:
    """The partition under which offsets of a table are stored."""
    return {PROTOCOL_FIELD: PROTOCOL, TABLE_FIELD: table.full_name}


def table_partitions(table: TableId, database: str | None = None) -> list[dict[str, object]]:
    """The partitions in which to look for a table's offset; the first that has one wins.

    The current protocol, then the old one, then the name with the ``database`` before it, which releases of Java's connector
    wrote for PostgreSQL for a while.
    """
    found: list[dict[str, object]] = [table_partition(table), {TABLE_FIELD: table.table}]
    if database is not None and table.catalog is None:
        found.append({PROTOCOL_FIELD: PROTOCOL, TABLE_FIELD: f"{database}.{table.full_name}"})
    return found


def bulk_partition(table: TableId) -> dict[str, object]:
    """What records of bulk mode carry, without an offset."""
    return {TABLE_FIELD: table.table}


def check_altered(partition: Offset | None, offset: Offset | None) -> None:
    """Refuse what a task could not go on from. A reset (no offset) is allowed for anything.

    Raises ConnectException.
    """
    if offset is None:
        return
    if partition is None:
        raise ConnectException("Partition objects cannot be null")
    _check_partition(partition)
    unknown = sorted(set(offset) - {*OFFSET_FIELDS, SNAPSHOT_FIELD})
    if unknown:
        raise ConnectException(
            f"The offset {dict(offset)} has the unknown field '{unknown[0]}'; fields are {', '.join(OFFSET_FIELDS)}"
        )
    for field in OFFSET_FIELDS:
        value = offset.get(field)
        if not (isinstance(value, str) and value.lstrip("-").isdigit()):  # Java takes it, and its task refuses it
            _long(offset, field)
    nanos = offset.get(TIMESTAMP_NANOS_FIELD)
    if isinstance(nanos, int) and not 0 <= nanos < _NS_PER_S:
        raise ConnectException(
            f"The value of '{TIMESTAMP_NANOS_FIELD}' in the offset is {nanos}, but must be the fraction of a second, "
            "0 to 999999999"
        )
    if nanos is not None and offset.get(TIMESTAMP_FIELD) is None:
        raise ConnectException(f"The offset has '{TIMESTAMP_NANOS_FIELD}' but no '{TIMESTAMP_FIELD}'")


def _check_partition(partition: Offset) -> None:
    shapes = ({QUERY_FIELD}, {TABLE_FIELD}, {TABLE_FIELD, PROTOCOL_FIELD})
    if set(partition) not in shapes or not all(isinstance(value, str) for value in partition.values()):
        raise ConnectException(
            f"The partition {dict(partition)} is none of this connector's: "
            '{"protocol": "1", "table": "schema.table"}, {"table": "table"} or {"query": "query"}'
        )
