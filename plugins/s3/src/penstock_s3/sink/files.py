"""The open files of a topic partition, by topic and encoded partition."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from penstock.api import DataException, SinkSlice, TopicPartition
from penstock_s3.formats.schema_change import Change
from penstock_s3.sink.open_file import OpenFile, Refused, open_file
from penstock_s3.sink.rotation import Reason
from penstock_s3.sink.rows import Rows
from penstock_s3.sink.tools import Tools

FileId = tuple[str, str]
"""Topic after transformations, and encoded partition."""


class Files:
    """Opens files at their first record, and knows which records may go into them."""

    def __init__(self, tools: Tools, where: TopicPartition) -> None:
        self._tools = tools
        self._where = where
        self._open: dict[FileId, OpenFile] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def open(self) -> Mapping[FileId, OpenFile]:
        """By id, in the order of their first records."""
        return self._open

    def null_schema_flips(self, file: FileId, part: SinkSlice) -> bool:
        """Rule 1: one of the schemas of file and record is null, the other is not."""
        found = self._open.get(file)
        return found is not None and (found.schema is None) != (part.value_schema is None)

    def reason_before(self, file: FileId, part: SinkSlice, more: Collection[str] = ()) -> Reason | None:
        """Rules 3 and 4 for records of ``part`` that go to ``file``; ``more`` are paths of files about to be opened."""
        found = self._open.get(file)
        if found is None:
            limit = self._tools.settings.rotation.max_open_files
            if limit is None:
                return None
            new = sum((file[0], path) not in self._open for path in more)
            return Reason.OPEN_FILES if len(self._open) + new >= limit else None
        if self._tools.formats.keys is not None and not _same(found.key_schema, part.key_schema) and _has_keys(part):
            return Reason.KEY_SCHEMA
        try:
            change = self._tools.schemas.change(found.schema, part.value_schema)
        except DataException:
            return None  # each record fails for itself
        return Reason.SCHEMA if change is Change.ROTATE else None

    def blocks(self, file: FileId, part: SinkSlice, more: Mapping[str, object]) -> bool:
        """Whether a rotation must come before records of ``part`` go to ``file``, by rules 1, 3 or 4."""
        return self.null_schema_flips(file, part) or self.reason_before(file, part, more) is not None

    def write(self, file: FileId, rows: Rows) -> Refused | None:
        """Write records, opening the file for the first of them that can be written. Stops at one that cannot."""
        found = self._open.get(file)
        if found is not None:
            return self._write(found, rows)
        topic, path = file
        tombstones = path == self._tools.settings.partition.tombstone
        keys = self._tools.naming.file(topic, path, self._where.partition, rows.offset(0), tombstones=tombstones)
        schemas = (rows.part.value_schema, rows.part.key_schema)
        try:
            opened = open_file(self._tools.formats, self._tools.outputs, keys, schemas)
        except DataException as error:
            return Refused(0, error)
        try:
            refused = self._write(opened, rows)
        except BaseException:
            opened.drop()
            raise
        if opened.count:
            self._open[file] = opened
        else:
            opened.drop()  # the first record that can be written gives the file its name
        return refused

    def send_full_parts(self) -> None:
        """Let the store have what fills parts. Raises what the store raises."""
        for file in self._open.values():
            file.send_full_parts()

    @property
    def too_large(self) -> bool:
        """Whether a file has reached ``flush.bytes``."""
        limit = self._tools.settings.rotation.flush_bytes
        return limit is not None and any(file.size >= limit for file in self._open.values())

    def release(self) -> None:
        """All are visible: free their memory, and begin anew."""
        for file in self._open.values():
            file.release()
        self._open.clear()

    def drop(self, *, abort: bool) -> None:
        """Give up what is not visible; without ``abort`` uploads stay for somebody else to complete."""
        for file in self._open.values():
            file.drop(abort=abort)
            file.release()
        self._open.clear()

    def _write(self, file: OpenFile, rows: Rows) -> Refused | None:
        schema = rows.part.value_schema
        if schema is file.schema:
            return file.write(rows)
        try:
            change = self._tools.schemas.change(file.schema, schema)
        except DataException as error:
            return Refused(0, error)
        if change is Change.NONE:
            return file.write(rows)
        return file.write(rows, lambda values: self._tools.schemas.projected(file.schema, schema, values))


def _same(one: object, other: object) -> bool:
    return one is other or one == other


def _has_keys(part: SinkSlice) -> bool:
    """Converters give no schema to a key that is missing; its record is refused, and the file goes on."""
    return part.key_schema is not None or (part.keys is not None and any(key is not None for key in part.keys))
