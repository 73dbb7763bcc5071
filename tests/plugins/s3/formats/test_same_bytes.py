"""A file's bytes depend on its records alone, not on the batches in which they came: whoever writes them again writes the same
object (spec 6)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from penstock_s3.config.choices import Compression
from penstock_s3.formats.compression import compressor

LINES = [b'{"id":%d,"name":"n%d","x":%d}\n' % (n, n * 7 % 1000, n * n * 7919 % 1_000_003) for n in range(40_000)]


class Sink:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        self.data += data


def packed(kind: Compression, level: int, most: int) -> bytes:
    """All lines, at most ``most`` a write."""
    chance, cuts = random.Random(most), [0]
    while cuts[-1] < len(LINES):
        cuts.append(min(len(LINES), cuts[-1] + chance.randrange(1, most + 1)))
    sink = Sink()
    out = compressor(kind, level)(sink)
    for start, end in pairwise(cuts):
        out.write(b"".join(LINES[start:end]))
    out.close()
    return bytes(sink.data)


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        *((Compression.GZIP, level) for level in (-1, 0, 1, 6, 9)),
        (Compression.SNAPPY, -1),
        (Compression.ZSTD, -1),
        (Compression.ZSTD, 9),
        (Compression.NONE, -1),
    ],
)
def test_batches_leave_no_trace(kind: Compression, level: int) -> None:
    assert len({packed(kind, level, most) for most in (1, 50, 3000, 40_000)}) == 1
