"""The transformations of a connector as one chain over a batch (spec 6.1; design decision 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from penstock.api.record import ConnectRecord
from penstock.api.transform import Predicate, Transformation
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Skipped, Subject

R = TypeVar("R", bound=ConnectRecord)


@dataclass(frozen=True, slots=True)
class TransformationStep(Generic[R]):
    """One transformation with the predicate that decides about it; ``class_name`` is what reports show."""

    transformation: Transformation[R]
    class_name: str
    predicate: Predicate[R] | None = None
    negate: bool = False

    def compiled(self) -> Callable[[R], R | None]:
        """The step as one call; without a predicate it is the transformation's own method."""
        apply = self.transformation.apply
        if self.predicate is None:
            return apply
        test, negate = self.predicate.test, self.negate

        def guarded(record: R) -> R | None:
            return apply(record) if test(record) is not negate else record

        return guarded

    def close(self) -> None:
        """Release the transformation and its predicate."""
        self.transformation.close()
        if self.predicate is not None:
            self.predicate.close()


class StepFailure(NamedTuple):
    """Where a batch stopped: which record of it (``number``), at which step, and the record as that step saw it."""

    number: int
    step: int
    record: ConnectRecord
    error: Exception


class TransformationChain(Generic[R]):
    """Runs on the task's thread. Records pass all steps one after another, in order, as in Connect."""

    def __init__(self, steps: Sequence[TransformationStep[R]], operator: RetryWithTolerance) -> None:
        self._steps = tuple(steps)
        self._calls = tuple(step.compiled() for step in steps)
        self._operator = operator

    def __bool__(self) -> bool:
        return bool(self._calls)

    def run(self, records: Sequence[R], start: int) -> tuple[list[R | None], StepFailure | None]:
        """Transform ``records[start:]`` until one fails: one result a record (None: dropped), and the failure if any.

        The failing record is not in the results; go on with :meth:`resume` for it and ``run`` behind it.
        """
        done: list[R | None] = []
        append = done.append
        calls = self._calls
        step = 0
        current: R | None = None
        try:
            for original in records[start:] if start else records:
                current = original
                for step, call in enumerate(calls):  # noqa: B007  # read in the handler
                    current = call(current)
                    if current is None:
                        break
                append(current)
        except Exception as error:  # noqa: BLE001  # judged by the operator
            assert current is not None
            return done, StepFailure(start + len(done), step, current, error)
        return done, None

    def resume(self, failure: StepFailure, subject: Callable[[str], Subject]) -> R | Skipped | None:
        """Take the failing record through the failed step, with its error as the first attempt, and the steps behind it.

        ``subject`` makes the report's subject for a class name. Raises ConnectException when the task must end.
        """
        record: R | None = failure.record  # type: ignore[assignment]  # it came out of ``run`` of this chain
        error: Exception | None = failure.error
        for step, call in zip(self._steps[failure.step :], self._calls[failure.step :], strict=True):
            assert record is not None
            outcome = self._attempt(step, call, record, error, subject)
            if outcome is SKIPPED or outcome is None:
                return outcome
            record, error = outcome, None
        return record

    def close(self) -> None:
        """Release every step."""
        for step in self._steps:
            step.close()

    def _attempt(
        self,
        step: TransformationStep[R],
        call: Callable[[R], R | None],
        record: R,
        error: Exception | None,
        subject: Callable[[str], Subject],
    ) -> R | Skipped | None:
        return self._operator.execute(lambda: subject(step.class_name), lambda: call(record), error)
