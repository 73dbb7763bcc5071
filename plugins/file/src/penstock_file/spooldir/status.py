"""What became of every file, as log lines and, if wanted, as records of a topic."""

from __future__ import annotations

import enum
import logging
import time

from penstock.api import Schema, SchemaBuilder, SourceBatch, Struct, Timestamp
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.timestamps import moment_of

logger = logging.getLogger(__name__)

STATUS_SCHEMA = (
    SchemaBuilder.struct()
    .name("penstock.file.FileStatus")
    .field("file", Schema.STRING)
    .field("state", Schema.STRING)
    .field("records", Schema.INT64)
    .field("error", Schema.OPTIONAL_STRING)
    .field("time", Timestamp.SCHEMA)
    .build()
)


class FileState(enum.Enum):
    """What may be told of a file."""

    STARTED = "STARTED"
    """It was opened; again after a restart."""
    COMPLETED = "COMPLETED"
    """All of its records were handed out."""
    FAILED = "FAILED"
    """There is something in it that cannot be read; the records before it were handed out."""
    CLEANED = "CLEANED"
    """All offsets are stored and the file was moved, deleted or left, as it should be."""


class StatusLog:
    """Tells states. With a topic, ``take`` gives them as records: best effort, they have no offsets."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._entries: list[tuple[str, Struct]] = []

    def tell(self, file: FoundFile, state: FileState, records: int, error: str | None = None) -> None:
        """``records`` counts those of this task's life."""
        if error is None:
            logger.info("File %s: %s, %d records", file.path, state.value, records)
        else:
            logger.error("File %s: %s behind %d records: %s", file.path, state.value, records, error)
        if self._topic:
            now = moment_of(time.time_ns() // 1_000_000)
            values: list[object] = [file.relative, state.value, records, error, now]
            self._entries.append((file.relative, Struct.of(STATUS_SCHEMA, values)))

    def take(self) -> SourceBatch | None:
        """What was told since the last call."""
        if not self._entries:
            return None
        entries, self._entries = self._entries, []
        return SourceBatch(
            topic=self._topic,
            keys=[key for key, _ in entries],
            key_schema=Schema.STRING,
            values=[value for _, value in entries],
            value_schema=STATUS_SCHEMA,
        )
