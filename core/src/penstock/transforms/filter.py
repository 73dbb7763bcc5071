"""Filter: drops every record that it sees; which ones it sees, its predicate says (spec 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from penstock.api import RecordColumns, Transformation
from penstock.transforms.operand import Record


class Filter(Transformation[Record]):
    """Drops records."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.Filter"

    def apply(self, record: Record) -> Record | None:  # noqa: ARG002
        return None

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:  # noqa: ARG002
        return []
