"""Writing one Parquet file: columns are gathered as Arrow arrays and written a row group at a time.

The same records give the same bytes however they were delivered: a row group ends at a multiple of ``_QUANTUM`` rows, as soon as
the sizes of its values reach the limit. When memory is short, rows wait for their row group on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from penstock_s3.formats.base import BinaryWriter
from penstock_s3.formats.parquet.footer import MAGIC, footer
from penstock_s3.formats.parquet.hadoop_lz4 import HadoopLz4
from penstock_s3.formats.parquet.parked import Parked
from penstock_s3.formats.parquet.schema import Meaning, ParquetNode
from penstock_s3.formats.parquet.sizes import data_bytes
from penstock_s3.storage.spill import SpillFile

_QUANTUM: Final = 4096
_PAGE_BYTES: Final = 64 << 10
HADOOP_LZ4: Final = "lz4"
_CODECS = {
    "none": "NONE",
    "snappy": "SNAPPY",
    "gzip": "GZIP",
    "brotli": "BROTLI",
    "zstd": "ZSTD",
    "lz4_raw": "LZ4",
    HADOOP_LZ4: "NONE",  # compressed afterwards, see hadoop_lz4.py
}


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """What all files of a schema share. ``row_group_bytes``: data after which a row group ends, as :mod:`sizes` counts it."""

    arrow: Any
    schema: ParquetNode
    metadata: Mapping[str, str]
    codec: str
    row_group_bytes: int


class ParquetFile:
    """One file. Raises what the output raises."""

    def __init__(self, out: BinaryWriter, layout: ParquetLayout, scratch: SpillFile) -> None:
        """``scratch`` is where rows wait when memory is short."""
        self._layout = layout
        self._scratch = scratch
        self._out = _Tail(out, HadoopLz4() if layout.codec == HADOOP_LZ4 else None)
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._waiting_parked: list[Parked] = []
        self._waiting_rows = 0
        self._measured: list[Any] = []
        self._measured_parked: list[Parked] = []
        self._measured_bytes = 0
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of memory of the rows that are in no written row group yet."""
        return self._held

    def add(self, batch: Any) -> None:
        """Add the rows of a record batch."""
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._held += batch.nbytes
        if self._waiting_rows >= _QUANTUM:
            self._measure()

    def relieve(self) -> None:
        """Let the rows that are held wait on disk. Raises ConnectException when that is full."""
        if self._measured:
            self._measured_parked.append(Parked(self._scratch, pa.concat_tables(self._measured)))
            self._measured = []
        if self._waiting:
            table = pa.Table.from_batches(self._waiting, self._layout.arrow)
            self._waiting_parked.append(Parked(self._scratch, table))
            self._waiting = []
        self._held = 0

    def _measure(self) -> None:
        """Move whole quanta of rows to those that are measured, writing the row groups that are full."""
        table = self._taken_waiting()
        whole = table.num_rows - table.num_rows % _QUANTUM
        for start in range(0, whole, _QUANTUM):
            quantum = table.slice(start, _QUANTUM).combine_chunks()
            self._measured.append(quantum)
            self._measured_bytes += sum(data_bytes(chunk) for column in quantum.columns for chunk in column.chunks)
            if self._measured_bytes >= self._layout.row_group_bytes:
                self._write([])
        rest = table.slice(whole)
        self._waiting = rest.combine_chunks().to_batches()  # not a view, which would keep all of it
        self._waiting_rows = rest.num_rows
        self._held = sum(each.nbytes for each in (*self._waiting, *self._measured))

    def _taken_waiting(self) -> Any:
        """The rows that were not measured yet, which then are not kept here any more."""
        parked = [each.taken() for each in self._waiting_parked]
        table = pa.concat_tables([*parked, pa.Table.from_batches(self._waiting, self._layout.arrow)])
        self._waiting, self._waiting_parked, self._waiting_rows = [], [], 0
        return table

    def _write(self, more: list[Any]) -> None:
        """A row group of what was measured, and ``more``."""
        parked = [each.taken() for each in self._measured_parked]
        table = pa.concat_tables([*parked, *self._measured, *more]).combine_chunks()
        self._measured, self._measured_parked, self._measured_bytes = [], [], 0
        self._open().write_table(table, row_group_size=max(table.num_rows, 1))
        self._out.pass_on()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        rest = self._taken_waiting()
        if rest.num_rows or self._measured or self._measured_parked or self._writer is None:
            self._write([rest])
        self._held = 0
        self._open().close()
        self._out.finish(self._layout)

    def _open(self) -> Any:
        if self._writer is None:
            layout = self._layout
            self._writer = pq.ParquetWriter(
                self._out,
                layout.arrow,
                compression=_CODECS[layout.codec],
                version="1.0",
                data_page_size=_PAGE_BYTES,
                store_schema=False,
                write_statistics=_with_statistics(layout),
            )
        return self._writer


def _with_statistics(layout: ParquetLayout) -> list[str] | bool:
    """Arrow orders bytes without sign; of decimals it would tell a wrong least and greatest."""
    arrow_paths = list(_arrow_leaves(layout.arrow, ""))
    leaves = [leaf for _, leaf in layout.schema.leaves()]
    known = [path for path, leaf in zip(arrow_paths, leaves, strict=True) if leaf.meaning is not Meaning.DECIMAL]
    return True if len(known) == len(leaves) else known or False


def _arrow_leaves(fields: Any, before: str) -> Any:
    for field in fields:
        path = before + field.name
        kind = field.type
        if pa.types.is_struct(kind):
            yield from _arrow_leaves(kind, f"{path}.")
        elif pa.types.is_list(kind):
            yield from _arrow_leaves([kind.value_field], f"{path}.list.")
        else:
            yield path


class _Tail:
    """Arrow's output: passes the row groups on, and holds the footer back, to be written anew."""

    closed = False

    def __init__(self, out: BinaryWriter, lz4: HadoopLz4 | None) -> None:
        self._out = out
        self._lz4 = lz4
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, data: Any) -> int:
        """Called by Arrow."""
        self._parts.append(bytes(data))
        self._position += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """Called by Arrow."""
        return self._position

    def flush(self) -> None:
        """Called by Arrow."""

    def writable(self) -> bool:
        """Called by Arrow."""
        return True

    def readable(self) -> bool:
        """Called by Arrow."""
        return False

    def seekable(self) -> bool:
        """Called by Arrow."""
        return False

    def close(self) -> None:
        """Called by Arrow."""

    def pass_on(self) -> None:
        """Give the output what was written: whole row groups."""
        for part in self._parts:
            if part:
                self._out.write(part if self._lz4 is None else self._lz4.packed(part))
        self._parts = []

    def finish(self, layout: ParquetLayout) -> None:
        """Write the footer, with our schema in place of Arrow's."""
        end = b"".join(self._parts)
        size = struct.unpack("<I", end[-8:-4])[0]
        assert end.endswith(MAGIC)
        data, arrow = end[: -8 - size], end[-8 - size : -8]
        if data:
            self._out.write(data if self._lz4 is None else self._lz4.packed(data))
        change = None if self._lz4 is None else self._lz4.change
        self._out.write(footer(arrow, layout.schema, layout.metadata, change))
