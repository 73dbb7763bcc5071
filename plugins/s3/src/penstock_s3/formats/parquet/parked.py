"""Rows that wait for their row group on disk, so that many open files need little memory (spec 11)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from penstock_s3.storage.spill import PAGE, SpilledPage, SpillFile


class Parked:
    """A table on disk, to be read back once."""

    def __init__(self, scratch: SpillFile, table: Any) -> None:
        """Raises ConnectException when the disk is full."""
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        data = memoryview(stream.getvalue())
        self._scratch = scratch
        self._pages: list[SpilledPage] = []
        try:
            for start in range(0, len(data), PAGE):
                self._pages.append(scratch.write(data[start : start + PAGE]))
        except BaseException:
            self.drop()
            raise

    def taken(self) -> Any:
        """The table; its place on disk is free again."""
        table = pa.ipc.open_stream(pa.py_buffer(b"".join(page.read() for page in self._pages))).read_all()
        self.drop()
        return table

    def drop(self) -> None:
        """Free its place. Idempotent."""
        for page in self._pages:
            self._scratch.release(page)
        self._pages = []

    def __del__(self) -> None:
        """A file that is given up is just forgotten."""
        self.drop()
