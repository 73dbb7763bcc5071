"""The transformations of a connector as one chain over a batch (spec 6.1; design decision 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

from penstock.api.record import ConnectRecord
from penstock.api.record_columns import RecordColumns
from penstock.api.transform import Predicate, Transformation
from penstock.errors.operator import SKIPPED, RetryWithTolerance, Skipped, Subject

R = TypeVar("R", bound=ConnectRecord)

SHORTEST_RUN: Final = 8
"""Records that share topic and schemas, on average, from which on columns are cheaper than going one by one."""


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

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        """The step for many records at once; None when they are to be taken one by one, be it that something is wrong."""
        try:
            return self._apply_batch(batch)
        except Exception:  # noqa: BLE001  # the record that it is about is found one by one
            return None

    def _apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        if self.predicate is None:
            return self.transformation.apply_batch(batch)
        tested = self.predicate.test_batch(batch)
        if tested is None:
            return None
        others = [answer is self.negate for answer in tested]
        if not any(others):
            return self.transformation.apply_batch(batch)
        if all(others):
            return [batch]
        changed = self.transformation.apply_batch(batch.select([not other for other in others]))
        return None if changed is None else _in_order([*changed, batch.select(others)])

    def close(self) -> None:
        """Release the transformation and its predicate."""
        self.transformation.close()
        if self.predicate is not None:
            self.predicate.close()


def _in_order(runs: Sequence[RecordColumns]) -> list[RecordColumns]:
    """The records of several runs by their places. What was transformed stays so: a transformation sees a record once."""
    there = sorted(
        (place, run, index) for run, columns in enumerate(runs) for index, place in enumerate(columns.places)
    )
    ordered: list[RecordColumns] = []
    for run, group in groupby(there, itemgetter(1)):
        indices = [index for _, _, index in group]
        ordered.append(runs[run].part(indices[0], indices[-1] + 1))
    return ordered


class StepFailure(NamedTuple):
    """Where a batch stopped: which record of it (``number``), at which step, and the record as that step saw it."""

    number: int
    step: int
    record: ConnectRecord
    error: Exception


class Reached(NamedTuple):
    """How far some records came as columns; from ``step`` on they go one by one."""

    columns: RecordColumns
    step: int


class TransformationChain(Generic[R]):
    """Runs on the task's thread. Records pass all steps one after another, in order, as in Connect; in columns where all steps
    can work with these, else one by one from the step on that cannot, or that finds something wrong."""

    def __init__(self, steps: Sequence[TransformationStep[R]], operator: RetryWithTolerance) -> None:
        self._steps = tuple(steps)
        self._calls = tuple(step.compiled() for step in steps)
        self._operator = operator

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def end(self) -> int:
        """Behind the last step."""
        return len(self._steps)

    def run_columns(self, batch: RecordColumns) -> list[Reached]:
        """Transform as columns: what is left of the records, in order. Those that are dropped are in none."""
        reached = [Reached(batch, 0)]
        for number, step in enumerate(self._steps):
            before, reached = reached, []
            for run in before:
                runs = step.apply_batch(run.columns) if run.step == number else None
                if runs is None:
                    reached.append(run)
                else:
                    reached.extend(Reached(columns, number + 1) for columns in runs if len(columns))
            if len(reached) > 1 and len(reached) * SHORTEST_RUN > sum(len(run.columns) for run in reached):
                break  # a predicate took them apart
        return reached

    def run(self, records: Sequence[R], start: int, first: int = 0) -> tuple[list[R | None], StepFailure | None]:
        """Transform ``records[start:]`` one by one, from step ``first`` on, until one fails: one result a record (None: dropped),
        and the failure if any.

        The failing record is not in the results; go on with :meth:`resume` for it and ``run`` behind it.
        """
        done: list[R | None] = []
        append = done.append
        calls = self._calls[first:]
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
            return done, StepFailure(start + len(done), first + step, current, error)
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
