"""Oracle. Tested by the text of its statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.merge import MergeWords, MergingDialect
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.temporal import Temporal


class OracleSinkDialect(MergingDialect):
    """A Time is a DATE, which has a time of day in Oracle."""

    kind = DatabaseKind.ORACLE
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "NUMBER(3,0)",
        Type.INT16: "NUMBER(5,0)",
        Type.INT32: "NUMBER(10,0)",
        Type.INT64: "NUMBER(19,0)",
        Type.FLOAT32: "BINARY_FLOAT",
        Type.FLOAT64: "BINARY_DOUBLE",
        Type.BOOLEAN: "NUMBER(1,0)",
        Type.STRING: "VARCHAR2(4000)",
        Type.BYTES: "BLOB",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "DATE",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }
    words = MergeWords(target=" target", source=" FROM dual", as_word=" ")

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"NUMBER(*,{scale})"

    def bytes_literal(self, value: bytes) -> str:
        return f"hextoraw('{value.hex().upper()}')"

    def temporal_literal(self, schema: Schema, value: Temporal) -> str:
        text = self.temporal_text(schema, value)
        if schema.name == Date.LOGICAL_NAME:
            return f"DATE '{text}'"
        if schema.name == Time.LOGICAL_NAME:
            return f"TO_DATE('1970-01-01 {text[:8]}','YYYY-MM-DD HH24:MI:SS')"
        return f"TIMESTAMP '{text}'"

    def alter_table(self, table: TableId, fields: Sequence[SinkField]) -> list[str]:
        """One ADD with all columns in brackets."""
        added = ", ".join(self.column(field) for field in fields)
        return [f"ALTER TABLE {self.rules.quoted(table)} ADD({added})"]
