"""Nothing is converted twice, whatever fails where (design decision 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.converter import PartialBatch
from penstock.api.exceptions import ConnectException, DataException
from penstock.api.record import SourceRecord
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance, Subject, Tolerance
from penstock.errors.stage import Stage
from penstock.ids import TaskId
from penstock.tasks.columns import ColumnStage, ConvertedSpan, convert_columns

STAGES = (Stage.KEY_CONVERTER, Stage.VALUE_CONVERTER, Stage.HEADER_CONVERTER)


def careful(tolerance: Tolerance) -> RetryWithTolerance:
    return RetryWithTolerance(TaskId("c", 0), ErrorPolicy(tolerance), [], SYSTEM_CLOCK, lambda _s: False)


def counting_stage(stage: Stage, bad: set[int], calls: Counter[tuple[Stage, int]]) -> ColumnStage:
    def one(index: int) -> object:
        calls[stage, index] += 1
        if index in bad:
            raise DataException(f"{stage.value} {index}")
        return (stage, index)

    def many(start: int, end: int) -> Sequence[object]:
        done: list[object] = []
        try:
            for index in range(start, end):
                done.append(one(index))
        except DataException as error:
            raise PartialBatch(len(done), done, error) from error
        return done

    return ColumnStage(stage, stage.value, many, one)


@given(st.integers(0, 12), st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=3))
def test_each_item_is_tried_once_at_each_stage_and_kept_in_order(count: int, bad: list[set[int]]) -> None:
    calls: Counter[tuple[Stage, int]] = Counter()
    stages = [counting_stage(stage, wrong, calls) for stage, wrong in zip(STAGES, bad, strict=False)]
    record = SourceRecord("t")
    items = list(
        convert_columns(count, stages, careful(Tolerance.ALL), lambda _i, stage, name: Subject(record, stage, name))
    )
    skipped = [item for item in items if isinstance(item, int)]
    spans = [item for item in items if isinstance(item, ConvertedSpan)]
    all_bad = set().union(*bad)
    assert skipped == [index for index in range(count) if index in all_bad]
    assert [i for span in spans for i in range(span.start, span.end)] == [i for i in range(count) if i not in all_bad]
    for span in spans:
        for stage, column in zip(STAGES, span.columns, strict=False):
            assert list(column) == [(stage, index) for index in range(span.start, span.end)]
    # The failing attempt on the fast path is the only one: whoever fails is not asked again, nobody before it either.
    assert all(number == 1 for number in calls.values())


def test_what_comes_before_a_failure_is_handed_out_before_the_task_ends() -> None:
    calls: Counter[tuple[Stage, int]] = Counter()
    stages = [counting_stage(Stage.VALUE_CONVERTER, {3}, calls)]
    items = convert_columns(
        6, stages, careful(Tolerance.NONE), lambda _i, stage, name: Subject(SourceRecord("t"), stage, name)
    )
    first = next(items)
    assert isinstance(first, ConvertedSpan)
    assert (first.start, first.end) == (0, 3)
    with pytest.raises(ConnectException, match="Tolerance exceeded"):
        next(items)
    assert (Stage.VALUE_CONVERTER, 4) not in calls
