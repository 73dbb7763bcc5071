"""What the transformations cost: CPU seconds per million records, through the task's own chain, one transformation at a time.

``python -m tests.bench.transforms [--records N] [--only NAME]``. Records are sink records of ten fields, with a schema and
without; making them is not counted.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from penstock import transforms
from penstock.api import Header, Headers, Schema, SchemaBuilder, SinkRecord, Struct, TimestampType, Transformation
from penstock.api.javatime import datetime_of
from penstock.api.logical import Timestamp
from penstock.clock import SystemClock
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.ids import TaskId
from penstock.tasks.transformation import TransformationChain, TransformationStep

BATCH = 500
T0 = 1_700_000_000_123

CITY = SchemaBuilder.struct().field("city", Schema.STRING).field("zip", Schema.OPTIONAL_INT32).build()
ORDER = (
    SchemaBuilder.struct()
    .name("com.example.Order")
    .field("id", Schema.INT64)
    .field("customer", Schema.STRING)
    .field("note", Schema.OPTIONAL_STRING)
    .field("amount", Schema.FLOAT64)
    .field("count", Schema.INT32)
    .field("text", Schema.STRING)
    .field("when", Schema.STRING)
    .field("at", Timestamp.SCHEMA)
    .field("paid", Schema.BOOLEAN)
    .field("address", CITY)
    .build()
)

CASES: Mapping[str, Mapping[str, str]] = {
    "CastValue": {"spec": "text:int64,count:string"},
    "DropHeaders": {"headers": "h1"},
    "ExtractFieldValue": {"field": "customer"},
    "FlattenValue": {},
    "HeaderFromValue": {"fields": "note", "headers": "note", "operation": "move"},
    "HoistFieldValue": {"field": "order"},
    "InsertFieldValue": {"topic.field": "topic", "offset.field": "offset", "static.field": "s", "static.value": "x"},
    "InsertHeader": {"header": "h2", "value.literal": "1"},
    "MaskFieldValue": {"fields": "customer,note"},
    "RegexRouter": {"regex": "ord(.*)", "replacement": "new-$1"},
    "ReplaceFieldValue": {"exclude": "paid,note", "renames": "id:key"},
    "SetSchemaMetadataValue": {"schema.name": "com.example.Other"},
    "TimestampConverterValue": {"field": "at", "target.type": "string", "format": "yyyy-MM-dd HH:mm:ss.SSS"},
    "TimestampConverterValue (read)": {"field": "when", "target.type": "unix", "format": "yyyy-MM-dd HH:mm:ss.SSS"},
    "TimestampRouter": {},
    "ValueToKey": {"fields": "id,customer"},
}
"""A usual configuration of each."""


def values(number: int) -> dict[str, object]:
    """One order."""
    return {
        "id": number,
        "customer": f"customer-{number % 97}",
        "note": None if number % 3 else "to be called",
        "amount": number / 7,
        "count": number % 100,
        "text": str(number),
        "when": "2023-11-14 22:13:20.123",
        "at": T0 + number,
        "paid": number % 2 == 0,
        "address": {"city": "Bergen", "zip": 5003},
    }


def records(count: int, *, schema: bool) -> list[SinkRecord]:
    """Orders as a sink task gets them."""
    made = []
    for number in range(count):
        value: Any = values(number)
        if schema:
            value["address"] = Struct.of(CITY, value["address"].values())
            value["at"] = datetime_of(value["at"])
            value = Struct.of(ORDER, value.values())
        made.append(
            SinkRecord(
                "orders",
                0,
                number,
                value,
                value_schema=ORDER if schema else None,
                timestamp=T0,
                timestamp_type=TimestampType.CREATE_TIME,
                headers=Headers([Header("h1", Schema.STRING, "x")]) if number % 4 == 0 else None,
            )
        )
    return made


def chain_of(name: str, config: Mapping[str, str]) -> TransformationChain[SinkRecord]:
    """The chain that a task would have."""
    transformation: Transformation[Any] = getattr(transforms, name)()
    transformation.use_config(config)
    transformation.configure(config)
    operator = RetryWithTolerance(TaskId("bench", 0), ErrorPolicy(), (), SystemClock(), lambda _seconds: False)
    return TransformationChain([TransformationStep(transformation, name, None, negate=False)], operator)


def measure(chain: TransformationChain[SinkRecord], batch: Sequence[SinkRecord], total: int) -> float:
    """CPU seconds per million records."""
    chain.run(batch, 0)
    rounds = max(1, total // len(batch))
    begun = time.process_time()
    for _ in range(rounds):
        _, failure = chain.run(batch, 0)
        if failure is not None:
            raise failure.error
    return (time.process_time() - begun) * 1e6 / (rounds * len(batch))


def main() -> None:
    """Print one row a transformation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    gc.freeze()
    gc.disable()
    structs, maps = records(BATCH, schema=True), records(BATCH, schema=False)
    table = Table("transformation", "with schema", "without schema", title="CPU seconds per million records")
    for title, config in CASES.items():
        if arguments.only.lower() not in title.lower():
            continue
        name = title.partition(" ")[0]
        with_schema = measure(chain_of(name, config), structs, arguments.records)
        without = (
            "-" if name.startswith("SetSchema") else f"{measure(chain_of(name, config), maps, arguments.records):.2f}"
        )
        table.add_row(title, f"{with_schema:.2f}", without)
    Console().print(table)


if __name__ == "__main__":
    main()
