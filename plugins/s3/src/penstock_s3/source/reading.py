"""One file as batches of records: values, keys and headers side by side."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, TypeAlias, cast

from penstock.api import DataException, Headers, Schema, SourceBatch
from penstock_s3.config.choices import FormatKind
from penstock_s3.formats.base import Batch, Format
from penstock_s3.formats.factory import make_format
from penstock_s3.formats.side import HeadersFormat, KeysFormat
from penstock_s3.source.listing import FoundFile
from penstock_s3.source.settings import SourceSettings
from penstock_s3.storage.store import ObjectInfo, ObjectStore

Columns: TypeAlias = tuple[Mapping[str, Sequence[object]], Mapping[str, Schema | None]]
"""Values, keys and headers of some records, and their schemas."""

_IN_MEMORY = 8 * 1024 * 1024


class Pieces:
    """A stream of batches, taken in pieces of any size."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self.schema: Schema | None = None
        self._values: Sequence[object] = ()
        self._next = 0

    def available(self) -> int:
        """How many values of one schema can be taken; 0 at the end."""
        while self._next == len(self._values):
            batch = next(self._batches, None)
            if batch is None:
                return 0
            self.schema, self._values = batch
            self._next = 0
        return len(self._values) - self._next

    def take(self, count: int) -> Sequence[object]:
        """The next values."""
        start, self._next = self._next, self._next + count
        return self._values[start : self._next]


class FileReader:
    """Reads files of a bucket. On the task's thread."""

    def __init__(self, store: ObjectStore, settings: SourceSettings) -> None:
        self._store = store
        self._settings = settings
        self._formats: dict[FormatKind, Format] = {}

    def batches(self, file: FoundFile, done: int) -> Iterator[SourceBatch]:
        """The records behind the first ``done`` ones. Raises DataException for an object that is damaged, or does not
        belong to the others; what the store raises."""
        columns = {
            side: Pieces(self._read(each, side))
            for side, each in (("values", file.values), ("keys", file.keys), ("headers", file.headers))
            if each is not None
        }
        place = 0
        count = _count(columns, file)
        while count:
            count = min(count, self._settings.batch_size if place >= done else done - place)
            taken = {side: pieces.take(count) for side, pieces in columns.items()}
            schemas = {side: pieces.schema for side, pieces in columns.items()}
            place += count
            damage = None
            try:
                count = _count(columns, file)
            except DataException as error:
                damage = error  # what stands before it is whole
            if place > done:
                yield self._batch(file, (taken, schemas), place, at_end=damage is None and not count)
            if damage is not None:
                raise damage

    def _read(self, each: ObjectInfo, side: str) -> Iterator[Batch]:
        kind = self._kind(each.key)
        plain = self._format(kind)
        match side:
            case "keys":
                reader: Format = KeysFormat(kind, plain)
            case "headers":
                reader = HeadersFormat(kind, plain)
            case _:
                reader = plain
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, "r+b") as spooled:
            with self._store.open(each.key) as stream:
                shutil.copyfileobj(stream, spooled, 1 << 20)
            spooled.seek(0)
            try:
                yield from reader.read(cast("BinaryIO", spooled))
            except DataException as error:
                raise DataException(f"Object {each.key} cannot be read: {error}") from error

    def _batch(self, file: FoundFile, columns: Columns, place: int, *, at_end: bool) -> SourceBatch:
        taken, schemas = columns
        count = len(next(iter(taken.values())))
        settings = self._settings
        return SourceBatch(
            topic=settings.topic or file.named.topic,
            values=taken.get("values", [None] * count),
            value_schema=schemas.get("values"),
            keys=taken.get("keys"),
            key_schema=schemas.get("keys"),
            headers=cast("Sequence[Headers | None] | None", taken.get("headers")),
            kafka_partitions=[file.named.partition] * count if settings.restore_partitions else None,
            source_partition=partition_of(settings.store.bucket, file.name),
            source_offset={RECORD: place, ETAG: file.etag, END: at_end},
        )

    def _kind(self, key: str) -> FormatKind:
        if self._settings.kind is not None:
            return self._settings.kind
        name = key.rpartition(self._settings.formats.bytes_extension or "\0")
        plain = key.removesuffix(".gz")
        if plain.endswith(".avro"):
            return FormatKind.AVRO
        if plain.endswith(".parquet"):
            return FormatKind.PARQUET
        if plain.endswith(".json"):
            return FormatKind.JSON
        if name[1] and name[2] in ("", ".gz"):
            return FormatKind.BYTES
        raise DataException(
            f"The format of object {key} is not known by its extension; set format.bytearray.extension if it holds bytes"
        )

    def _format(self, kind: FormatKind) -> Format:
        found = self._formats.get(kind)
        if found is None:
            found = self._formats[kind] = make_format(kind, replace(self._settings.formats, kind=kind))
        return found


RECORD = "record"
ETAG = "etag"
END = "end"
BUCKET = "bucket"
KEY = "key"


def partition_of(bucket: str, key: str) -> dict[str, object]:
    """The source partition of an object."""
    return {BUCKET: bucket, KEY: key}


def _count(columns: Mapping[str, Pieces], file: FoundFile) -> int:
    """How many records can be taken together, 0 at the end of all."""
    available = {side: pieces.available() for side, pieces in columns.items()}
    if any(available.values()) and not all(available.values()):
        short = next(side for side, count in available.items() if not count)
        raise DataException(f"There are fewer {short} than other parts of the records of {file.name}")
    return min(available.values())
