"""The dead letter queue as its callers see it: futures complete without their help, on no thread's time but its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait

import pytest
from tests.support.worker import eventually

from penstock.api.exceptions import DataException
from penstock.api.record import SinkRecord, TimestampType
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.dlq import DeadLetterQueue
from penstock.errors.errant import WorkerErrantRecordReporter
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance, Tolerance
from penstock.errors.stage import Stage
from penstock.ids import TaskId
from penstock.log.errors import LogError

RECORD = ConsumedRecord(
    topic="t",
    partition=0,
    offset=7,
    key=None,
    value=b"v",
    headers=(),
    timestamp=None,
    timestamp_type=TimestampType.NO_TIMESTAMP_TYPE,
)
FAILURE = Failure(
    task=TaskId("c", 0),
    record=RECORD,
    stage=Stage.TASK_PUT,
    executing_class="x",
    error=DataException("bad"),
    attempts=1,
)


class NetworkProducer:
    """Answers only from within poll and flush, as a producer with a network behind it, once the broker is ``up``."""

    def __init__(self) -> None:
        self.up = True
        self.error: LogError | None = None
        self.broken: LogError | None = None
        self.waiting: list = []
        self.sent = 0
        self.inside = threading.Lock()

    def send_batch(self, batch, *, on_delivery) -> int:
        with self._alone():
            self.sent += 1
            self.waiting.append(on_delivery)
        return self.sent

    def poll(self) -> None:
        with self._alone():
            if self.broken is not None:
                raise self.broken
            if self.up and self.sent > 0:
                answered, self.waiting = self.waiting[:-1], self.waiting[-1:]
                if not answered:  # the last one needs a poll of its own, as if its answer took a while
                    answered, self.waiting = self.waiting, []
                for tell in answered:
                    tell(0, None, self.error)

    def flush(self, _timeout_s: float) -> bool:
        while self.up and self.waiting:
            self.poll()
        return not self.waiting

    def close(self, _timeout_s: float) -> None:
        self.waiting.clear()

    def _alone(self):
        assert not self.inside.locked(), "a producer belongs to one thread at a time"
        return self.inside


@pytest.fixture
def producer() -> NetworkProducer:
    return NetworkProducer()


@pytest.fixture
def queue(producer: NetworkProducer) -> Iterator[DeadLetterQueue]:
    queue = DeadLetterQueue(producer, "dead", context_headers=False)
    yield queue
    queue.close()


def test_who_waits_for_a_report_gets_its_outcome(queue: DeadLetterQueue, producer: NetworkProducer) -> None:
    producer.up = False
    futures = [queue.report(FAILURE) for _ in range(3)]
    assert not any(future.done() for future in futures)
    producer.up = True
    assert wait(futures, 10).not_done == set()
    assert queue.report(FAILURE).result(10) is None  # also one that comes when all was answered


def test_a_dead_letter_that_is_refused_fails_its_future(
    queue: DeadLetterQueue, producer: NetworkProducer, caplog: pytest.LogCaptureFixture
) -> None:
    producer.error = LogError("too large")
    with pytest.raises(LogError, match="too large"):
        queue.report(FAILURE).result(10)
    assert "Could not produce message to dead letter queue. topic=dead" in caplog.text


def test_a_producer_that_breaks_fails_who_waits(queue: DeadLetterQueue, producer: NetworkProducer) -> None:
    producer.up = False
    future = queue.report(FAILURE)
    producer.broken = LogError("not allowed")
    with pytest.raises(LogError, match="not allowed"):
        future.result(10)


def test_the_end_leaves_nobody_waiting(producer: NetworkProducer) -> None:
    queue = DeadLetterQueue(producer, "dead", context_headers=False)
    producer.up = False
    future = queue.report(FAILURE)
    queue.close()
    with pytest.raises(LogError, match="The dead letter queue was closed before the record was written"):
        future.result(10)
    eventually(lambda: all(t.name != "dead-letters" for t in threading.enumerate()), "its thread ends", 10)


def test_a_callback_may_report_again(queue: DeadLetterQueue, producer: NetworkProducer) -> None:
    operator = RetryWithTolerance(TaskId("c", 0), ErrorPolicy(Tolerance.ALL), [queue], SYSTEM_CLOCK, lambda _s: False)
    reporter = WorkerErrantRecordReporter(operator, lambda _record: RECORD)
    record, again = SinkRecord("t", 0, 7, "v"), Future()
    producer.up = False
    first = reporter.report(record, DataException("bad"))
    first.add_done_callback(lambda _done: again.set_result(reporter.report(record, DataException("worse"))))
    producer.up = True
    reporter.report(record, DataException("bad"))  # completes the first, whose callback reports
    assert again.result(10).result(10) is None


def test_many_threads_may_report(queue: DeadLetterQueue, producer: NetworkProducer) -> None:
    done: list[Future[None]] = []
    threads = [threading.Thread(target=lambda: done.extend(queue.report(FAILURE) for _ in range(50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    queue.flush(10)
    assert wait(done, 10).not_done == set()
    assert (len(done), producer.sent) == (400, 400)
