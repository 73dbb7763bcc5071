"""kill -9 of a real worker and its tasks while a directory is read into a topic, and the topic into a directory of files: no row is
lost, no file leaves before its rows are in the topic, and the files that come out hold the topic, each record once."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from penstock_file.rotating.part_file import is_abandoned
from penstock_file.spooldir.directory import task_of
from tests.e2e.test_kill_soak import named, write_connector
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually

TOPIC = "spool-soak-rows"
TASKS = 3
JSON = {
    f"{side}.converter{suffix}": value
    for side in ("key", "value")
    for suffix, value in (("", "org.apache.kafka.connect.json.JsonConverter"), (".schemas.enable", "false"))
}
VALUE = {
    "type": "STRUCT",
    "name": "v",
    "fieldSchemas": {"file": {"type": "INT32"}, "row": {"type": "INT32"}, "text": {"type": "STRING"}},
}
KEY = {"type": "STRUCT", "name": "k", "fieldSchemas": {"file": {"type": "INT32"}}}


class Dropping(threading.Thread):
    """Drops one file after another into the input directory, ``files`` at least and until there are ``enough``, so that the copy
    is running for as long as the test wants it to. Each appears whole."""

    def __init__(self, directory: Path, files: int, rows: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.directory = directory
        self.files = files
        self.rows = rows
        self.dropped = 0
        self.enough = threading.Event()
        self._pause_s = seconds / files

    def run(self) -> None:
        while self.dropped < self.files or not self.enough.is_set():
            file = self.dropped
            content = "file,row,text\n" + "".join(
                f'{file},{row},"some ""text"", {row * 7919 % 1000}\nin two lines"\n' for row in range(self.rows)
            )
            hidden = self.directory / f".{file}"
            hidden.write_text(content)
            hidden.rename(self.directory / f"data-{file:04d}.csv")
            self.dropped += 1
            time.sleep(self._pause_s)


def topic_rows(address: LogAddress) -> list[str]:
    """The values of the topic, in order."""
    consumer = address.open().consumer({"group.id": "check", "auto.offset.reset": "earliest"})
    partition = TopicPartition(TOPIC, 0)
    end = consumer.end_offsets([partition], 30)[partition]
    consumer.assign({partition: 0})
    found: list[str] = []
    while consumer.position(partition) < end:
        for batch in consumer.poll(0.2, 5000):
            found.extend(bytes(value).decode() for value in batch.values if value is not None)
    consumer.close()
    return found


def by_file(values: list[str]) -> dict[int, list[int]]:
    """The rows of each file, in order."""
    found: dict[int, list[int]] = defaultdict(list)
    for value in values:
        record = json.loads(value)
        found[record["file"]].append(record["row"])
    return found


def check_finished(finished: list[Path], values: list[str], rows: int) -> None:
    """Each file that has left the input directory is in the topic."""
    found = by_file(values)
    for path in finished:
        assert set(found[int(path.stem.removeprefix("data-"))]) == set(range(rows)), f"{path.name} left too early"


def in_hand(root: Path, victim: str) -> list[Path]:
    """The files that the victim has begun and not done with: flagged ones in the input directory, hidden ones of the sink."""
    if victim == "snk-0":
        return [part for part in (root / "out").glob(".*.part") if is_written(part)]
    flagged = [flag.with_suffix("") for flag in (root / "in").glob("*.csv.PROCESSING")]
    numbers = range(TASKS) if victim == "worker" else [int(victim.removeprefix("src-"))]
    return [file for file in flagged if file.exists() and task_of(file.name, TASKS) in numbers]


def is_written(part: Path) -> bool:
    """Whether a hidden file has a writer, and is not what an earlier kill left."""
    try:
        return not is_abandoned(part)
    except FileNotFoundError:  # finished meanwhile
        return False


def kill(worker: WorkerProcess, files: tuple[Path, ...], victim: str) -> bool:
    """Kill the worker, or one task, with a file in hand, and have it started again. Whether that file was left undone."""
    root = worker.directory
    if victim == "worker":
        children = worker.process.children(recursive=True)
        begun = eventually(lambda: in_hand(root, victim), "a task has a file in hand", pause_s=0.005)
        worker.kill()
        hit = any(file.exists() for file in begun)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive
        worker.start(*files)
    else:
        name, number = victim.split("-")
        process = eventually(lambda: named(worker, f"task {victim}"), f"task {victim} has a process")
        begun = eventually(lambda: in_hand(root, victim), f"task {victim} has a file in hand", pause_s=0.005)
        process.kill()
        process.wait(5)
        hit = any(file.exists() for file in begun)
        worker.wait_for_task(name, "FAILED", task=int(number))
        worker.request("POST", f"/connectors/{name}/tasks/{number}/restart")
    for task in range(TASKS):
        worker.wait_for_task("src", task=task)
    worker.wait_for_task("snk")
    return hit


def connectors(root: Path) -> tuple[Path, ...]:
    """The two connectors, as files for the worker."""
    paths = {name: root / name for name in ("in", "finished", "error", "out")}
    for path in paths.values():
        path.mkdir()
    source = {
        "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
        "tasks.max": str(TASKS),
        "topic": TOPIC,
        "input.path": str(paths["in"]),
        "finished.path": str(paths["finished"]),
        "error.path": str(paths["error"]),
        "input.file.pattern": r"data-.*\.csv",
        "empty.poll.wait.ms": "50",
        "batch.size": "100",
        "csv.first.row.as.header": "true",
        "value.schema": json.dumps(VALUE),
        "key.schema": json.dumps(KEY),
        **JSON,
    }
    sink = {
        "connector.class": "DirectorySink",
        "topics": TOPIC,
        "directory": str(paths["out"]),
        "file.format": "raw",
        "rotate.records": "700",
        "rotate.interval.ms": "700",
        "consumer.override.session.timeout.ms": "6000",  # so long Kafka waits for a consumer that was killed
        "consumer.override.heartbeat.interval.ms": "2000",
    }
    return tuple(write_connector(root, name, config) for name, config in (("src", source), ("snk", sink)))


def sink_rows(directory: Path) -> list[str]:
    """The lines of all finished files, in the order of their start offsets. A file must begin where the one before it ends."""
    files = [path for path in directory.iterdir() if not path.name.startswith(".")]
    lines: list[str] = []
    for path in sorted(files, key=lambda path: int(path.stem.rpartition("-")[2])):
        assert int(path.stem.rpartition("-")[2]) == len(lines), f"{path.name} overlaps or leaves a gap"
        lines += path.read_text().splitlines()
    return lines


def run_soak(tmp_path: Path, properties: Mapping[str, str], address: LogAddress) -> None:
    kills, seconds, rows = scaled(20, 3), scaled(75, 6), scaled(4000, 1500)
    files = connectors(tmp_path)
    finished = tmp_path / "finished"
    dropping = Dropping(tmp_path / "in", scaled(120, 12), rows, float(seconds))
    dice = random.Random(7)
    hits = 0
    with WorkerProcess(tmp_path, {**properties, "offset.flush.interval.ms": "200"}) as worker:
        worker.start(*files)
        dropping.start()
        try:
            eventually(lambda: any(finished.iterdir()), "the first file is finished")
            victims = itertools.cycle(["worker", "src-0", "snk-0", "src-1", "src-2"])
            for victim in itertools.islice(victims, kills):
                time.sleep(dice.uniform(0.05, 0.5 * seconds / kills))
                hits += kill(worker, files, victim)
                before = sorted(finished.iterdir())
                check_finished(before, topic_rows(address), rows)
        finally:
            dropping.enough.set()
        dropping.join(seconds + 60)
        assert not dropping.is_alive(), "not all files were dropped"
        file_count = dropping.dropped
        eventually(lambda: len(list(finished.iterdir())) == file_count, "all files are finished", 120)
        values = topic_rows(address)
        eventually(lambda: sink_rows(tmp_path / "out") == values, "the files hold the topic", 150, 0.2)
        assert worker.stop() in (0, 143)
    assert hits >= 0.75 * kills, f"only {hits} of {kills} kills hit a running copy"
    found = by_file(values)
    for number in range(file_count):
        assert list(dict.fromkeys(found[number])) == list(range(rows)), (
            f"first occurrences of file {number} are not its rows"
        )
    assert list((tmp_path / "in").iterdir()) == []
    assert list((tmp_path / "error").iterdir()) == []
    twice = len(values) - file_count * rows
    assert twice < kills * (rows * TASKS + 1000), "more came again than was not committed"
    print(
        f"\nspool kill soak ({address.kind.value}): {file_count} files of {rows} rows, {kills} kills ({hits} on a running copy), "
        f"twice in the topic {twice}, in the files none"
    )


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_kills_lose_nothing_through_the_embedded_log(tmp_path: Path) -> None:
    run_soak(tmp_path, {}, LogAddress(LogKind.SQLITE, str(tmp_path / "log.db")))


@pytest.mark.soak
@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_kills_lose_nothing_through_kafka(tmp_path: Path, kafka: Any) -> None:
    run_soak(tmp_path, {"bootstrap.servers": kafka.bootstrap}, LogAddress(LogKind.KAFKA, kafka.bootstrap))
