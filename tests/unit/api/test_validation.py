"""What fits a schema, beyond the recordings: Python's own kinds of values."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from decimal import Decimal

import pytest

from penstock.api import DataException, Float32, Instant, Int16, Schema, SchemaBuilder, Type, logical, validate_value
from penstock.api.validation import schema_type


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (Schema.INT64, Colour.RED),
        (Schema.INT8, -128),
        (Schema.FLOAT32, 1.5),
        (Schema.BYTES, bytearray(b"a")),
        (SchemaBuilder.array(Schema.INT8).build(), (1, 2)),
        (logical.Date.SCHEMA, dt.date(2024, 1, 1)),
        (logical.Date.SCHEMA, Instant(10**15)),
        (logical.Time.SCHEMA, dt.time(1)),
        (logical.Timestamp.SCHEMA, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        (logical.Decimal.schema(2), Decimal("1.00")),
        (Schema.OPTIONAL_STRING, None),
    ],
)
def test_fits(schema: Schema, value: object) -> None:
    validate_value(schema, value)


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (Schema.INT8, -129, "Invalid Java object for schema with type INT8: class java.lang.Long for value"),
        (Schema.STRING, Colour.RED, f"class {Colour.__module__}.Colour for value"),
        (Schema.INT8, Int16(1), "class java.lang.Short for value"),
        (
            logical.Timestamp.SCHEMA,
            dt.date(2024, 1, 1),
            'schema "org.apache.kafka.connect.data.Timestamp" with type INT64: class java.util.Date for value',
        ),
        (
            logical.Timestamp.SCHEMA,
            dt.datetime(2024, 1, 1),  # noqa: DTZ001  # the point
            "The datetime 2024-01-01T00:00:00 has no time zone, so it is no point in time; give it one",
        ),
        (Schema(Type.ARRAY), [1], "No schema defined for element of array value"),
        (Schema(Type.MAP), {}, "No schema defined for key of map value"),
        (SchemaBuilder.map_with_null_values(Schema.STRING).build(), {}, "No schema defined for value of map value"),
        (
            SchemaBuilder.array(SchemaBuilder.map(Schema.STRING, Schema.INT8)).build(),
            [{"a": None}],
            "Invalid value: null used for required value of map element of array value, schema type: INT8",
        ),
    ],
)
def test_does_not_fit(schema: Schema, value: object, text: str) -> None:
    with pytest.raises(DataException) as raised:
        validate_value(schema, value)
    assert text in str(raised.value)


def test_field_is_named() -> None:
    with pytest.raises(DataException) as raised:
        validate_value(SchemaBuilder.array(Schema.INT8).build(), ["x"], "tags")
    assert str(raised.value) == (
        'Invalid Java object for schema with type INT8: class java.lang.String for element of array field: "tags"'
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, Type.INT64),
        (Colour.RED, Type.INT64),
        (1 << 63, None),
        (Int16(1), Type.INT16),
        (1.0, Type.FLOAT64),
        (Float32(1), Type.FLOAT32),
        (True, Type.BOOLEAN),
        ((1,), Type.ARRAY),
        (dt.date(2024, 1, 1), None),
        (Decimal(1), None),
        (object(), None),
    ],
)
def test_type_of_schemaless_values(value: object, kind: Type | None) -> None:
    assert schema_type(value) is kind


def test_time_of_day_is_no_date() -> None:
    check: Callable[[object], None] = logical.Date.SCHEMA.validate_value
    with pytest.raises(DataException, match=r"with type INT32: class java.util.Date for value"):
        check(dt.time(1))
