"""What the letters of a pattern print (spec 3.1): functions from a moment to a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from penstock_s3.joda.civil import DAY_MS, Civil, civil_of
from penstock_s3.joda.names import ZoneNames, texts, zone_names
from penstock_s3.joda.zones import HOUR_MS, MINUTE_MS, Zone, offset_text

_NOON_HOUR: Final = 12
_FULL_NAME: Final = 4
_SHORT_NAME: Final = 3
_TWO_DIGITS: Final = 2
_MOST_FRACTION: Final = 15
SECOND_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Moment:
    """What is printed: an instant and what clocks of the zone show then, all in ms."""

    utc: int
    offset: int
    day: Civil
    of_day: int

    @classmethod
    def at(cls, utc: int, offset: int) -> Moment:
        """The moment of an instant under an offset."""
        days, of_day = divmod(utc + offset, DAY_MS)
        return cls(utc, offset, civil_of(days), of_day)


Printer: TypeAlias = Callable[[Moment], str]
Number: TypeAlias = Callable[[Moment], int]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a pattern, and for how long its text stays the same: ``unit_ms`` of local time, counted from midnight.
    The offset, and with it what letters for zones print, is looked at apart."""

    print: Printer
    unit_ms: int


def literal(text: str) -> Part:
    """Always the same text."""
    return Part(lambda _moment: text, DAY_MS)


def part(letter: str, count: int, zone: Zone, locale: str) -> Part | None:
    """The part for ``count`` equal letters; None for a letter that means nothing."""
    if letter in _NUMBERS:
        number, unit = _NUMBERS[letter]
        if letter in "xyY" and count == _TWO_DIGITS:
            number = _NUMBERS["y" if letter == "Y" else letter][0]
            return Part(lambda moment: f"{abs(number(moment)) % 100:02}", unit)
        if letter == "M" and count >= _SHORT_NAME:
            return _month(locale, full=count >= _FULL_NAME)
        return Part(lambda moment: padded(number(moment), count), unit)
    match letter:
        case "E":
            names = texts(locale).days if count >= _FULL_NAME else texts(locale).short_days
            return Part(lambda moment: names[moment.day.weekday - 1], DAY_MS)
        case "G":
            eras = texts(locale).eras
            return Part(lambda moment: eras[1 if moment.day.year > 0 else 0], DAY_MS)
        case "a":
            halves = texts(locale).halves
            return Part(lambda moment: halves[moment.of_day // (_NOON_HOUR * HOUR_MS)], _NOON_HOUR * HOUR_MS)
        case "S":
            return Part(lambda moment: _fraction(moment.of_day % SECOND_MS, count), 1)
        case "z":
            return Part(_zone_name(zone, locale, full=count >= _FULL_NAME), DAY_MS)
        case "Z":
            return Part(_zone_offset(zone, count), DAY_MS)
    return None


def padded(number: int, width: int) -> str:
    """At least ``width`` digits; a sign stands before them."""
    return f"-{-number:0{width}}" if number < 0 else f"{number:0{width}}"


def _year_of_era(moment: Moment) -> int:
    year = moment.day.year
    return year if year > 0 else 1 - year


_NUMBERS: dict[str, tuple[Number, int]] = {
    "C": (lambda moment: _year_of_era(moment) // 100, DAY_MS),
    "y": (lambda moment: moment.day.year, DAY_MS),
    "Y": (_year_of_era, DAY_MS),
    "x": (lambda moment: moment.day.week_year, DAY_MS),
    "w": (lambda moment: moment.day.week, DAY_MS),
    "e": (lambda moment: moment.day.weekday, DAY_MS),
    "D": (lambda moment: moment.day.day_of_year, DAY_MS),
    "M": (lambda moment: moment.day.month, DAY_MS),
    "d": (lambda moment: moment.day.day, DAY_MS),
    "H": (lambda moment: moment.of_day // HOUR_MS, HOUR_MS),
    "k": (lambda moment: moment.of_day // HOUR_MS or 24, HOUR_MS),
    "K": (lambda moment: moment.of_day // HOUR_MS % _NOON_HOUR, HOUR_MS),
    "h": (lambda moment: moment.of_day // HOUR_MS % _NOON_HOUR or _NOON_HOUR, HOUR_MS),
    "m": (lambda moment: moment.of_day // MINUTE_MS % 60, MINUTE_MS),
    "s": (lambda moment: moment.of_day // SECOND_MS % 60, SECOND_MS),
}


def _month(locale: str, *, full: bool) -> Part:
    names = texts(locale).months if full else texts(locale).short_months
    return Part(lambda moment: names[moment.day.month - 1], DAY_MS)


def _fraction(ms: int, count: int) -> str:
    """The fraction of a second, cut off; Joda-Time counts no further than 15 digits, of which only three can be other than 0."""
    if ms == 0:
        return "0" * count
    return f"{ms:03}".ljust(count, "0")[: min(count, _MOST_FRACTION)]


def _zone_name(zone: Zone, locale: str, *, full: bool) -> Printer:
    if zone.numeric:
        return lambda _moment: zone.id
    names = zone_names(locale, zone.id)
    if names is None:
        return lambda moment: offset_text(moment.offset)

    def name(moment: Moment, names: ZoneNames = names) -> str:
        if zone.is_standard(moment.utc):
            return names.standard if full else names.standard_short
        return names.summer if full else names.summer_short

    return name


def _zone_offset(zone: Zone, count: int) -> Printer:
    if count > _TWO_DIGITS:
        return lambda _moment: zone.id
    between = ":" if count == _TWO_DIGITS else ""

    def offset(moment: Moment) -> str:
        hours, rest = divmod(abs(moment.offset), HOUR_MS)
        return f"{'-' if moment.offset < 0 else '+'}{hours:02}{between}{rest // MINUTE_MS:02}"

    return offset
