"""The caretaker's thread: there while somebody needs it, and not in anybody's way."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from logging.handlers import QueueHandler
from pathlib import Path
from typing import cast

import pytest
from tests.contract.log.adapter import Listener, drive

from penstock.log.base import OutgoingBatch
from penstock.log.embedded_store import FOREVER, Patience
from penstock.log.errors import LogError
from penstock.log.group import Group
from penstock.log.sqlite import SqliteLog
from penstock.log.sqlite_keeping import Keeper
from penstock.log.sqlite_store import SqliteStore


def caretakers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "penstock-log-caretaker"]


def test_it_runs_while_a_producer_or_member_is_open(tmp_path: Path) -> None:
    log = SqliteLog(str(tmp_path / "log.db"))
    admin, reader = log.admin({}), log.consumer({})
    assert caretakers() == []
    producer, second = log.producer({}), log.producer({})
    member = log.consumer({"group.id": "g"})
    member.subscribe(["t"], Listener())
    assert len(caretakers()) == 1
    producer.close(1)
    second.close(1)
    second.close(1)
    assert len(caretakers()) == 1
    member.close()
    member.close()
    assert caretakers() == []
    admin.close()
    reader.close()


def test_closing_never_waits_for_its_pause(tmp_path: Path) -> None:
    log = SqliteLog(str(tmp_path / "log.db"))
    longest = 0.0

    def open_and_close() -> None:
        nonlocal longest
        for _ in range(60):
            producer = log.producer({})
            started = time.monotonic()
            producer.close(1)
            longest = max(longest, time.monotonic() - started)

    threads = [threading.Thread(target=open_and_close) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert longest < 2
    assert caretakers() == []


def test_closing_does_not_wait_for_a_writer_that_holds_up_the_caretaker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.db"
    begun = threading.Event()
    change_group = SqliteStore.change_group

    def told(store: SqliteStore, name: str, change: Callable[[Group], Group], patience: Patience = FOREVER) -> Group:
        if threading.current_thread().name == "penstock-log-caretaker":
            begun.set()
        return change_group(store, name, change, patience)

    log = SqliteLog(str(path))
    member = log.consumer({"group.id": "g", "session.timeout.ms": "200"})
    member.subscribe(["t"], Listener())
    drive([member], lambda: bool(member.assignment))
    producer = log.producer({})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(SqliteStore, "change_group", told)
    assert begun.wait(10)  # it wants to renew the lease, and has to wait
    started = time.monotonic()
    producer.close(1)
    assert time.monotonic() - started < 1
    other.execute("ROLLBACK")
    other.close()
    member.close()


def test_it_outlives_a_failure_and_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = threading.Event()

    def fail(keeper: Keeper) -> None:
        failed.set()
        raise LogError("the disk is on fire")

    monkeypatch.setattr(Keeper, "turn", fail)
    producer = SqliteLog(str(tmp_path / "log.db")).producer({})
    assert failed.wait(10)
    producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    assert len(caretakers()) == 1
    producer.close(1)
    assert [record.getMessage() for record in caplog.records] == [
        "The caretaker of the embedded log could not do its work, and will try again: the disk is on fire"
    ]


def test_a_log_that_it_cannot_open_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = SqliteLog(str(tmp_path / "log.db"))

    def refuse() -> None:
        raise LogError("no more files")

    log._caretaker._open_store = refuse  # type: ignore[assignment]
    producer = log.producer({})
    producer.send_batch(OutgoingBatch(topic="t", values=[b"v"]))
    producer.close(1)
    assert [record.getMessage() for record in caplog.records] == [
        "The caretaker of the embedded log cannot open it; the log's clients will tell the same"
    ]


def test_a_member_that_does_not_poll_is_put_out_and_told_why(tmp_path: Path) -> None:
    told: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = QueueHandler(told)
    logging.getLogger("penstock.log.embedded_member").addHandler(handler)
    log = SqliteLog(str(tmp_path / "log.db"))
    slow, listener = (
        log.consumer({"group.id": "g", "max.poll.interval.ms": "300", "session.timeout.ms": "1000"}),
        Listener(),
    )
    slow.subscribe(["t"], listener)
    drive([slow], lambda: bool(slow.assignment))
    warning = told.get(timeout=10).getMessage()
    logging.getLogger("penstock.log.embedded_member").removeHandler(handler)
    assert warning.startswith("Member consumer-")
    assert warning.endswith(
        "longer than max.poll.interval.ms; its partitions go to others. Raise max.poll.interval.ms, or process fewer records "
        "per poll (max.poll.records)"
    )
    drive([slow], lambda: bool(listener.lost))
    drive([slow], lambda: bool(slow.assignment))
    slow.close()


def test_an_idle_reader_looks_at_the_file_no_more_than_some_times_a_second(tmp_path: Path) -> None:
    log = SqliteLog(str(tmp_path / "log.db"))
    consumer = log.consumer({"group.id": "g"})
    consumer.subscribe(["t"], Listener())
    end = time.monotonic() + 2
    drive([consumer], lambda: time.monotonic() > end)  # until its pauses have grown
    connection = consumer._store.connection  # type: ignore[attr-defined]
    looks, version = 0, cast("Callable[[], tuple[int, int]]", connection.version)

    def counted() -> tuple[int, int]:
        nonlocal looks
        looks += 1
        return version()

    connection.version = counted
    end = time.monotonic() + 2
    while time.monotonic() < end:
        consumer.poll(0.2, 100)
    assert looks <= 25
    consumer.close()
