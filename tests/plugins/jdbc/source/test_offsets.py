"""Offsets and partitions, as Java's connector stores them (spec jdbc 8, 20.1)."""

from __future__ import annotations

import json

import pytest

from penstock.api import ConnectException, ExactlyOnceSupport
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.source.aiven import AivenJdbcSourceConnector
from penstock_jdbc.source.connector import JdbcSourceConnector
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import Position, table_partitions

ORDERS = TableId(None, "public", "orders")


@pytest.mark.parametrize(
    ("offset", "position"),
    [
        ({"incrementing": 42}, Position(None, 42)),
        ({"timestamp": 1718000000123, "timestamp_nanos": 123456000}, Position(1718000000_123456000)),
        (
            {"timestamp": 1718000000123, "timestamp_nanos": 123456000, "incrementing": 42},
            Position(1718000000_123456000, 42),
        ),
        ({"timestamp": 1718000000123}, Position(1718000000_123000000)),
        ({"timestamp": -1, "timestamp_nanos": 999000000}, Position(-1_000_000)),
        ({}, Position()),
        (None, Position()),
    ],
)
def test_offsets_of_java_are_read(offset: dict[str, object] | None, position: Position) -> None:
    assert Position.of_offset(offset) == position


def test_ours_are_written_as_java_writes_them() -> None:
    assert json.dumps(Position(1718000000_123456000, 42).as_offset()) == (
        '{"timestamp_nanos": 123456000, "incrementing": 42, "timestamp": 1718000000123}'
    )
    assert Position(-1_000_000).as_offset() == {"timestamp_nanos": 999_000_000, "timestamp": -1}
    assert Position(incrementing=7).as_offset() == {"incrementing": 7}


@pytest.mark.parametrize("wrong", ["2", 1.5, True, 1 << 63])
def test_a_value_that_is_no_long_is_told(wrong: object) -> None:
    with pytest.raises(
        ConnectException, match=r"The value of 'incrementing' in the offset .* is no whole number of 64 bits"
    ):
        Position.of_offset({"incrementing": wrong})


def test_both_protocols_are_looked_for_and_names_with_a_database() -> None:
    assert table_partitions(ORDERS, "shop") == [
        {"protocol": "1", "table": "public.orders"},
        {"table": "orders"},
        {"protocol": "1", "table": "shop.public.orders"},
    ]
    assert len(table_partitions(ORDERS)) == 2


def test_another_mode_keeps_what_it_uses() -> None:
    position = Position(5, 6)
    assert position.of_mode(Mode.INCREMENTING) == Position(None, 6)
    assert position.of_mode(Mode.TIMESTAMP) == Position(5)
    assert position.of_mode(Mode.TIMESTAMP_INCREMENTING) == position


@pytest.mark.parametrize(
    ("partition", "offset", "text"),
    [
        (None, {"incrementing": 1}, "Partition objects cannot be null"),
        ({"file": "x"}, {"incrementing": 1}, "is none of this connector's"),
        ({"protocol": "1"}, {"incrementing": 1}, "is none of this connector's"),
        ({"table": 1}, {"incrementing": 1}, "is none of this connector's"),
        ({"table": "t"}, {"position": 1}, "has the unknown field 'position'"),
        ({"table": "t"}, {"incrementing": 1.5}, "is no whole number of 64 bits"),
        ({"table": "t"}, {"incrementing": 1 << 63}, "is no whole number of 64 bits"),
        ({"table": "t"}, {"timestamp": 1, "timestamp_nanos": 10**9}, "must be the fraction of a second"),
        ({"table": "t"}, {"timestamp_nanos": 1}, "The offset has 'timestamp_nanos' but no 'timestamp'"),
    ],
)
def test_offsets_that_a_task_could_not_read_are_refused(
    partition: dict[str, object] | None, offset: dict[str, object], text: str
) -> None:
    with pytest.raises(ConnectException, match=text):
        JdbcSourceConnector().alter_offsets({}, [(partition, offset)])  # type: ignore[list-item]


def test_offsets_that_it_can_read_and_resets_of_any_pass() -> None:
    altered = [
        ({"protocol": "1", "table": "public.orders"}, {"incrementing": 5}),
        ({"table": "orders"}, {"timestamp": 1, "timestamp_nanos": 1_000_000, "incrementing": 1}),
        ({"query": "query"}, {}),
        ({"anything": 1}, None),
    ]
    assert JdbcSourceConnector().alter_offsets({}, altered) is False  # type: ignore[arg-type]


@pytest.mark.parametrize("connector", [JdbcSourceConnector, AivenJdbcSourceConnector])
@pytest.mark.parametrize(
    ("mode", "support"),
    [
        ("bulk", ExactlyOnceSupport.UNSUPPORTED),
        ("timestamp", ExactlyOnceSupport.UNSUPPORTED),
        ("incrementing", ExactlyOnceSupport.SUPPORTED),
        ("timestamp+incrementing", ExactlyOnceSupport.SUPPORTED),
    ],
)
def test_exactly_once_needs_a_number(
    connector: type[JdbcSourceConnector], mode: str, support: ExactlyOnceSupport
) -> None:
    props = {"mode": mode, "connection.url": "jdbc:sqlite:x"}
    assert connector().exactly_once_support(props) is support
    assert connector().exactly_once_support({**props, "late.commits": "wait"}) is support
    overlapping = connector().exactly_once_support({**props, "late.commits": "overlap"})
    assert overlapping is ExactlyOnceSupport.UNSUPPORTED  # a restart forgets which rows of the window were sent
