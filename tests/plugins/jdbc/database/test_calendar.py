"""The hybrid Julian and Gregorian calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_jdbc.database.calendar import CUTOVER_DAYS, days_of_fields, fields_of_days

EPOCH = dt.date(1970, 1, 1)


def test_the_calendar_changes_on_15_october_1582() -> None:
    assert days_of_fields(1582, 10, 15) == CUTOVER_DAYS == (dt.date(1582, 10, 15) - EPOCH).days
    assert fields_of_days(CUTOVER_DAYS - 1) == (1582, 10, 4)


@pytest.mark.parametrize(
    ("fields", "gregorian"),
    [
        ((1500, 1, 1), dt.date(1500, 1, 10)),
        ((1500, 2, 29), dt.date(1500, 3, 10)),  # a day that today's calendar doesn't have
        ((1000, 1, 1), dt.date(1000, 1, 6)),
        ((1582, 10, 4), dt.date(1582, 10, 14)),
        ((1, 1, 3), dt.date(1, 1, 1)),
        ((2024, 2, 29), dt.date(2024, 2, 29)),
    ],
)
def test_julian_days_are_those_of_java(fields: tuple[int, int, int], gregorian: dt.date) -> None:
    days = (gregorian - EPOCH).days
    assert days_of_fields(*fields) == days
    assert fields_of_days(days) == fields


@given(st.integers(min_value=-719162, max_value=2932896))
def test_every_day_has_its_digits_and_back(days: int) -> None:
    assert days_of_fields(*fields_of_days(days)) == days
