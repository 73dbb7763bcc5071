"""What becomes of records whose value is null (spec 7), before anything else looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from penstock.api import ConnectException, DataException, SinkRecord, SinkSlice, StructColumn
from penstock_s3.config.choices import OnNull
from penstock_s3.config.settings import NullSettings
from penstock_s3.sink.rows import cut

_NONE = type(None)

Report = Callable[[SinkRecord, Exception], None]
"""Hands a record to the dead letter queue."""


class NullPolicy:
    """Applied to each slice of a ``put``."""

    def __init__(self, settings: NullSettings, report: Report | None) -> None:
        """``report`` None: there is no dead letter queue."""
        self._behavior = settings.behavior
        self._report = report if settings.report else None

    def kept(self, part: SinkSlice) -> Iterator[SinkSlice]:
        """The slice without records that are to be ignored. Raises ConnectException for a null that must not be."""
        if self._behavior is OnNull.WRITE or not _has_null(part.values):
            yield part
            return
        if self._behavior is OnNull.FAIL:
            raise ConnectException(
                "Null valued records are not writeable with current behavior.on.null.values 'settings."
            )
        kept: list[int] = []
        for place, value in enumerate(part.values):
            if value is not None:
                kept.append(place)
            elif self._report is not None:
                self._report(part.record(place), DataException("Skipping null value record."))
        for start, end in _runs(kept):
            yield cut(part, start, end)


def _has_null(values: Sequence[object]) -> bool:
    return not isinstance(values, StructColumn) and _NONE in set(map(type, values))


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbours together: (first, behind the last)."""
    start = 0
    for index in range(1, len(places) + 1):
        if index == len(places) or places[index] != places[index - 1] + 1:
            yield places[start], places[index - 1] + 1
            start = index
