"""Plays a recording of the sink: real connector and task, real database, a log in memory."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from penstock.api import TopicPartition
from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.log.base import OutgoingBatch
from penstock.log.memory import MemoryLog
from penstock.states import State
from penstock.testing import Workbench
from penstock.testing.running import RunningConnector
from penstock.testing.waiting import eventually
from penstock_jdbc.sink.connector import JdbcSinkConnector
from tests.compat.jdbc.recordings import Json, filled
from tests.compat.jdbc.sink_databases import Target

_numbers = itertools.count(1)
_PATIENCE_S = 30.0
_AT = 1_700_000_000_000


@cache
def installed() -> PluginIndex:
    """What there is to find, looked for once."""
    return scan_plugins()


@dataclass
class Outcome:
    """What a ``wait`` brought."""

    status: Json
    trace: str
    consumed: dict[str, int]
    tables: list[Json]
    dlq: list[Json] | None


@dataclass
class Played:
    """A recording with its places filled in, and what its waits brought."""

    vector: Json
    outcomes: list[Outcome] = field(default_factory=list)


def played(vector: Json, target: Target) -> Played:
    """Run the steps of ``vector`` on an empty ``target``."""
    number = next(_numbers)
    target.empty()
    in_place = filled(vector, {**target.places, "@P@": f"v{number}_", "@NAME@": f"n{number}"})
    result = Played(in_place)
    log = MemoryLog()
    with Workbench(installed(), log=log, worker={"offset.flush.interval.ms": "5"}) as bench:
        player = _Player(bench, log, in_place["config"], f"n{number}", target)
        for step in in_place["steps"]:
            match step["op"]:
                case "sql":
                    target.run(step["sql"])
                case "produce":
                    player.produce(step["records"])
                case "create":
                    player.create()
                case "wait":
                    result.outcomes.append(player.wait())
                case other:
                    raise AssertionError(f"no step {other}")
    return result


class _Player:
    def __init__(self, bench: Workbench, log: MemoryLog, config: dict[str, str], name: str, target: Target) -> None:
        self._bench = bench
        self._log = log
        self._config = config
        self._name = name
        self._target = target
        self._running: RunningConnector | None = None
        self._ends = dict.fromkeys(config["topics"].split(","), 0)

    def produce(self, records: list[Json]) -> None:
        producer = self._log.producer({})
        for record in records:
            key, value = (
                None if part is None else json.dumps(part).encode() for part in (record["key"], record["value"])
            )
            producer.send_batch(
                OutgoingBatch(
                    topic=record["topic"],
                    values=[value],
                    keys=[key],
                    partitions=[record["partition"]],
                    timestamps=[_AT],
                )
            )
            self._ends[record["topic"]] += 1
        assert producer.flush(10)
        producer.close(10)

    def create(self) -> None:
        assert not self._bench.validate(JdbcSinkConnector, {**self._config, "name": self._name})
        self._running = self._bench.start(JdbcSinkConnector, self._config, name=self._name)

    def wait(self) -> Outcome:
        assert self._running is not None
        eventually(self._settled, "all records are consumed or the task has failed", _PATIENCE_S)
        task = self._running.task
        failed = task.state is State.FAILED
        if failed:
            self._running.stop()
        dead = self._config.get("errors.deadletterqueue.topic.name")
        return Outcome(
            status={"connector": "RUNNING", "tasks": ["FAILED" if failed else "RUNNING"]},
            trace=task.trace or "",
            consumed=self._consumed(),
            tables=self._target.tables(),
            dlq=self._dead_letters(dead) if dead else None,
        )

    def _settled(self) -> bool:
        assert self._running is not None
        return self._running.task.state is State.FAILED or self._consumed() == self._ends

    def _consumed(self) -> dict[str, int]:
        committed = self._bench.committed(self._name)
        return {topic: committed.get(TopicPartition(topic, 0), 0) for topic in self._ends}

    def _dead_letters(self, topic: str) -> list[Json]:
        consumer = self._log.consumer({})
        found: list[Json] = []
        try:
            count = consumer.partitions_for(topic, 1) or 0
            ends = consumer.end_offsets([TopicPartition(topic, number) for number in range(count)], 1)
            consumer.assign(dict.fromkeys(ends, 0))
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for batch in consumer.poll(0.1, 100):
                    for place in range(len(batch.values)):
                        found.append(_dead_letter(batch, place))
        finally:
            consumer.close()
        return found


def _dead_letter(batch: Any, place: int) -> Json:
    def parsed(raw: bytes | None) -> Any:
        return None if raw is None else json.loads(raw)

    headers = batch.headers[place] if batch.headers is not None else None
    return {
        "topic": batch.topic,
        "partition": batch.partition,
        "key": parsed(batch.keys[place] if batch.keys is not None else None),
        "value": parsed(batch.values[place]),
        "headers": [[name, (value or b"").decode()] for name, value in headers or ()],
    }


_LISTED = re.compile(r"missing fields \(\[(.*?)\]\)", re.DOTALL)
_FIELD = re.compile(r"SinkRecordField\{.*?isPrimaryKey=(?:true|false)\}")


def normalised(text: str) -> str:
    """Texts as the recordings have them: the record's timestamp hidden, lists of fields sorted."""
    text = re.sub(r"timestamp=\d+", "timestamp=<ts>", text)
    return _LISTED.sub(lambda found: f"missing fields ([{', '.join(sorted(_FIELD.findall(found[1])))}])", text)
