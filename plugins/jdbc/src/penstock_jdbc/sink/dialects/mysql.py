"""MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import TableFields


class MySqlSinkDialect(SinkDialect):
    """``VALUES()`` in upserts: MariaDB knows nothing else, and MySQL still takes it."""

    kind = DatabaseKind.MYSQL
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "TINYINT",
        Type.INT16: "SMALLINT",
        Type.INT32: "INT",
        Type.INT64: "BIGINT",
        Type.FLOAT32: "FLOAT",
        Type.FLOAT64: "DOUBLE",
        Type.BOOLEAN: "TINYINT",
        Type.STRING: "TEXT",
        Type.BYTES: "VARBINARY(1024)",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "TIME(3)",
        Timestamp.LOGICAL_NAME: "DATETIME(3)",
    }
    counts_time = "DATETIME(6)"

    def decimal_type(self, schema: Schema) -> str:
        scale = (schema.parameters or {}).get(Decimal.SCALE_FIELD, "0")
        return f"DECIMAL(65,{scale})"

    def string_literal(self, text: str) -> str:
        """Backslashes are doubled, as MySQL reads them unless NO_BACKSLASH_ESCAPES is set."""
        return super().string_literal(text.replace("\\", "\\\\"))

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        return f"{self.insert(table, fields, casts)}{self.on_duplicate(fields)}"

    def on_duplicate(self, fields: TableFields) -> str:
        """What follows the rows of an upsert; with nothing else to change the key is set to itself."""
        names = [self.rules.quote(field.name) for field in fields.others or fields.keys]
        return " ON DUPLICATE KEY UPDATE " + ",".join(f"{name}=VALUES({name})" for name in names)
