"""The careful path: one operation on one record, with retry and tolerance (spec 7.2).

The fast path runs without it. When a record fails there, this takes over at that record and stage with the exception as
its first attempt, so nothing is transformed, converted or sent twice (design decision 9).
"""

from __future__ import annotations

import enum
import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Final, TypeVar

from penstock.api.exceptions import ConnectException, RetriableException
from penstock.api.javatext import java_str
from penstock.api.record import SourceRecord
from penstock.clock import Clock
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.reporter import ErrorReporter, report_all
from penstock.errors.stage import Stage, tolerable
from penstock.errors.stopping import Stopping
from penstock.ids import TaskId

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_BASE_MS: Final = 300

KEPT_REPORTS: Final = 1000
"""Reports that are kept before those known to be durable are looked for and let go: a future takes 1.6 kB."""


class Tolerance(enum.Enum):
    """``errors.tolerance``."""

    NONE = "none"
    ALL = "all"


class Skipped(enum.Enum):
    """What the operator returns for a record that is to be left out; None is a legal result of an operation."""

    SKIPPED = enum.auto()


SKIPPED: Final = Skipped.SKIPPED


@dataclass(frozen=True, slots=True)
class ErrorPolicy:
    """The ``errors.*`` keys of a connector. ``retry_timeout_ms`` −1 retries without end, 0 not at all."""

    tolerance: Tolerance = Tolerance.NONE
    retry_timeout_ms: int = 0
    retry_delay_max_ms: int = 60_000

    @classmethod
    def of(cls, config: Mapping[str, object]) -> ErrorPolicy:
        """From a parsed connector config."""
        return cls(
            tolerance=Tolerance(str(config["errors.tolerance"]).lower()),
            retry_timeout_ms=int(str(config["errors.retry.timeout"])),
            retry_delay_max_ms=int(str(config["errors.retry.delay.max.ms"])),
        )

    def delay_ms(self, attempt: int, remaining_ms: float | None) -> float:
        """The pause after failed attempt number ``attempt`` (from 1): doubling from 300 ms, uniformly random below the
        maximum once it is exceeded, never past the deadline."""
        delay = float(RETRY_BASE_MS * 2 ** min(attempt - 1, 40))
        if delay > self.retry_delay_max_ms:
            delay = random.uniform(0, self.retry_delay_max_ms)
        return delay if remaining_ms is None else min(delay, remaining_ms)


@dataclass(frozen=True, slots=True)
class Subject:
    """The record an operation works on, with the stage and the class at work; only for who has to report it."""

    record: ConsumedRecord | SourceRecord
    stage: Stage
    executing_class: str


class RetryWithTolerance:
    """Runs operations for one task, on its thread; :meth:`report` may come from any thread.

    ``wait(seconds) -> bool`` sleeps interruptibly and answers True when the task is being stopped.
    """

    def __init__(
        self,
        task: TaskId,
        policy: ErrorPolicy,
        reporters: Sequence[ErrorReporter],
        clock: Clock,
        wait: Callable[[float], bool],
    ) -> None:
        self._task = task
        self._policy = policy
        self._reporters = tuple(reporters)
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._pending: list[Future[None]] = []
        self._prune_at = KEPT_REPORTS
        self.failures = 0
        self.skipped = 0
        self.retries = 0

    def add_reporter(self, reporter: ErrorReporter) -> None:
        """One more to tell; before the first operation."""
        self._reporters = (*self._reporters, reporter)

    @property
    def pending(self) -> int:
        """Reports that are not known to be durable; offsets of their records must not move before (spec 7.5)."""
        return len(self._pending)

    @property
    def tolerates(self) -> bool:
        """Whether failing records are skipped rather than ending the task."""
        return self._policy.tolerance is Tolerance.ALL

    def execute(
        self, subject: Callable[[], Subject], attempt: Callable[[], T], first_error: Exception | None = None
    ) -> T | Skipped:
        """The operation's result, or SKIPPED. ``first_error`` is the outcome of an attempt made already.

        Raises ConnectException "Tolerance exceeded in error handler" or "Unhandled exception in error handler", and
        Stopping when the task is stopped between two attempts.
        """
        started = self._clock.monotonic()
        attempts = 0
        error = first_error
        while True:
            attempts += 1
            if error is None:
                try:
                    return attempt()
                except Exception as raised:  # noqa: BLE001  # whatever a plugin raises is judged here
                    error = raised
            self._count_failure()
            if not isinstance(error, RetriableException):
                return self._fail(subject(), error, attempts)
            if not self._pause(started, attempts):
                # Retries are used up: the record is skipped whatever the tolerance says (spec 7.2 step 4, 15.8).
                self._report(subject(), error, attempts)
                self._count_skipped()
                return SKIPPED
            error = None

    def report(self, subject: Subject, error: BaseException) -> list[Future[None]]:
        """Report a failure that happened elsewhere (errant records, asynchronous sends); applies the tolerance."""
        self._count_failure()
        futures = self._report(subject, error, 1)
        if not self.tolerates:
            raise _ending("Tolerance exceeded in error handler", subject) from error
        self._count_skipped()
        return futures

    def settle(self, timeout_s: float) -> bool:
        """Whether every report so far is durable, waiting for it at most ``timeout_s``; asked before offsets are committed.

        Raises ConnectException when one has failed, again at each call: a record that is neither processed nor reported
        must come again, so no offset may move past it any more.
        """
        with self._lock:
            pending = list(self._pending)
        if not pending:
            return True
        deadline = self._clock.monotonic() + timeout_s
        for reporter in self._reporters:
            reporter.flush(max(0.0, deadline - self._clock.monotonic()))
        wait(pending, max(0.0, deadline - self._clock.monotonic()))
        with self._lock:
            self._forget_durable()
        for future in pending:
            if future.done() and (error := future.exception()) is not None:
                raise ConnectException("A failed record could not be reported; its offset is not committed") from error
        unknown = sum(not future.done() for future in pending)
        if unknown:
            logger.warning(
                "%s: %d reports of failed records are not durable after %.0f ms; no offset is committed before they are",
                self._task,
                unknown,
                timeout_s * 1000,
            )
        return not unknown

    def close(self) -> None:
        """Release the reporters; at the task's end."""
        for reporter in self._reporters:
            reporter.close()

    def _pause(self, started: float, attempts: int) -> bool:
        timeout_ms = self._policy.retry_timeout_ms
        remaining = None if timeout_ms < 0 else timeout_ms - (self._clock.monotonic() - started) * 1000
        if remaining is not None and remaining <= 0:
            return False
        self.retries += 1
        if self._wait(self._policy.delay_ms(attempts, remaining) / 1000):
            # Nobody has judged the record yet, so it is not skipped: that would let its offset be committed.
            raise Stopping
        return True

    def _fail(self, subject: Subject, error: Exception, attempts: int) -> Skipped:
        self._report(subject, error, attempts)
        if not tolerable(subject.stage, error):
            raise _ending("Unhandled exception in error handler", subject) from error
        if not self.tolerates:
            raise _ending("Tolerance exceeded in error handler", subject) from error
        self._count_skipped()
        return SKIPPED

    def _report(self, subject: Subject, error: BaseException, attempts: int) -> list[Future[None]]:
        failure = Failure(
            task=self._task,
            record=subject.record,
            stage=subject.stage,
            executing_class=subject.executing_class,
            error=error,
            attempts=attempts,
        )
        futures = report_all(self._reporters, failure)
        if futures:
            with self._lock:
                self._pending.extend(futures)
                if len(self._pending) >= self._prune_at:
                    self._forget_durable()
        return futures

    def _forget_durable(self) -> None:
        """Under the lock. What failed is kept, and told by the next :meth:`settle`."""
        self._pending = [future for future in self._pending if not (future.done() and future.exception() is None)]
        self._prune_at = max(KEPT_REPORTS, 2 * len(self._pending))

    def _count_failure(self) -> None:
        with self._lock:
            self.failures += 1

    def _count_skipped(self) -> None:
        with self._lock:
            self.skipped += 1


def _ending(text: str, subject: Subject) -> ConnectException:
    """What ends the task: Connect's text, and beneath it which record it was, for whoever has to find it. Only its place is
    told, never its content: traces are read by everybody."""
    record = subject.record
    if isinstance(record, ConsumedRecord):
        place = f"consumed record {{topic='{record.topic}', partition={record.partition}, offset={record.offset}}}"
    else:
        place = (
            f"source record {{topic='{record.topic}', sourcePartition={java_str(record.source_partition)}, "
            f"sourceOffset={java_str(record.source_offset)}}}"
        )
    error = ConnectException(text)
    error.add_note(f"\tin stage {subject.stage.value} with class '{subject.executing_class}', {place}")
    return error
