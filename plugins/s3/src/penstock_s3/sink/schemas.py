"""Whether records of one schema may go into a file of another (spec 8), decided once for each pair."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import Schema, SchemaProjectorException
from penstock_s3.config.choices import Compatibility
from penstock_s3.formats.schema_change import Change, decide, projected

_MOST_KEPT = 1000

_Pair = tuple[Schema | None, Schema | None]


class SchemaRules:
    """Remembers decisions by the identity of schemas: converters hand out the same object again and again."""

    def __init__(self, compatibility: Compatibility) -> None:
        self._compatibility = compatibility
        self._decided: dict[tuple[int, int], tuple[_Pair, Change | SchemaProjectorException]] = {}

    def change(self, file: Schema | None, record: Schema | None) -> Change:
        """Raises SchemaProjectorException when the mode needs versions and there are none."""
        if file is record:
            return Change.NONE
        known = self._decided.get((id(file), id(record)))
        if known is None:
            known = self._keep(file, record)
        if isinstance(known[1], SchemaProjectorException):
            raise SchemaProjectorException(str(known[1]))  # a new one: traces grow at each raise
        return known[1]

    def projected(self, file: Schema | None, record: Schema | None, values: Sequence[object]) -> Sequence[object]:
        """Values of the record's schema as values of the file's. Raises PartialBatch at the first that cannot be."""
        assert file is not None, "what is projected has schemas on both sides"
        assert record is not None, "what is projected has schemas on both sides"
        return projected(record, values, file)

    def _keep(self, file: Schema | None, record: Schema | None) -> tuple[_Pair, Change | SchemaProjectorException]:
        if len(self._decided) >= _MOST_KEPT:
            self._decided.clear()
        answer: Change | SchemaProjectorException
        try:
            answer = decide(self._compatibility, file, record)
        except SchemaProjectorException as error:
            answer = error
        # The schemas are kept too: an id may be given to another object once its own is gone.
        kept = self._decided[id(file), id(record)] = ((file, record), answer)
        return kept
