"""Deviations from the JDBC recordings are few, and each speaks of vectors that there are."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from tests.compat.jdbc.recordings import deviations, directory, vectors

LARGEST_SHARE = 0.03


def test_deviations_are_few_and_about_something() -> None:
    ids = [vector["id"] for path in sorted(directory().glob("*.jsonl")) for vector in vectors(path.name)]
    assert ids, f"no vectors in {directory()}"
    matched = {pattern: {each for each in ids if fnmatchcase(each, pattern)} for pattern, _ in deviations()}

    assert len(set().union(*matched.values())) <= len(ids) * LARGEST_SHARE
    if not os.environ.get("PENSTOCK_JDBC_VECTORS"):  # other vectors need not have all that is listed
        assert [pattern for pattern, found in matched.items() if not found] == []


def test_each_deviation_has_its_reason() -> None:
    assert [ids for ids, reason in deviations() if len(reason.split()) < 5] == []
