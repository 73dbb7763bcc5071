"""Fewer rows in another order leave the same table as all rows in theirs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from penstock.api import Schema, SchemaBuilder, SinkBatch, SinkRecord
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.fields import fields_of
from penstock_jdbc.sink.grouping import Grouper
from penstock_jdbc.sink.rounds import Step, blocks_of, steps_of
from penstock_jdbc.sink.settings import PrimaryKeyMode, SinkSettings
from penstock_jdbc.sink.shape import Column, Shape
from penstock_jdbc.sink.writers.base import KeyFacts, Op
from tests.plugins.jdbc.sink.targets import KEY, ROW, deleted, record, struct_of, upserted

WIDE = (
    SchemaBuilder.struct()
    .field("id", Schema.INT32)
    .field("name", Schema.OPTIONAL_STRING)
    .field("x", Schema.INT32)
    .build()
)
OTHER = SchemaBuilder.struct().field("id", Schema.INT32).field("y", Schema.INT32).build()
SETTINGS = SinkSettings("s", pk_mode=PrimaryKeyMode.RECORD_KEY, delete_enabled=True)
ALL = KeyFacts(unique=True, exact=True)


class Writer:
    """Knows nothing but what its key is like."""

    def __init__(self, key: KeyFacts) -> None:
        self.key = key

    def encode(self, op: Op, columns: Sequence[Column]) -> list[Column]:
        raise NotImplementedError

    def write(self, cursor: Any, op: Op, columns: Sequence[Column]) -> None:
        raise NotImplementedError

    write_in_order = write


def steps(records: Sequence[SinkRecord], key: KeyFacts = ALL, op: Op = Op.UPSERT) -> list[Step]:
    grouped = Grouper(SETTINGS, Destinations(SETTINGS, IdentifierRules())).grouped(SinkBatch.of(records))
    assert grouped.invalid is None
    shapes: dict[Any, Shape] = {}
    writer = Writer(key)
    runs = []
    for run in grouped.tables[0].runs:
        schemas = (run.records.key_schema, run.value_schema)
        if schemas not in shapes:
            shapes[schemas] = Shape.of(TableId(None, None, "t"), fields_of("t", SETTINGS, *schemas), SETTINGS, schemas)
        runs.append((run, shapes[schemas], writer, Op.DELETE if run.deletes else op))
    return list(steps_of(blocks_of(runs)))


def shown(found: Sequence[Step]) -> list[tuple[str, list[tuple[object, ...]]]]:
    return [(step.op.name, list(zip(*step.columns, strict=True))) for step in found]


def test_of_several_upserts_the_last_counts() -> None:
    found = steps([upserted(0, 2, "a"), upserted(1, 1, "b"), upserted(2, 2, "c")])
    assert shown(found) == [("UPSERT", [(1, "b"), (2, "c")])]


def test_rows_go_in_the_order_of_their_keys() -> None:
    found = steps([upserted(0, 3, "a"), upserted(1, 1, "b"), upserted(2, 2, "c")])
    assert shown(found) == [("UPSERT", [(1, "b"), (2, "c"), (3, "a")])]


def test_rows_whose_keys_may_be_equal_to_the_database_alone_stay_in_order() -> None:
    records = [upserted(0, 3, "a"), upserted(1, 1, "b"), upserted(2, 3, "c")]
    found = steps(records, KeyFacts(unique=True, exact=False))
    assert shown(found) == [("UPSERT", [(1, "b"), (3, "c")])]


def test_without_a_key_in_the_table_every_row_counts() -> None:
    records = [upserted(0, 3, "a"), upserted(1, 1, "b"), upserted(2, 3, "c")]
    found = steps(records, KeyFacts(unique=False, exact=True))
    assert shown(found) == [("UPSERT", [(3, "a"), (1, "b"), (3, "c")])]


def test_an_upsert_and_a_delete() -> None:
    assert shown(steps([upserted(0, 1, "a"), deleted(1, 1)])) == [("DELETE", [(1,)])]


def test_a_delete_and_an_upsert() -> None:
    found = steps([deleted(0, 1), upserted(1, 1, "a")])
    assert shown(found) == [("DELETE", [(1,)]), ("UPSERT", [(1, "a")])]


def test_an_upsert_between_deletes() -> None:
    found = steps([upserted(0, 1, "a"), deleted(1, 1), upserted(2, 1, "b"), deleted(3, 1)])
    assert shown(found) == [("DELETE", [(1,)])]


def test_a_delete_between_upserts() -> None:
    found = steps([upserted(0, 1, "a"), deleted(1, 1), upserted(2, 1, "b"), upserted(3, 2, "c")])
    assert shown(found) == [("DELETE", [(1,)]), ("UPSERT", [(2, "c")]), ("UPSERT", [(1, "b")])]


def test_inserts_are_never_left_out_and_never_moved() -> None:
    records = [upserted(0, 2, "a"), upserted(1, 1, "b"), deleted(2, 2), upserted(3, 2, "c")]
    found = steps(records, op=Op.INSERT)
    assert shown(found) == [("INSERT", [(2, "a"), (1, "b")]), ("DELETE", [(2,)]), ("INSERT", [(2, "c")])]


def test_alternating_schemas_need_two_steps_and_not_one_a_record() -> None:
    records = []
    for number in range(100):
        schema = WIDE if number % 2 else ROW
        values = (number, "n", 5) if number % 2 else (number, "n")
        records.append(record(number, struct_of(schema, *values), schema, key=struct_of(KEY, number), key_schema=KEY))
    assert len(steps(records)) == 2


def test_rows_without_a_hash_stay_as_they_are() -> None:
    schema = SchemaBuilder.struct().field("id", SchemaBuilder.array(Schema.INT32).build()).build()
    records = [record(n, struct_of(ROW, 1, "x"), ROW, key=struct_of(schema, [1]), key_schema=schema) for n in range(2)]
    found = steps(records)
    assert [len(step.columns[0]) for step in found] == [2]


SCHEMAS = (ROW, WIDE, OTHER)
Table = dict[int, dict[str, object]]


def _random_records(rng: random.Random, count: int) -> list[SinkRecord]:
    records = []
    for offset in range(count):
        number = rng.randrange(6)
        if rng.random() < 0.3:
            records.append(deleted(offset, number))
            continue
        schema = rng.choice(SCHEMAS)
        values = [number, *(f"n{offset}" if field.name == "name" else offset for field in schema.fields[1:])]
        records.append(record(offset, struct_of(schema, *values), schema, key=struct_of(KEY, number), key_schema=KEY))
    return records


def _one_by_one(records: Sequence[SinkRecord], table: Table) -> Table:
    for each in records:
        number = each.key.get("id")  # type: ignore[attr-defined]
        if each.value is None:
            table.pop(number, None)
        else:
            row = table.setdefault(number, {})
            row.update({field.name: each.value.get(field.name) for field in each.value_schema.fields})  # type: ignore[attr-defined, union-attr]
    return table


def _by_steps(found: Sequence[Step], table: Table) -> Table:
    for step in found:
        rows = list(zip(*step.columns, strict=True))
        if step.op is Op.DELETE:
            assert len(set(rows)) == len(rows)
            for (number,) in rows:
                table.pop(number, None)
            continue
        names = _NAMES[len(rows[0]), type(rows[0][1])]
        assert len({row[0] for row in rows}) == len(rows), "two rows with one key in one statement"
        for row in rows:
            table.setdefault(row[0], {}).update(zip(names, row, strict=True))
    return table


_NAMES = {(2, str): ("id", "name"), (3, str): ("id", "name", "x"), (2, int): ("id", "y")}


@pytest.mark.parametrize("seed", range(300))
def test_the_same_table_for_any_sequence_of_upserts_deletes_and_schemas(seed: int) -> None:
    rng = random.Random(seed)
    records = _random_records(rng, rng.randrange(1, 40))
    before: Table = {number: {"id": number, "name": "old", "x": -1, "y": -1} for number in range(0, 6, 2)}
    expected = _one_by_one(records, {number: dict(row) for number, row in before.items()})
    assert _by_steps(steps(records), {number: dict(row) for number, row in before.items()}) == expected
