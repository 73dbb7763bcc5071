"""PostgreSQL: COPY into the table, or into a temporary one and from there with one statement.

Values travel as text and are typed as pgjdbc types its parameters: a string is ``varchar``, so it goes into a text column and
not into an ``int`` one; dates and times have no type, so the column reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from penstock.api import ConnectException, Date, Decimal, Schema, Type
from penstock_jdbc.database.table import Table
from penstock_jdbc.sink.abilities import Abilities
from penstock_jdbc.sink.dialects.base import MARK
from penstock_jdbc.sink.dialects.postgresql import PostgreSqlSinkDialect
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.shape import Column, Shape, mapped
from penstock_jdbc.sink.temporal import Clocks
from penstock_jdbc.sink.writers.base import Encoder, KeyFacts, Op, Statements, as_it_is, in_order_of_marks, key_facts
from penstock_jdbc.sink.writers.shown import pgjdbc_texts
from penstock_jdbc.sink.writers.texts import all_escaped, float_texts, is_temporal, zoned_texts

_TYPES: Mapping[Type, str] = {
    Type.INT8: "int2",
    Type.INT16: "int2",
    Type.INT32: "int4",
    Type.INT64: "int8",
    Type.FLOAT32: "float4",
    Type.FLOAT64: "float8",
    Type.BOOLEAN: "bool",
    Type.STRING: "varchar",
    Type.BYTES: "bytea",
}
_CAST_COLUMNS = frozenset({"json", "jsonb", "uuid"})
"""Columns whose parameters the connector casts, so that they take strings."""
_SAME = {"varchar": ("varchar", "text")}
"""What COPY reads into a column as an INSERT of the typed value would; other types only into themselves."""
_INTEGERS = frozenset({"int2", "int4", "int8"})
_TEXT_COLUMNS = frozenset({"text", "varchar"})
_TEMPORAL_COLUMNS = frozenset({"date", "time", "timetz", "timestamp", "timestamptz"})
_EXACT_KEYS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_INTEGERS, _INTEGERS),
    "bool": frozenset({"bool"}),
    "bytea": frozenset({"bytea"}),
    "varchar": _TEXT_COLUMNS,
}
"""The type of a parameter → the columns in which two of its values are the same only if they are to Python. An uuid has several
spellings, an int column rounds what is no integer, and a date column cuts the time of day off."""
_COPY_SPECIAL = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_NEEDS_ESCAPES = frozenset({Type.STRING, Type.BYTES, Type.ARRAY})
_ALL = Abilities()


class PostgreSqlWriter:
    """Rows of one shape. ``untyped_strings`` is pgjdbc's ``stringtype=unspecified``; where ``abilities`` lack
    temporary tables, rows go one by one unless COPY takes them directly."""

    def __init__(
        self,
        dialect: PostgreSqlSinkDialect,
        shape: Shape,
        table: Table,
        *,
        untyped_strings: bool,
        abilities: Abilities = _ALL,
    ) -> None:
        self._dialect = dialect
        self._shape = shape
        self._stages = abilities.temporary_tables
        fields = shape.fields.all
        self._types = {field.name: _typed(field) for field in fields}
        columns = {field.name: _column_type(table, field) for field in fields}
        self._casts = {
            name: target
            for field in fields
            if (target := columns[(name := field.name)])
            and (target in _CAST_COLUMNS or (untyped_strings and field.schema.type is Type.STRING))
        }
        self._columns = columns
        self._loose = {
            field.name
            for field in fields
            if not field.is_key and columns[field.name] and not self._read_alike(field, columns[field.name])
        }
        """Fields of another type than their columns'. A null of theirs has none, as pgjdbc binds it, and fits any column."""
        self._statements: dict[frozenset[str], Statements] = {}
        self._encoders = [_column_encoder(field, columns[field.name], dialect.clocks) for field in fields]
        self._directly = (
            abilities.copies
            and table.kind in {"TABLE", "PARTITIONED TABLE"}
            and all(self._read_alike(field, columns[field.name]) and not _is_identity(table, field) for field in fields)
        )
        self._staged = [(field, self._types[field.name] or _quoted(columns[field.name] or "text")) for field in fields]
        facts = key_facts(shape, table, self._is_exact)
        self._unambiguous = facts.exact and all(columns[field.name] not in _TEXT_COLUMNS for field in shape.fields.keys)
        self.key = KeyFacts(True, facts.exact)  # ON CONFLICT asks for a unique key, else it fails

    def encode(self, op: Op, columns: Sequence[Column]) -> list[Column]:
        fields = self._shape.fields.all
        chosen = [
            encode for field, encode in zip(fields, self._encoders, strict=True) if op is not Op.DELETE or field.is_key
        ]
        return [encode(column) for encode, column in zip(chosen, columns, strict=True)]

    def write(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:  # psycopg's
        shape, dialect = self._shape, self._dialect
        if op is Op.INSERT and self._directly:
            names = dialect.names(shape.fields.all)
            self._copy(cursor, f"{dialect.rules.quoted(shape.table)} ({names})", shape.fields.all, columns)
            return
        if not self._stages or (op is Op.UPDATE and not (self._unambiguous and shape.fields.keys)):
            self.write_in_order(cursor, op, columns)
            return
        keys = shape.fields.keys
        staged = [(field, kind) for field, kind in self._staged if op is not Op.DELETE or field.is_key]
        if self._loose and op is not Op.DELETE:
            staged = [self._untyped_if_null(*each) for each in zip(staged, columns, strict=True)]
        name = self._stage(cursor, staged)
        self._copy(cursor, name, [field for field, _ in staged], columns)
        casts = {column: _quoted(kind) for column, kind in self._casts.items()}
        match op:
            case Op.INSERT:
                sql = dialect.insert_staged(shape.table, shape.fields, name, casts)
            case Op.UPSERT:
                sql = dialect.insert_staged(shape.table, shape.fields, name, casts) + dialect.on_conflict(shape.fields)
            case Op.UPDATE:
                sql = dialect.update_staged(shape.table, shape.fields, name, casts)
            case Op.DELETE:
                sql = dialect.delete_staged(shape.table, keys, name, casts)
        cursor.execute(sql)

    def write_in_order(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:
        rows = list(zip(*in_order_of_marks(self._shape.fields, op, columns), strict=True))
        if not self._loose or op is Op.DELETE:
            cursor.executemany(self._statement(op, frozenset()), rows)
            return
        nulls = self._loose_nulls(columns)
        for names, some in groupby(zip(nulls, rows, strict=True), key=itemgetter(0)):
            cursor.executemany(self._statement(op, names), [row for _, row in some])

    def _untyped_if_null(self, staged: tuple[SinkField, str], column: Column) -> tuple[SinkField, str]:
        field, _ = staged
        if field.name in self._loose and all(value is None for value in column):
            return field, _quoted(self._columns[field.name])
        return staged

    def _loose_nulls(self, columns: Sequence[Column]) -> list[frozenset[str]]:
        """Of each row, the loose fields that are null."""
        loose = [
            [field.name if value is None else "" for value in column]
            for field, column in zip(self._shape.fields.all, columns, strict=True)
            if field.name in self._loose
        ]
        return [frozenset(filter(None, names)) for names in zip(*loose, strict=True)]

    def _statement(self, op: Op, untyped: frozenset[str]) -> str:
        """For one row, whose ``untyped`` fields are null."""
        made = self._statements.get(untyped)
        if made is None:
            marks = self._typed_marks([field for field in self._shape.fields.all if field.name not in untyped])
            made = self._statements[untyped] = Statements.of(self._dialect, self._shape, "pyformat", marks)
        return made.sql[op]

    def _typed_marks(self, fields: Sequence[SinkField]) -> dict[str, str]:
        marks = {}
        for field in fields:
            cast = self._casts.get(field.name)
            kind = _quoted(cast) if cast else self._types[field.name]
            if kind is not None:
                marks[field.name] = f"CAST({MARK} AS {kind})"
        return marks

    def _is_exact(self, field: SinkField, column: str) -> bool:
        if field.schema.name == Date.LOGICAL_NAME and not field.holds_epoch:
            return column == "date"
        return column in _EXACT_KEYS.get(self._types[field.name] or "", ())

    def _read_alike(self, field: SinkField, column: str) -> bool:
        kind = self._types[field.name]
        if field.name in self._casts:
            return True
        return kind is None or column in _SAME.get(kind, (kind,))

    def _stage(self, cursor: Any, staged: Sequence[tuple[SinkField, str]]) -> str:
        """An empty temporary table; made again where a pooler in between gave us another session."""
        listed = ",".join(f"{field.name}\0{kind}" for field, kind in staged)
        name = f"penstock_{hashlib.sha256(listed.encode()).hexdigest()[:24]}"
        cursor.execute(f"{self._dialect.staging_table(name, staged)}; TRUNCATE pg_temp.{name}")
        return f"pg_temp.{name}"

    def _copy(self, cursor: Any, target: str, fields: Sequence[SinkField], columns: Sequence[Column]) -> None:
        texts = [
            _copy_texts(column, escape=field.schema.type in _NEEDS_ESCAPES and not is_temporal(field))
            for field, column in zip(fields, columns, strict=True)
        ]
        lines = "\n".join(map("\t".join, zip(*texts, strict=True)))
        with cursor.copy(f"COPY {target} FROM STDIN") as copy:
            copy.write(f"{lines}\n")


def _copy_texts(column: Column, *, escape: bool) -> Column:
    texts = all_escaped(column, _COPY_SPECIAL) if escape else column
    return ["\\N" if text is None else text for text in texts] if None in texts else texts


def _typed(field: SinkField) -> str | None:
    """The type of a parameter; None where the column decides. Raises ConnectException for a schema that can't be bound."""
    if is_temporal(field) or is_temporal(_innermost(field)):
        return None
    return _type_of(field.schema)


def _innermost(field: SinkField) -> SinkField:
    """What an array holds, at last."""
    while field.schema.type is Type.ARRAY and field.schema.value_schema is not None:
        field = SinkField("", field.schema.value_schema, is_key=False)
    return field


def _type_of(schema: Schema) -> str:
    if schema.name == Decimal.LOGICAL_NAME:
        return "numeric"
    if schema.type is Type.ARRAY and schema.value_schema is not None:
        return f"{_type_of(schema.value_schema)}[]"
    found = _TYPES.get(schema.type)
    if found is None:
        raise ConnectException(f"Unsupported source data type: {schema.type.name}")
    return found


def _column_type(table: Table, field: SinkField) -> str:
    column = table.column_ignoring_case(field.name)
    return "" if column is None else column.type_name


def _is_identity(table: Table, field: SinkField) -> bool:
    column = table.column_ignoring_case(field.name)
    return column is not None and column.auto_increment


def _quoted(type_name: str) -> str:
    return '"' + type_name.replace('"', '""') + '"'


def _column_encoder(field: SinkField, column_type: str, clocks: Clocks) -> Encoder:
    if is_temporal(field) and column_type and column_type not in _TEMPORAL_COLUMNS:
        return lambda column: pgjdbc_texts(field, clocks, column)
    return _encoder(field, clocks)


def _encoder(field: SinkField, clocks: Clocks) -> Encoder:
    if is_temporal(field):
        return lambda column: zoned_texts(field, clocks, column)
    schema = field.schema
    if schema.name == Decimal.LOGICAL_NAME:
        return lambda column: mapped(str, column)
    if schema.type is Type.STRING:
        return as_it_is
    if schema.type is Type.ARRAY and schema.value_schema is not None:
        element = _encoder(SinkField("", schema.value_schema, is_key=False), clocks)
        return lambda column: mapped(lambda items: _array(element(items)), column)
    if schema.type in (Type.FLOAT32, Type.FLOAT64):
        return float_texts
    text = _TEXTS[schema.type]
    return lambda column: mapped(text, column)


def _array(items: Column) -> str:
    return "{" + ",".join("NULL" if item is None else _array_item(str(item)) for item in items) + "}"


def _array_item(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return f"\\x{value.hex()}"


def _boolean(value: object) -> str:
    return "t" if value else "f"


_TEXTS: Mapping[Type, Callable[[Any], str]] = {
    Type.INT8: int.__repr__,
    Type.INT16: int.__repr__,
    Type.INT32: int.__repr__,
    Type.INT64: int.__repr__,
    Type.BOOLEAN: _boolean,
    Type.BYTES: _bytes,
}
