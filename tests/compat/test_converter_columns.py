"""The converters' recordings once more, through the methods that convert columns: what tasks really call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.api.converter import PartialBatch, SchemaAndValue
from tests.compat.ops import converter_ops
from tests.compat.ops.converter_ops import Plain
from tests.compat.runner import deviations, difference, directory, explained, phase, vectors
from tests.compat.vectors_codec import decode, decode_schema

FILES = [
    directory() / f"converter-{name}.jsonl"
    for name in ("json-from", "json-fuzz", "json-roundtrip", "json-to", "simple")
]
TIMES = 3
"""The first of a column is where a converter learns what the rest is like."""


def from_connect_data(given: Plain) -> Plain:
    converter = converter_ops.converter_of(given)
    schema = decode_schema(given["schema"])
    with phase("convert"):
        try:
            column: Any = converter.from_connect_data_batch("topic", schema, [decode(given["value"], schema)] * TIMES)
        except PartialBatch as partial:
            raise partial.error from None
    first, *others = (item.encode() if isinstance(item, str) else item for item in column)
    assert others == [first] * (TIMES - 1)
    return converter_ops.bytes_out(first)


def to_connect_data(given: Plain) -> Plain:
    converter = converter_ops.converter_of(given)
    with phase("convert"):
        try:
            runs = converter.to_connect_data_batch("topic", [converter_ops.bytes_in(given)] * TIMES)
        except PartialBatch as partial:
            raise partial.error from None
    shown = [converter_ops.schema_and_value(SchemaAndValue(run.schema, value)) for run in runs for value in run.values]
    assert shown == [shown[0]] * TIMES
    return shown[0]


OPS = {"converter.fromConnectData": from_connect_data, "converter.toConnectData": to_connect_data}


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_columns_are_as_recorded(path: Path) -> None:
    known = deviations()
    wrong = []
    for vector in vectors(path):
        told = difference(vector, OPS[vector["op"]]) if vector["op"] in OPS else None
        if told is not None and not explained(vector, known):
            wrong.append(f"{vector['id']}\n{told}")
    assert not wrong, f"{len(wrong)} of {path.name} differ:\n" + "\n".join(wrong[:20])
