"""Buffers: what was written is what is read, wherever it waits."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import pytest

from penstock.api import ConnectException
from penstock_s3.storage.body import Body, InMemory
from penstock_s3.storage.buffers import BufferPool, FileBuffer
from penstock_s3.storage.spill import PAGE, SpillFile

PART = 3 * PAGE + 100


def contents(buffer: FileBuffer) -> bytes:
    return b"".join(part.body().read() for part in buffer.parts)


def pool_of(limit: int) -> BufferPool:
    return BufferPool(limit, SpillFile())


@pytest.mark.parametrize("limit", [1, PAGE, 10 * PAGE, 1 << 30])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_is_read(limit: int, seed: int) -> None:
    chance = random.Random(seed)
    pool = pool_of(limit)
    buffers = [pool.buffer(PART) for _ in range(3)]
    written = [bytearray() for _ in buffers]
    for _ in range(200):
        which = chance.randrange(3)
        data = chance.randbytes(chance.choice([0, 1, 100, 5_000, PAGE, PAGE + 1, 2 * PART + 7]))
        written[which] += data
        buffers[which].write(memoryview(bytearray(data)))
    assert [contents(buffer) for buffer in buffers] == written
    assert all(part.size == PART for part in buffers[0].parts[:-1])
    pool.close()


def test_a_writer_may_change_its_bytes_afterwards() -> None:
    buffer = pool_of(1 << 20).buffer(PART)
    for size in (10, 10_000):
        data = bytearray(b"a" * size)
        buffer.write(data)
        data[:] = b"b" * size
    assert contents(buffer) == b"a" * 10_010


def test_the_budget_is_kept_by_the_largest_going_to_disk() -> None:
    pool = pool_of(8 * PAGE)
    large, small = pool.buffer(1 << 30), pool.buffer(1 << 30)
    small.write(b"s" * PAGE)
    for _ in range(100):
        large.write(b"l" * (PAGE // 2))
        assert pool.used <= 8 * PAGE
    assert small.in_memory == PAGE
    assert pool.spilled > 0
    assert contents(large) == b"l" * (50 * PAGE)


def test_pages_are_used_again() -> None:
    spill = SpillFile()
    pool = BufferPool(PAGE, spill)
    for _ in range(5):
        buffer = pool.buffer(1 << 30)
        buffer.write(b"x" * (10 * PAGE))
        buffer.clear()
    assert spill.pages == 0
    assert pool.used == 0
    assert os.fstat(spill._descriptor).st_size <= 11 * PAGE
    pool.close()
    pool.close()


def test_a_part_being_sent_stays_where_it_is() -> None:
    pool = pool_of(2 * PAGE)
    buffer = pool.buffer(2 * PAGE)
    buffer.write(b"x" * 2 * PAGE)
    buffer.parts[0].pinned = True
    buffer.write(b"y" * PAGE)
    assert buffer.parts[0].in_memory == 2 * PAGE
    buffer.drop(buffer.parts[0])
    assert contents(buffer) == b"y" * PAGE


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    spill = SpillFile(str(tmp_path))
    spill.write(b"x")
    spill._closing()
    spill._descriptor = os.open("/dev/full", os.O_RDWR)
    buffer = BufferPool(1, spill).buffer(1 << 30)
    with pytest.raises(ConnectException) as caught:
        buffer.write(b"x" * 2 * PAGE)
    assert str(caught.value) == (
        f"Could not move a buffer of unfinished objects to disk, in {tmp_path}: No space left on device. Make room there, name "
        "another directory with TMPDIR, or raise 's3.buffer.memory.bytes'"
    )


def test_lost_bytes_are_told() -> None:
    spill = SpillFile()
    page = spill.write(b"x" * 100)
    os.ftruncate(spill._descriptor, 10)
    with pytest.raises(ConnectException, match="The spill file of unfinished objects lost bytes: page 0 has 10 of 100"):
        page.read()


class TestStreams:
    body = Body([InMemory(b"ab"), InMemory(b""), InMemory(b"cdefg"), InMemory(b"h")])

    def test_reads_as_a_file(self) -> None:
        stream = io.BufferedReader(self.body.stream())
        assert stream.read() == b"abcdefgh"
        stream.seek(3)
        assert stream.read(3) == b"def"
        assert stream.tell() == 6
        stream.seek(-2, io.SEEK_END)
        assert stream.read() == b"gh"
        assert stream.read() == b""

    def test_has_its_size(self) -> None:
        assert (self.body.size, len(self.body.stream())) == (8, 8)
        assert self.body.stream().readable()
        assert self.body.stream().seekable()
