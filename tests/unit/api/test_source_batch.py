"""Batches of a source that contradict themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from penstock.api import DataException, SourceBatch


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            {"keys": ["k"]},
            (
                "SourceBatch for topic 't': column 'keys' has 1 items, but 'values' has 2; give one item a record, or None for the "
                "whole column"
            ),
        ),
        (
            {"source_partition": {"f": 1}, "source_offset": {"n": 2}, "source_offsets": [{"n": 1}, {"n": 2}]},
            "SourceBatch for topic 't': give 'source_offset' (after the whole batch) or 'source_offsets' (one a record), not both",
        ),
    ],
    ids=["lengths", "offsets"],
)
def test_what_contradicts_itself_is_refused(columns: dict[str, Any], told: str) -> None:
    with pytest.raises(DataException, match=f"^{re.escape(told)}$"):
        SourceBatch(topic="t", values=["a", "b"], **columns)
