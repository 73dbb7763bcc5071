"""The task of the companion source."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from penstock.api import ConfigDef, ConnectException, SourceBatch, SourceTask
from penstock_s3.source.config import (
    AIVEN_SOURCE_CONFIG,
    SOURCE_CONFIG,
    aiven_source_settings,
    source_settings,
)
from penstock_s3.source.listing import FoundFile, Share, files_of
from penstock_s3.source.reading import END, ETAG, RECORD, FileReader, partition_of
from penstock_s3.source.settings import SourceSettings
from penstock_s3.storage.opening import open_store
from penstock_s3.storage.store import ObjectStore

TASK_INDEX = "task.index"
TASK_COUNT = "task.count"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many records of a file were handed out, of which version of it, and whether these were all."""

    records: int
    etag: str
    at_end: bool


class S3SourceTask(SourceTask):
    """Reads files one after the other, by topic, partition and first offset; then looks for new ones."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_CONFIG
    connect_name = "penstock_s3.source.task.S3SourceTask"

    _store: ObjectStore | None = None

    def settings(self) -> SourceSettings:
        """What the configuration asks for; a dialect's own. Raises ConfigException."""
        return source_settings(self.props)

    def start(self, props: Mapping[str, str]) -> None:
        """Find the bucket. Raises ConnectException when it is not there."""
        self._settings = self.settings()
        self._share = Share(int(props.get(TASK_INDEX, "0")), int(props.get(TASK_COUNT, "1")))
        self._store = open_store(self._settings.store, self.context.wait)
        self._store.check()
        self._reader = FileReader(self._store, self._settings)
        self._progress: dict[str, Progress | None] = {}
        self._batches: Iterator[SourceBatch] | None = None
        self._next_look = 0.0

    def poll(self) -> SourceBatch | None:
        """The next records of a file. Waits when all files were read, until it is time to look for others."""
        if self._batches is None:
            pause = self._next_look - time.monotonic()
            if pause > 0 and self.context.wait(pause):
                return None
            self._batches = self._all_new()
        batch = None
        try:
            batch = next(self._batches, None)
        except BaseException:
            self._batches = None  # a second try begins where the last batch ended
            raise
        if batch is None:
            self._batches = None
            self._next_look = time.monotonic() + self._settings.poll_ms / 1000
        return batch

    def stop(self) -> None:
        """Close connections."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _all_new(self) -> Iterator[SourceBatch]:
        assert self._store is not None
        listed = self._store.list(self._settings.prefix)
        files = files_of(listed, self._settings, self._share, time.time_ns() // 1_000_000)
        self._learn(files)
        for file in files:
            before = self._progress[file.name]
            if before is None or not before.at_end or before.etag != file.etag:
                yield from self._of_file(file, 0 if before is None else before.records)

    def _of_file(self, file: FoundFile, done: int) -> Iterator[SourceBatch]:
        """A file that was written over begins with the same records (spec 6): only those behind are new."""
        for batch in self._reader.batches(file, done):
            progress = _progress_of(batch.source_offset, file.name)
            assert progress is not None
            done, self._progress[file.name] = progress.records, progress
            yield batch
        self._progress[file.name] = Progress(done, file.etag, at_end=True)

    def _learn(self, files: list[FoundFile]) -> None:
        """What the last tasks have handed out of files that were not met before."""
        unknown = [file for file in files if file.name not in self._progress]
        partitions = [partition_of(self._settings.store.bucket, file.name) for file in unknown]
        stored = self.context.offset_storage_reader.offsets(partitions) if partitions else []
        by_key = {str(partition["key"]): offset for partition, offset in stored}
        for file in unknown:
            self._progress[file.name] = _progress_of(by_key.get(file.name), file.name)


class AivenS3SourceTask(S3SourceTask):
    """The same with Aiven's keys."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SOURCE_CONFIG
    connect_name = "io.aiven.kafka.connect.s3.source.S3SourceTask"

    def settings(self) -> SourceSettings:
        """Aiven's keys."""
        return aiven_source_settings(self.props)


def _progress_of(stored: Mapping[str, object] | None, key: str) -> Progress | None:
    if stored is None:
        return None
    records, etag = stored.get(RECORD), stored.get(ETAG)
    if not isinstance(records, int) or isinstance(records, bool) or records < 0:
        raise ConnectException(f"The stored offset {dict(stored)} of object {key} has no number of records; reset it")
    return Progress(records, str(etag), stored.get(END) is True)
