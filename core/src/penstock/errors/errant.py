"""ErrantRecordReporter: a sink task reports records that it could not write (KIP-610, spec 7.5)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from penstock.api.exceptions import ConnectException
from penstock.api.record import SinkRecord
from penstock.errors.context import ConsumedRecord
from penstock.errors.operator import RetryWithTolerance, Subject
from penstock.errors.stage import Stage

SINK_TASK = "org.apache.kafka.connect.sink.SinkTask"


class WorkerErrantRecordReporter:
    """Usable from any thread, also after ``put`` returned.

    ``consumed`` finds the original bytes of a delivered record, or serialises one that the task made itself. The first
    intolerable failure is kept and raised again by :meth:`check`, in case the task swallows it.
    """

    def __init__(self, operator: RetryWithTolerance, consumed: Callable[[SinkRecord], ConsumedRecord]) -> None:
        self._operator = operator
        self._consumed = consumed
        self._lock = threading.Lock()
        self._fatal: ConnectException | None = None

    def report(self, record: SinkRecord, error: BaseException) -> Future[None]:
        subject = Subject(self._consumed(record), Stage.TASK_PUT, SINK_TASK)
        try:
            # Under no lock: the callbacks of earlier reports may run in here, and report again.
            reports = self._operator.report(subject, error)
        except ConnectException as fatal:
            with self._lock:
                self._fatal = self._fatal or fatal
            raise
        return _all_of(reports)

    def check(self) -> None:
        """After ``put``: raises what a report raised before."""
        if self._fatal is not None:
            raise self._fatal


def _all_of(futures: list[Future[None]]) -> Future[None]:
    """A future that completes when all do, with the first failure if any."""
    together: Future[None] = Future()
    left = len(futures)
    lock = threading.Lock()
    if not futures:
        together.set_result(None)
        return together

    def count(done: Future[None]) -> None:
        nonlocal left
        error = done.exception()
        with lock:
            left -= 1
            if together.done():
                return
            if error is not None:
                together.set_exception(error)
            elif left == 0:
                together.set_result(None)

    for future in futures:
        future.add_done_callback(count)
    return together
