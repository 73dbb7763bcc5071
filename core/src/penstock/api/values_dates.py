"""Dates and times in the notation of Connect's values, read and written as Java's SimpleDateFormat does (spec 5.6, 5.7).

The zone is the process's, although the notation ends in ``Z``. Reading is lenient: each number may have any count of digits,
months and hours beyond their range are counted on, and what follows a date is not looked at.
"""

from __future__ import annotations

import re

from penstock.api.javacast import to_integer
from penstock.api.javatime import MS_PER_DAY, Temporal, civil_of, days_of, epoch_ms, local_offset_ms, ms_of_wall_clock
from penstock.api.logical import Date, Time, Timestamp
from penstock.api.logical_names import DATE, TIME
from penstock.api.schema import Schema

_NUMBER = r"[ \t]*(-?\d+(?:E-?\d+)?)"
_DATE = re.compile(rf"{_NUMBER}-{_NUMBER}-{_NUMBER}")
_TIME = re.compile(rf"{_NUMBER}:{_NUMBER}:{_NUMBER}\.{_NUMBER}Z")
_TIMESTAMP = re.compile(rf"{_NUMBER}-{_NUMBER}-{_NUMBER}T{_NUMBER}:{_NUMBER}:{_NUMBER}\.{_NUMBER}Z")

# By the length of the text in UTF-16, which decides alone.
_FORMS = {10: (Date.SCHEMA, _DATE), 13: (Time.SCHEMA, _TIME), 24: (Timestamp.SCHEMA, _TIMESTAMP)}


def parse_temporal(text: str) -> tuple[Schema, int] | None:
    """The logical schema and the milliseconds since the epoch, or None when the text is no date or time."""
    text = text.replace("\\:", ":")
    form = _FORMS.get(len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2)
    if form is None:
        return None
    schema, pattern = form
    found = pattern.match(text)
    if found is None:
        return None
    numbers = [_number(group) for group in found.groups()]
    days = 0 if schema.name == TIME else days_of(*numbers[:3])
    hours, minutes, seconds, millis = (0, 0, 0, 0) if schema.name == DATE else numbers[-4:]
    wall = days * MS_PER_DAY + ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis
    return schema, ms_of_wall_clock(wall)


def format_temporal(value: Temporal) -> str:
    """The text of a date or time: before the second day of 1970 a time, at midnight UTC a date, else both."""
    ms = epoch_ms(value)
    at = civil_of(ms, local_offset_ms(ms))
    day = f"{at.year_of_era:04}-{at.month:02}-{at.day:02}"
    time = f"{at.hour:02}:{at.minute:02}:{at.second:02}.{at.millis:03}Z"
    if ms < MS_PER_DAY:
        return time
    return day if ms % MS_PER_DAY == 0 else f"{day}T{time}"


def _number(text: str) -> int:
    return to_integer(float(text) if "E" in text else int(text), 32)
