"""Committing source offsets: never before the log has the records, ``commit`` never before the store has the offsets."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from penstock.api.exceptions import ConnectException
from penstock.api.task import SourceTask
from penstock.tasks.source_commit import EARLY_FLUSH_S, MAX_IN_FLIGHT, CommitPolicy, SourceOffsetCommitter
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
        self.flushed: list[float] = []

    def poll(self) -> None:
        return

    def flush(self, timeout_s: float, *, interrupted) -> bool:
        self.flushed.append(timeout_s)
        if self.flushes and not interrupted():
            self.acknowledged = self.next_head
        return self.flushes and not interrupted()


class Link:
    def __init__(self) -> None:
        self.sent: list[list[tuple[bytes, bytes | None]]] = []
        self.futures: list[Future[None]] = []
        self.topics: list[str] = []

    def topic_active(self, topic: str) -> None:
        self.topics.append(topic)

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


def test_a_new_topic_is_told_a_second_after_it_was_reached_and_not_at_the_next_commit(parts) -> None:
    committer, clock, producer, link, _ = parts
    committer.topics.sent("t", 1)
    producer.next_head = 1
    committer.tick()
    clock.now = 0.9
    committer.tick()
    assert (link.topics, producer.flushed) == ([], [])
    clock.now = 1.0
    committer.tick()
    assert (link.topics, link.sent) == (["t"], [])
    committer.topics.sent("t", 2)
    clock.now = 3.0
    committer.tick()
    assert len(producer.flushed) == 1  # told once, so nothing hurries any more


def test_a_topic_whose_records_are_acknowledged_anyway_is_told_at_once(parts) -> None:
    committer, _, producer, link, _ = parts
    committer.topics.sent("t", 1)
    producer.acknowledged = 1
    committer.tick()
    assert (link.topics, producer.flushed) == (["t"], [])


def test_a_log_that_is_away_is_not_flushed_in_every_round(parts) -> None:
    committer, clock, producer, _, _ = parts
    producer.flushes = False
    committer.topics.sent("t", 1)
    for step in range(30):
        clock.now = step / 10
        committer.tick()
    assert producer.flushed == [EARLY_FLUSH_S, EARLY_FLUSH_S]


def test_not_more_than_so_many_positions_are_kept_for_a_commit(parts) -> None:
    committer, _, producer, _, _ = parts
    for ticket in range(1, MAX_IN_FLIGHT + 2):
        committer.submitted.submit(ticket, position_of({"f": "a"}, {"p": ticket}))
    producer.next_head = MAX_IN_FLIGHT + 1
    committer.tick()
    assert (committer.submitted.in_flight, producer.flushed) == (0, [EARLY_FLUSH_S])
    assert len(committer.submitted.take_committable()) == 1


def test_a_stop_ends_the_flush_of_a_periodic_commit_but_not_of_the_last(parts, caplog) -> None:
    _, clock, producer, link, task = parts
    stopping = [True]
    committer = SourceOffsetCommitter(task, producer, link, CommitPolicy(10.0, 5.0), clock, lambda: stopping[0])
    committer.submitted.submit(1, position_of({"f": "a"}, {"p": 5}))
    producer.next_head = 1
    clock.now = 10.0
    committer.tick()
    assert (link.sent, caplog.text) == ([], "")
    committer.begin(1.0)
    assert len(link.sent) == 1
