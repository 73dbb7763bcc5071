"""Whether records of one schema may go into a file of another (spec 8)."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from penstock.api import Schema
from penstock_s3.config.choices import Compatibility


class Fit(enum.Enum):
    """How a schema fits the file's."""

    SAME = enum.auto()
    PROJECTED = enum.auto()
    NEW_FILE = enum.auto()


class SchemaRules:
    """Decides once for each pair of schemas."""

    def __init__(self, compatibility: Compatibility) -> None:
        self._compatibility = compatibility

    def fit(self, file: Schema | None, record: Schema | None) -> Fit:
        """Raises SchemaProjectorException when the mode needs versions and there are none."""
        return Fit.SAME if file is record or file == record else Fit.NEW_FILE

    def projected(self, file: Schema | None, record: Schema | None, values: Sequence[object]) -> Sequence[object]:
        """Values of the record's schema as values of the file's. Raises PartialBatch at the first that cannot be."""
        raise NotImplementedError
