"""The sink runner: deliveries, redeliveries, commits (spec 4.5-4.7, 8.4)."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.integration.tasks.harness import Bench
from tests.integration.tasks.plugins import CountingTransform, handle
from tests.support.worker import eventually

from penstock.api import ConnectException, RetriableException, TopicPartition
from penstock.states import State, TargetState

T0 = TopicPartition("t", 0)
CHAIN = {"transforms": "count", "transforms.count.type": "tests.integration.tasks.plugins.CountingTransform"}
DLQ = {
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": "dead",
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
}


def values(task) -> list[object]:
    return [record.value for record in task.handle.got]


def test_records_are_delivered_and_their_offsets_committed(bench: Bench) -> None:
    bench.produce("t", ["a", "b", "c"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s1")
    eventually(lambda: values(task) == ["a", "b", "c"], "three records")
    eventually(lambda: bench.committed("s1") == {T0: 3}, "the commit")
    assert [(r.topic, r.kafka_partition, r.kafka_offset) for r in task.handle.got] == [("t", 0, n) for n in range(3)]
    assert task.handle.opened == [T0]
    assert task.link.topics == ["t"]
    task.stop()
    assert task.handle.closed == [T0]
    assert task.handle.calls[-1] == "stop"


def test_a_restart_goes_on_where_it_was(bench: Bench) -> None:
    bench.produce("t", ["a", "b"])
    first = bench.start("SteeredSink", {"topics": "t"}, name="s2")
    eventually(lambda: values(first) == ["a", "b"], "two records")
    first.stop()
    bench.produce("t", ["c"])
    bench.start("SteeredSink", {"topics": "t"}, name="s2")
    eventually(lambda: values(first) == ["a", "b", "c"], "only the new record")


def test_a_batch_that_asks_for_another_try_comes_again_as_it_is(bench: Bench) -> None:
    handle("s3").put_errors = [RetriableException("locked"), RetriableException("locked")]
    bench.produce("t", ["a", "b"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s3")
    eventually(lambda: len(task.handle.batches) >= 1, "a first try")
    bench.produce("t", ["c"])
    eventually(lambda: values(task) == ["a", "b", "c"], "all records once")
    assert task.handle.batches[0] is task.handle.batches[1] is task.handle.batches[2]
    eventually(lambda: bench.committed("s3") == {T0: 3}, "the commit")


def test_nothing_is_committed_while_a_batch_waits_for_another_try(bench: Bench) -> None:
    handle("s4").put_errors = [RetriableException("locked")] * 5
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s4")
    eventually(lambda: len(task.handle.batches) >= 3, "several tries")
    assert bench.committed("s4") == {}
    eventually(lambda: bench.committed("s4") == {T0: 1}, "the commit after success")


def test_a_put_that_fails_ends_the_task_and_loses_nothing(bench: Bench) -> None:
    handle("s5").put_errors = [ConnectException("disk full")]
    bench.produce("t", ["a", "b"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s5")
    trace = task.wait_for(State.FAILED) or ""
    assert "Exiting WorkerSinkTask due to unrecoverable exception." in trace
    assert "disk full" in trace
    task.thread.join(10)
    assert bench.committed("s5") == {}
    assert task.handle.closed == [T0]
    bench.start("SteeredSink", {"topics": "t"}, name="s5")
    eventually(lambda: values(task) == ["a", "b"], "the records after a restart")


def test_a_flush_that_fails_rewinds_to_what_was_committed(bench: Bench, caplog) -> None:
    bench.worker["offset.flush.interval.ms"] = "100"
    handle("s6").flush_error = ConnectException("cannot flush")
    bench.produce("t", ["a", "b"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s6")
    eventually(lambda: values(task) == ["a", "b", "a", "b"], "both come again")
    assert "rewinding to last committed offsets" in caplog.text
    eventually(lambda: bench.committed("s6") == {T0: 2}, "the commit")


def test_pre_commit_decides_what_is_committed(bench: Bench, caplog) -> None:
    handle("s7").pre_commit = {T0: 1, TopicPartition("other", 0): 5}
    bench.produce("t", ["a", "b"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s7")
    eventually(lambda: bench.committed("s7") == {T0: 1}, "only what is durable")
    assert "partition not assigned" in caplog.text
    task.handle.pre_commit = {T0: 99}
    eventually(lambda: "not yet consumed" in caplog.text, "an offset ahead of the task is refused")
    assert bench.committed("s7") == {T0: 1}
    task.handle.pre_commit = {}


def test_a_task_may_rewind(bench: Bench) -> None:
    bench.produce("t", ["a", "b", "c"])

    def once(task, records) -> None:
        if any(record.value == "c" for record in records):
            handle("s8").on_put = None
            task.context.offset({T0: 1})

    handle("s8").on_put = once
    task = bench.start("SteeredSink", {"topics": "t"}, name="s8")
    eventually(lambda: values(task) == ["a", "b", "c", "b", "c"], "from the rewound offset")


def test_a_task_may_pause_and_resume_partitions(bench: Bench) -> None:
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s9")
    eventually(lambda: values(task) == ["a"], "the first record")
    done = []

    def pause(running, _records) -> None:
        running.context.pause(T0)
        running.context.timeout(20)
        done.append(1)

    handle("s9").on_put = pause
    bench.produce("t", ["b"])
    eventually(lambda: values(task) == ["a", "b"] and len(done) >= 1, "the record that came with the pause")
    count = len(done)
    bench.produce("t", ["c"])
    eventually(lambda: len(done) > count + 1, "put goes on with empty batches")
    assert values(task) == ["a", "b"]
    handle("s9").on_put = lambda running, _records: running.context.resume(T0)
    eventually(lambda: values(task) == ["a", "b", "c"], "the record after the resume")
    handle("s9").on_put = lambda running, _records: running.context.pause(TopicPartition("x", 0))
    bench.produce("t", ["d"])
    assert "may not pause partitions that are not currently assigned to them: x-0" in (
        task.wait_for(State.FAILED) or ""
    )


def test_a_commit_may_be_asked_for(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    handle("s10").on_put = lambda running, records: running.context.request_commit() if len(records) else None
    bench.produce("t", ["a"])
    bench.start("SteeredSink", {"topics": "t"}, name="s10")
    eventually(lambda: bench.committed("s10") == {T0: 1}, "the commit long before its interval")


def test_pausing_the_connector_commits_and_holds(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="s11")
    eventually(lambda: values(task) == ["a"], "the first record")
    task.control.transition(TargetState.PAUSED)
    task.wait_for(State.PAUSED)
    eventually(lambda: bench.committed("s11") == {T0: 1}, "the commit at the pause")
    bench.produce("t", ["b"])
    task.control.transition(TargetState.STARTED)
    eventually(lambda: values(task) == ["a", "b"], "the record after the resume")


def test_poison_goes_to_the_dead_letter_queue_as_it_was(bench: Bench) -> None:
    bench.produce("t", ["a", "poison", "b"])
    task = bench.start("SteeredSink", {"topics": "t", **CHAIN, **DLQ}, name="s12")
    eventually(lambda: values(task) == ["a", "b"], "the good ones")
    eventually(lambda: bench.committed("s12") == {T0: 3}, "the commit over the hole")
    assert Counter(CountingTransform.seen) == {"a": 1, "poison": 1, "b": 1}
    ((key, value, headers),) = bench.read("dead")
    assert (key, value) == (None, b"poison")
    found = dict(headers)
    prefix = "__connect.errors."
    assert {name.removeprefix(prefix): found[name] for name in found if "stacktrace" not in name} == {
        "topic": b"t",
        "partition": b"0",
        "offset": b"1",
        "connector.name": b"s12",
        "task.id": b"0",
        "stage": b"TRANSFORMATION",
        "class.name": b"tests.integration.tasks.plugins.CountingTransform",
        "exception.class.name": b"org.apache.kafka.connect.errors.ConnectException",
        "exception.message": b"poisoned",
    }
    assert b"poisoned" in (found[prefix + "exception.stacktrace"] or b"")


def test_poison_without_tolerance_is_a_dead_letter_and_the_end(bench: Bench) -> None:
    """The first bad record is in the queue although the task fails over it (spec 15.10)."""
    config = {"topics": "t", **CHAIN, **DLQ, "errors.tolerance": "none"}
    bench.produce("t", ["a", "poison", "b"])
    task = bench.start("SteeredSink", config, name="s13")
    assert "Tolerance exceeded in error handler" in (task.wait_for(State.FAILED) or "")
    task.thread.join(10)
    assert [value for _, value, _ in bench.read("dead")] == [b"poison"]
    assert bench.committed("s13").get(T0, 0) <= 1


def test_errant_records_go_to_the_dead_letter_queue(bench: Bench) -> None:
    def refuse(running, records) -> None:
        for record in records:
            if record.value == "bad":
                running.context.errant_record_reporter.report(record, ValueError("no such column"))

    handle("s14").on_put = refuse
    bench.produce("t", ["good", "bad"])
    bench.start("SteeredSink", {"topics": "t", **DLQ}, name="s14")
    eventually(lambda: bench.committed("s14") == {T0: 2}, "the commit, after the dead letter")
    ((_, value, headers),) = bench.read("dead")
    assert value == b"bad"
    assert dict(headers)["__connect.errors.stage"] == b"TASK_PUT"


def test_errant_records_without_tolerance_end_the_task_even_if_it_swallows_it(bench: Bench) -> None:
    def swallow(running, records) -> None:
        for record in records:
            try:
                running.context.errant_record_reporter.report(record, ValueError("no"))
            except ConnectException:
                continue

    handle("s15").on_put = swallow
    bench.produce("t", ["bad"])
    task = bench.start("SteeredSink", {"topics": "t", **DLQ, "errors.tolerance": "none"}, name="s15")
    assert "Tolerance exceeded in error handler" in (task.wait_for(State.FAILED) or "")


def test_without_a_reporter_there_is_none(bench: Bench) -> None:
    task = bench.start("SteeredSink", {"topics": "t"}, name="s16")
    task.wait_for(State.RUNNING)
    assert task.handle.context.errant_record_reporter is None


def test_topics_by_pattern(bench: Bench) -> None:
    for topic in ("x.one", "x.two", "y.one"):
        bench.produce(topic, [topic])
    task = bench.start("SteeredSink", {"topics.regex": r"x\..*"}, name="s17")
    eventually(lambda: sorted(values(task)) == ["x.one", "x.two"], "the topics that match")


def test_topic_names_that_the_log_refuses_fail_the_task(bench: Bench) -> None:
    task = bench.start("SteeredSink", {"topics": "bad topic!"}, name="s18")
    assert "InvalidTopicException: Invalid topics: [bad topic!]" in (task.wait_for(State.FAILED) or "")


def test_two_tasks_share_the_partitions_and_hand_them_over(bench: Bench) -> None:
    bench.topic("p", 2)
    for partition in (0, 1):
        bench.produce("p", [f"{partition}-{n}" for n in range(50)], partition)
    first = bench.start("SteeredSink", {"topics": "p"}, name="s19")
    eventually(lambda: len(values(first)) == 100, "all records at the first task")
    second = bench.start("SteeredSink", {"topics": "p"}, name="s19", number=1)
    eventually(lambda: len(first.handle.closed) >= 2 and len(first.handle.opened) >= 4, "a rebalance")
    for partition in (0, 1):
        bench.produce("p", [f"{partition}-new"], partition)
    eventually(lambda: {"0-new", "1-new"} <= set(values(first)), "the new records")
    assert Counter(values(first)) == Counter({*values(first)})  # nothing came twice: the first task committed before
    second.stop()
    bench.produce("p", ["1-last"], 1)
    eventually(lambda: "1-last" in values(first), "the partition went back")


def test_a_rebalance_while_a_batch_waits_drops_only_what_goes_away(bench: Bench) -> None:
    bench.topic("q", 2)
    handle("s20").put_errors = [RetriableException("locked")] * 40
    for partition in (0, 1):
        bench.produce("q", [f"{partition}-{n}" for n in range(5)], partition)
    first = bench.start("SteeredSink", {"topics": "q"}, name="s20")
    eventually(lambda: len(first.handle.batches) >= 2, "the batch waits")
    bench.start("SteeredSink", {"topics": "q"}, name="s20", number=1)
    eventually(lambda: len(first.handle.opened) >= 4, "a rebalance")
    eventually(lambda: set(values(first)) == {f"{p}-{n}" for p in (0, 1) for n in range(5)}, "every record")


@pytest.mark.parametrize("limit", ["1", "3"])
def test_max_poll_records_limits_a_put(bench: Bench, limit: str) -> None:
    bench.produce("t", [str(n) for n in range(10)])
    task = bench.start("SteeredSink", {"topics": "t", "consumer.override.max.poll.records": limit}, name=f"s21-{limit}")
    eventually(lambda: len(values(task)) == 10, "all records")
    assert max(len(batch) for batch in task.handle.batches) <= int(limit)
