"""The buffer between the reading thread and the task's."""

from __future__ import annotations

import threading

from penstock.api import Schema, SourceBatch
from penstock_jdbc.source.buffer import MOST_BATCHES, BatchBuffer


def batch(rows: int) -> SourceBatch:
    return SourceBatch(
        topic="t",
        values=[b"x"] * rows,
        value_schema=Schema.BYTES,
        keys=None,
        key_schema=None,
        source_partition={},
        source_offsets=None,
    )


def waits_for_room(buffer: BatchBuffer, rows: int) -> bool:
    """Whether one more batch has to wait until another is taken."""
    putting = threading.Thread(target=buffer.put, args=(batch(rows),))
    putting.start()
    putting.join(0.2)
    waiting = putting.is_alive()
    assert buffer.take(1, lambda: False) is not None
    putting.join(30)
    assert not putting.is_alive()
    return waiting


def test_it_holds_so_many_rows() -> None:
    buffer = BatchBuffer(10)
    assert buffer.put(batch(4))
    assert buffer.put(batch(6))
    assert waits_for_room(buffer, 1)


def test_it_holds_a_few_batches_however_many_rows_it_may() -> None:
    """Of large rows a batch has few: thousands of them would not fit into memory."""
    buffer = BatchBuffer(4000)
    for _ in range(MOST_BATCHES - 1):
        assert buffer.put(batch(1))
    assert not waits_for_room(buffer, 1)
    assert buffer.put(batch(1))
    assert waits_for_room(buffer, 1)


def test_a_batch_larger_than_all_of_it_goes_alone() -> None:
    buffer = BatchBuffer(10)
    assert buffer.put(batch(100))
    assert waits_for_room(buffer, 1)
