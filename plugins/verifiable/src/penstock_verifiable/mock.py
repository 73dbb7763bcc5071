"""MockSource and MockSink: they do nothing, or fail on demand, to see what becomes of a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from penstock.api import (
    Connector,
    SinkBatch,
    SinkConnector,
    SinkTask,
    SourceConnector,
    SourceRecord,
    SourceTask,
    TaskContext,
)

MOCK_MODE_CONFIG = "mock_mode"
DELAY_MS_CONFIG = "delay_ms"
CONNECTOR_FAILURE = "connector-failure"
TASK_FAILURE = "task-failure"
DEFAULT_DELAY_MS = "15000"


class MockError(RuntimeError):
    """The failure that was asked for. Connect's has no message, and traces begin with its name."""

    connect_name = "java.lang.RuntimeException"


def delay_s(props: Mapping[str, str]) -> float:
    """``delay_ms`` in seconds."""
    return int(props.get(DELAY_MS_CONFIG) or DEFAULT_DELAY_MS) / 1000


class FailingConnector(Connector):
    """Has one task. With ``mock_mode=connector-failure`` raises an error through its context, ``delay_ms`` after its start."""

    def start(self, props: Mapping[str, str]) -> None:
        """Set the time, if this connector is to fail."""
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        if props.get(MOCK_MODE_CONFIG) == CONNECTOR_FAILURE:
            self._thread = threading.Thread(target=self._fail, args=(delay_s(props),), name="mock-failure", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Take the failure back if it has not come yet."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _fail(self, after_s: float) -> None:
        if not self._stopped.wait(after_s):
            self.context.raise_error(MockError())


class MockSourceConnector(FailingConnector, SourceConnector):
    """A source without records. Reads ``mock_mode`` and ``delay_ms``."""

    connect_name = "org.apache.kafka.connect.tools.MockSourceConnector"
    task_class = "penstock_verifiable.mock:MockSourceTask"


class MockSinkConnector(FailingConnector, SinkConnector):
    """A sink that takes everything. Reads ``mock_mode`` and ``delay_ms``."""

    connect_name = "org.apache.kafka.connect.tools.MockSinkConnector"
    task_class = "penstock_verifiable.mock:MockSinkTask"


class Fuse:
    """With ``mock_mode=task-failure`` burns down ``delay_ms`` after it was lit."""

    def __init__(self, props: Mapping[str, str]) -> None:
        failing = props.get(MOCK_MODE_CONFIG) == TASK_FAILURE
        self._ends = time.monotonic() + delay_s(props) if failing else None

    @property
    def left_s(self) -> float:
        """Seconds left, a second at most when there is no end."""
        return 1.0 if self._ends is None else self._ends - time.monotonic()

    def wait(self, context: TaskContext) -> None:
        """Wait a second, or for what is left. Raises MockError at the end."""
        if self.left_s > 0:
            context.wait(min(1.0, self.left_s))
        self.check()

    def check(self) -> None:
        """Raises MockError at the end."""
        if self.left_s <= 0:
            raise MockError


class MockSourceTask(SourceTask):
    """Idles, and fails when its time has come."""

    connect_name = "org.apache.kafka.connect.tools.MockSourceTask"

    def start(self, props: Mapping[str, str]) -> None:
        """Light the fuse."""
        self._fuse = Fuse(props)

    def poll(self) -> list[SourceRecord] | None:
        """No record, ever."""
        self._fuse.wait(self.context)
        return None


class MockSinkTask(SinkTask):
    """Takes everything, and fails when its time has come, with or without records."""

    connect_name = "org.apache.kafka.connect.tools.MockSinkTask"

    def start(self, props: Mapping[str, str]) -> None:
        """Light the fuse."""
        self._fuse = Fuse(props)
        self._await_end()

    def put(self, records: SinkBatch) -> None:  # noqa: ARG002
        """Forget the records."""
        self._fuse.check()
        self._await_end()

    def _await_end(self) -> None:
        self.context.timeout(max(1, round(self._fuse.left_s * 1000)))
