"""A real worker under test: its listener, its offset store and its log, all of which can be waited for."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import FoundDistribution, PluginDescriptor, PluginIndex
from penstock.ids import TaskId
from penstock.log.address import LogAddress, LogKind
from penstock.logcontext import ContextFilter
from penstock.states import State, TargetState
from penstock.tasks.link import OffsetEntry
from penstock.tasks.spec import WorkerSettings
from penstock.worker.build import Isolation, build_worker
from penstock.worker.frames import Entries
from penstock.worker.options import WorkerOptions
from penstock.worker.worker import ConnectorStart, TaskStart, Worker

SAMPLES = "tests.integration.worker.samples"
ENTRIES = Entries(f"{SAMPLES}:run_task", f"{SAMPLES}:ConnectorRunner", f"{SAMPLES}:answer")
PATIENCE_S = 30.0
MARGIN_S = 2.5
"""What a deadline may be late on a busy machine; hanging for ever is told apart from it."""


def descriptor(distribution: str = "sample-dist", target: str = "sample.module:Source") -> PluginDescriptor:
    return PluginDescriptor(PluginKind.SOURCE, target, target.replace(":", "."), "1.0", distribution)


@dataclass(frozen=True)
class Event:
    """One call of the listener."""

    kind: str
    subject: Any
    state: State | None = None
    version: str | None = None
    trace: str | None = None
    generation: int | None = None
    topic: str | None = None


T = TypeVar("T")


class Waitable(Generic[T]):
    """A growing list that can be waited for."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._grown = threading.Condition()

    def add(self, item: T) -> None:
        with self._grown:
            self._items.append(item)
            self._grown.notify_all()

    def all(self) -> list[T]:
        with self._grown:
            return list(self._items)

    def wait_for(self, wanted: Callable[[T], bool], count: int = 1, timeout_s: float = PATIENCE_S) -> T:
        """The ``count``-th item that is wanted."""
        found: list[T] = []

        def there() -> bool:
            found[:] = [item for item in self._items if wanted(item)]
            return len(found) >= count

        with self._grown:
            assert self._grown.wait_for(there, timeout_s), f"did not come; what came: {self._items}"
            return found[count - 1]


class Listener(Waitable[Event]):
    """A WorkerListener that keeps what it is told."""

    def on_connector_state(
        self, name: str, generation: int, state: State, version: str | None, trace: str | None
    ) -> None:
        self.add(Event("connector", name, state, version, trace, generation))

    def on_task_state(
        self, task: TaskId, generation: int, state: State, version: str | None, trace: str | None
    ) -> None:
        self.add(Event("task", task, state, version, trace, generation))

    def on_topic_active(self, task: TaskId, topic: str) -> None:
        self.add(Event("topic", task, topic=topic))

    def on_reconfigure(self, connector: str) -> None:
        self.add(Event("reconfigure", connector))

    def wait_for_state(self, subject: object, state: State, count: int = 1) -> Event:
        return self.wait_for(lambda event: event.subject == subject and event.state is state, count)

    def wait_for_topic(self, subject: object, count: int = 1) -> str:
        topic = self.wait_for(lambda event: event.subject == subject and event.kind == "topic", count).topic
        assert topic is not None
        return topic

    def states(self, subject: object) -> list[State]:
        return [event.state for event in self.all() if event.subject == subject and event.state is not None]


class MemoryOffsets:
    """An OffsetStore that refuses the partition ``refuse``."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, bytes], bytes | None] = {}

    def set(self, connector: str, entries: Sequence[OffsetEntry]) -> Future[None]:
        done: Future[None] = Future()
        if any(entry.partition == b"refuse" for entry in entries):
            done.set_exception(ConnectException("the log is full"))
        else:
            self.stored.update({(connector, entry.partition): entry.offset for entry in entries})
            done.set_result(None)
        return done

    def get(self, connector: str, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        done: Future[list[bytes | None]] = Future()
        done.set_result([self.stored.get((connector, partition)) for partition in partitions])
        return done


class LogKeeper(logging.Handler, Waitable[logging.LogRecord]):
    """A handler that keeps records."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        Waitable.__init__(self)
        self.addFilter(ContextFilter())

    def emit(self, record: logging.LogRecord) -> None:
        self.add(record)

    def wait_for_text(self, text: str) -> logging.LogRecord:
        return self.wait_for(lambda record: text in record.getMessage())

    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.all()]


@dataclass
class Harness:
    """Runs a worker's loop on a thread of its own."""

    isolation: Isolation = Isolation.PROCESS
    index: PluginIndex = field(default_factory=PluginIndex)
    address: LogAddress = field(default_factory=lambda: LogAddress(LogKind.SQLITE, "unused"))
    options: Mapping[str, Any] = field(default_factory=dict)
    listener: Listener = field(default_factory=Listener)
    offsets: MemoryOffsets = field(default_factory=MemoryOffsets)
    log: LogKeeper = field(default_factory=LogKeeper)

    def __post_init__(self) -> None:
        settings = WorkerSettings(props={"a": "b"}, log=self.address, index=self.index, worker_id="worker:8083")
        options = WorkerOptions(**{"entries": ENTRIES, "preload": ("penstock.worker.child",), **self.options})
        self.worker: Worker = build_worker(settings, self.offsets, self.isolation, options)
        self.worker.attach(self.listener)
        self._thread = threading.Thread(target=self.worker.run, name="supervisor")

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.INFO)
        root.addHandler(self.log)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        logging.getLogger().removeHandler(self.log)
        logging.getLogger().setLevel(self._level)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.worker.stop()
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive(), "the worker did not stop"

    def start_task(self, act: str = "", number: int = 0, connector: str = "x", **where: Any) -> TaskId:
        task = TaskId(connector, number)
        self.worker.start_task(
            TaskStart(
                task=task,
                descriptor=where.get("descriptor", descriptor()),
                connector_config={"secret": "${file:/a:b}", "null": None},
                task_config={"act": act},
                target=where.get("target", TargetState.STARTED),
                generation=where.get("generation", 1),
            )
        )
        return task

    def start_connector(self, name: str, act: str = "", **where: Any) -> Future[None]:
        return self.worker.start_connector(
            ConnectorStart(
                name=name,
                descriptor=where.get("descriptor", descriptor()),
                config={"act": act},
                target=where.get("target", TargetState.STARTED),
                generation=where.get("generation", 1),
            )
        )

    def call(self, name: str, arguments: dict[str, object] | None = None, deadline_s: float = 20.0) -> Future[object]:
        return self.worker.call(descriptor(), name, arguments or {}, deadline_s)

    def host_pid(self) -> int:
        pid = self.call("pid").result(PATIENCE_S)
        assert isinstance(pid, int)
        return pid


def index_of(*distributions: tuple[str, str]) -> PluginIndex:
    """An index with (distribution, target of its connector) each, all preloadable."""
    return PluginIndex(
        plugins=tuple(descriptor(name, target) for name, target in distributions),
        distributions=tuple(FoundDistribution(name, "1.0") for name, _ in distributions),
    )


def exists(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    """All descendants."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):  # it has just ended
                continue
            if parent == pid:
                found += [int(entry), *children_of(int(entry))]
    return found
