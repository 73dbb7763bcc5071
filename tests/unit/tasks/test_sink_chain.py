"""Batches with many schemas or much poison: right to the record, and no work that grows with the square of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from penstock.api import DataException, Schema, SinkBatch, SinkSlice
from penstock.api.converter import Converter, SchemaAndValue
from penstock.api.record import TimestampType
from penstock.clock import SYSTEM_CLOCK
from penstock.converters.string import StringConverter
from penstock.errors.context import ConsumedRecord, Failure
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance, Tolerance
from penstock.ids import TaskId
from penstock.tasks.converters import Converters
from penstock.tasks.received import ColumnPart
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.sink_columns import columns_of
from penstock.tasks.transformation import TransformationChain

COUNT = 300


class Batch:
    """Makes a column anew at each look, as the Kafka log does, and counts the looks."""

    topic, partition, timestamp_type = "t", 3, TimestampType.CREATE_TIME

    def __init__(self, values: Sequence[bytes]) -> None:
        self._values = values
        self.looks: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def next_offset(self) -> int:
        return 1000 + len(self._values)

    def _column(self, name: str, items: list) -> list:
        self.looks[name] += 1
        return items

    @property
    def offsets(self) -> list[int]:
        return self._column("offsets", [1000 + index for index in range(len(self))])

    @property
    def values(self) -> list[bytes]:
        return self._column("values", list(self._values))

    @property
    def keys(self) -> list[bytes]:
        return self._column("keys", [b"k%d" % index for index in range(len(self))])

    @property
    def timestamps(self) -> list[int]:
        return self._column("timestamps", [5000 + index for index in range(len(self))])

    @property
    def headers(self) -> list[list[tuple[str, bytes]]]:
        return self._column("headers", [[("h", b"%d" % index)] for index in range(len(self))])


class ByValue(Converter):
    """The first letter decides: "a" and "b" have their own schemas, "x" is poison. Counts what it is given."""

    def __init__(self) -> None:
        self.given = 0

    def from_connect_data(self, topic, headers, schema, value):
        raise NotImplementedError

    def to_connect_data(self, _topic, _headers, value):
        if value.startswith(b"x"):
            raise DataException("poison")
        schema = Schema.STRING if value.startswith(b"a") else Schema.OPTIONAL_STRING
        return SchemaAndValue(schema, value.decode())

    def to_connect_data_batch(self, topic, values):
        self.given += len(values)
        return super().to_connect_data_batch(topic, values)


class Memory:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.records: list[ConsumedRecord] = []

    def report(self, failure: Failure) -> None:
        self.records.append(failure.record)  # type: ignore[arg-type]

    def flush(self, timeout_s: float) -> None:
        """Nothing is on its way."""

    def close(self) -> None:
        """Nothing was taken."""


def decoded(values: Sequence[bytes]) -> tuple[SinkBatch, Batch, ByValue, Memory, SinkChain]:
    batch, converter, memory = Batch(values), ByValue(), Memory()
    operator = RetryWithTolerance(
        TaskId("c", 0), ErrorPolicy(Tolerance.ALL), [memory], SYSTEM_CLOCK, lambda _seconds: False
    )
    text = StringConverter()
    text.configure({"converter.type": "key"}, True)
    chain = SinkChain(TransformationChain([], operator), Converters(text, converter, text), operator)
    return chain.decode([batch]), batch, converter, memory, chain


def test_one_schema_is_one_slice_whose_columns_nobody_made() -> None:
    made, batch, _, _, _ = decoded([b"a"] * COUNT)
    assert len(made.slices) == 1
    assert (batch.looks["offsets"], batch.looks["timestamps"]) == (0, 0)


@pytest.mark.parametrize("pattern", ["ab", "aab", "ax", "axb", "x", "abxx"])
def test_each_record_is_right_and_each_column_is_made_once(pattern: str) -> None:
    letters = [pattern[index % len(pattern)] for index in range(COUNT)]
    made, batch, converter, memory, chain = decoded([f"{c}{i}".encode() for i, c in enumerate(letters)])
    kept = [index for index, letter in enumerate(letters) if letter != "x"]
    assert [(r.value, r.kafka_offset, r.timestamp, r.key) for r in made] == [
        (f"{letters[i]}{i}", 1000 + i, 5000 + i, f"k{i}") for i in kept
    ]
    assert [r.headers.last_with_name("h").value for r in made] == [str(i) for i in kept]
    assert [r.value_schema for r in made] == [
        Schema.STRING if letters[i] == "a" else Schema.OPTIONAL_STRING for i in kept
    ]
    assert [list(part.offsets) for part in made.slices] == [
        [part.record(n).kafka_offset for n in range(len(part))] for part in made.slices
    ]
    assert [(r.offset, r.value) for r in memory.records] == [
        (1000 + i, f"x{i}".encode()) for i, letter in enumerate(letters) if letter == "x"
    ]
    originals = [chain.original(record) for record in made]
    assert [(r.offset, r.key, r.value, r.headers) for r in originals] == [
        (1000 + i, b"k%d" % i, f"{letters[i]}{i}".encode(), [("h", b"%d" % i)]) for i in kept
    ]
    assert set(batch.looks.values()) == {1}
    assert converter.given <= 17 * COUNT  # a failure is followed by a careful stride, not by all that is left


def test_a_part_of_a_column_is_a_sequence() -> None:
    part = ColumnPart(list(range(10)), 2, 6)
    assert (len(part), list(part), part[0], part[-1], part[1:3], part.index(4)) == (4, [2, 3, 4, 5], 2, 5, [3, 4], 2)
    with pytest.raises(IndexError):
        part[4]


def test_transformations_get_columns_that_vouch_for_nothing() -> None:
    class Vouching(list[object]):
        pass

    part = SinkSlice(
        topic="t", kafka_partition=0, offsets=[0, 1], values=Vouching([{"a": 1}, 2]), keys=Vouching(["k", "l"])
    )
    columns = columns_of(part)
    assert (type(columns.values), columns.values) == (list, [{"a": 1}, 2])
    assert (type(columns.keys), columns.keys) == (list, ["k", "l"])
