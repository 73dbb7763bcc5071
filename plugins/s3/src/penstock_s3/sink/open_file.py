"""One file of a topic partition that is being written: its values, and beside them keys and headers (spec 4, 7)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock.api import ConnectException, DataException, PartialBatch, Schema
from penstock_s3.formats.base import Format, RecordWriter
from penstock_s3.formats.factory import Formats
from penstock_s3.partition.naming import FileKeys
from penstock_s3.sink.rows import Rows
from penstock_s3.storage.buffers import BufferPool
from penstock_s3.storage.store import ObjectStore
from penstock_s3.storage.uploading import ObjectFile, PartThreads

logger = logging.getLogger(__name__)

Converted = Callable[[Sequence[object]], Sequence[object]]
"""Brings values to the schema of the file."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a task's files go."""

    store: ObjectStore
    pool: BufferPool
    threads: PartThreads
    part_size: int

    def object(self, key: str) -> ObjectFile:
        """A new object."""
        return ObjectFile(self.store, self.pool, self.threads, key, self.part_size)


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be written: the first ``written`` were, the next one has failed with ``error``."""

    written: int
    error: Exception


@dataclass(slots=True)
class _Column:
    """One object of the file."""

    writer: RecordWriter[object]
    out: ObjectFile
    pick: Callable[[Rows], Sequence[object]]


class OpenFile:
    """A file from its first record to the end of its objects. On the task's thread."""

    def __init__(self, columns: Sequence[_Column], schema: Schema | None, key_schema: Schema | None) -> None:
        self._columns = columns
        self.schema = schema
        """Of values, as in the file."""
        self.key_schema = key_schema
        self.count = 0
        self.first_offset = -1
        self.last_offset = -1
        self._ended = False
        self._whole = True
        """Whether all objects hold the same records; not so when an output failed between two of them."""

    @property
    def objects(self) -> list[ObjectFile]:
        """In the order in which they are to appear: who sees values finds their keys and headers."""
        return [column.out for column in reversed(self._columns)]

    @property
    def value_key(self) -> str | None:
        """The key of the object of values; None for a file of tombstones."""
        return self._columns[0].out.key if self._columns[0].pick is _values else None

    @property
    def key(self) -> str:
        """The key of its first object, for messages."""
        return self._columns[0].out.key

    def write(self, rows: Rows, converted: Converted | None = None) -> Refused | None:
        """Write records, each to all objects or to none. Stops at the first that cannot be written."""
        try:
            prepared = [column.writer.prepare(self._picked(column, rows, converted)) for column in self._columns]
        except PartialBatch as partial:
            refused = self.write(rows.before(partial.index), converted) if partial.index else None
            return refused or Refused(partial.index, partial.error)
        self._whole = False
        for column, encoded in zip(self._columns, prepared, strict=True):
            column.writer.add(encoded)
        self._whole = True
        if not self.count:
            self.first_offset = rows.offset(0)
        self.count += len(rows)
        self.last_offset = rows.offset(-1)
        return None

    def send_full_parts(self) -> None:
        """Let the store have what fills parts. Raises what the store raises; nothing is lost then."""
        for column in self._columns:
            column.out.send_full_parts()

    @property
    def size(self) -> int:
        """Encoded bytes of the values so far, as far as the format gave them out."""
        return self._columns[0].out.size + self._columns[0].writer.pending

    @property
    def pending(self) -> int:
        """Bytes that formats hold beside the buffers."""
        return sum(column.writer.pending for column in self._columns)

    def relieve(self) -> None:
        """Have formats give out what they hold."""
        for column in self._columns:
            column.writer.relieve()

    def end(self) -> None:
        """No more records come: write the ends of the objects. Idempotent. Raises ConnectException for a broken file."""
        if not self._whole:
            raise ConnectException(
                f"{self.key} was left in the middle of a record by an earlier failure; it is not finished"
            )
        if not self._ended:
            self._ended = True
            for column in self._columns:
                column.writer.finish()

    def release(self) -> None:
        """Free the memory of objects that are visible, or will be made so by somebody else."""
        for column in self._columns:
            column.out.release()

    def drop(self, *, abort: bool = True) -> None:
        """Give the file up; without ``abort`` its uploads stay for somebody else to complete. What the store says to it is
        logged: lifecycle rules remove what stays behind."""
        for column in self._columns:
            try:
                column.out.drop(abort=abort)
            except Exception:  # the file is given up, whatever the store says
                logger.warning("The upload of %s could not be aborted", column.out.key, exc_info=True)

    def _picked(self, column: _Column, rows: Rows, converted: Converted | None) -> Sequence[object]:
        picked = column.pick(rows)
        return converted(picked) if converted is not None and column.pick is _values else picked


def open_file(
    formats: Formats, outputs: Outputs, keys: FileKeys, schemas: tuple[Schema | None, Schema | None]
) -> OpenFile:
    """Begin a file for values and keys of these ``schemas``. Raises DataException when they cannot be written."""
    wanted: list[tuple[str | None, Format | None, Schema | None, Callable[[Rows], Sequence[object]]]] = [
        (keys.values, formats.values, schemas[0], _values),
        (keys.keys, formats.keys, schemas[1], _keys if keys.values is not None else _keys_of_tombstones),
        (keys.headers, formats.headers, None, _headers),
    ]
    columns: list[_Column] = []
    try:
        for key, of, schema, pick in wanted:
            if key is not None and of is not None:
                out = outputs.object(key)
                try:
                    columns.append(_Column(of.open(out, schema), out, pick))
                except BaseException:
                    out.drop()
                    raise
    except BaseException:
        for column in columns:
            column.out.drop()
        raise
    if not columns:
        raise DataException("Null values leave nothing to write unless keys are stored: set 'store.kafka.keys' to true")
    return OpenFile(columns, *schemas)


def _values(rows: Rows) -> Sequence[object]:
    return rows.values


def _keys(rows: Rows) -> Sequence[object]:
    keys = rows.keys
    if None in keys:
        _refuse(rows, [key is None for key in keys].index(True), "Key")
    return keys


def _keys_of_tombstones(rows: Rows) -> Sequence[object]:
    valued = [value is not None for value in rows.values]
    if True in valued:
        index, part = valued.index(True), rows.part
        told = (
            f"The record of {part.topic}, partition {part.kafka_partition}, offset {rows.offset(index)} has a value, and belongs "
            "into the directory of records without one. Set 'tombstone.encoded.partition' to a name that no other record's "
            "directory has"
        )
        raise PartialBatch(index, (), DataException(told))
    return _keys(rows)


def _headers(rows: Rows) -> Sequence[object]:
    headers = rows.headers
    missing = [not each for each in headers]  # none, or empty
    if True in missing:
        _refuse(rows, missing.index(True), "Headers")
    return headers


def _refuse(rows: Rows, index: int, what: str) -> None:
    part = rows.part
    place = f"kafkaOffset={rows.offset(index)}, topic='{part.topic}', kafkaPartition={part.kafka_partition}"
    told = f"{what} cannot be null for SinkRecord: SinkRecord{{{place}}} "
    raise PartialBatch(index, (), DataException(told))
