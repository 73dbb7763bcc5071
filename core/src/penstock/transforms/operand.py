"""The key or the value of a record: what most transformations work on (spec 6.1).

Such a transformation is written once, against a schema and a value, and against a schema and a column of values. Connect
names it twice: ``Cast$Key``, ``Cast$Value``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from penstock.api import RecordColumns, Schema, SinkRecord, SourceRecord, Transformation
from penstock.transforms.columns import Column

Record = SourceRecord | SinkRecord
"""What a transformation is given."""

Changed = tuple[Schema | None, object]
"""A schema and the value under it."""

ChangedColumn = tuple[Schema | None, Column]
"""A schema and the values under it."""


class OperandTransformation(Transformation[Record]):
    """Changes one part of a record."""

    @abstractmethod
    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:
        """The part's new schema and value, or None when the record stays as it is. ``record`` is there for what else it
        knows. Raises DataException."""

    def change_columns(
        self,
        batch: RecordColumns,  # noqa: ARG002
        schema: Schema | None,  # noqa: ARG002
        values: Column,  # noqa: ARG002
    ) -> ChangedColumn | None:
        """The part's new schema and values, for records that share a schema; None when they are to be changed one by one.
        What it raises is not looked at: then, too, they are changed one by one."""
        return None


class OnKey(OperandTransformation):
    """Works on the key."""

    def apply(self, record: Record) -> Record:
        """The record with another key, or the same record."""
        changed = self.change(record, record.key_schema, record.key)
        return record if changed is None else record.replace(key_schema=changed[0], key=changed[1])

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        """The records with other keys."""
        changed = None if batch.keys is None else self.change_columns(batch, batch.key_schema, batch.keys)
        return None if changed is None else [batch.with_key(*changed)]


class OnValue(OperandTransformation):
    """Works on the value."""

    def apply(self, record: Record) -> Record:
        """The record with another value, or the same record."""
        changed = self.change(record, record.value_schema, record.value)
        return record if changed is None else record.replace(value_schema=changed[0], value=changed[1])

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        """The records with other values."""
        changed = self.change_columns(batch, batch.value_schema, batch.values)
        return None if changed is None else [batch.with_value(*changed)]
