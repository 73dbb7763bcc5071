"""What the dialects share, and what an unknown database is spoken to in (spec jdbc 13.4-13.6)."""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal as PythonDecimal
from typing import ClassVar

from penstock.api import ConnectException, Date, Decimal, Instant, Schema, Time, Timestamp, Type, java_str
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.fields import SinkField, TableFields
from penstock_jdbc.sink.temporal import Clocks, Temporal

MARK = "\0"
"""Stands for a parameter; :func:`with_marks` turns it into what the driver reads."""

NEWLINE = "\n"


class SinkDialect:
    """Writes SQL for one database. Stateless after it was made; names come quoted from ``rules``.

    Methods that make statements take ``casts``: for a column's name what stands in place of its mark.
    """

    kind: ClassVar[DatabaseKind] = DatabaseKind.GENERIC
    types: ClassVar[Mapping[Type, str]] = {}
    logical_types: ClassVar[Mapping[str, str]] = {}
    null_word: ClassVar[str] = " NULL"
    """What a column that may be null says in DDL."""
    counts_time: ClassVar[str | None] = None
    """The type for ``timestamp.fields.list``; None: that of a Timestamp."""

    def __init__(self, rules: IdentifierRules, clocks: Clocks) -> None:
        self.rules = rules
        self.clocks = clocks

    # ---- types -----------------------------------------------------------------------------------------------------

    def column_type(self, field: SinkField) -> str:
        """The type of a column in DDL. Raises ConnectException for a schema without one."""
        if field.holds_epoch:
            found = self.counts_time or self.logical_types.get(Timestamp.LOGICAL_NAME)
        elif field.schema.name == Decimal.LOGICAL_NAME:
            found = self.decimal_type(field.schema)
        elif field.schema.name is not None and field.schema.name in self.logical_types:
            found = self.logical_types[field.schema.name]
        else:
            found = self.plain_type(field)
        if found is None:
            name = "null" if field.schema.name is None else field.schema.name
            raise ConnectException(
                f"{name} ({field.schema.type.name}) type doesn't have a mapping to the SQL database column type"
            )
        return found

    def plain_type(self, field: SinkField) -> str | None:
        """The type for a schema that is no logical one."""
        return self.types.get(field.schema.type)

    def decimal_type(self, schema: Schema) -> str | None:  # noqa: ARG002  # some databases ask for the scale
        """The type for Connect's Decimal."""
        return self.logical_types.get(Decimal.LOGICAL_NAME)

    # ---- DDL -------------------------------------------------------------------------------------------------------

    def create_table(self, table: TableId, fields: TableFields) -> list[str]:
        """The statements that make a table for these columns. Raises ConnectException for a type without a mapping."""
        lines = [self.column(field) for field in fields.all]
        if fields.keys:
            names = ",".join(self.rules.quote(field.name) for field in fields.keys)
            lines.append(f"PRIMARY KEY({names})")
        return [f"{self.create_words} {self.rules.quoted(table)} ({NEWLINE}{(',' + NEWLINE).join(lines)})"]

    create_words: ClassVar[str] = "CREATE TABLE"

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        """The statements that add columns to a table."""
        added = ", ".join(f"ADD {self.column(field)}" for field in fields)
        return [f"ALTER TABLE {self.rules.quoted(table)} {added}"]

    def column(self, field: SinkField) -> str:
        """A column's line in DDL: name, type, default or nullability."""
        line = f"{self.rules.quote(field.name)} {self.column_type(field)}"
        if field.schema.default is not None:
            return f"{line} DEFAULT {self.literal(field.schema, field.schema.default)}"
        return f"{line}{self.null_word if field.optional else ' NOT NULL'}"

    def literal(self, schema: Schema, value: object) -> str:
        """A default value in SQL."""
        if isinstance(value, PythonDecimal):
            return str(value)
        if isinstance(value, (dt.date, dt.time, Instant)):
            return self.temporal_literal(schema, value)
        if isinstance(value, bool):
            return self.boolean_literal(value)
        if isinstance(value, str):
            return self.string_literal(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.bytes_literal(bytes(value))
        return java_str(value, schema)

    def temporal_literal(self, schema: Schema, value: Temporal) -> str:
        """A Date, Time or Timestamp as text in the zone of the database."""
        return self.string_literal(self.temporal_text(schema, value))

    def temporal_text(self, schema: Schema, value: Temporal) -> str:
        """The digits of a default, to the millisecond."""
        if schema.name == Date.LOGICAL_NAME:
            return self.clocks.default_date(value).date_text
        wall = self.clocks.default_timestamp(value)
        return wall.time_text(3) if schema.name == Time.LOGICAL_NAME else wall.text(3)

    def boolean_literal(self, value: bool) -> str:
        return "1" if value else "0"

    def string_literal(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def bytes_literal(self, value: bytes) -> str:
        return f"x'{value.hex().upper()}'"

    # ---- statements ------------------------------------------------------------------------------------------------

    def insert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        """One row, its values in the order of ``fields.all``."""
        return f"{self._insert_into(table, fields)} VALUES ({self.marks(fields.all, casts)})"

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:  # noqa: ARG002
        """One row, put in place of the one with its key. Raises ConnectException where a database has no such thing."""
        raise ConnectException(
            f"{self.kind.dialect_name} does not support upserts; set 'insert.mode' to insert or update"
        )

    def update(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        """One row: the values of ``fields.others``, then those of ``fields.keys``. Without a key every row is changed."""
        changed = ", ".join(f"{self.rules.quote(f.name)} = {self.mark(f, casts)}" for f in fields.others)
        return f"UPDATE {self.rules.quoted(table)} SET {changed}{self._where(fields.keys, casts)}"

    def delete(self, table: TableId, keys: Sequence[SinkField], casts: Mapping[str, str]) -> str:
        """The rows with a key."""
        return f"DELETE FROM {self.rules.quoted(table)}{self._where(keys, casts)}"

    def names(self, fields: Sequence[SinkField], prefix: str = "") -> str:
        """Quoted names with commas."""
        return ",".join(prefix + self.rules.quote(field.name) for field in fields)

    def mark(self, field: SinkField, casts: Mapping[str, str]) -> str:
        """What stands for a column's value."""
        return casts.get(field.name, MARK)

    def marks(self, fields: Sequence[SinkField], casts: Mapping[str, str]) -> str:
        """What stands for the values of several columns."""
        return ",".join(self.mark(field, casts) for field in fields)

    def _insert_into(self, table: TableId, fields: TableFields) -> str:
        return f"INSERT INTO {self.rules.quoted(table)} ({self.names(fields.all)})"

    def _where(self, keys: Sequence[SinkField], casts: Mapping[str, str]) -> str:
        parts = [f"{self.rules.quote(field.name)} = {self.mark(field, casts)}" for field in keys]
        return f" WHERE {' AND '.join(parts)}" if parts else ""


def with_marks(sql: str, paramstyle: str) -> str:
    """``sql`` with parameters as a driver of that DB-API paramstyle reads them."""
    if paramstyle in {"format", "pyformat"}:
        return sql.replace("%", "%%").replace(MARK, "%s")
    if paramstyle in {"numeric", "named", "numeric_dollar"}:
        sign = "$" if paramstyle == "numeric_dollar" else ":"
        pieces = sql.split(MARK)
        return "".join(piece + (f"{sign}{at}" if at < len(pieces) else "") for at, piece in enumerate(pieces, 1))
    return sql.replace(MARK, "?")
