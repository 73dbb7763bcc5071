"""Transformations and predicates: change, drop or choose records, one by one or in columns (spec 4.1, 6.1).

Called by one task's thread only. ``configure`` comes once, with the keys of ``transforms.<alias>.`` without their prefix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from penstock.api.plugin import Configurable
from penstock.api.record import ConnectRecord, SinkRecord, SourceRecord
from penstock.api.record_columns import RecordColumns

R = TypeVar("R", bound=ConnectRecord)
AnyRecord = TypeVar("AnyRecord", SourceRecord, SinkRecord)


class Transformation(Configurable, ABC, Generic[R]):
    """Changes a record, or drops it by returning None. Never changes the record it is given."""

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002  # Connect's signature
        """Take the configuration; ``self.config`` is set already. Raises ConfigException."""
        return

    @abstractmethod
    def apply(self, record: R) -> R | None:
        """The record that goes on, the same object if nothing changed, or None to drop it. Raises DataException."""

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:  # noqa: ARG002
        """Apply to many records at once: what goes on, in order, in as many runs as it takes; a record that is in none of them
        is dropped. None when these records are to be taken one by one, which is what all are where this is not overridden.

        It does what ``apply`` does, and nothing besides: where it returns None, or raises, ``apply`` gets the same records.
        """
        return None

    def close(self) -> None:
        """Release what was taken; called once, after the last record."""
        return


class Predicate(Configurable, ABC, Generic[R]):
    """Decides whether a transformation is applied to a record."""

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002  # Connect's signature
        """Take the configuration; ``self.config`` is set already. Raises ConfigException."""
        return

    @abstractmethod
    def test(self, record: R) -> bool:
        """True when the transformation should see the record. Raises DataException."""

    def test_batch(self, batch: RecordColumns) -> Sequence[bool] | None:  # noqa: ARG002
        """Test many records at once: one answer a record. None when they are to be tested one by one, which is what all are
        where this is not overridden. Where it returns None, or raises, ``test`` gets the same records."""
        return None

    def close(self) -> None:
        """Release what was taken; called once, after the last record."""
        return
