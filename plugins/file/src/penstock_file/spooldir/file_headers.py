"""Headers that tell which file a record comes from. Only ``file.offset`` differs from record to record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from penstock.api import Header, Headers, Schema, Timestamp
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

    def of(self, number: int) -> Headers:
        """Of the record with this number."""
        return Headers((*self._before, Header("file.offset", Schema.INT64, number), *self._behind))

    def column(self, numbers: Sequence[int]) -> Sequence[Headers]:
        """Of these records, made when somebody looks at them."""
        return HeaderColumn(self, numbers)


class HeaderColumn(Sequence[Headers]):
    """Headers of records, made one at a time."""

    def __init__(self, headers: FileHeaders, numbers: Sequence[int]) -> None:
        self._headers = headers
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Headers: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Headers]: ...
    def __getitem__(self, index: int | slice) -> Headers | Sequence[Headers]:
        if isinstance(index, slice):
            return HeaderColumn(self._headers, self._numbers[index])
        return self._headers.of(self._numbers[index])
