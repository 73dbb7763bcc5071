"""RegexRouter, headers and predicates, beyond what the recordings show."""

from __future__ import annotations

import pytest
from tests.unit.transforms.support import configured, sink, source

from penstock.api import ConfigException, DataException, Headers, Schema
from penstock.transforms import (
    DropHeaders,
    Filter,
    HasHeaderKey,
    InsertHeader,
    RecordIsTombstone,
    RegexRouter,
    TopicNameMatches,
)


@pytest.mark.parametrize(
    ("regex", "replacement", "topic"),
    [
        ("(?<area>[a-z]+)", "eu-${area}", "eu-orders"),
        ("o(.)(.*)", "$2-$1", "ders-r"),
        ("(o)rders", "$11", "o1"),  # there is no group 11
        ("orders", r"\$1\\", r"$1\ ".strip()),
        ("o|orders", "x", "xrders"),  # all of it matches, the first match is shorter
        ("(x)?orders", "<$1>", "<>"),
        ("order", "x", "orders"),
    ],
)
def test_the_topic_is_made_as_java_makes_it(regex: str, replacement: str, topic: str) -> None:
    assert configured(RegexRouter, regex=regex, replacement=replacement).apply(source("v")).topic == topic


@pytest.mark.parametrize(
    ("replacement", "reason"),
    [
        ("x\\", "character to be escaped is missing"),
        ("$", "Illegal group reference: group index is missing"),
        ("$x", "Illegal group reference"),
        ("$3", "No group 3"),
        ("${nobody}", "No group with name {nobody}"),
        (None, "RegexRouter needs a replacement"),
    ],
)
def test_a_wrong_replacement_is_told(replacement: str | None, reason: str) -> None:
    router = configured(RegexRouter, regex="(.)(.*)", replacement=replacement)
    shown = "null" if replacement is None else replacement
    with pytest.raises(ConfigException) as caught:
        router.apply(source("v"))
    assert str(caught.value) == f"Invalid value {shown} for configuration replacement: {reason}"


def test_a_record_that_does_not_match_is_the_same_record() -> None:
    record = source("v")
    assert configured(RegexRouter, regex="other", replacement="x").apply(record) is record
    with pytest.raises(
        DataException, match="The record has no topic, so there is nothing that RegexRouter could match"
    ):
        configured(RegexRouter, regex="other", replacement="x").apply(record.replace(topic=None))


def test_headers_come_and_go_on_copies() -> None:
    record = sink("v", headers=Headers().add_string("a", "1").add_string("b", "2").add_string("a", "3"))
    dropped = configured(DropHeaders, headers="a").apply(record)
    assert [header.key for header in dropped.headers] == ["b"]
    inserted = configured(InsertHeader, {"header": "a", "value.literal": "300"}).apply(dropped)
    assert [(header.key, header.schema, header.value) for header in inserted.headers] == [
        ("b", Schema.STRING, "2"),
        ("a", Schema.INT16, 300),
    ]
    assert len(record.headers) == 3
    assert len(dropped.headers) == 1
    assert inserted.kafka_offset == record.kafka_offset


def test_the_filter_drops_what_it_sees() -> None:
    assert configured(Filter).apply(source("v")) is None


def test_predicates_look_at_headers_values_and_topics() -> None:
    with_header = source("v", headers=Headers().add_string("a", "1"))
    has = configured(HasHeaderKey, name="a")
    assert (has.test(with_header), has.test(source("v"))) == (True, False)
    assert configured(HasHeaderKey, name=None).test(with_header) is False
    tombstone = configured(RecordIsTombstone)
    assert (tombstone.test(source(None)), tombstone.test(source(""))) == (True, False)
    matches = configured(TopicNameMatches, pattern="ord.*s")
    assert (matches.test(source("v")), matches.test(source("v").replace(topic=None))) == (True, False)
