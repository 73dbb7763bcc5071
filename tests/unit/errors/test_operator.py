"""Retry and tolerance, with time in our hands (spec 7.2)."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from penstock.api.exceptions import ConnectException, DataException, RetriableException
from penstock.api.record import SourceRecord
from penstock.errors.context import Failure
from penstock.errors.operator import (
    KEPT_REPORTS,
    SKIPPED,
    ErrorPolicy,
    RetryWithTolerance,
    Subject,
    Tolerance,
)
from penstock.errors.reporter import LogReporter
from penstock.errors.stage import Stage
from penstock.errors.stopping import Stopping
from penstock.ids import TaskId

SUBJECT = Subject(SourceRecord("t", "v"), Stage.VALUE_CONVERTER, "some.Converter")


class FakeTime:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.stop_after = 1_000

    def time_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self.now += seconds
        return len(self.slept) >= self.stop_after


class Memory:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.futures: list[Future[None]] = []
        self.flushed = 0
        self.answers = True

    def report(self, failure: Failure) -> Future[None]:
        self.failures.append(failure)
        self.futures.append(Future())
        return self.futures[-1]

    def flush(self, timeout_s: float) -> None:
        self.flushed += 1
        for future in self.futures if self.answers else ():
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        self.futures.clear()


def operator(policy: ErrorPolicy) -> tuple[RetryWithTolerance, FakeTime, Memory]:
    time, memory = FakeTime(), Memory()
    return RetryWithTolerance(TaskId("c", 3), policy, [memory], time, time.wait), time, memory


def failing(*errors: Exception):
    """An operation that raises these, one a call, and then works."""
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


def test_a_working_operation_costs_nothing() -> None:
    careful, time, memory = operator(ErrorPolicy())
    assert careful.execute(lambda: SUBJECT, failing()) == "done"
    assert (careful.failures, time.slept, memory.failures) == (0, [], [])


def test_without_tolerance_the_task_ends_and_the_reporters_know() -> None:
    careful, _, memory = operator(ErrorPolicy())
    with pytest.raises(ConnectException, match=r"^Tolerance exceeded in error handler\n") as raised:
        careful.execute(lambda: SUBJECT, failing(DataException("bad")))
    assert isinstance(raised.value.__cause__, DataException)
    assert [(f.stage, f.executing_class, f.attempts) for f in memory.failures] == [
        (Stage.VALUE_CONVERTER, "some.Converter", 1)
    ]


def test_with_tolerance_the_record_is_skipped() -> None:
    careful, _, memory = operator(ErrorPolicy(Tolerance.ALL))
    assert careful.execute(lambda: SUBJECT, failing(DataException("bad"))) is SKIPPED
    assert careful.skipped == len(memory.failures) == 1


def test_an_intolerable_stage_ends_the_task_whatever_the_tolerance() -> None:
    careful, _, _ = operator(ErrorPolicy(Tolerance.ALL))
    subject = Subject(SUBJECT.record, Stage.KAFKA_CONSUME, "x")
    with pytest.raises(ConnectException, match=r"^Unhandled exception in error handler\n"):
        careful.execute(lambda: subject, failing(DataException("bad")))


def test_the_first_error_counts_as_an_attempt() -> None:
    careful, time, _ = operator(ErrorPolicy(retry_timeout_ms=-1))
    calls: list[int] = []
    result = careful.execute(lambda: SUBJECT, lambda: calls.append(1) or "ok", RetriableException("first"))
    assert (result, len(calls), time.slept) == ("ok", 1, [0.3])


def test_backoff_doubles_and_never_passes_the_deadline() -> None:
    careful, time, memory = operator(ErrorPolicy(Tolerance.NONE, retry_timeout_ms=2_000))
    errors = [RetriableException(str(number)) for number in range(9)]
    assert careful.execute(lambda: SUBJECT, failing(*errors)) is SKIPPED  # spec 15.8: even with tolerance none
    assert time.slept == pytest.approx([0.3, 0.6, 1.1])
    assert (memory.failures[0].attempts, careful.retries, careful.skipped) == (4, 3, 1)


def test_by_default_the_first_retriable_error_skips_the_record() -> None:
    careful, time, _ = operator(ErrorPolicy())
    assert careful.execute(lambda: SUBJECT, failing(RetriableException("x"))) is SKIPPED
    assert time.slept == []


def test_above_the_maximum_the_pause_is_random_from_zero() -> None:
    policy = ErrorPolicy(retry_timeout_ms=-1, retry_delay_max_ms=1_000)
    assert policy.delay_ms(1, None) == 300
    assert policy.delay_ms(2, None) == 600
    pauses = [policy.delay_ms(3, None) for _ in range(200)]
    assert 0 <= min(pauses) < 250 and 750 < max(pauses) <= 1_000
    assert policy.delay_ms(3, 5) <= 5


def test_a_stop_ends_the_retries_and_skips_nothing() -> None:
    careful, time, memory = operator(ErrorPolicy(retry_timeout_ms=-1))
    time.stop_after = 2
    with pytest.raises(Stopping):
        careful.execute(lambda: SUBJECT, failing(*[RetriableException("x")] * 5))
    assert len(time.slept) == 2
    assert (careful.skipped, memory.failures) == (0, [])  # nobody judged the record: it comes again


def test_offsets_wait_for_reports() -> None:
    careful, _, memory = operator(ErrorPolicy(Tolerance.ALL))
    careful.execute(lambda: SUBJECT, failing(DataException("bad")))
    assert careful.pending == 1
    assert careful.settle(1.0)
    assert (careful.pending, memory.flushed) == (0, 1)


def test_a_report_that_is_not_durable_ends_the_task() -> None:
    careful, _, memory = operator(ErrorPolicy(Tolerance.ALL))
    careful.execute(lambda: SUBJECT, failing(DataException("bad")))
    memory.futures[0].set_exception(ConnectException("no queue"))
    with pytest.raises(ConnectException, match="could not be reported; its offset is not committed"):
        careful.settle(1.0)
    with pytest.raises(ConnectException, match="could not be reported; its offset is not committed"):
        careful.settle(1.0)  # nor may the final commit pass it


def test_a_report_that_is_only_late_holds_the_offsets_and_nothing_else(caplog) -> None:
    careful, _, memory = operator(ErrorPolicy(Tolerance.ALL))
    memory.answers = False
    careful.execute(lambda: SUBJECT, failing(DataException("bad")))
    assert not careful.settle(0.01)
    assert "c-3: 1 reports of failed records are not durable after 10 ms; no offset is committed" in caplog.text
    assert not careful.settle(0.01)
    memory.answers = True
    assert careful.settle(0.01)


def test_reports_that_are_durable_are_let_go_before_the_next_commit() -> None:
    careful, _, memory = operator(ErrorPolicy(Tolerance.ALL))
    for number in range(3 * KEPT_REPORTS):
        careful.execute(lambda: SUBJECT, failing(DataException("bad")))
        if number == 0:
            memory.futures[0].set_exception(ConnectException("no queue"))
        elif number > 1:
            memory.futures[number].set_result(None)
    assert 2 <= careful.pending <= KEPT_REPORTS  # the failed one and the open one are among them
    with pytest.raises(ConnectException, match="could not be reported"):
        careful.settle(1.0)
    assert careful.pending == 1


def test_the_log_line_is_connects() -> None:
    failure = Failure(
        task=TaskId("c", 0),
        record=SUBJECT.record,
        stage=Stage.TRANSFORMATION,
        executing_class="org.example.Smt",
        error=ValueError("x"),
        attempts=1,
    )
    plain = LogReporter(include_messages=False).message(failure)
    assert plain == "Error encountered in task c-0. Executing stage 'TRANSFORMATION' with class 'org.example.Smt'."
    assert ", where source record is = SourceRecord{" in LogReporter(include_messages=True).message(failure)
