"""SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import SinkField, TableFields


class SqliteSinkDialect(SinkDialect):
    """Dates, times and timestamps are numbers: milliseconds since the epoch, as the Java driver writes them."""

    kind = DatabaseKind.SQLITE
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "INTEGER",
        Type.INT16: "INTEGER",
        Type.INT32: "INTEGER",
        Type.INT64: "INTEGER",
        Type.FLOAT32: "REAL",
        Type.FLOAT64: "REAL",
        Type.BOOLEAN: "INTEGER",
        Type.STRING: "TEXT",
        Type.BYTES: "BLOB",
    }
    logical_types: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (Decimal.LOGICAL_NAME, Date.LOGICAL_NAME, Time.LOGICAL_NAME, Timestamp.LOGICAL_NAME), "NUMERIC"
    )

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        """One statement a column: SQLite adds one at a time."""
        return [f"ALTER TABLE {self.rules.quoted(table)} ADD {self.column(field)}" for field in fields]

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        """Replaces the whole row, as the Java connector does: columns that the record lacks get their defaults."""
        return f"INSERT OR REPLACE{self.insert(table, fields, casts).removeprefix('INSERT')}"
