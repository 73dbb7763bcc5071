"""The embedded log survives ``kill -9`` at any moment: what was acknowledged is there, batches and transactions are whole,
offsets have no holes, and nothing is damaged."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.log.adapter import Listener, drive, read_all
from tests.support.scale import SCALE
from tests.unit.log.crash import PARTITIONS, make_topics

from penstock.api.record import TopicPartition
from penstock.log.base import OutgoingBatch
from penstock.log.sqlite import SqliteLog

KILLS = max(5, int(60 * SCALE))


STARTED: list[Child] = []
"""Children that nobody has killed yet."""


class Child:
    """A process that prints what it did; its lines are read as they come."""

    def __init__(self, role: str, path: Path, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.unit.log.crash", role, str(path), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        STARTED.append(self)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # the last may be torn
                with self._came:
                    self.lines.append(line.strip())
                    self._came.notify_all()

    def until(self, came: Callable[[list[str]], bool], timeout_s: float = 30) -> None:
        with self._came:
            assert self._came.wait_for(lambda: came(self.lines), timeout_s), f"only {self.lines[-3:]} came"

    def go(self) -> None:
        """Let it begin, once it is ready."""
        self.until(lambda lines: lines[:1] == ["ready"])
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> list[str]:
        """Kill it without warning; what it had acknowledged."""
        assert self.process.poll() is None, "it ended by itself"
        return self.end()

    def end(self) -> list[str]:
        """As ``kill``, whether it runs or not."""
        STARTED.remove(self)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        self.process.stdout.close()
        self.process.stdin.close()
        return [line for line in self.lines if line != "ready"]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "log.db"
    make_topics(str(made))
    yield made
    for child in STARTED[:]:  # of a test that failed
        child.end()


def check_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    orphans = connection.execute(
        "SELECT count(*) FROM payloads WHERE id NOT IN (SELECT payload_id FROM batches UNION SELECT payload_id FROM spooled)"
    ).fetchall()
    assert orphans == [(0,)]
    assert connection.execute(
        "SELECT count(*) FROM batches LEFT JOIN payloads ON payloads.id = payload_id WHERE payloads.id IS NULL"
    ).fetchall() == [(0,)]
    connection.close()


def stored_tags(path: Path, tag_parts: int) -> Counter[bytes]:
    """How many records begin with each tag (the first parts of the value between colons). There is no hole in the offsets."""
    consumer = SqliteLog(str(path)).consumer({})
    partitions = [TopicPartition("t", number) for number in range(PARTITIONS)]
    consumer.assign(dict.fromkeys(partitions, 0))
    ends = consumer.end_offsets(partitions, 30)
    found: Counter[bytes] = Counter()
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(0, 100_000):
            assert list(batch.offsets) == list(range(batch.offsets[0], batch.next_offset))
            found.update(b":".join(value.split(b":", tag_parts)[:tag_parts]) for value in batch.values if value)
    assert found.total() == sum(ends.values())
    consumer.close()
    return found


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("records", [1, 50, 3000])
def test_what_a_killed_writer_had_acknowledged_is_there_and_batches_are_whole(path: Path, records: int) -> None:
    acknowledged: dict[str, int] = {}
    for round_ in range(KILLS):
        writers = [Child("write", path, f"{round_}.{number}", records) for number in range(2)]
        for writer in writers:
            writer.go()
        if round_ % 2:  # else it may be killed in its very first batch
            writers[0].until(lambda lines: len(lines) > 1)
        time.sleep(random.uniform(0, 0.1))  # a random moment is what is tested
        for number, writer in enumerate(writers):
            lines = writer.kill()
            acknowledged[f"{round_}.{number}"] = int(lines[-1]) if lines else 0
        check_file(path)
    found = stored_tags(path, 2)
    assert set(found.values()) == {records}  # each batch once and whole, over all its partitions
    stored = [tag.decode().split(":") for tag in found]
    for name, last in acknowledged.items():
        tickets = sorted(int(ticket) for who, ticket in stored if who == name)
        assert tickets == list(range(1, len(tickets) + 1))
        assert last <= len(tickets) <= last + 1  # at most the one that was on its way


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("records", [3, 900])  # in memory until the commit, and put aside before it
def test_a_transaction_of_a_killed_producer_is_there_wholly_or_not_at_all(path: Path, records: int) -> None:
    committed: dict[str, set[int]] = {}
    for round_ in range(KILLS):
        child = Child("transact", path, f"p{round_}", records)
        child.go()
        if round_ % 2:  # else it may be killed in its very first transaction
            child.until(lambda lines: len(lines) > 1)
        time.sleep(random.uniform(0, 0.2))
        committed[f"p{round_}"] = {int(line) for line in child.kill()}
        check_file(path)
    found = stored_tags(path, 2)
    assert set(found.values()) == {4 * records}
    tags = [tag.decode().split(":") for tag in found]
    for name, numbers in committed.items():
        stored = {int(number) for who, number in tags if who == name}
        assert numbers <= stored
        assert len(stored - numbers) <= 1
        assert all(number % 3 for number in stored)  # the aborted ones are nowhere


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_housekeeping_may_be_killed_too(path: Path) -> None:
    last: dict[str, int] = {}
    for round_ in range(KILLS):
        writer, keeper = Child("put", path, f"w{round_ % 3}", 20), Child("keep", path)
        keeper.until(bool)
        writer.go()
        writer.until(lambda lines: len(lines) > 30)
        time.sleep(random.uniform(0, 0.05))
        keeper.kill()
        for line in writer.kill():
            key, number = line.split()
            last[key] = int(number)
        check_file(path)
    stored: dict[str, int] = {}
    for read in read_all(SqliteLog(str(path)), "compacted"):
        stored[(read.key or b"").decode()] = int(read.value or b"0")
    assert set(last) <= set(stored)
    # The last acknowledged value of each key, or that of the record that was on its way.
    assert all(stored[key] == number or stored[key] == number + 20 for key, number in last.items())


def test_the_partitions_of_a_killed_member_are_taken_over_long_before_its_session_ends(path: Path) -> None:
    one = Child("read", path, "g")
    one.until(lambda lines: lines[-1:] == ["3"])
    log = SqliteLog(str(path))
    two = log.consumer({"group.id": "g", "heartbeat.interval.ms": "200", "session.timeout.ms": "45000"})
    two.subscribe(["t"], Listener())
    drive([two], lambda: len(two.assignment) > 0)
    one.kill()
    drive([two], lambda: len(two.assignment) == PARTITIONS, timeout_s=20)
    two.close()


def test_the_offsets_of_a_killed_members_group_may_be_changed_at_once(path: Path) -> None:
    child = Child("read", path, "g")
    child.until(lambda lines: lines[-1:] == ["3"])
    child.kill()
    admin = SqliteLog(str(path)).admin({})
    admin.alter_group_offsets("g", {TopicPartition("t", 0): 0}, 1)
    admin.close()


def test_a_member_is_kept_alive_between_its_polls_and_put_out_when_its_process_stands_still(path: Path) -> None:
    child = Child("sleep", path, "g")
    child.until(lambda lines: lines[-1:] == ["3"])
    log = SqliteLog(str(path))
    two, listener = log.consumer({"group.id": "g", "heartbeat.interval.ms": "100"}), Listener()
    two.subscribe(["t"], listener)
    end = time.monotonic() + 3  # three times its session timeout
    drive([two], lambda: time.monotonic() > end)
    assert listener.assigned == []  # the other one holds its partitions: it has max.poll.interval.ms to come back
    child.process.send_signal(signal.SIGSTOP)
    drive([two], lambda: len(two.assignment) == PARTITIONS, timeout_s=20)
    child.kill()
    two.close()


@pytest.mark.timeout(300)
def test_four_writers_at_full_speed_wait_less_than_a_second_for_each_other(path: Path) -> None:
    others = [Child("write", path, f"w{number}", 1000) for number in range(3)]
    for other in others:
        other.go()
    producer = SqliteLog(str(path)).producer({})
    batch = OutgoingBatch(topic="t", values=["x" * 100] * 1000)
    longest = []
    sent = 0
    for _ in range(3):  # whatever else the machine does may take a second now and then, but not every time
        waits = []
        end = time.monotonic() + 2
        while time.monotonic() < end:
            started = time.monotonic()
            producer.send_batch(batch)
            waits.append(time.monotonic() - started)
        longest.append(max(waits))
        sent += len(waits)
        if longest[-1] < 1.0:
            break
    counts = [len(other.kill()) for other in others]
    producer.close(10)
    assert min(longest) < 1.0
    assert min(counts) > sent / 20  # and everybody has his turn, however late his process began
    check_file(path)
