"""Transformations and predicates: change, drop or choose records one at a time (spec 4.1, 6.1).

Called by one task's thread only. ``configure`` comes once, with the keys of ``transforms.<alias>.`` without their prefix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from penstock.api.converter import PartialBatch
from penstock.api.plugin import Configurable
from penstock.api.record import ConnectRecord, SinkRecord, SourceRecord

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

    def apply_batch(self, records: Sequence[R]) -> Sequence[R | None]:
        """Apply to many records; one item a record. Raises :class:`PartialBatch` at the first that fails."""
        done: list[R | None] = []
        apply = self.apply
        try:
            for record in records:
                done.append(apply(record))
        except Exception as error:
            raise PartialBatch(len(done), done, error) from error
        return done

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

    def close(self) -> None:
        """Release what was taken; called once, after the last record."""
        return
