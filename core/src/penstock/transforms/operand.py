"""The key or the value of a record: what most transformations work on (spec 6.1).

Such a transformation is written once, against a schema and a value. Connect names it twice: ``Cast$Key``, ``Cast$Value``.
"""

from __future__ import annotations

from abc import abstractmethod

from penstock.api import Schema, SinkRecord, SourceRecord, Transformation

Record = SourceRecord | SinkRecord
"""What a transformation is given."""

Changed = tuple[Schema | None, object]
"""A schema and the value under it."""


class OperandTransformation(Transformation[Record]):
    """Changes one part of a record."""

    @abstractmethod
    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:
        """The part's new schema and value, or None when the record stays as it is. ``record`` is there for what else it
        knows. Raises DataException."""


class OnKey(OperandTransformation):
    """Works on the key."""

    def apply(self, record: Record) -> Record:
        """The record with another key, or the same record."""
        changed = self.change(record, record.key_schema, record.key)
        return record if changed is None else record.replace(key_schema=changed[0], key=changed[1])


class OnValue(OperandTransformation):
    """Works on the value."""

    def apply(self, record: Record) -> Record:
        """The record with another value, or the same record."""
        changed = self.change(record, record.value_schema, record.value)
        return record if changed is None else record.replace(value_schema=changed[0], value=changed[1])
