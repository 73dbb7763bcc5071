"""Writing files whose records are just bytes, one behind the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock_s3.formats.base import RecordWriter
from penstock_s3.formats.compression import Output


class TextWriter(RecordWriter[bytes]):
    """Writes what a function makes of values. ``encode`` raises PartialBatch."""

    def __init__(self, out: Output, encode: Callable[[Sequence[object]], bytes]) -> None:
        self._out = out
        self._encode = encode

    def prepare(self, values: Sequence[object]) -> bytes:
        """The bytes of the values."""
        return self._encode(values)

    def add(self, prepared: bytes) -> None:
        """Write them."""
        if prepared:
            self._out.write(prepared)

    def finish(self) -> None:
        """End the compressed stream."""
        self._out.close()
