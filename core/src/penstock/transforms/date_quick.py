"""The quick way to read most dates in most patterns: numbers between separators, in the Gregorian calendar and in UTC.

Whatever is unusual (names, two-digit years, dates out of range, blanks) is left to the careful way, which answers alike.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from operator import itemgetter

from penstock.transforms.date_pattern import Element, Literal, Run

GREGORIAN_YEARS = 1583

_NUMBERS = frozenset("yMdHmsS")
_LONGEST: Mapping[str, int] = {"y": 4, "S": 3}
_DEFAULTS = (1970, 1, 1, 0, 0, 0, 0)
_START = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # reckoned with as UTC throughout

Reader = Callable[[str], int | None]
"""The milliseconds that a text spells, None when the careful way must see."""


def quick_reader(elements: tuple[Element, ...]) -> Reader | None:
    """A reader, or None when the pattern asks for more than numbers."""
    letters: list[str] = []
    pattern = ""
    for place, element in enumerate(elements):
        if isinstance(element, Literal):
            pattern += re.escape(element.text)
        elif element.letter == "X":
            pattern += "Z"
        elif _is_number(element) and element.letter not in letters:
            letters.append(element.letter)
            adjacent = _is_adjacent(elements, place)
            longest = _LONGEST.get(element.letter, 2)
            if adjacent and element.count > longest:
                return None
            # The careful way reads all digits, and an exponent behind them.
            pattern += f"([0-9]{{{element.count}}})" if adjacent else rf"([0-9]{{1,{longest}}})(?![\dE])"
        else:
            return None
    return _reader(re.compile(pattern), letters) if letters else None


def _is_adjacent(elements: tuple[Element, ...], place: int) -> bool:
    following = elements[place + 1] if place + 1 < len(elements) else None
    return isinstance(following, Run) and following.is_number


def _is_number(run: Run) -> bool:
    return (
        run.letter in _NUMBERS
        and not (run.letter == "y" and run.count == 2)
        and not (run.letter == "M" and run.count > 2)
    )


def _reader(pattern: re.Pattern[str], letters: list[str]) -> Reader:
    # Behind the numbers of the text stand those that count where the pattern has no letter.
    spare = len(letters)
    order = [letters.index(letter) if letter in letters else spare + place for place, letter in enumerate("yMdHmsS")]
    in_order = itemgetter(*order)
    match, make, start = pattern.match, dt.datetime, _START

    def read(text: str) -> int | None:
        found = match(text)
        if found is None:
            return None
        year, month, day, hour, minute, second, millis = in_order([*map(int, found.groups()), *_DEFAULTS])
        if year < GREGORIAN_YEARS:
            return None
        try:
            since = make(year, month, day, hour, minute, second) - start
        except ValueError:
            return None
        ms: int = (since.days * 86_400 + since.seconds) * 1000 + millis
        return ms

    return read
