"""From a batch as it is sent to columns for each partition."""

from __future__ import annotations

import pytest

from penstock.log.base import OutgoingBatch
from penstock.log.columns import Columns
from penstock.log.embedded_config import producer_settings
from penstock.log.embedded_store import TopicInfo
from penstock.log.errors import LogError, RecordTooLargeError, UnknownTopicError
from penstock.log.routing import Routed, Router, record_size
from penstock.log.topic_config import TopicSettings, topic_settings


class At:
    def time_ms(self) -> int:
        return 1234

    def monotonic(self) -> float:
        return 0.0


def topic(partitions: int = 1, **configs: str) -> TopicInfo:
    given = {key.replace("_", "."): value for key, value in configs.items()}
    return TopicInfo("t", partitions, given, topic_settings(given, TopicSettings()))


def route(batch: OutgoingBatch, info: TopicInfo, **config: str) -> Routed:
    return Router(producer_settings({key.replace("_", "."): value for key, value in config.items()}), At()).route(
        batch, info
    )


def test_one_partition_takes_the_batch_as_it_is() -> None:
    routed = route(OutgoingBatch(topic="t", values=["a", b"b", None]), topic())
    (only,) = routed.routes
    assert (only.partition, list(only.indices)) == (0, [0, 1, 2])
    assert only.columns == Columns([b"a", b"b", None], 1234)


def test_columns_are_split_by_partition_in_order() -> None:
    batch = OutgoingBatch(
        topic="t",
        values=[b"0", b"1", b"2", b"3"],
        keys=["k", None, b"x", b"y"],
        partitions=[1, 0, 1, 1],
        timestamps=[5, 6, None, 7],
        headers=[[("h", b"1")], None, [], None],
    )
    routed = route(batch, topic(2))
    assert {item.partition: (list(item.indices), item.columns) for item in routed.routes} == {
        0: ([1], Columns([b"1"], [6], [None], [None])),
        1: ([0, 2, 3], Columns([b"0", b"2", b"3"], [5, 1234, 7], [b"k", b"x", b"y"], [[("h", b"1")], None, None])),
    }


def test_equal_timestamps_are_stored_once_and_empty_columns_not_at_all() -> None:
    batch = OutgoingBatch(topic="t", values=[b"a", b"b"], keys=[None, None], timestamps=[5, 5], headers=[None, []])
    assert route(batch, topic()).routes[0].columns == Columns([b"a", b"b"], 5)


def test_append_time_is_the_logs() -> None:
    routed = route(
        OutgoingBatch(topic="t", values=[b"a"], timestamps=[5]), topic(message_timestamp_type="LogAppendTime")
    )
    assert routed.routes[0].columns == Columns([b"a"], 1234, append_time=True)


def test_keys_may_be_ignored() -> None:
    batch = OutgoingBatch(topic="t", values=[b"v"] * 50, keys=[b"%d" % n for n in range(50)])
    assert len(route(batch, topic(10)).routes) > 1
    (only,) = route(batch, topic(10), partitioner_ignore_keys="true").routes
    assert only.columns.keys == list(batch.keys or ())


def test_records_that_the_log_does_not_take_are_left_out_and_told() -> None:
    batch = OutgoingBatch(topic="t", values=[b"0", b"1", b"2"], keys=[b"k", None, b"k"], partitions=[0, 0, 7])
    routed = route(batch, topic(2, cleanup_policy="compact"))
    assert [list(item.indices) for item in routed.routes] == [[0]]
    (first, keyless), (second, absent) = routed.failures
    assert (first, second) == (1, 2)
    assert isinstance(keyless, LogError)
    assert str(keyless) == "Compacted topic cannot accept message without key in topic partition t-0."
    assert isinstance(absent, UnknownTopicError)
    assert str(absent) == "Partition 7 of topic t with partition count 2 is not present in metadata."


def test_a_batch_is_cut_before_a_record_that_is_too_large() -> None:
    batch = OutgoingBatch(topic="t", values=[b"a", b"x" * 2000, b"c"], partitions=[1, 0, 0])
    routed = route(batch, topic(2), max_request_size="1000")
    assert [list(item.indices) for item in routed.routes] == [[0]]
    assert isinstance(routed.refusal, RecordTooLargeError)
    assert str(routed.refusal) == (
        "The message is 2086 bytes when serialized which is larger than 1000, which is the value of the max.request.size "
        "configuration."
    )


@pytest.mark.parametrize("limit", [86, 87])
def test_the_limit_is_exact(limit: int) -> None:
    assert record_size(None, b"a", None) == 86
    routed = route(OutgoingBatch(topic="t", values=[b"a", b"ab"]), topic(), max_request_size=str(limit))
    assert (routed.refusal is None) == (limit == 87)


def test_headers_count() -> None:
    batch = OutgoingBatch(topic="t", values=[b"a"], headers=[[("h", b"x" * 500), ("n", None)]])
    assert record_size(None, b"a", [("h", b"x" * 500), ("n", None)]) == 86 + 2 + 502 + 2 + 1
    assert route(batch, topic(), max_request_size="592").refusal is not None
    assert route(batch, topic(), max_request_size="593").refusal is None


@pytest.mark.parametrize("column", ["keys", "partitions", "timestamps", "headers"])
def test_columns_of_different_lengths_are_no_batch(column: str) -> None:
    batch = OutgoingBatch(topic="t", values=[b"a", b"b"], **{column: [None]})
    with pytest.raises(ValueError, match=f"^OutgoingBatch for topic t: column {column} has 1 items, but values has 2$"):
        route(batch, topic())


def test_a_timestamp_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^Timestamps must be int \(milliseconds\) or None$"):
        route(OutgoingBatch(topic="t", values=[b"a"], timestamps=[1.5]), topic())  # type: ignore[list-item]
