"""kill -9 of the worker or a task at random moments: nothing is lost, little comes twice (issue of the first milestone)."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually, lines_file

LINE = 100
TOPIC = "soak-lines"


@dataclass
class Growing:
    """A file that grows steadily, so that the copy is running for as long as the test wants it to."""

    path: Path
    lines: int
    seconds: float
    written: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        whole = self.path.with_suffix(".whole")
        lines_file(whole, self.lines)
        self.path.touch()
        threading.Thread(target=self._grow, args=(whole.read_bytes(),), daemon=True).start()

    def _grow(self, content: bytes) -> None:
        begun = time.monotonic()
        with self.path.open("ab", buffering=0) as file:
            while self.written < len(content):
                due = min(len(content), int(len(content) * (time.monotonic() - begun) / self.seconds))
                self.written += file.write(content[self.written : due])
                time.sleep(0.01)
        self.done.set()


@dataclass(frozen=True)
class Kill:
    """What was known just before a kill: lines stored as committed, and what was killed."""

    victim: str
    committed: int
    running: bool


def named(worker: WorkerProcess, name: str) -> psutil.Process | None:
    """The child that runs a task; it carries the task's name."""
    return next((process for process in worker.tree() if process.name() == name), None)


def kill_one(worker: WorkerProcess, files: tuple[Path, ...], source: Growing, victim: str) -> Kill:
    """Kill the worker, or a task that is then restarted by REST, and wait until everything runs again."""
    committed = worker.position("src") or 0
    kill = Kill(victim, committed // LINE, running=not source.done.is_set())
    if victim == "worker":
        children = worker.process.children(recursive=True)
        worker.kill()
        _, alive = psutil.wait_procs(children, timeout=2)
        assert not alive, f"alive 2 s after their worker was killed: {alive}"
        worker.start(*files)
    else:
        process = eventually(lambda: named(worker, f"task {victim}-0"), f"task {victim}-0 has a process")
        process.kill()
        worker.wait_for_task(victim, "FAILED")
        worker.request("POST", f"/connectors/{victim}/tasks/0/restart")
    for name in ("src", "snk"):
        worker.wait_for_task(name)
    return kill


def indices(path: Path) -> list[int]:
    """The numbers of the lines of a file; a line that is not whole is an error."""
    found = path.read_bytes().split(b"\n")
    assert found.pop() == b"", "the last line is not finished"
    for line in found:
        assert re.fullmatch(rb"\d{10} [A-Za-z0-9 ]{88}", line), f"a broken line: {line!r}"
    return [int(line[:10]) for line in found]


def topic_indices(address: LogAddress) -> list[int]:
    """The numbers of the lines in the topic."""
    consumer = address.open().consumer({"group.id": "check", "auto.offset.reset": "earliest"})
    partition = TopicPartition(TOPIC, 0)
    end = consumer.end_offsets([partition], 30)[partition]
    consumer.assign({partition: 0})
    found: list[int] = []
    while consumer.position(partition) < end:
        for batch in consumer.poll(0.2, 5000):
            found.extend(int(value[:10]) for value in batch.values if value is not None)
    consumer.close()
    return found


def step_backs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Where a sequence of line numbers goes back: (highest before, where it goes on)."""
    highest = -1
    for previous, number in itertools.pairwise(itertools.chain([-1], numbers)):
        highest = max(highest, previous)
        if number <= previous:
            yield highest, number


def check_copy(numbers: list[int], lines: int, kills: list[Kill], what: str) -> int:
    """First occurrences are the whole input in order; each step back stays above what was committed at some kill, and
    none goes to the start. How many came twice."""
    assert list(dict.fromkeys(numbers)) == list(range(lines)), f"{what}: first occurrences are not the input"
    backs = list(step_backs(numbers))
    assert len(backs) <= len(kills), f"{what}: {len(backs)} steps back after {len(kills)} kills"
    for highest, start in backs:
        assert start > 0, f"{what}: a restart from the very beginning after line {highest}"
    return len(numbers) - lines


def run_soak(directory: Path, properties: Mapping[str, str], address: LogAddress) -> None:
    kills_wanted, seconds = scaled(20, 2), scaled(75, 8)
    source = Growing(directory / "in.txt", lines=scaled(300_000, 15_000), seconds=float(seconds))
    files = (
        write_connector(
            directory, "src", {"connector.class": "FileStreamSource", "file": str(source.path), "topic": TOPIC}
        ),
        write_connector(
            directory, "snk", {"connector.class": "FileStreamSink", "file": str(directory / "out.txt"), "topics": TOPIC}
        ),
    )
    kills: list[Kill] = []
    dice = random.Random(20)
    with WorkerProcess(directory, {**properties, "offset.flush.interval.ms": "200"}) as worker:
        worker.start(*files)
        source.start()
        eventually(lambda: (worker.position("src") or 0) > 0, "the first commit")
        victims = itertools.cycle(["worker", "src", "snk"])
        for victim in itertools.islice(victims, kills_wanted):
            time.sleep(dice.uniform(0.05, 0.5 * seconds / kills_wanted))
            kills.append(kill_one(worker, files, source, victim))
        assert source.done.wait(seconds + 60)
        eventually(lambda: (worker.position("src") or 0) == source.lines * LINE, "the source is through")
        out = directory / "out.txt"
        last = b"%010d " % (source.lines - 1)
        eventually(lambda: last in out.read_bytes()[-20 * LINE :], "the sink has the last line")
        assert worker.stop() in (0, 143)
    hits = sum(kill.running for kill in kills)
    assert hits >= 0.75 * kills_wanted, f"only {hits} of {kills_wanted} kills hit a running copy"
    topic = topic_indices(address)
    twice = check_copy(topic, source.lines, kills, "topic")
    # A step back in the topic begins at or after what was committed before the kill that caused it.
    committed = [kill.committed for kill in kills if kill.victim in ("worker", "src")]
    for (highest, start), floor in zip(step_backs(topic), committed, strict=False):
        assert start >= floor, f"line {start} came again although {floor} lines were committed (up to {highest} sent)"
    copied = indices(out)
    assert list(dict.fromkeys(copied)) == list(range(source.lines)), "first occurrences in the copy are not the input"
    print(
        f"\nkill soak ({address.kind.value}): {source.lines} lines, {len(kills)} kills ({hits} on a running copy), "
        f"twice in the topic {twice} ({twice / len(kills):.0f} a kill), twice in the copy {len(copied) - source.lines}"
    )


def write_connector(directory: Path, name: str, config: Mapping[str, str]) -> Path:
    import json

    path = directory / f"{name}.json"
    path.write_text(json.dumps({"name": name, "config": dict(config)}))
    return path


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_kills_lose_nothing_through_the_embedded_log(tmp_path: Path) -> None:
    run_soak(tmp_path, {}, LogAddress(LogKind.SQLITE, str(tmp_path / "log.db")))


@pytest.mark.soak
@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_kills_lose_nothing_through_kafka(tmp_path: Path, kafka) -> None:
    run_soak(tmp_path, {"bootstrap.servers": kafka.bootstrap}, LogAddress(LogKind.KAFKA, kafka.bootstrap))
