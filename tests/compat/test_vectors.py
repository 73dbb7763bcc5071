"""The recordings of Kafka Connect 4.3.1: the same input, the same answer.

``PENSTOCK_VECTORS`` names another directory of vectors than the project's copy.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat.runner import deviations, difference, directory, explained, operations, vectors
from tests.support.recordings import COUNTS

FILES = sorted(directory().glob("*.jsonl"))
SHOWN = 20
LARGEST_SHARE_OF_DEVIATIONS = 0.005


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_answers_are_as_recorded(path: Path, record_property: Callable[[str, object], None]) -> None:
    found, known = operations(), deviations()
    wrong = []
    counts = Counter(passed=0, deviations=0, failed=0)
    for vector in vectors(path):
        operation = found.get(vector["op"])
        told = f"no operation {vector['op']}" if operation is None else difference(vector, operation)
        if told is None:
            counts["passed"] += 1
        elif explained(vector, known):
            counts["deviations"] += 1
        else:
            counts["failed"] += 1
            wrong.append(f"{vector['id']}\n{told}")
    record_property(COUNTS, (path.name, dict(counts)))
    assert not wrong, f"{len(wrong)} of {path.name} differ:\n" + "\n".join(wrong[:SHOWN])


def test_deviations_are_few_and_needed() -> None:
    found, known = operations(), deviations()
    total = differing = 0
    met, used = set(), set()
    for path in FILES:
        for vector in vectors(path):
            total += 1
            matching = [deviation for deviation in known if explained(vector, [deviation])]
            met.update(matching)
            if matching and (vector["op"] not in found or difference(vector, found[vector["op"]]) is not None):
                differing += 1
                used.update(matching)
    assert differing <= total * LARGEST_SHARE_OF_DEVIATIONS
    asked = met if os.environ.get("PENSTOCK_VECTORS") else known  # other vectors need not have all that is listed
    assert [deviation.ids for deviation in asked if deviation not in used] == [], "these do not differ; take them out"


def test_there_are_vectors() -> None:
    assert FILES, f"no vectors in {directory()}"
