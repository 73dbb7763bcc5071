"""Whatever a stop or a failure interrupts, no offset passes a record that was not dealt with."""

from __future__ import annotations

import time

import pytest
from tests.integration.tasks.harness import Bench
from tests.integration.tasks.plugins import CountingTransform, handle
from tests.support.worker import eventually

from penstock.api import ConnectException, Schema, SourceRecord, TopicPartition
from penstock.log.base import never
from penstock.log.embedded_producer import EmbeddedProducer
from penstock.log.errors import LogError
from penstock.states import State

T0 = TopicPartition("t", 0)
CHAIN = {"transforms": "count", "transforms.count.type": "tests.integration.tasks.plugins.CountingTransform"}
WITHOUT_END = {**CHAIN, "errors.retry.timeout": "-1"}
DLQ = {
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": "dead",
    "errors.deadletterqueue.topic.replication.factor": "1",
}


def values(task) -> list[object]:
    return [record.value for record in task.handle.got]


def test_a_source_that_is_stopped_while_it_tries_again_commits_what_was_before(bench: Bench) -> None:
    CountingTransform.again = 10**9
    task = bench.start("SteeredSource", WITHOUT_END)
    task.handle.polls.append(
        [
            SourceRecord("t", v, value_schema=Schema.STRING, source_partition={"p": 1}, source_offset={"n": n})
            for n, v in enumerate(["a", "again", "b"])
        ]
    )
    eventually(lambda: CountingTransform.seen.count("again") >= 2, "it tries again")
    task.stop()
    assert bench.values("t") == ["a"]
    assert task.link.stored == {b'{"p":1}': b'{"n":0}'}
    assert [state for state, _ in task.link.states] == [State.RUNNING, State.UNASSIGNED]


def test_a_sink_that_is_stopped_while_it_tries_again_gets_the_record_at_its_next_run(bench: Bench) -> None:
    CountingTransform.again = 10**9
    bench.produce("t", ["a", "again", "b"])
    task = bench.start("SteeredSink", {"topics": "t", **WITHOUT_END}, name="again")
    eventually(lambda: CountingTransform.seen.count("again") >= 2, "it tries again")
    task.stop()
    assert bench.committed("again").get(T0, 0) == 0
    CountingTransform.again = 0
    bench.start("SteeredSink", {"topics": "t", **WITHOUT_END}, name="again")
    eventually(lambda: values(task) == ["a", "again", "b"], "every record")


def test_a_dead_letter_that_is_lost_ends_the_task_and_its_record_comes_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = EmbeddedProducer._write

    def refuse(self, batch, submission, patience):
        if batch.topic == "dead":
            raise LogError("no dead letters today")
        return write(self, batch, submission, patience)

    monkeypatch.setattr(EmbeddedProducer, "_write", refuse)
    bench.produce("t", ["a", "poison", "b"])
    task = bench.start("SteeredSink", {"topics": "t", **CHAIN, **DLQ}, name="lost")
    trace = task.wait_for(State.FAILED) or ""
    assert "A failed record could not be reported; its offset is not committed" in trace
    assert "no dead letters today" in trace
    task.thread.join(10)
    assert bench.committed("lost").get(T0, 0) <= 1  # nor did the final commit pass it
    assert task.handle.closed == [T0]


def test_a_dead_letter_can_be_waited_for_inside_put(bench: Bench) -> None:
    outcomes: list[object] = []

    def refuse(running, records) -> None:
        for record in records:
            report = running.context.errant_record_reporter.report(record, ValueError("no such column"))
            outcomes.append(report.result(10))

    handle("awaited").on_put = refuse
    bench.produce("t", ["x", "y"])
    bench.start("SteeredSink", {"topics": "t", **DLQ}, name="awaited")
    eventually(lambda: outcomes == [None, None], "both outcomes")
    assert bench.values("dead") == ["x", "y"]


def test_partitions_are_vouched_for_closed_and_committed_in_this_order(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penstock.log.embedded_consumer import EmbeddedConsumer

    bench.worker["offset.flush.interval.ms"] = "3600000"
    commit = EmbeddedConsumer.commit

    def noted(self, offsets, timeout_s) -> None:
        handle("ordered").order.append("commit")
        commit(self, offsets, timeout_s)

    monkeypatch.setattr(EmbeddedConsumer, "commit", noted)
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="ordered")
    eventually(lambda: values(task) == ["a"], "the record")
    task.stop()
    assert task.handle.order == ["pre_commit", "close", "commit", "stop"]


def test_what_close_raises_prevents_the_commit_and_is_not_repeated(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    handle("unclosed").close_error = ConnectException("cannot close")
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="unclosed")
    eventually(lambda: values(task) == ["a"], "the record")
    task.stop()
    assert task.handle.order == ["pre_commit", "close", "stop"]
    assert bench.committed("unclosed") == {}


def test_a_rebalance_whose_close_raises_ends_the_task_and_the_records_come_again(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    bench.topic("t", 2)
    bench.produce("t", ["a"])
    handle("revoked").close_error = ConnectException("cannot close")
    first = bench.start("SteeredSink", {"topics": "t"}, name="revoked")
    eventually(lambda: values(first) == ["a"], "the record")
    bench.start("SteeredSink", {"topics": "t"}, name="revoked", number=1)
    assert "cannot close" in (first.wait_for(State.FAILED) or "")
    first.thread.join(10)
    assert first.handle.order[:2] == ["pre_commit", "close"]
    eventually(lambda: values(first) == ["a", "a"], "the record, at the other task")


def test_without_a_lease_partitions_are_closed_before_the_stop_and_nothing_is_committed(bench: Bench) -> None:
    bench.worker["offset.flush.interval.ms"] = "3600000"
    bench.produce("t", ["a"])
    task = bench.start("SteeredSink", {"topics": "t"}, name="leaseless")
    eventually(lambda: values(task) == ["a"], "the record")
    task.control.extend_lease(0.0)
    task.thread.join(10)
    assert task.handle.order == ["close", "stop"]
    assert bench.committed("leaseless") == {}


def test_a_last_commit_that_hangs_leaves_time_for_the_stop(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(_self, timeout_s: float, *, interrupted=never) -> bool:
        deadline = time.monotonic() + timeout_s
        eventually(lambda: interrupted() or time.monotonic() >= deadline, "the time is up", timeout_s + 5)
        return False

    task = bench.start("SteeredSource")
    task.wait_for(State.RUNNING)
    monkeypatch.setattr(EmbeddedProducer, "flush", stuck)
    task.control.stop(3.0)
    task.thread.join(10)
    remaining = task.control.remaining_s
    assert task.handle.calls[-1] == "stop"
    assert remaining is not None and remaining > 0.2
