"""Playing a source recording: a worker's part is the Workbench's, time is cut short, and nobody waits for quiet.

A wait ends once every table that is read was read through twice with nothing new, or each task has failed, and what was
recorded is there; or when it does not come.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from penstock.api import Offset, TopicPartition
from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.states import State, TargetState
from penstock.storage.offsets import encode_offset, encode_partition
from penstock.testing import Workbench
from penstock.testing.running import RunningConnector
from penstock_jdbc.source.connector import JdbcSourceConnector
from penstock_jdbc.source.engine import ReadingEngine
from tests.compat.jdbc.recordings import Json, filled
from tests.compat.jdbc.source_databases import Origin

_INVALID = """Connector configuration is invalid and contains the following {count} error(s):
{errors}
You can also find the above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`"""
_ALTERED = (
    "The Connect framework-managed offsets for this connector have been {done} successfully. However, if this connector manages "
    "offsets externally, they will need to be manually {done} in the system that the connector uses."
)
_QUICK = {"200": "20"}
_TABLES_MS = "60"
_PATIENCE_S = 5.0
_LATE_S = 0.5
"""How long what was recorded may come after everything was read through."""


@cache
def installed() -> PluginIndex:
    """What there is to find, looked for once."""
    return scan_plugins()


class Engines:
    """The reading engines that tasks have made, so that a wait can look at them."""

    def __init__(self) -> None:
        self.made: list[ReadingEngine] = []

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        begin = ReadingEngine.start

        def start(engine: ReadingEngine) -> None:
            self.made.append(engine)
            begin(engine)

        ReadingEngine.start = start  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            ReadingEngine.start = begin  # type: ignore[method-assign]


class SourcePlayer:
    """One recording."""

    def __init__(self, config: dict[str, str], origin: Origin, workbench: Workbench, prefix: str) -> None:
        self._config = _quicker(config)
        self._name = f"c{prefix}"
        self._origin = origin
        self._workbench = workbench
        self._prefix = prefix
        self._running: RunningConnector | None = None
        self._state = "ABSENT"
        self._failure: str | None = None
        self._read: Counter[str] = Counter()
        self._engines = Engines()

    def play(self, steps: list[Json]) -> Iterator[tuple[Json, Json]]:
        """What each step brought, beside the step."""
        with self._engines.noted():
            for step in steps:
                yield step, getattr(self, f"_{step['op']}")(step)
        self.close()

    def close(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    def wait(self, expected: Json) -> Json:
        """What came until everything was read through."""
        before = {id(engine): engine.passes for engine in self._engines.made}
        end = time.monotonic() + _PATIENCE_S
        settled_at = None
        while True:
            self._regroup()
            now = time.monotonic()
            if settled_at is None and self._settled(before):
                settled_at = now
            found = self._found()
            if settled_at is not None and (now > settled_at + _LATE_S or self._is_there(found, expected)):
                break
            if now > end:
                break
            time.sleep(0.01)  # engines tell nobody how far they are
        self._read.update(record["topic"] for record in found["records"])
        return found

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _sql(self, step: Json) -> Json:
        self._origin.run(step["sql"])
        return {}

    def _create(self, step: Json) -> Json:
        errors = [
            error for found in self._workbench.validate(JdbcSourceConnector, self._config).values() for error in found
        ]
        if errors:
            message = _INVALID.format(count=len(errors), errors="\n".join(errors))
            return {"status": 400, "body": {"error_code": 400, "message": message}}
        if step.get("initial_state") == "STOPPED":
            self._state = "STOPPED"
        else:
            self._run()
        return {"status": 201}

    def _restart(self, step: Json) -> Json:
        self.close()
        return self._create(step)

    def _reconfigure(self, step: Json) -> Json:
        self.close()
        self._config = _quicker({**self._config, **step["config"]})
        self._run()
        return {"status": 200}

    def _pause(self, step: Json) -> Json:
        assert self._running is not None
        for task in self._running.tasks:
            task._control.transition(TargetState.PAUSED)
            task.wait_for(State.PAUSED)
        self._state = "PAUSED"
        return {"status": 202}

    def _resume(self, step: Json) -> Json:
        if self._state == "PAUSED" and self._running is not None:
            for task in self._running.tasks:
                task._control.transition(TargetState.STARTED)
                task.wait_for(State.RUNNING)
            self._state = "RUNNING"
        else:
            self._run()
        return {"status": 202}

    def _stop(self, step: Json) -> Json:
        self.close()
        self._state = "STOPPED"
        return {"status": 204}

    def _alter_offsets(self, step: Json) -> Json:
        pairs = [(entry["partition"], entry["offset"]) for entry in step["offsets"]]
        JdbcSourceConnector().alter_offsets(self._config, pairs)
        store = self._workbench._stores.setdefault(self._name, {})
        for partition, offset in pairs:
            store[encode_partition(partition)] = encode_offset(offset)
        return {"status": 200, "body": {"message": _ALTERED.format(done="altered")}}

    def _delete_offsets(self, step: Json) -> Json:
        stored = self._workbench.offsets(self._name)
        known: list[tuple[Offset, Offset | None]] = [(partition, None) for partition, _ in stored]
        JdbcSourceConnector().alter_offsets(self._config, known)
        self._workbench._stores[self._name].clear()
        return {"status": 200, "body": {"message": _ALTERED.format(done="reset")}}

    def _wait(self, step: Json) -> Json:
        return self.wait(step["expect"])

    # -- the connector -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._engines.made.clear()
        self._failure = None
        self._running = self._workbench.start(JdbcSourceConnector, self._config, name=self._name)
        self._state = "RUNNING"

    def _regroup(self) -> None:
        if self._running is not None and self._running.reconfigurations:
            self.close()
            self._run()

    def _settled(self, before: dict[int, int]) -> bool:
        if self._running is None or self._running.error is not None or self._state != "RUNNING":
            return True
        tasks = self._running.tasks
        if tasks and all(task.state is State.FAILED for task in tasks):
            return True
        if any(task.state not in (State.RUNNING, State.FAILED) for task in tasks):
            return False
        for engine in self._engines.made:
            count = engine.queriers
            bulk = int(self._config["poll.interval.ms"]) > 10_000
            wanted = count if bulk else before.get(id(engine), 0) + 3 * count
            if engine._thread.is_alive() and (engine.passes < wanted or engine._buffer._batches):
                return False
        return True

    def _is_there(self, found: Json, expected: Json) -> bool:
        offsets = offset_texts(filled(expected.get("offsets", []), self.places))
        wanted = expected.get("status", {})
        status = [found["status"][part] for part in ("connector", "tasks")] == [
            wanted.get("connector"),
            wanted.get("tasks"),
        ]
        return status and len(found["records"]) == len(expected.get("records", [])) and found["offsets"] == offsets

    @property
    def places(self) -> dict[str, str]:
        return {**self._origin.places, "@P@": self._prefix, "@NAME@": self._name}

    def _found(self) -> Json:
        records, new = self._records(), []
        for topic, count in Counter(record["topic"] for record in records).items():
            new += [record for record in records if record["topic"] == topic][self._read[topic] : count]
        connector, tasks, trace = self._status()
        offsets = [
            {"partition": partition, "offset": offset} for partition, offset in self._workbench.offsets(self._name)
        ]
        configs = [dict(task._spec.task_config) for task in self._running.tasks] if self._running is not None else []
        return {
            "records": new,
            "all": records,
            "offsets": offset_texts(offsets),
            "status": {"connector": connector, "tasks": tasks, "trace": trace},
            "tables": [config.get("tables") for config in configs],
            "configs": configs,
        }

    def _status(self) -> tuple[str, list[str], str]:
        if self._running is None:
            return self._state, [], ""
        if self._running.error is not None:
            connector = self._running.connector
            assert isinstance(connector, JdbcSourceConnector)
            assert connector._monitor is not None
            return (
                "FAILED",
                [],
                f"{self._running.error}\n{connector._monitor.failure and connector._monitor.failure.__cause__}",
            )
        states = [str(task.state.value if task.state else "UNASSIGNED") for task in self._running.tasks]
        traces = [task.trace for task in self._running.tasks if task.trace]
        return self._state, states, traces[0] if traces else ""

    def _records(self) -> list[Json]:
        """All records of topics that begin with the prefix, in order of topic and offset."""
        found: list[Json] = []
        for topic in sorted(self._topics()):
            found += [{"topic": topic, "value": value} for value in _raw(self._workbench, topic)]
        return found

    def _topics(self) -> list[str]:
        return [name for name in self._workbench.log._store.topics() if name.startswith(self._prefix)]  # type: ignore[attr-defined]


def _quicker(config: dict[str, str]) -> dict[str, str]:
    """The same with shorter waits."""
    changed = {"poll.linger.ms": "20"}
    if "table.poll.interval.ms" in config:
        changed["table.poll.interval.ms"] = _TABLES_MS
    if config.get("poll.interval.ms") in _QUICK:
        changed["poll.interval.ms"] = _QUICK[config["poll.interval.ms"]]
    return {**config, **changed}


def offset_texts(entries: list[Json]) -> list[str]:
    """Comparable, with the order of keys inside of offsets as it was written."""
    return sorted(json.dumps(entry["partition"], sort_keys=True) + json.dumps(entry["offset"]) for entry in entries)


def _raw(workbench: Workbench, topic: str) -> list[Any]:
    """The values of a topic as JSON."""
    return [None if value is None else json.loads(value) for value in _values(workbench, topic)]


def _values(workbench: Workbench, topic: str) -> list[bytes | None]:
    consumer = workbench.log.consumer({})
    values: list[bytes | None] = []
    try:
        count = consumer.partitions_for(topic, 10.0) or 0
        ends = consumer.end_offsets([TopicPartition(topic, number) for number in range(count)], 10.0)
        consumer.assign(dict.fromkeys(ends, 0))
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for received in consumer.poll(0.1, 1000):
                values.extend(received.values)
    finally:
        consumer.close()
    return values
