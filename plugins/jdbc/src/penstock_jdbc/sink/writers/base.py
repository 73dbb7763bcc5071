"""What a writer of rows promises, and how rows are written where a driver knows no faster way than its ``executemany``."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.api import ConnectException, Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.table import Table
from penstock_jdbc.sink.dialects.base import SinkDialect, with_marks
from penstock_jdbc.sink.fields import SinkField, TableFields
from penstock_jdbc.sink.shape import Column, Shape, mapped
from penstock_jdbc.sink.temporal import Clocks


class Op(enum.Enum):
    """What is done with a row."""

    INSERT = enum.auto()
    UPSERT = enum.auto()
    UPDATE = enum.auto()
    DELETE = enum.auto()


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a shape's key in its table.

    ``unique``: at most one row of the table has a key, so of several upserts only the last matters.
    ``exact``: two keys are the same to the database only if they are to Python, so rows of different keys may change places.
    """

    unique: bool
    exact: bool


NO_KEY = KeyFacts(unique=False, exact=False)
"""Where another unique index may take rows of different keys for the same: every row counts, and their order."""


class RowWriter(Protocol):
    """Writes rows of one shape. Made once for a shape and a table; stateless; on the task's thread.

    Rows come as columns, those of ``shape.fields.all``, for ``Op.DELETE`` those of its keys.
    """

    key: KeyFacts

    def encode(self, op: Op, columns: Sequence[Column]) -> list[Column]:
        """The values as this database takes them. Raises DataException for one that it can't."""

    def write(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:  # every driver has its own class
        """Write encoded rows, the fast way; no two have the same key, except for inserts. Raises what the driver raises."""

    def write_in_order(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:
        """Write encoded rows one after another, whatever their keys. Raises what the driver raises."""


Encoder = Callable[[Column], Column]


def as_it_is(column: Column) -> Column:
    """The driver takes these values."""
    return column


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one row of a shape, as the driver reads them, and the order of their parameters."""

    sql: Mapping[Op, str]

    @classmethod
    def of(cls, dialect: SinkDialect, shape: Shape, paramstyle: str, casts: Mapping[str, str]) -> Statements:
        """All that the shape can be asked for: a tombstone's has only deletes."""
        table, fields = shape.table, shape.fields
        makers: dict[Op, Callable[[], str]] = {
            Op.INSERT: lambda: dialect.insert(table, fields, casts),
            Op.UPSERT: lambda: dialect.upsert(table, fields, casts),
            Op.UPDATE: lambda: dialect.update(table, fields, casts),
            Op.DELETE: lambda: dialect.delete(table, fields.keys, casts),
        }
        return cls(_Lazily(makers, paramstyle))


class _Lazily(dict[Op, str]):
    """Statements made at first need: not every database has every one."""

    def __init__(self, makers: Mapping[Op, Callable[[], str]], paramstyle: str) -> None:
        super().__init__()
        self._makers = makers
        self._paramstyle = paramstyle

    def __missing__(self, op: Op) -> str:
        made = self[op] = with_marks(self._makers[op](), self._paramstyle)
        return made


def in_order_of_marks(fields: TableFields, op: Op, columns: Sequence[Column]) -> Sequence[Column]:
    """An update's statement asks for the other columns before those of the key."""
    if op is not Op.UPDATE:
        return columns
    placed = list(zip(fields.all, columns, strict=True))
    return [column for field, column in placed if not field.is_key] + [
        column for field, column in placed if field.is_key
    ]


class ExecutemanyWriter:
    """Rows as tuples of Python values, for SQLite and for the databases without a bulk path of ours."""

    def __init__(
        self, dialect: SinkDialect, shape: Shape, table: Table, paramstyle: str, *, ambiguous: bool = False
    ) -> None:
        self._fields = shape.fields
        self._has_booleans = dialect.types.get(Type.BOOLEAN) == "BOOLEAN"
        self._statements = Statements.of(dialect, shape, paramstyle, {})
        self._encoders = [self.encoder(field, dialect.clocks) for field in shape.fields.all]
        self._key_encoders = [
            encode for field, encode in zip(shape.fields.all, self._encoders, strict=True) if field.is_key
        ]
        self.key = NO_KEY if ambiguous else key_facts(shape, table, self.exact_key)

    @staticmethod
    def exact_key(field: SinkField, type_name: str) -> bool:  # noqa: ARG004  # for databases that look at the column
        """Texts may be equal to a collation and different to Python, fractions the other way round."""
        return exact_field(field)

    def encoder(self, field: SinkField, clocks: Clocks) -> Encoder:
        """Values as Python's types for the driver: dates and times as digits in the zone of the database."""
        if field.holds_epoch:
            return lambda column: mapped(lambda value: clocks.counted(value).datetime(), column)
        if field.schema.type is Type.BOOLEAN and self._has_booleans:
            return as_it_is
        return value_encoder(field.schema, clocks)

    def encode(self, op: Op, columns: Sequence[Column]) -> list[Column]:
        encoders = self._key_encoders if op is Op.DELETE else self._encoders
        return [encode(column) for encode, column in zip(encoders, columns, strict=True)]

    def write(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:  # every driver has its own class
        rows = list(zip(*in_order_of_marks(self._fields, op, columns), strict=True))
        cursor.executemany(self._statements.sql[op], rows)

    write_in_order = write


def value_encoder(schema: Schema, clocks: Clocks) -> Encoder:
    """For drivers that take Python's own types. Raises ConnectException for a schema that can't be bound."""
    name = schema.name
    if name == Date.LOGICAL_NAME:
        return lambda column: mapped(lambda value: clocks.date(value).datetime().date(), column)
    if name == Time.LOGICAL_NAME:
        return lambda column: mapped(lambda value: clocks.timestamp(value).datetime().time(), column)
    if name == Timestamp.LOGICAL_NAME:
        return lambda column: mapped(lambda value: clocks.timestamp(value).datetime(), column)
    if schema.type is Type.BYTES and name != Decimal.LOGICAL_NAME:
        return lambda column: mapped(bytes, column)  # buffers too
    if schema.type is Type.BOOLEAN:
        return lambda column: mapped(int, column)  # for databases whose booleans are numbers
    if not schema.type.is_primitive:
        raise ConnectException(f"Unsupported source data type: {schema.type.name}")
    return as_it_is


def exact_field(field: SinkField) -> bool:
    """Whether values are the same to any database just when they are to Python. Points in time are not: columns keep fewer
    digits of them, or none of the time of day."""
    schema = field.schema
    if schema.name == Date.LOGICAL_NAME:
        return not field.holds_epoch
    if field.holds_epoch or schema.name in {Time.LOGICAL_NAME, Timestamp.LOGICAL_NAME, Decimal.LOGICAL_NAME}:
        return False
    return schema.type in {Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.BOOLEAN, Type.BYTES}


def key_facts(shape: Shape, table: Table, exact: Callable[[SinkField, str], bool]) -> KeyFacts:
    """Whether the shape's key is the table's primary key, and whether its values are compared as Python does."""
    keys = shape.fields.keys
    named = {field.name.lower() for field in keys}
    unique = bool(keys) and named == {name.lower() for name in table.primary_key}
    return KeyFacts(unique, all(exact(field, _type_of(table, field)) for field in keys))


def _type_of(table: Table, field: SinkField) -> str:
    column = table.column_ignoring_case(field.name)
    return "" if column is None else column.type_name
