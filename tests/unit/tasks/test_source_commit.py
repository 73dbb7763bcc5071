"""Committing source offsets: never before the log has the records, ``commit`` never before the store has the offsets."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from penstock.api.exceptions import ConnectException
from penstock.api.task import SourceTask
from penstock.tasks.source_commit import CommitPolicy, SourceOffsetCommitter
from penstock.tasks.submitted import position_of


class Clock:
    now = 0.0

    def time_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


class Producer:
    """Acknowledges at a flush what it was told to, and nothing before."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.next_head = 0
        self.flushes = True
        self.failure = None

    def poll(self) -> None:
        return

    def flush(self, timeout_s: float, *, interrupted) -> bool:
        if self.flushes:
            self.acknowledged = self.next_head
        return self.flushes


class Link:
    def __init__(self) -> None:
        self.sent: list[list[tuple[bytes, bytes | None]]] = []
        self.futures: list[Future[None]] = []

    def offsets(self, entries) -> Future[None]:
        self.sent.append([tuple(entry) for entry in entries])
        self.futures.append(Future())
        return self.futures[-1]


class Task(SourceTask):
    commits = 0
    broken = False

    def poll(self):
        return None

    def commit(self) -> None:
        self.commits += 1
        if self.broken:
            raise ValueError("commit is broken")


@pytest.fixture
def parts():
    clock, producer, link, task = Clock(), Producer(), Link(), Task()
    return SourceOffsetCommitter(task, producer, link, CommitPolicy(10.0, 5.0), clock), clock, producer, link, task


def test_a_commit_follows_the_interval_and_commit_follows_the_store(parts) -> None:
    committer, clock, producer, link, task = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.next_head = 1
    committer.tick()
    assert link.sent == []
    clock.now = 10.0
    committer.tick()
    assert link.sent == [[(b'{"f":"a"}', b'{"p":5}')]]
    committer.tick()
    assert task.commits == 0
    link.futures[0].set_result(None)
    committer.tick()
    assert task.commits == 1


def test_unacknowledged_records_hold_their_offsets_back(parts) -> None:
    committer, clock, producer, link, _ = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    committer.submitted.submit(2, position_of({"f": "a"}, {"p": 9}))
    producer.next_head = 1
    clock.now = 10.0
    committer.tick()
    assert link.sent == [[(b'{"f":"a"}', b'{"p":5}')]]
    assert committer.submitted.in_flight == 1


def test_a_flush_that_does_not_end_commits_what_is_acknowledged(parts, caplog) -> None:
    committer, clock, producer, link, task = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.flushes = False
    clock.now = 10.0
    committer.tick()
    assert "Failed to flush 1 batches within 5000 ms" in caplog.text
    assert (link.sent, task.commits) == ([], 1)


def test_a_failed_store_is_tried_again_under_newer_offsets(parts, caplog) -> None:
    committer, clock, producer, link, task = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.next_head = 1
    clock.now = 10.0
    committer.tick()
    link.futures[0].set_exception(ConnectException("disk full"))
    committer.tick()
    assert "Failed to commit source offsets, will try again: disk full" in caplog.text
    assert task.commits == 0
    clock.now = 20.0
    committer.tick()
    assert link.sent[1] == [(b'{"f":"a"}', b'{"p":5}')]


def test_a_store_that_does_not_answer_in_time_counts_as_failed(parts, caplog) -> None:
    committer, clock, producer, link, _ = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.next_head = 1
    clock.now = 10.0
    committer.tick()
    clock.now = 16.0
    committer.tick()
    assert "did not answer in time" in caplog.text
    link.futures[0].set_result(None)  # late: ignored
    clock.now = 20.0
    committer.tick()
    assert len(link.sent) == 2


def test_nothing_to_store_still_commits(parts) -> None:
    committer, clock, _, link, task = parts
    clock.now = 10.0
    committer.tick()
    assert (link.sent, task.commits) == ([], 1)


def test_offsets_that_cannot_be_serialised_are_told_and_kept(parts, caplog) -> None:
    committer, clock, producer, link, task = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": [1]}))
    producer.next_head = 1
    clock.now = 10.0
    committer.tick()
    assert "Failed to serialize source offsets" in caplog.text
    assert (link.sent, task.commits) == ([], 0)
    assert len(committer.submitted.take_committable()) == 1


def test_the_final_commit_waits_for_the_store(parts) -> None:
    committer, _, producer, link, task = parts
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.next_head = 1
    original = link.offsets

    def store_at_once(entries):
        future = original(entries)
        future.set_result(None)
        return future

    link.offsets = store_at_once
    committer.finish(5.0)
    assert (len(link.sent), task.commits) == (1, 1)


def test_an_error_of_commit_is_only_logged(parts, caplog) -> None:
    committer, clock, _, _, task = parts
    task.broken = True
    clock.now = 10.0
    committer.tick()
    assert "Exception thrown while calling task.commit()" in caplog.text
