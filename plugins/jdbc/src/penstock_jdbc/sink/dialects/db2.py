"""Db2 and Derby, which share most of their SQL. Tested by the text of their statements."""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import SinkField, TableFields

_TYPES: Mapping[Type, str] = {
    Type.INT8: "SMALLINT",
    Type.INT16: "SMALLINT",
    Type.INT32: "INTEGER",
    Type.INT64: "BIGINT",
    Type.FLOAT32: "FLOAT",
    Type.FLOAT64: "DOUBLE",
    Type.BOOLEAN: "SMALLINT",
    Type.STRING: "VARCHAR(32672)",
    Type.BYTES: "BLOB(64000)",
}


class Db2SinkDialect(SinkDialect):
    """Columns may be null unless they say otherwise, and can't say that they may."""

    kind = DatabaseKind.DB2
    null_word = ""
    types: ClassVar[Mapping[Type, str]] = _TYPES
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "TIME",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"DECIMAL(31,{scale})"

    def bytes_literal(self, value: bytes) -> str:
        return f"BX'{value.hex().upper()}'"

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        added = " ".join(f"ADD {self.column(field)}" for field in fields)
        return [f"ALTER TABLE {self.rules.quoted(table)} {added}"]

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        """MERGE from one row of VALUES."""
        name, quote = self.rules.quoted(table), self.rules.quote
        same = " AND ".join(f"{name}.{quote(f.name)}=DAT.{quote(f.name)}" for f in fields.keys)
        changed = ",".join(f"{name}.{quote(f.name)}=DAT.{quote(f.name)}" for f in fields.others)
        matched = f" WHEN MATCHED THEN UPDATE SET {changed}" if changed else ""
        return (
            f"MERGE INTO {name} USING {self.incoming(fields, casts)} ON {same}{matched} "
            f"WHEN NOT MATCHED THEN INSERT({self.names(fields.all)}) VALUES({self.names(fields.all, 'DAT.')})"
        )

    def incoming(self, fields: TableFields, casts: Mapping[str, str]) -> str:
        """The row that comes in, under the name DAT."""
        return f"(VALUES({self.marks(fields.all, casts)})) AS DAT({self.names(fields.all)})"


class DerbySinkDialect(Db2SinkDialect):
    """Derby's MERGE takes no VALUES, so the row is selected from its one-row table, and every value cast."""

    kind = DatabaseKind.DERBY

    def bytes_literal(self, value: bytes) -> str:
        return f"CAST(X'{value.hex().upper()}' AS BLOB)"

    def incoming(self, fields: TableFields, casts: Mapping[str, str]) -> str:
        row = ", ".join(
            f"CAST({self.mark(field, casts)} AS {self.column_type(field)}) AS {self.rules.quote(field.name)}"
            for field in fields.all
        )
        return f"(SELECT {row} FROM SYSIBM.SYSDUMMY1) AS DAT"
