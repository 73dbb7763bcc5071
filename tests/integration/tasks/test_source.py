"""The source runner, at least once (spec 4.4, 8.1)."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.integration.tasks.harness import Bench, Link
from tests.integration.tasks.plugins import CountingTransform
from tests.support.worker import eventually

from penstock.api import ConnectException, RetriableException, Schema, SourceBatch, SourceRecord
from penstock.states import State, TargetState

CHAIN = {"transforms": "count", "transforms.count.type": "tests.integration.tasks.plugins.CountingTransform"}


def records(topic: str, values: list[str]) -> list[SourceRecord]:
    return [
        SourceRecord(topic, value, value_schema=Schema.STRING, source_partition={"p": 1}, source_offset={"n": number})
        for number, value in enumerate(values)
    ]


def test_records_arrive_and_their_offsets_are_stored(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.wait_for(State.RUNNING)
    task.handle.polls.append(records("t", ["a", "b", "c"]))
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"n":2}'}, "the offset of the last record")
    assert bench.values("t") == ["a", "b", "c"]
    assert task.link.topics == ["t"]
    assert "commit" in task.handle.calls
    task.stop()
    assert task.link.states[-1][0] is State.UNASSIGNED
    assert task.handle.calls[-1] == "stop"


def test_a_column_batch_has_one_offset_or_one_a_record(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append(
        SourceBatch(topic="t", values=["a", "b"], source_partition={"p": 1}, source_offset={"after": 2})
    )
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"after":2}'}, "the offset after the batch")
    task.handle.polls.append(
        SourceBatch(
            topic="t",
            values=["c", "d"],
            keys=["k", None],
            source_partition={"p": 2},
            source_offsets=[{"n": 1}, {"n": 2}],
        )
    )
    eventually(lambda: task.link.stored.get(b'{"p":2}') == b'{"n":2}', "the offset of the last record")
    assert [(key, value) for key, value, _ in bench.read("t")] == [
        (None, b"a"),
        (None, b"b"),
        (b"k", b"c"),
        (None, b"d"),
    ]


def test_a_list_of_column_batches(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append(
        [SourceBatch(topic=t, values=["x"], source_partition={"t": t}, source_offset={"n": 1}) for t in "tu"]
    )
    eventually(lambda: len(task.link.stored) == 2, "both offsets")
    assert (bench.values("t"), bench.values("u")) == (["x"], ["x"])


def test_an_offset_store_that_fails_is_tried_again(bench: Bench) -> None:
    link = Link(store_error=ConnectException("no disk"))
    task = bench.start("SteeredSource", link=link)
    task.handle.polls.append(records("t", ["a"]))
    eventually(lambda: b'{"n":0}' in link.refused, "a try that fails")
    link.store_error = None
    eventually(lambda: link.stored == {b'{"p":1}': b'{"n":0}'}, "the offset after all")


def test_commit_record_hears_of_each_record_with_its_place(bench: Bench) -> None:
    task = bench.start("RecordingSource", CHAIN)
    task.handle.polls.append(records("t", ["a", "drop", "b"]))
    eventually(lambda: len(task.handle.commit_records) == 3, "three calls")
    places = dict(task.handle.commit_records)
    assert places["drop"] is None
    assert (places["a"].topic, places["a"].partition, places["a"].offset, places["b"].offset) == ("t", 0, 0, 1)


def test_a_task_hears_of_dropped_records_without_asking_for_the_others(bench: Bench) -> None:
    task = bench.start("SteeredSource", {**CHAIN, "errors.tolerance": "all"})
    task.handle.polls.append(records("t", ["a", "drop", "poison", "b"]))
    eventually(lambda: bench.values("t") == ["a", "b"], "the others")
    assert task.handle.dropped == ["drop", "poison"]


def test_a_poison_record_ends_the_task_behind_what_was_before_it(bench: Bench) -> None:
    task = bench.start("SteeredSource", CHAIN)
    task.handle.polls.append(records("t", ["a", "b", "poison", "c"]))
    trace = task.wait_for(State.FAILED)
    assert trace is not None
    assert trace.startswith("org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler")
    assert "Caused by: org.apache.kafka.connect.errors.ConnectException: poisoned" in trace
    task.thread.join(10)
    assert bench.values("t") == ["a", "b"]
    assert task.link.stored == {b'{"p":1}': b'{"n":1}'}  # the final commit, also of a failing task
    assert CountingTransform.seen == ["a", "b", "poison"]
    assert task.handle.calls[-1] == "stop"


def test_with_tolerance_only_the_poison_is_missing_and_nobody_is_transformed_twice(bench: Bench) -> None:
    task = bench.start("RecordingSource", {**CHAIN, "errors.tolerance": "all"})
    task.handle.polls.append(records("t", ["a", "poison", "b", "poison", "c"]))
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"n":4}'}, "the last offset")
    assert bench.values("t") == ["a", "b", "c"]
    assert Counter(CountingTransform.seen) == {"a": 1, "b": 1, "c": 1, "poison": 2}
    assert [value for value, metadata in task.handle.commit_records if metadata is None] == ["poison", "poison"]


def test_a_record_that_asks_for_another_try_gets_it_and_nobody_else(bench: Bench) -> None:
    CountingTransform.again = 1
    task = bench.start("SteeredSource", {**CHAIN, "errors.retry.timeout": "-1"})
    task.handle.polls.append(records("t", ["a", "again", "b"]))
    eventually(lambda: bench.values("t") == ["a", "again", "b"], "all three in order")
    assert Counter(CountingTransform.seen) == {"a": 1, "again": 2, "b": 1}


def test_a_poll_that_may_be_tried_again_is(bench: Bench, caplog) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls += [RetriableException("busy"), records("t", ["a"])]
    eventually(lambda: bench.values("t") == ["a"], "the record after the error")
    assert "failed to poll records from SourceTask. Will retry operation." in caplog.text


def test_a_poll_that_fails_ends_the_task_after_a_last_commit(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    task = bench.start("SteeredSource")
    task.handle.polls += [records("t", ["a"]), ConnectException("gone")]
    assert "gone" in (task.wait_for(State.FAILED) or "")
    task.thread.join(10)
    assert task.link.stored == {b'{"p":1}': b'{"n":0}'}


def test_a_start_that_fails_is_followed_by_stop(bench: Bench) -> None:
    from tests.integration.tasks.plugins import handle

    handle("failing").start_error = ConnectException("no such host")
    task = bench.start("SteeredSource", name="failing")
    assert "no such host" in (task.wait_for(State.FAILED) or "")
    task.thread.join(10)
    assert task.handle.calls == ["start", "stop"]


def test_pausing_stops_the_polls_and_keeps_the_offsets(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append(records("t", ["a"]))
    eventually(lambda: bool(task.link.stored), "a first offset")
    task.control.transition(TargetState.PAUSED)
    task.wait_for(State.PAUSED)
    task.handle.polls.append(records("t", ["b"]))
    task.control.transition(TargetState.STARTED)
    task.wait_for(State.RUNNING)
    eventually(lambda: bench.values("t") == ["a", "b"], "the record after the resume")
    assert [state for state, _ in task.link.states] == [State.RUNNING, State.PAUSED, State.RUNNING]


def test_a_task_that_begins_paused_calls_nothing_of_the_plugin(bench: Bench) -> None:
    task = bench.start("SteeredSource", target=TargetState.PAUSED)
    task.wait_for(State.PAUSED)
    assert task.handle.calls == []
    task.control.transition(TargetState.STARTED)
    task.wait_for(State.RUNNING)
    assert task.handle.calls[0] == "start"


@pytest.mark.parametrize(("timestamp", "stored"), [(-1, True), (1700000000000, True), (-2, False)])
def test_timestamps(bench: Bench, timestamp: int, stored: bool) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append([SourceRecord("t", "a", timestamp=timestamp)])
    if stored:
        eventually(lambda: bench.values("t") == ["a"], "the record")
    else:
        assert "Invalid record timestamp -2" in (task.wait_for(State.FAILED) or "")


def test_a_record_without_a_topic_is_told(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append([SourceRecord(None, "a")])
    assert "A source record has no topic" in (task.wait_for(State.FAILED) or "")


def test_a_topic_name_that_the_log_refuses_fails_the_task(bench: Bench) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append([SourceRecord("bad topic!", "a")])
    assert "Unrecoverable exception" in (task.wait_for(State.FAILED) or "")


def test_a_task_beyond_the_maximum_fails(bench: Bench) -> None:
    task = bench.start("SteeredSource", {"tasks.max": "2"}, number=2)
    trace = task.wait_for(State.FAILED) or ""
    assert (
        "has generated 3 tasks, which is greater than 2, the maximum number of tasks it is configured to create"
        in trace
    )


def test_overrides_that_the_policy_forbids_fail_the_task(bench: Bench) -> None:
    bench.worker["connector.client.config.override.policy"] = "None"
    task = bench.start("SteeredSource", {"producer.override.linger.ms": "5"})
    assert "The 'None' policy does not allow 'linger.ms' to be overridden" in (task.wait_for(State.FAILED) or "")


def test_references_are_resolved_and_never_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "swordfish-1")
    from tests.integration.tasks.plugins import handle

    handle("secretive").start_error = ConnectException("cannot log in with swordfish-1")
    task = bench.start("SteeredSource", {"password": "${env:A_SECRET}"}, name="secretive")
    trace = task.wait_for(State.FAILED) or ""
    assert "cannot log in with [hidden]" in trace
    assert task.handle.context.configs["password"] == "swordfish-1"


def test_stored_offsets_can_be_read_back(bench: Bench) -> None:
    link = Link(stored={b'{"p":1}': b'{"n":7}'})
    task = bench.start("SteeredSource", link=link)
    task.wait_for(State.RUNNING)
    reader = task.handle.context.offset_storage_reader
    assert reader.offset({"p": 1}) == {"n": 7}
    assert reader.offsets([{"p": 1}, {"p": 2}]) == [({"p": 1}, {"n": 7}), ({"p": 2}, None)]


@pytest.mark.parametrize("partition", [{"p": [1]}, {"p": {"q": 1}}])
def test_a_partition_that_cannot_be_stored_fails_the_commit_and_not_the_task(bench: Bench, caplog, partition) -> None:
    task = bench.start("SteeredSource")
    task.handle.polls.append([SourceRecord("t", "a", source_partition=partition, source_offset={"n": 1})])
    eventually(lambda: "Failed to serialize source offsets" in caplog.text, "the commit that fails")
    task.handle.polls.append([SourceRecord("t", "b", source_partition={"p": 1}, source_offset={"n": 1})])
    eventually(lambda: bench.values("t") == ["a", "b"], "the task goes on")
    assert [state for state, _ in task.link.states] == [State.RUNNING]


@pytest.mark.parametrize("offset", [None, {"after": 4}])
@pytest.mark.parametrize("middle", ["poison", "drop"])
def test_a_batch_whose_records_are_taken_apart_keeps_the_stored_offset(bench: Bench, offset, middle: str) -> None:
    """The run before the gap is durable, but a batch has one offset, behind its last record (a tombstone is another thing)."""
    task = bench.start("SteeredSource", CHAIN)

    def batch(values: list[str], offset) -> SourceBatch:
        return SourceBatch(topic="t", values=values, source_partition={"p": 1}, source_offset=offset)

    task.handle.polls.append(batch(["x"], {"after": 1}))
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"after":1}'}, "the first offset")
    task.handle.polls.append(batch(["a", middle, "b"], offset))
    if middle == "poison":
        task.wait_for(State.FAILED)
        task.thread.join(10)
        assert bench.values("t") == ["x", "a"]
        assert task.link.offsets_seen == [b'{"after":1}']
    else:
        eventually(lambda: bench.values("t") == ["x", "a", "b"], "the rest")
        task.stop()
        assert task.link.offsets_seen == [b'{"after":1}', *([b'{"after":4}'] if offset else [])]


def test_a_record_without_an_offset_is_a_tombstone(bench: Bench) -> None:
    task = bench.start("SteeredSource", CHAIN)
    task.handle.polls.append([SourceRecord("t", "a", source_partition={"p": 1})])
    eventually(lambda: task.link.stored == {b'{"p":1}': None}, "the tombstone")


def test_a_topic_is_told_long_before_the_next_commit(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    task = bench.start("SteeredSource")
    task.handle.polls.append(records("t", ["a"]))
    eventually(lambda: task.link.topics == ["t"], "the topic")


def test_with_tolerance_no_record_is_made_for_a_success_that_nobody_wants_to_hear_of(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    record = SourceBatch.record
    monkeypatch.setattr(SourceBatch, "record", lambda self, index: made.append(index) or record(self, index))
    task = bench.start("SteeredSource", {"errors.tolerance": "all"})
    task.handle.polls.append(
        SourceBatch(topic="t", values=["a", "b"], source_partition={"p": 1}, source_offset={"after": 2})
    )
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"after":2}'}, "the offset")
    assert made == []
