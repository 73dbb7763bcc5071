"""PostgreSQL."""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import SinkField, TableFields


class PostgreSqlSinkDialect(SinkDialect):
    """Arrays of one dimension have a column type here, and only here."""

    kind = DatabaseKind.POSTGRESQL
    types: ClassVar[Mapping[Type, str]] = {
        Type.INT8: "SMALLINT",
        Type.INT16: "SMALLINT",
        Type.INT32: "INT",
        Type.INT64: "BIGINT",
        Type.FLOAT32: "REAL",
        Type.FLOAT64: "DOUBLE PRECISION",
        Type.BOOLEAN: "BOOLEAN",
        Type.STRING: "TEXT",
        Type.BYTES: "BYTEA",
    }
    logical_types: ClassVar[Mapping[str, str]] = {
        Decimal.LOGICAL_NAME: "DECIMAL",
        Date.LOGICAL_NAME: "DATE",
        Time.LOGICAL_NAME: "TIME",
        Timestamp.LOGICAL_NAME: "TIMESTAMP",
    }

    def plain_type(self, field: SinkField) -> str | None:
        if field.schema.type is not Type.ARRAY:
            return super().plain_type(field)
        element = field.schema.value_schema
        if element is None:
            return None
        return f"{self.column_type(SinkField(field.name, element, is_key=False))}[]"

    def boolean_literal(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def bytes_literal(self, value: bytes) -> str:
        return f"'\\x{value.hex().upper()}'"

    def literal(self, schema: Schema, value: object) -> str:
        element = schema.value_schema if schema.type is Type.ARRAY else None
        if element is None or not isinstance(value, (list, tuple)):
            return super().literal(schema, value)
        items = ["NULL" if item is None else self.literal(element, item) for item in value]
        kind = self.column_type(SinkField("", element, is_key=False))
        return f"ARRAY[{','.join(items)}]::{kind}[]"

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        return f"{self.insert(table, fields, casts)}{self.on_conflict(fields)}"

    def on_conflict(self, fields: TableFields) -> str:
        """What follows the rows of an upsert."""
        changed = ",".join(f"{q}=EXCLUDED.{q}" for q in (self.rules.quote(f.name) for f in fields.others))
        action = f"UPDATE SET {changed}" if changed else "NOTHING"
        return f" ON CONFLICT ({self.names(fields.keys)}) DO {action}"

    # ---- many rows at once, out of a table that COPY filled ----------------------------------------------------------

    def staging_table(self, name: str, columns: Sequence[tuple[SinkField, str]]) -> str:
        """A temporary table for rows on their way; emptied when the transaction ends."""
        listed = ", ".join(f"{self.rules.quote(field.name)} {kind}" for field, kind in columns)
        return f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({listed}) ON COMMIT DELETE ROWS"

    def insert_staged(self, table: TableId, fields: TableFields, name: str, casts: Mapping[str, str]) -> str:
        """All staged rows into the table."""
        chosen = ",".join(self._staged(field, casts) for field in fields.all)
        return f"{self._insert_into(table, fields)} SELECT {chosen} FROM {name} s"

    def update_staged(self, table: TableId, fields: TableFields, name: str, casts: Mapping[str, str]) -> str:
        """The rows that have the staged keys get the staged values."""
        quote = self.rules.quote
        changed = ", ".join(f"{quote(field.name)} = {self._staged(field, casts)}" for field in fields.others)
        return f"UPDATE {self.rules.quoted(table)} t SET {changed} FROM {name} s WHERE {self._same(fields.keys, casts)}"

    def delete_staged(self, table: TableId, keys: Sequence[SinkField], name: str, casts: Mapping[str, str]) -> str:
        """The rows that have the staged keys go."""
        return f"DELETE FROM {self.rules.quoted(table)} t USING {name} s WHERE {self._same(keys, casts)}"

    def _staged(self, field: SinkField, casts: Mapping[str, str]) -> str:
        cast = casts.get(field.name)
        return f"s.{self.rules.quote(field.name)}{'::' + cast if cast else ''}"

    def _same(self, keys: Sequence[SinkField], casts: Mapping[str, str]) -> str:
        return " AND ".join(f"t.{self.rules.quote(field.name)} = {self._staged(field, casts)}" for field in keys)
