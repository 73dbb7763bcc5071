"""The transformations' and predicates' recordings once more, in columns: what tasks call first."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import columns_contract
from tests.compat.ops import transform_ops
from tests.compat.ops.converter_ops import Plain
from tests.compat.runner import directory, vectors
from tests.compat.vectors_codec import decode, decode_record

FILES = sorted(directory().glob("smt-*.jsonl"))
TIMES = 3


def plugin_of(given: Plain) -> Any:
    plugin: Any = transform_ops.CLASSES[given["class"]]()
    config = {key: decode(value) if isinstance(value, dict) else value for key, value in given["config"].items()}
    plugin.use_config(config)
    plugin.configure(config)
    return plugin


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_columns_are_as_records(path: Path) -> None:
    in_columns: Counter[bool] = Counter()
    for vector in vectors(path):
        if vector["op"] != "smt.apply":
            continue
        given = vector["in"]
        with contextlib.suppress(Exception):  # what is no configuration is looked at elsewhere
            apply = plugin_of(given).apply
            records = [decode_record(given["record"]) for _ in range(TIMES)]
            try:
                in_columns[columns_contract.check(plugin_of(given), records, apply)] += 1
            except AssertionError as error:
                pytest.fail(f"{vector['id']}: {error}")
    assert in_columns[True] >= 5, "hardly any of these go as columns"


def test_predicates_answer_in_columns_as_for_records() -> None:
    asked = 0
    for vector in vectors(directory() / "predicates.jsonl"):
        if vector["op"] != "predicate.test":
            continue
        predicate, record = plugin_of(vector["in"]), decode_record(vector["in"]["record"])
        answers = predicate.test_batch(columns_contract.columns_of([record] * TIMES))
        assert answers == [predicate.test(record)] * TIMES, vector["id"]
        asked += 1
    assert asked
