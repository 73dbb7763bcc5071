"""SQL Server, and Sybase, which grew from the same root. Tested by the text of their statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.merge import MergeWords, MergingDialect
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.temporal import Clocks


class SqlServerSinkDialect(MergingDialect):
    """``holdlock`` keeps two tasks from both finding that a key isn't there (mssql.use.merge.holdlock)."""

    kind = DatabaseKind.SQLSERVER
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "tinyint",
        Type.INT16: "smallint",
        Type.INT32: "int",
        Type.INT64: "bigint",
        Type.FLOAT32: "real",
        Type.FLOAT64: "float",
        Type.BOOLEAN: "bit",
        Type.STRING: "varchar(max)",
        Type.BYTES: "varbinary(max)",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "date",
        Time.LOGICAL_NAME: "time",
        Timestamp.LOGICAL_NAME: "datetime2",
    }
    words = MergeWords(end=";")
    key_string: ClassVar[str] = "varchar(900)"
    """An index takes 900 bytes."""

    def __init__(self, rules: IdentifierRules, clocks: Clocks, *, holdlock: bool = True) -> None:
        super().__init__(rules, clocks)
        self.holdlock = holdlock

    def plain_type(self, field: SinkField) -> str | None:
        if field.schema.type is Type.STRING and field.is_key:
            return self.key_string
        return super().plain_type(field)

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"decimal(38,{scale})"

    def bytes_literal(self, value: bytes) -> str:
        return f"0x{value.hex().upper()}"

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        """One ADD for all columns."""
        added = ", ".join(self.column(field) for field in fields)
        return [f"ALTER TABLE {self.rules.quoted(table)} ADD {added}"]

    def target_words(self) -> str:
        return f"{' WITH (HOLDLOCK)' if self.holdlock else ''}{self.words.target}"


class SybaseSinkDialect(SqlServerSinkDialect):
    """Sybase ASE."""

    kind = DatabaseKind.SYBASE
    types: ClassVar[Mapping[Type, str]] = {
        **SqlServerSinkDialect.types,
        Type.INT8: "smallint",
        Type.BOOLEAN: "tinyint",
        Type.STRING: "text",
        Type.BYTES: "image",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "date",
        Time.LOGICAL_NAME: "time",
        Timestamp.LOGICAL_NAME: "datetime",
    }
    words = MergeWords()
    key_string = "varchar(512)"

    def target_words(self) -> str:
        return self.words.target
