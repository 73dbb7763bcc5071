"""What the converters cost: CPU microseconds per record, column-wise as tasks call them, and one by one.

``python -m tests.bench.converters [--records N] [--batch N] [--rounds N]``

The records are those of orders-10 and lines in ``spec/performance.md`` section 1: ten fields, one of them a Timestamp; 868
bytes with their schema, 208 without.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from penstock.api.converter import Converter
from penstock.api.logical import Timestamp
from penstock.api.schema import Schema
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.converters.byte_array import ByteArrayConverter
from penstock.converters.json import JsonConverter
from penstock.converters.string import StringConverter

TOPIC = "orders"
ORDER = (
    SchemaBuilder.struct()
    .name("orders")
    .field("id", Schema.INT64)
    .field("customer_id", Schema.INT32)
    .field("sku", Schema.STRING)
    .field("qty", Schema.INT32)
    .field("price", Schema.FLOAT64)
    .field("active", Schema.BOOLEAN)
    .field("note", Schema.OPTIONAL_STRING)
    .field("created", Timestamp.SCHEMA)
    .field("updated_ms", Schema.INT64)
    .field("country", Schema.STRING)
    .build()
)
COUNTRIES = ("DE", "FR", "NL", "US")
FIRST = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def order(i: int) -> list[Any]:
    note = hashlib.md5(str(i).encode(), usedforsecurity=False).hexdigest() + f"{i:08x}"
    return [
        i,
        i * 7919 % 100_000,
        f"SKU-{i * 31 % 99_991:08}",
        i % 97 + 1,
        (i * 17 % 100_000) / 100,
        i % 3 == 0,
        note,
        FIRST + dt.timedelta(seconds=i),
        1_735_689_600_000 + 1000 * i,
        COUNTRIES[i % 4],
    ]


def schemaless(values: list[Any]) -> dict[str, object]:
    plain = dict(zip((field.name for field in ORDER.fields), values, strict=True))
    return {**plain, "created": plain["updated_ms"]}


def line(i: int) -> str:
    return f"{i:010} {'abcdefgh ijkl' * 7:.88}"


def converter(kind: type, **config: str) -> Converter:
    made = kind()
    made.configure({key.replace("_", "."): value for key, value in config.items()}, False)
    assert isinstance(made, Converter)
    return made


def cases(records: int) -> Iterator[tuple[str, Converter, Schema | None, Sequence[Any]]]:
    """Name, converter, schema and values of each case."""
    orders = [order(i) for i in range(1, records + 1)]
    structs = [Struct.of(ORDER, values) for values in orders]
    maps = [schemaless(values) for values in orders]
    lines = [line(i) for i in range(records)]
    yield "JSON with schema", converter(JsonConverter), ORDER, structs
    yield "JSON payload alone, struct", converter(JsonConverter, schemas_enable="false"), ORDER, structs
    yield "JSON schemaless", converter(JsonConverter, schemas_enable="false"), None, maps
    yield "JSON schemaless, in envelope", converter(JsonConverter), None, maps
    yield "JSON string with schema", converter(JsonConverter), Schema.STRING, lines
    yield "String", converter(StringConverter), Schema.STRING, lines
    yield "String, not ASCII", converter(StringConverter), Schema.STRING, [f"ä{text}" for text in lines]
    yield "ByteArray", converter(ByteArrayConverter), Schema.BYTES, [text.encode() for text in lines]


def microseconds(work: Callable[[], object], records: int, rounds: int) -> float:
    """The least of several rounds: what else runs on the machine only adds to it."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - begun) / 1000 / records)
    return best


def batches(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def measure(
    made: Converter, schema: Schema | None, values: Sequence[Any], batch: int, rounds: int
) -> tuple[float, list[float]]:
    """Bytes per record, and the microseconds: written in batches, written one by one, read in batches, read one by one."""
    encoded: list[Any] = [made.from_connect_data(TOPIC, None, schema, value) for value in values]
    outgoing, incoming = batches(values, batch), batches(encoded, batch)
    works: list[Callable[[], object]] = [
        lambda: [made.from_connect_data_batch(TOPIC, schema, some) for some in outgoing],
        lambda: [made.from_connect_data(TOPIC, None, schema, value) for value in values],
        lambda: [made.to_connect_data_batch(TOPIC, some) for some in incoming],
        lambda: [made.to_connect_data(TOPIC, None, data) for data in encoded],
    ]
    gc.collect()
    gc.freeze()  # as a task's process does
    return sum(map(len, encoded)) / len(values), [microseconds(work, len(values), rounds) for work in works]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=1000, help="records per call")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    records = arguments.records
    table = Table(title=f"CPU µs per record, {arguments.batch} a call; in brackets one by one")
    for heading in ("case", "bytes", "write", "(one)", "read", "(one)"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for name, made, schema, values in cases(records):
        size, figures = measure(made, schema, values, arguments.batch, arguments.rounds)
        table.add_row(name, f"{size:.0f}", *(f"{figure:.2f}" for figure in figures))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
