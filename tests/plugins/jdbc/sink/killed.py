"""A process to be killed: writes rows batch by batch, going on where the database stands. ``python -m … '{config}'``.

It prints a line and reads one before each batch, so that who started it decides how far it gets.
"""

from __future__ import annotations

import json
import sys

from penstock.api import Schema, SchemaBuilder, SinkBatch, SinkSlice, Struct, TopicPartition
from penstock_jdbc.sink.task import JdbcSinkTask
from tests.plugins.fakes import FakeSinkContext

ROWS = 5000
BATCH = 100
_HERE = TopicPartition("t", 0)
_ROW = SchemaBuilder.struct().field("id", Schema.INT32).field("name", Schema.STRING).build()


def work(config: dict[str, str]) -> None:
    context = FakeSinkContext()
    task = JdbcSinkTask()
    task.initialize(context)
    task.use_config(config)
    task.start(config)
    task.open([_HERE])
    position = context.rewinds.pop()[_HERE] if context.rewinds else 0
    while position < ROWS:
        print(position, flush=True)
        sys.stdin.readline()
        rows = [Struct.of(_ROW, [number, f"n{number}"]) for number in range(position, min(position + BATCH, ROWS))]
        offsets = range(position, position + len(rows))
        task.put(SinkBatch([SinkSlice(topic="t", kafka_partition=0, offsets=offsets, values=rows, value_schema=_ROW)]))
        position += len(rows)
    task.stop()
    print("done", flush=True)


if __name__ == "__main__":
    work(json.loads(sys.argv[1]))
