"""Headers that tell which file a record comes from. Only ``file.offset`` differs from record to record."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import Header, HeaderColumn, HeaderColumns, Schema, Timestamp
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.timestamps import moment_of


class FileHeaders:
    """The headers of one file's records."""

    def __init__(self, file: FoundFile) -> None:
        stem = file.name.rpartition(".")[0] if "." in file.name else file.name
        self._before = (
            Header("file.name", Schema.STRING, file.name),
            Header("file.name.without.extension", Schema.STRING, stem),
            Header("file.path", Schema.STRING, str(file.path)),
            Header("file.parent.dir.name", Schema.STRING, file.path.parent.name),
            Header("file.length", Schema.INT64, file.size),
        )
        folder = (Header("file.relative.path", Schema.STRING, file.folder),) if file.folder else ()
        self._behind = (Header("file.last.modified", Timestamp.SCHEMA, moment_of(file.modified_ms)), *folder)

    def column(self, numbers: Sequence[int]) -> HeaderColumns:
        """Of the records with these numbers."""
        offsets = HeaderColumn("file.offset", Schema.INT64, numbers)
        return HeaderColumns((*self._before, offsets, *self._behind), len(numbers))
