"""Reading dates as Java's lenient ``SimpleDateFormat`` does (spec 6.1).

Blanks before numbers are skipped, numbers may have any count of digits unless the next element begins at once, names
match in either case, and what follows the date is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.transforms.date_fields import CalendarField, CalendarFields
from penstock.transforms.date_numbers import read_number
from penstock.transforms.date_pattern import ERAS, HALVES, LONG_ERAS, MONTHS, WEEKDAYS, Element, Literal, Run
from penstock.transforms.date_zones import UTC, Zone, find_zone

F = CalendarField

_NUMERIC: Mapping[str, CalendarField] = {
    "d": F.DAY_OF_MONTH,
    "H": F.HOUR_OF_DAY,
    "m": F.MINUTE,
    "s": F.SECOND,
    "S": F.MILLISECOND,
    "D": F.DAY_OF_YEAR,
    "F": F.WEEKDAY_IN_MONTH,
    "w": F.WEEK_OF_YEAR,
    "W": F.WEEK_OF_MONTH,
    "K": F.HOUR,
    "u": F.DAY_OF_WEEK,
    "k": F.HOUR_OF_DAY,
    "h": F.HOUR,
    "M": F.MONTH,
    "L": F.MONTH,
    "y": F.YEAR,
    "Y": F.WEEK_YEAR,
}
_NAMED: Mapping[str, tuple[CalendarField, Mapping[str, int]]] = {
    "G": (F.ERA, {name.lower(): number for names in (ERAS, LONG_ERAS) for number, name in enumerate(names)}),
    "a": (F.HALF, {name.lower(): number for number, name in enumerate(HALVES)}),
    "M": (F.MONTH, {name.lower(): number for number, month in enumerate(MONTHS) for name in (month, month[:3])}),
    "E": (
        F.DAY_OF_WEEK,
        {name.lower(): (number + 1) % 7 + 1 for number, day in enumerate(WEEKDAYS) for name in (day, day[:3])},
    ),
}
_NOON = {"k": 24, "h": 12}
"""The hour that these letters write for zero."""


class _NoDateError(ValueError):
    """The text does not match the pattern."""


@dataclass(slots=True)
class _Reading:
    """A text on its way through a pattern."""

    text: str
    century_start_ms: int
    century_start_year: int
    fields: CalendarFields
    zone: Zone = UTC
    ambiguous_year: bool = False


def parse_date(
    elements: tuple[Element, ...], text: str, century_start_ms: int, century_start_year: int
) -> tuple[int, Zone]:
    """Milliseconds since the epoch, and the zone that the text names (UTC if none).

    A year of two digits, where the pattern has at most two letters, lies in the hundred years from the given start.
    Raises ValueError when the text does not match.
    """
    reading = _Reading(text, century_start_ms, century_start_year, CalendarFields())
    place = 0
    for number, element in enumerate(elements):
        if isinstance(element, Literal):
            if not text.startswith(element.text, place):
                raise _NoDateError(text)
            place += len(element.text)
        else:
            following = elements[number + 1] if number + 1 < len(elements) else None
            place = _read(reading, place, element, adjacent=isinstance(following, Run) and following.is_number)
    ms = reading.fields.epoch_ms(reading.zone.offset_ms)
    if reading.ambiguous_year and ms < century_start_ms:
        reading.fields.add_years(100)
        ms = reading.fields.epoch_ms(reading.zone.offset_ms)
    return ms, reading.zone


def _read(reading: _Reading, place: int, run: Run, *, adjacent: bool) -> int:
    """Read one field at ``place``; returns the place behind it."""
    text = reading.text
    begin = place
    while begin < len(text) and text[begin] in " \t":
        begin += 1
    if begin == len(text):
        raise _NoDateError(text)
    if run.is_number:
        return _read_field(reading, place, begin, run, adjacent=adjacent)
    if run.letter in _ZONES:
        return _ZONES[run.letter](reading, place, begin, run.count)
    return _read_name(reading, place, *_NAMED["M" if run.letter == "L" else run.letter])


def _read_field(reading: _Reading, place: int, begin: int, run: Run, *, adjacent: bool) -> int:
    end = len(reading.text)
    if adjacent:  # blanks that were skipped count as digits
        if place + run.count > end:
            raise _NoDateError(reading.text)
        end = place + run.count
    found = read_number(reading.text, begin, end)
    if found is None:
        raise _NoDateError(reading.text)
    value, behind = found
    match run.letter:
        case "M" | "L":
            value -= 1
        case "k" | "h" if value == _NOON[run.letter]:
            value = 0
        case "u" if 1 <= value <= 7:
            value = value % 7 + 1
        case "y" | "Y" if run.count <= 2 and behind - begin == 2 and reading.text[begin:behind].isdecimal():
            value = _in_century(reading, value)
    reading.fields.set(_NUMERIC[run.letter], value)
    return behind


def _in_century(reading: _Reading, value: int) -> int:
    century, boundary = divmod(reading.century_start_year, 100)
    reading.ambiguous_year = value == boundary
    return value + century * 100 + (100 if value < boundary else 0)


def _read_name(reading: _Reading, place: int, field: CalendarField, names: Mapping[str, int]) -> int:
    # Blanks are not skipped here. The longest name counts.
    lower = reading.text.lower()
    name = max((name for name in names if lower.startswith(name, place)), key=len, default=None)
    if name is None:
        raise _NoDateError(reading.text)
    reading.fields.set(field, names[name])
    return place + len(name)


def _read_zone(reading: _Reading, place: int, begin: int, _count: int) -> int:
    text = reading.text
    sign = _sign(text, begin)
    if sign:
        return _read_offset(reading, begin + 1, sign, digits=0, colon=False)
    if text[begin] in "Gg" and text[place : place + 3].upper() == "GMT":
        behind = place + 3
        sign = _sign(text, behind)
        if sign:
            return _read_offset(reading, behind + 1, sign, digits=0, colon=True)
        _set_offset(reading, 0)
        return behind
    found = find_zone(text, begin)
    if found is None:
        raise _NoDateError(text)
    zone, behind = found
    reading.zone = zone
    if zone.decides:
        reading.fields.unset(F.ZONE_OFFSET)
        reading.fields.unset(F.DAYLIGHT_OFFSET)
    return behind


def _read_iso_zone(reading: _Reading, _place: int, begin: int, count: int) -> int:
    if reading.text[begin] == "Z":
        _set_offset(reading, 0)
        return begin + 1
    sign = _sign(reading.text, begin)
    if not sign:
        raise _NoDateError(reading.text)
    return _read_offset(reading, begin + 1, sign, digits=count, colon=count == 3)


_ZONES: Mapping[str, Callable[[_Reading, int, int, int], int]] = {
    "z": _read_zone,
    "Z": _read_zone,
    "X": _read_iso_zone,
}


def _sign(text: str, place: int) -> int:
    return {"+": 1, "-": -1}.get(text[place : place + 1], 0)


def _read_offset(reading: _Reading, place: int, sign: int, *, digits: int, colon: bool) -> int:
    """Hours and minutes: ``digits`` is the count of X (1: hours only), 0 for other zones. One digit for the hours will do
    only behind ``GMT``."""
    text = reading.text
    hours_end = place + 1
    if _digit(text, hours_end):
        hours_end += 1
    elif digits or not colon:
        raise _NoDateError(text)
    minutes_begin = hours_end + 1 if colon else hours_end
    if not _digit(text, place) or (digits != 1 and colon and text[hours_end : hours_end + 1] != ":"):
        raise _NoDateError(text)
    hours, minutes, behind = int(text[place:hours_end]), 0, hours_end
    if digits != 1:
        behind = minutes_begin + 2
        if not (_digit(text, minutes_begin) and _digit(text, minutes_begin + 1)):
            raise _NoDateError(text)
        minutes = int(text[minutes_begin:behind])
    if hours > 23 or minutes > 59:
        raise _NoDateError(text)
    _set_offset(reading, sign * (hours * 60 + minutes) * 60_000)
    return behind


def _digit(text: str, place: int) -> bool:
    return place < len(text) and "0" <= text[place] <= "9"


def _set_offset(reading: _Reading, offset_ms: int) -> None:
    reading.fields.set(F.ZONE_OFFSET, offset_ms)
    reading.fields.set(F.DAYLIGHT_OFFSET, 0)
