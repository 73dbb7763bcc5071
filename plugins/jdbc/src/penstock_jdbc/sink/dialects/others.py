"""SAP HANA, Vertica and databases that nobody named. Tested by the text of their statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import SinkField, TableFields


class HanaSinkDialect(SinkDialect):
    """Tables are column tables."""

    kind = DatabaseKind.HANA
    create_words = "CREATE COLUMN TABLE"
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "TINYINT",
        Type.INT16: "SMALLINT",
        Type.INT32: "INTEGER",
        Type.INT64: "BIGINT",
        Type.FLOAT32: "REAL",
        Type.FLOAT64: "DOUBLE",
        Type.BOOLEAN: "BOOLEAN",
        Type.STRING: "VARCHAR(1000)",
        Type.BYTES: "BLOB",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Decimal.LOGICAL_NAME: "DECIMAL",
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "DATE",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        added = ", ".join(self.column(field) for field in fields)
        return [f"ALTER TABLE {self.rules.quoted(table)} ADD({added})"]

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        return (
            f"UPSERT {self.rules.quoted(table)}({self.names(fields.all)}) "
            f"VALUES({self.marks(fields.all, casts)}) WITH PRIMARY KEY"
        )


class VerticaSinkDialect(SinkDialect):
    """No upsert here: Vertica's Java driver takes no batch of MERGE statements."""

    kind = DatabaseKind.VERTICA
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "INT",
        Type.INT16: "INT",
        Type.INT32: "INT",
        Type.INT64: "INT",
        Type.FLOAT32: "FLOAT",
        Type.FLOAT64: "FLOAT",
        Type.BOOLEAN: "BOOLEAN",
        Type.STRING: "VARCHAR(1024)",
        Type.BYTES: "VARBINARY(1024)",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "TIME",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"DECIMAL(18,{scale})"

    def bytes_literal(self, value: bytes) -> str:
        return f"X'{value.hex().upper()}'"

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        """One statement a column."""
        return [f"ALTER TABLE {self.rules.quoted(table)} ADD {self.column(field)}" for field in fields]


class GenericSinkDialect(SinkDialect):
    """Standard SQL's types for a database that nobody named; rows can be inserted, updated and deleted."""

    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "SMALLINT",
        Type.INT16: "SMALLINT",
        Type.INT32: "INTEGER",
        Type.INT64: "BIGINT",
        Type.FLOAT32: "REAL",
        Type.FLOAT64: "DOUBLE PRECISION",
        Type.BOOLEAN: "BOOLEAN",
        Type.STRING: "VARCHAR(4000)",
        Type.BYTES: "VARBINARY(4000)",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "TIME",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"DECIMAL(31,{scale})"
