"""TimestampConverter and TimestampRouter, beyond what the recordings show."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.unit.transforms.support import configured, sink, source

from penstock.api import ConfigException, DataException, Date, Instant, Schema, SchemaBuilder, Struct, Time, Timestamp
from penstock.transforms import TimestampConverterValue, TimestampRouter

AT = dt.datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=dt.UTC)
MS = 1_700_000_000_123


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (AT, Timestamp.SCHEMA),
        (MS, Schema.INT64),
        ("2023-11-14 22:13:20.123", Schema.STRING),
        (AT.astimezone(dt.timezone(dt.timedelta(hours=5))), Timestamp.SCHEMA),
        (AT, None),
        (MS, None),
        ("2023-11-14 22:13:20.123", None),
    ],
)
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("Timestamp", AT),
        ("Date", AT.date()),
        ("Time", AT.time()),
        ("unix", MS),
        ("string", "2023-11-14 22:13:20.123"),
    ],
)
def test_every_form_becomes_every_other(value: object, schema: Schema | None, target: str, expected: object) -> None:
    convert = configured(TimestampConverterValue, {"target.type": target, "format": "yyyy-MM-dd HH:mm:ss.SSS"})
    changed = convert.apply(source(value, schema))
    assert changed.value == expected
    assert type(changed.value) is type(expected)
    if schema is not None:
        changed.value_schema.validate_value(changed.value)


def test_times_of_day_and_days_are_points_in_time() -> None:
    text = configured(TimestampConverterValue, {"target.type": "string", "format": "yyyy-MM-dd HH:mm"})
    assert text.apply(source(dt.date(2024, 2, 29), Date.SCHEMA)).value == "2024-02-29 00:00"
    assert text.apply(source(dt.time(13, 5), Time.SCHEMA)).value == "1970-01-01 13:05"
    assert text.apply(source(Instant(253_402_300_800_000), Timestamp.SCHEMA)).value == "10000-01-01 00:00"


def test_a_text_keeps_the_zone_that_it_names() -> None:
    same = configured(TimestampConverterValue, {"target.type": "string", "format": "yyyy-MM-dd HH:mm z"})
    assert same.apply(source("2024-1-5 9:00 pst", Schema.STRING)).value == "2024-01-05 09:00 PST"


def test_texts_need_a_format() -> None:
    convert = configured(TimestampConverterValue, {"target.type": "unix"})
    with pytest.raises(ConfigException, match="TimestampConverter needs 'format' to read timestamps that are strings"):
        convert.apply(source("2024", Schema.STRING))


def test_a_field_must_be_named() -> None:
    convert = configured(TimestampConverterValue, {"target.type": "unix", "field": None})
    assert convert.apply(source(None)).value is None
    with pytest.raises(ConfigException) as caught:
        convert.apply(source({"a": 1}))
    assert str(caught.value) == (
        "Invalid value null for configuration field: TimestampConverter needs a field, or an empty text for the whole"
    )


def test_a_struct_s_default_is_converted_with_it() -> None:
    plain = SchemaBuilder.struct().field("at", Schema.INT64).build()
    schema = Schema(plain.type, fields=plain.fields, default=Struct(plain, {"at": MS}))
    convert = configured(TimestampConverterValue, {"target.type": "Timestamp", "field": "at"})
    found = convert.apply(source(Struct(schema, {"at": 0}), schema)).value_schema
    assert isinstance(found.default, Struct)
    assert found.default.get("at") == AT
    assert found.default.schema.field("at") == found.field("at")


def test_topics_are_named_after_the_time() -> None:
    route = configured(TimestampRouter, {"topic.format": "${timestamp}/${topic}/$0", "timestamp.format": "yyyy"})
    assert route.apply(sink("x")).topic == "2023/orders/$0"
    with pytest.raises(DataException, match=r"^Timestamp missing on record: SourceRecord"):
        route.apply(source("x"))


@pytest.mark.parametrize(
    ("config", "topic", "message"),
    [
        (
            {"timestamp.format": "bbb"},
            "t",
            "Invalid value bbb for configuration timestamp.format: Illegal pattern character 'b'",
        ),
        (
            {"timestamp.format": None},
            "t",
            "Invalid value null for configuration timestamp.format: TimestampRouter needs a pattern",
        ),
        (
            {"topic.format": None},
            "t",
            "Invalid value null for configuration topic.format: TimestampRouter needs a format",
        ),
    ],
)
def test_what_the_router_cannot_do_is_told_at_the_first_record(
    config: dict[str, str | None], topic: str, message: str
) -> None:
    route = configured(TimestampRouter, config)
    with pytest.raises(ConfigException) as caught:
        route.apply(sink("x").replace(topic=topic))
    assert str(caught.value) == message


def test_a_record_without_a_topic_goes_nowhere() -> None:
    with pytest.raises(DataException, match="The record has no topic that TimestampRouter could put into"):
        configured(TimestampRouter).apply(sink("x").replace(topic=None))
