"""The writing half of a compacted log: one thread owns the producer, everybody else hands records over."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from penstock.api.task import RecordMetadata
from penstock.clock import Clock
from penstock.log.base import Log, LogProducer, OutgoingBatch
from penstock.log.errors import (
    InvalidTopicError,
    LogAuthError,
    LogError,
    LogInterruptedError,
    LogTimeoutError,
    RecordTooLargeError,
    RetriableLogError,
    UnknownTopicError,
)

logger = logging.getLogger(__name__)

KeyValue = tuple[bytes, bytes | None]
"""An encoded record for a compacted topic; a value of None is a tombstone."""

_FLUSH_SLICE_S = 1.0
_FIRST_BACKOFF_S = 0.1
_LONGEST_BACKOFF_S = 5.0
_PRODUCER_SURVIVES = (
    InvalidTopicError,
    LogAuthError,
    LogTimeoutError,
    RecordTooLargeError,
    RetriableLogError,
    UnknownTopicError,
)


def no_retry() -> bool:
    """The default ``retry``: a failure is final."""
    return False


@dataclass(slots=True, eq=False)
class _Request:
    records: Sequence[KeyValue]
    retry: Callable[[], bool]
    future: Future[None] = field(default_factory=Future)
    error: Exception | None = None
    due: float = 0.0
    backoff_s: float = _FIRST_BACKOFF_S

    def answered(self, _index: int, _metadata: RecordMetadata | None, error: LogError | None) -> None:
        if error is not None and self.error is None:
            self.error = error


class CompactedWriter:
    """Sends what is handed over, in that order, many requests with one flush."""

    def __init__(
        self, log: Log, topic: str, config: Mapping[str, str], on_written: Callable[[], None], clock: Clock
    ) -> None:
        self._log = log
        self._topic = topic
        self._config = config
        self._on_written = on_written
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: deque[_Request] = deque()
        self._stop_by: float | None = None
        self._producer: LogProducer | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer-{topic}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def send(self, records: Sequence[KeyValue], retry: Callable[[], bool] = no_retry) -> Future[None]:
        """From any thread. The future completes once the log has them all, or fails with LogError. After a failure that
        may pass, ``retry`` says whether to send them again: asked on the writer's thread, at the failure and before each new attempt.
        """
        request = _Request(records, retry)
        with self._changed:
            if self._stop_by is not None:
                request.future.set_exception(self._stopped())
            else:
                self._queue.append(request)
                self._changed.notify()
        return request.future

    def stop(self, timeout_s: float) -> None:
        """Send what is queued, for at most ``timeout_s``, then fail the rest. Waits for the thread."""
        with self._changed:
            self._stop_by = self._clock.monotonic() + timeout_s
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s + 2 * _FLUSH_SLICE_S)

    def _run(self) -> None:
        while group := self._take():
            self._send(group)
        if self._producer is not None:
            self._producer.close(self._remaining_s())
        with self._changed:
            left, self._queue = list(self._queue), deque()
        for request in left:
            _complete(request, self._stopped())

    def _take(self) -> list[_Request]:
        """All requests that are due, in order; none at the end."""
        with self._changed:
            while True:
                now = self._clock.monotonic()
                if self._stop_by is not None and (now >= self._stop_by or not self._queue):
                    return []
                stopping = self._stop_by is not None  # then a retry that waits gets its last chance at once
                due = [request for request in self._queue if stopping or request.due <= now]
                if due:
                    self._queue = deque(request for request in self._queue if request not in due)
                    return due
                next_due = min((request.due for request in self._queue), default=None)
                self._changed.wait(None if next_due is None else next_due - now)

    def _send(self, taken: list[_Request]) -> None:
        group = [request for request in taken if self._is_wanted(request)]
        failure: Exception | None = None
        try:
            if self._producer is None:
                self._producer = self._log.producer(self._config)
            for request in group:
                self._submit(self._producer, request)
            while not self._producer.flush(_FLUSH_SLICE_S, interrupted=self._overdue):
                if self._overdue():
                    failure = self._stopped()
                    break
        except LogError as error:
            failure = error
        except Exception as error:
            logger.exception("Failed to write to topic '%s'", self._topic)
            failure = error
        errors = [request.error or failure for request in group]
        if any(error is not None and not isinstance(error, _PRODUCER_SURVIVES) for error in errors):
            self._drop_producer()
        for request, settled in zip(group, errors, strict=True):
            self._settle(request, settled)
        self._on_written()

    def _is_wanted(self, request: _Request) -> bool:
        """Whether a request that failed before is still to be sent; time has passed since."""
        if request.error is None or request.retry():
            return True
        _complete(request, request.error)
        return False

    def _submit(self, producer: LogProducer, request: _Request) -> None:
        request.error = None
        if not request.records:
            return
        keys, values = zip(*request.records, strict=True)
        batch = OutgoingBatch(topic=self._topic, keys=keys, values=values)
        try:
            producer.send_batch(batch, on_delivery=request.answered, interrupted=self._overdue)
        except (RecordTooLargeError, InvalidTopicError, UnknownTopicError) as error:  # concerns this request only
            request.error = error

    def _settle(self, request: _Request, error: Exception | None) -> None:
        passing = isinstance(error, (RetriableLogError, LogTimeoutError))
        if passing and self._stop_by is None and request.retry():
            request.error = error
            request.due = self._clock.monotonic() + request.backoff_s
            request.backoff_s = min(request.backoff_s * 2, _LONGEST_BACKOFF_S)
            with self._changed:
                self._queue.append(request)
            return
        _complete(request, error)  # invariant: completed without an error only after ``flush`` said that all is durable

    def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(0.0)
        except LogError as error:
            logger.warning("Failed to close the producer for topic %s: %s", self._topic, error)

    def _overdue(self) -> bool:
        return self._stop_by is not None and self._clock.monotonic() >= self._stop_by

    def _remaining_s(self) -> float:
        return 0.0 if self._stop_by is None else max(0.0, self._stop_by - self._clock.monotonic())

    def _stopped(self) -> LogInterruptedError:
        return LogInterruptedError(f"The writer for topic '{self._topic}' is stopped")


def _complete(request: _Request, error: Exception | None) -> None:
    if not request.future.set_running_or_notify_cancel():
        return  # nobody waits for it any more
    if error is None:
        request.future.set_result(None)
    else:
        request.future.set_exception(error)
