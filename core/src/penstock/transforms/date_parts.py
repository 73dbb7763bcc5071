"""The quick way to write dates in UTC: as texts of the day, the minute of the day, the second and the millisecond, each kept.

Most patterns go from the large to the small, so that a date's text is four texts in a row, and dates share them: a thousand
records have few days, and there are 1440 minutes in any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from penstock.api.javatime import MS_PER_DAY
from penstock.transforms.date_pattern import Element, Literal
from penstock.transforms.date_write import Moment, Piece, piece
from penstock.transforms.date_zones import UTC

_MS_PER_MINUTE: Final = 60_000
_UNITS_MS: Final = (MS_PER_DAY, _MS_PER_MINUTE, 1000, 1)
_LETTERS: Final = ("GyYMLEDFwWdu", "aHkKhm", "s", "S")
"""What each part may be written of; zones are the same everywhere in UTC."""
_PART_OF: Final = {letter: part for part, letters in enumerate(_LETTERS) for letter in letters}
_MOST_KEPT: Final = 4096


class _Texts(dict[int, str]):
    """The texts of one part, by day, minute of the day, second or millisecond. Used by one thread."""

    __slots__ = ("_pieces", "_unit_ms")

    def __init__(self, pieces: Sequence[Piece], unit_ms: int) -> None:
        super().__init__()
        self._pieces = pieces
        self._unit_ms = unit_ms

    def __missing__(self, number: int) -> str:
        if len(self) >= _MOST_KEPT:
            self.clear()
        moment = Moment.of(number * self._unit_ms, UTC)
        text = self[number] = "".join([write(moment) for write in self._pieces])
        return text


class PartsWriter:
    """Writes points in time, in milliseconds since the epoch, as UTC."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Sequence[Piece]]) -> None:
        self._parts = [_Texts(pieces, unit_ms) for pieces, unit_ms in zip(parts, _UNITS_MS, strict=True)]

    def write(self, column: Sequence[int]) -> list[str]:
        """The texts of a column."""
        days, minutes, seconds, millis = self._parts
        texts: list[str] = []
        append = texts.append
        for ms in column:
            day, rest = divmod(ms, MS_PER_DAY)
            minute, rest = divmod(rest, _MS_PER_MINUTE)
            second, milli = divmod(rest, 1000)
            append(f"{days[day]}{minutes[minute]}{seconds[second]}{millis[milli]}")
        return texts


def parts_writer(elements: Sequence[Element]) -> PartsWriter | None:
    """A writer, or None for a pattern that does not go from the large to the small."""
    parts: list[list[Piece]] = [[] for _ in _UNITS_MS]
    current = 0
    for element in elements:
        part = current if isinstance(element, Literal) else _PART_OF.get(element.letter, current)
        if part < current:
            return None
        current = part
        parts[part].append(piece(element))
    return PartsWriter(parts)
