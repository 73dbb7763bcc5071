"""Logical types: there and back, and what they refuse."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api import DataException, Date, Decimal, Instant, Schema, SchemaBuilder, Time, Timestamp
from penstock.api.logical import decimal_of, scale_of, signed_bytes, temporal_of, unscaled_of


@given(st.integers(), st.integers(-50, 50))
def test_decimals_there_and_back(unscaled: int, scale: int) -> None:
    schema, value = Decimal.schema(scale), decimal_of(unscaled, scale)
    assert (unscaled_of(value), scale_of(value)) == (unscaled, scale)
    assert Decimal.to_logical(schema, Decimal.from_logical(schema, value)).as_tuple() == value.as_tuple()


@given(st.integers())
def test_bytes_are_the_shortest(number: int) -> None:
    encoded = signed_bytes(number)
    assert int.from_bytes(encoded, "big", signed=True) == number
    assert len(encoded) == 1 or number not in range(-(1 << (8 * len(encoded) - 9)), 1 << (8 * len(encoded) - 9))


@given(st.dates())
def test_dates_there_and_back(value: dt.date) -> None:
    assert Date.to_logical(Date.SCHEMA, Date.from_logical(Date.SCHEMA, value)) == value


@given(st.times().map(lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000)))
def test_times_there_and_back(value: dt.time) -> None:
    assert Time.to_logical(Time.SCHEMA, Time.from_logical(Time.SCHEMA, value)) == value


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_timestamps_there_and_back(ms: int) -> None:
    value = Timestamp.to_logical(Timestamp.SCHEMA, ms)
    assert Timestamp.from_logical(Timestamp.SCHEMA, value) == ms
    assert isinstance(value, Instant) is not (-62_135_596_800_000 <= ms < 253_402_300_800_000)


def test_other_zones_are_read_as_the_points_in_time_they_are() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert Timestamp.from_logical(Timestamp.SCHEMA, dt.datetime(1970, 1, 1, 9, tzinfo=tokyo)) == 0
    assert Timestamp.from_logical(Timestamp.SCHEMA, dt.datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=dt.UTC)) == 1
    assert Timestamp.from_logical(Timestamp.SCHEMA, dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC)) == -1


def test_midnight_will_do_as_a_date() -> None:
    assert Date.from_logical(Date.SCHEMA, dt.datetime(1970, 1, 2, tzinfo=dt.UTC)) == 1
    assert Date.to_logical(Date.SCHEMA, 3_000_000) == Instant(3_000_000 * 86_400_000)


def test_end_of_the_day_is_a_time() -> None:
    midnight = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
    assert Time.to_logical(Time.SCHEMA, 86_400_000) == midnight
    assert Time.from_logical(Time.SCHEMA, midnight) == 86_400_000


def test_schema_of_a_scale_is_one_object() -> None:
    assert Decimal.schema(2) is Decimal.schema(2)
    assert Decimal.builder(2).optional().build().parameters == {"scale": "2"}


def test_value_of_a_point_in_time() -> None:
    assert temporal_of(Date.SCHEMA, 86_400_000) == dt.date(1970, 1, 2)
    assert temporal_of(Date.SCHEMA, 1) == dt.datetime(1970, 1, 1, microsecond=1000, tzinfo=dt.UTC)
    assert temporal_of(Time.SCHEMA, 1) == dt.time(microsecond=1000)
    assert temporal_of(Time.SCHEMA, -1) == dt.datetime(1969, 12, 31, 23, 59, 59, 999_000, dt.UTC)


NO_SCALE = SchemaBuilder.bytes().name(Decimal.LOGICAL_NAME).parameter("x", "y").build()
WRONG_SCALE = SchemaBuilder.bytes().name(Decimal.LOGICAL_NAME).parameter("scale", "2.0").build()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: Decimal.from_logical(Decimal.schema(2), decimal.Decimal("1.5")),
            "Decimal value has mismatching scale for given Decimal schema. Schema has scale 2, value has scale 1.",
        ),
        (lambda: Decimal.from_logical(Decimal.schema(2), decimal.Decimal("NaN")), "A Decimal field cannot hold NaN"),
        (lambda: Decimal.to_logical(Decimal.schema(2), b""), "Zero length BigInteger"),
        (lambda: Decimal.to_logical(NO_SCALE, b"1"), "Invalid Decimal schema: scale parameter not found."),
        (lambda: Decimal.to_logical(Schema.BYTES, b"1"), "Invalid Decimal schema: scale parameter not found."),
        (lambda: Decimal.to_logical(WRONG_SCALE, b"1"), "Invalid scale parameter found in Decimal schema: "),
        (
            lambda: Date.from_logical(Date.SCHEMA, dt.datetime(1970, 1, 1, 1, tzinfo=dt.UTC)),
            "Kafka Connect Date type should not have any time fields set to non-zero values.",
        ),
        (
            lambda: Date.to_logical(Schema.INT32, 1),
            "Requested conversion of Date object but the schema does not match.",
        ),
        (
            lambda: Time.from_logical(Time.SCHEMA, dt.datetime(1970, 1, 2, 1, tzinfo=dt.UTC)),
            "Kafka Connect Time type should not have any date fields set to non-zero values.",
        ),
        (
            lambda: Time.from_logical(Schema.INT32, dt.time(1)),
            "Requested conversion of Time object but the schema does not match.",
        ),
        (
            lambda: Time.to_logical(Time.SCHEMA, -1),
            "Time values must use number of milliseconds greater than 0 and less than 86400000",
        ),
        (
            lambda: Timestamp.to_logical(Schema.INT64, 1),
            "Requested conversion of Timestamp object but the schema does not match.",
        ),
        (
            lambda: Timestamp.from_logical(Timestamp.SCHEMA, dt.datetime(2024, 1, 1)),  # noqa: DTZ001  # the point
            (
                "The datetime 2024-01-01T00:00:00 has no time zone, so it is no point in time; give it one, such as "
                "tzinfo=datetime.timezone.utc"
            ),
        ),
    ],
)
def test_refusals(call: object, text: str) -> None:
    with pytest.raises(DataException) as raised:
        call()  # type: ignore[operator]
    assert str(raised.value) == text
