"""A recorded scenario and its replay against a worker."""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from tests.compat.rest import exchange
from tests.compat.rest.expectation import Comparison, Variables

if TYPE_CHECKING:
    from tests.compat.rest.topic_steps import TopicSteps

Json = dict[str, object]
_POLL_S = 0.1
_REBALANCE_S = 15.0
_DEFAULT_WAIT_S = 30.0
_TRANSIENT = (
    b"Request cannot be completed because a rebalance is expected",
    b"Cannot complete request momentarily due to stale configuration",
    b"Cannot complete request because of a conflicting operation",
    b"Cannot complete request momentarily due to no known leader URL",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file of the recordings."""

    id: str
    title: str
    mode: str
    profile: str
    steps: tuple[Json, ...]

    @classmethod
    def load(cls, path: Path) -> Scenario:
        """Read a file."""
        data = json.loads(path.read_text())
        return cls(data["id"], data["title"], data["mode"], data["profile"], tuple(data["steps"]))

    def label(self, index: int) -> str:
        """What step ``index`` does, for people."""
        step = self.steps[index]
        request = cast("Json", step.get("request", {}))
        words = (
            str(step["op"]),
            request.get("method", ""),
            request.get("path", step.get("path", step.get("topic", ""))),
            request.get("query") or "",
            step.get("note") or "",
        )
        return f"step {index}: " + " ".join(str(word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that was not as recorded."""

    step: int
    label: str
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n    ".join([self.label, *(difference[:700] for difference in self.differences[:12])])


@dataclass(slots=True)
class Player:
    """Replays scenarios against ``base``. ``directory`` is shared with the worker; ``patience`` scales how long steps wait
    for what the recording waited for."""

    base: str
    directory: Path
    bootstrap: str | None = None
    group: str = "connect-cluster"
    worker_id: str | None = None
    strict: bool = False
    patience: float = 1.0
    _topics: TopicSteps | None = field(default=None, init=False)

    def play(
        self, scenario: Scenario, skip: Collection[int] = (), expected_to_differ: Collection[int] = ()
    ) -> list[Failure]:
        """Run the steps in order, without those to ``skip``, and return those that failed. Steps that are expected to differ
        are not waited for."""
        variables = self._variables()
        failures = []
        for index, step in enumerate(scenario.steps):
            if index in skip:
                continue
            waiting = {key: value for key, value in step.items() if key != "until" or index not in expected_to_differ}
            differences = self._run(waiting, variables)
            if differences:
                failures.append(Failure(index, scenario.label(index), tuple(differences)))
        return failures

    def _variables(self) -> Variables:
        prefix = "z" + "".join(random.choice(string.ascii_lowercase) for _ in range(5))
        directory = self.directory / prefix
        directory.mkdir()
        values = {
            "p": prefix,
            "dir": str(directory),
            "bootstrap": self.bootstrap or "",
            "base": self.base,
            "group": self.group,
            "worker_id": self.worker_id or urlsplit(self.base).netloc,
        }
        return Variables(values, self.strict)

    def _run(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        operation = {
            "http": self._http,
            "sleep": _sleep,
            "file_write": _write,
            "file_delete": _delete,
            "file_expect": self._expect_file,
            "kafka_topic": self._create_topic,
            "kafka_produce": self._produce,
            "kafka_expect": self._expect_records,
        }[cast("str", step["op"])]
        return operation(step, variables)

    def _http(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        expected = cast("Json", step["expect"])
        until = cast("dict[str, float] | None", step.get("until"))
        deadline = time.monotonic() + (until["timeout_s"] * self.patience if until else _REBALANCE_S)
        while True:
            reply = exchange.send(self.base, cast("Json", step["request"]), variables)
            found = exchange.differences(expected, reply, variables)
            again = until is not None or _transient(reply, cast("int", expected["status"]))
            if not found or not again or time.monotonic() > deadline:
                return found
            time.sleep(_POLL_S)

    def _expect_file(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        path, text = Path(variables.text(cast("str", step["path"]))), variables.text(cast("str", step["text"]))
        return self._eventually(step, lambda: _file_differences(path, text))

    def _create_topic(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        self._kafka().create(step, variables)
        return ()

    def _produce(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        self._kafka().produce(step, variables)
        return ()

    def _expect_records(self, step: Mapping[str, object], variables: Variables) -> Sequence[str]:
        topic, wanted = variables.text(cast("str", step["topic"])), variables.fill(step["records"])
        topics = self._kafka()
        return self._eventually(step, lambda: Comparison(variables).differences(wanted, topics.records(topic)))

    def _eventually(self, step: Mapping[str, object], differences: Callable[[], Sequence[str]]) -> Sequence[str]:
        until = cast("dict[str, float] | None", step.get("until"))
        wait_s = until["timeout_s"] if until else _DEFAULT_WAIT_S
        deadline = time.monotonic() + wait_s * self.patience
        while True:
            found = differences()
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(_POLL_S)

    def _kafka(self) -> TopicSteps:
        if self._topics is None:
            from tests.compat.rest.topic_steps import TopicSteps

            assert self.bootstrap, "this scenario touches Kafka: tell the player the broker's address"
            self._topics = TopicSteps(self.bootstrap)
        return self._topics


def _transient(reply: exchange.Reply, wanted: int) -> bool:
    return reply.status != wanted and reply.status in (409, 500) and any(text in reply.body for text in _TRANSIENT)


def _sleep(step: Mapping[str, object], _: Variables) -> Sequence[str]:
    time.sleep(cast("float", step["s"]))  # recorded: to show that nothing changes meanwhile
    return ()


def _write(step: Mapping[str, object], variables: Variables) -> Sequence[str]:
    path = Path(variables.text(cast("str", step["path"])))
    with path.open("ab" if step.get("append") else "wb") as file:
        file.write(variables.text(cast("str", step["text"])).encode())
    return ()


def _delete(step: Mapping[str, object], variables: Variables) -> Sequence[str]:
    Path(variables.text(cast("str", step["path"]))).unlink(missing_ok=True)
    return ()


def _file_differences(path: Path, text: str) -> Sequence[str]:
    actual = path.read_bytes().decode() if path.exists() else None
    return () if actual == text else (f"file {path}: expected {text!r}, got {actual!r}",)
