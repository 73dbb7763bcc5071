"""One poison record in the middle of a million (issue of the data layer): found, named, put aside, and nothing else is lost."""

from __future__ import annotations

import itertools
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from penstock.log.base import LogHeader, OutgoingBatch
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess, eventually

RECORDS = scaled(1_000_000, 50_000)
POISON = RECORDS // 2
POISON_KEY, POISON_VALUE = b"k\xff\x00", b'{"id": ' + b"\x00\xff not json at all"
POISON_HEADERS: list[LogHeader] = [("trace", b"\x00\x01\xfe"), ("none", None), ("trace", "zwei é".encode()), ("", b"")]
CHUNK = 2_000
PREFIX = "__connect.errors."
STAGE = "VALUE_CONVERTER"
CONVERTERS = {
    "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "header.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
}


@dataclass
class Case:
    """One log, its names, and where things are."""

    address: LogAddress
    directory: Path
    prefix: str
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return f"{self.prefix}-in"

    @property
    def dead(self) -> str:
        return f"{self.prefix}-dead"

    @property
    def copy(self) -> Path:
        return self.directory / "copy.txt"

    def worker(self) -> WorkerProcess:
        return WorkerProcess(self.directory, {**self.properties, "offset.flush.interval.ms": "200"})

    def connector(self, **config: str) -> Path:
        """The file of a sink's config."""
        path = self.directory / "sink.json"
        whole = {
            "connector.class": "FileStreamSink",
            "file": str(self.copy),
            "topics": self.topic,
            **CONVERTERS,
            "consumer.override.session.timeout.ms": "6000",  # so long Kafka keeps the partition for a member that was killed
            "consumer.override.heartbeat.interval.ms": "1000",
            **{key.replace("_", "."): value for key, value in config.items()},
        }
        path.write_text(json.dumps({"name": self.prefix, "config": whole}))
        return path

    def tolerant(self) -> Path:
        return self.connector(
            errors_tolerance="all",
            errors_deadletterqueue_topic_name=self.dead,
            errors_deadletterqueue_topic_replication_factor="1",
            errors_deadletterqueue_context_headers_enable="true",
        )

    def read(self, topic: str) -> list[tuple[bytes | None, bytes | None, Sequence[LogHeader]]]:
        """Everything in the only partition of a topic."""
        consumer = self.address.open().consumer({"group.id": f"{self.prefix}-check", "auto.offset.reset": "earliest"})
        where = TopicPartition(topic, 0)
        found: list[tuple[bytes | None, bytes | None, Sequence[LogHeader]]] = []
        try:
            end = consumer.end_offsets([where], 30)[where]
            consumer.assign({where: 0})
            while consumer.position(where) < end:
                for batch in consumer.poll(0.2, 5000):
                    keys, headers = batch.keys or [None] * len(batch), batch.headers or [None] * len(batch)
                    found += [(k, v, list(h or ())) for k, v, h in zip(keys, batch.values, headers, strict=True)]
        finally:
            consumer.close()
        return found

    def committed(self) -> int:
        """The sink's committed offset."""
        admin = self.address.open().admin({})
        try:
            return admin.group_offsets(f"connect-{self.prefix}", 30).get(TopicPartition(self.topic, 0), 0)
        finally:
            admin.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Case:
    return Case(LogAddress(LogKind.SQLITE, str(tmp_path / "log.db")), tmp_path, "poison")


@pytest.fixture
def on_kafka(tmp_path: Path, kafka: Any) -> Case:
    name = f"poison-{uuid.uuid4().hex[:8]}"  # the broker is shared
    return Case(LogAddress(LogKind.KAFKA, kafka.bootstrap), tmp_path, name, {"bootstrap.servers": kafka.bootstrap})


@dataclass
class Filling:
    """Writes the topic, at once or over some seconds, so that the sink runs for as long as the test wants it to."""

    case: Case
    seconds: float = 0.0
    written: int = 0
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def run(self) -> None:
        producer = self.case.address.open().producer({"linger.ms": "5"})
        begun = time.monotonic()
        while self.written < RECORDS:
            end = min(RECORDS, self.written + CHUNK)
            producer.send_batch(self._chunk(self.written, end))
            self.written = end
            due = begun + self.seconds * end / RECORDS
            time.sleep(max(0.0, due - time.monotonic()))
            producer.poll()
        assert producer.flush(60)
        producer.close(30)

    def _chunk(self, start: int, end: int) -> OutgoingBatch:
        values: list[bytes | None] = [b'{"id":%d,"name":"some text to read"}' % number for number in range(start, end)]
        keys: list[bytes | None] = [b"%d" % number for number in range(start, end)]
        headers: list[list[LogHeader] | None] = [None] * (end - start)
        if start <= POISON < end:
            place = POISON - start
            values[place], keys[place], headers[place] = POISON_VALUE, POISON_KEY, POISON_HEADERS
        return OutgoingBatch(topic=self.case.topic, values=values, keys=keys, headers=headers)


def ids(path: Path) -> list[int]:
    """The numbers of the records in the copy; a line that is not whole is an error."""
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"", "the last line is not finished"
    found = [re.fullmatch(rb"\{id=(\d+), name=some text to read\}", line) for line in lines]
    broken = [line for line, match in zip(lines, found, strict=True) if match is None]
    assert not broken, f"{len(broken)} broken lines, the first is {broken[0]!r}"
    return [int(match[1]) for match in found if match is not None]


def last_id(path: Path) -> int:
    """The number of the last whole line of the copy; -1 while there is none."""
    if not path.exists():
        return -1
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200))
        found = re.findall(rb"\{id=(\d+), name=some text to read\}\n", file.read())
    return int(found[-1]) if found else -1


def check_dead_letters(case: Case) -> int:
    """All of them are the poison record as it was, and say where it was; how many there are."""
    letters = case.read(case.dead)
    assert letters, "the poison record is not in the dead letter queue"
    for key, value, headers in letters:
        assert (key, value) == (POISON_KEY, POISON_VALUE)
        own = [header for header in headers if not header[0].startswith(PREFIX)]
        assert own == POISON_HEADERS == list(headers[: len(POISON_HEADERS)])
        context = {name.removeprefix(PREFIX): (text or b"").decode() for name, text in headers[len(own) :]}
        assert (context["topic"], context["partition"], context["offset"]) == (case.topic, "0", str(POISON))
        assert (context["stage"], context["connector.name"], context["task.id"]) == (STAGE, case.prefix, "0")
        assert context["exception.class.name"] == "org.apache.kafka.connect.errors.DataException"
    return len(letters)


def check_copy(case: Case) -> int:
    """Every record but the poison is in the copy, first occurrences in order; how many came twice."""
    found = ids(case.copy)
    assert list(dict.fromkeys(found)) == [number for number in range(RECORDS) if number != POISON]
    return len(found) - (RECORDS - 1)


# --- tolerance none ---------------------------------------------------------------------------------------------------


def run_intolerant(case: Case) -> None:
    Filling(case).run()
    with case.worker() as worker:
        worker.start(case.connector())
        status = worker.wait_for_task(case.prefix, "FAILED", timeout_s=300)
        (task,) = status["tasks"]
        trace = task["trace"]
        assert trace.startswith(
            "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n"
        )
        assert "Caused by: org.apache.kafka.connect.errors.DataException: " in trace
        assert status["connector"]["state"] == "RUNNING"
        check_named(case, trace, worker)
    committed = case.committed()
    assert committed <= POISON, "an offset behind a record that nobody took"
    before = ids(case.copy)
    assert before == list(range(len(before)))
    assert committed <= len(before) <= POISON
    print(
        f"\npoison soak ({case.address.kind.value}), tolerance none: {len(before)} of {POISON} before it, {committed} committed"
    )


def check_named(case: Case, trace: str, worker: WorkerProcess) -> None:
    """Trace or log name topic, partition, offset and stage, so that an operator finds the record."""
    details = (STAGE, f"topic='{case.topic}'", "partition=0", f"offset={POISON}")
    errors = eventually(lambda: [line for line in worker.log().splitlines() if " ERROR " in line], "an ERROR line")
    places = [trace, *errors]
    assert any(all(detail in place for detail in details) for place in places), (
        f"{details} stand neither in the trace nor in an ERROR line:\n{trace}\n" + "\n".join(errors)
    )


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_without_tolerance_the_embedded_log_s_poison_ends_the_task(embedded: Case) -> None:
    run_intolerant(embedded)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_without_tolerance_kafka_s_poison_ends_the_task(on_kafka: Case) -> None:
    run_intolerant(on_kafka)


# --- tolerance all ----------------------------------------------------------------------------------------------------


def run_tolerant(case: Case) -> None:
    Filling(case).run()
    with case.worker() as worker:
        worker.start(case.tolerant())
        eventually(lambda: case.committed() == RECORDS, "everything is committed", 300, 0.2)
        assert worker.task_state(case.prefix) == "RUNNING"
    assert check_dead_letters(case) == 1
    assert check_copy(case) == 0
    print(f"\npoison soak ({case.address.kind.value}), tolerance all: {RECORDS - 1} in the sink, 1 dead letter")


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_exactly_the_poison_is_put_aside_on_the_embedded_log(embedded: Case) -> None:
    run_tolerant(embedded)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_exactly_the_poison_is_put_aside_on_kafka(on_kafka: Case) -> None:
    run_tolerant(on_kafka)


# --- and kill -9 in the middle ----------------------------------------------------------------------------------------


def kill(case: Case, worker: WorkerProcess, connector: Path, victim: str) -> None:
    """kill -9 of the worker or of its task, and wait until the task runs again."""
    if victim == "worker":
        children = worker.process.children(recursive=True)
        worker.kill()
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive, f"alive 5 s after their worker was killed: {alive}"
        worker.start(connector)
    else:
        name = f"task {case.prefix}-0"[:15]  # the kernel keeps no more of a name
        process = eventually(
            lambda: next((p for p in worker.tree() if p.name()[:15] == name), None), f"{name} has a process"
        )
        process.kill()
        worker.wait_for_task(case.prefix, "FAILED")
        worker.request("POST", f"/connectors/{case.prefix}/tasks/0/restart")
    worker.wait_for_task(case.prefix)


def run_killed(case: Case) -> None:
    kills = scaled(8, 2)
    filling = Filling(case, seconds=float(scaled(90, 6)))
    connector = case.tolerant()
    # One kill right behind the poison, before a commit is likely; the others spread, each some part of a commit later.
    others = kills - 1
    moments = sorted([POISON + 1, *(RECORDS * (4 * number + 1) // (4 * others) for number in range(others))])
    running, dice = 0, random.Random(9)
    with case.worker() as worker:
        worker.start(connector)
        filling.start()
        for moment, victim in zip(moments, itertools.cycle(["worker", "task"]), strict=False):
            eventually(
                lambda moment=moment: last_id(case.copy) >= moment, f"record {moment} is in the copy", 300, 0.001
            )
            if moment != POISON + 1:
                time.sleep(dice.uniform(0, 0.3))
            running += last_id(case.copy) < RECORDS - 1
            kill(case, worker, connector, victim)
        eventually(lambda: not filling.running, "all records are written", 300)
        assert filling.written == RECORDS
        eventually(lambda: case.committed() == RECORDS, "everything is committed", 300, 0.2)
        assert worker.stop() in (0, 143)
    assert running == len(moments), f"only {running} of {len(moments)} kills hit a running copy"
    letters, twice = check_dead_letters(case), check_copy(case)
    assert letters <= 1 + len(moments), "the poison came again without a kill"
    print(
        f"\npoison soak ({case.address.kind.value}), {len(moments)} kills: {RECORDS - 1} in the sink, {twice} of them twice, "
        f"the poison {letters} times in the dead letter queue"
    )


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_is_lost_by_kills_around_the_poison_on_the_embedded_log(embedded: Case) -> None:
    run_killed(embedded)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_is_lost_by_kills_around_the_poison_on_kafka(on_kafka: Case) -> None:
    run_killed(on_kafka)
