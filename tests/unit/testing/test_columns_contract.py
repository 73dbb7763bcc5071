"""What the contract says of columns that are not what records one by one would be."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import DataException, SourceRecord, Transformation
from penstock.testing.columns_contract import check


class Untouched(Transformation[Any]):
    """Takes every batch as it is."""

    def apply(self, record: Any) -> Any:
        return record

    def apply_batch(self, batch: Any) -> Any:
        return [batch]


RECORDS = [SourceRecord("t", "a"), SourceRecord("t", "b")]


def refused(_record: SourceRecord) -> SourceRecord:
    raise DataException("not this one")


def test_columns_that_are_the_records() -> None:
    assert check(Untouched(), RECORDS, lambda record: record) is True


def test_a_batch_that_is_taken_although_its_records_are_refused() -> None:
    with pytest.raises(AssertionError, match=r"^apply_batch takes what apply refuses: not this one$"):
        check(Untouched(), RECORDS, refused)


def test_a_record_that_goes_on_in_columns_alone() -> None:
    with pytest.raises(AssertionError, match=r"^records \[1\] of 2 go on one by one, \[0, 1\] in columns"):
        check(Untouched(), RECORDS, lambda record: record if record.value == "b" else None)


def test_a_value_that_differs() -> None:
    with pytest.raises(AssertionError, match=r"^the value is 'c' alone, 'a' in columns"):
        check(Untouched(), RECORDS, lambda record: record.replace(value="c"))
