"""The task of FileStreamSink."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import ClassVar, cast

from penstock.api import (
    ConfigDef,
    ConnectException,
    RetriableException,
    SinkBatch,
    SinkSlice,
    SinkTask,
    TopicPartition,
    java_str,
)
from penstock_file.append import AppendedFile
from penstock_file.output import Output, StandardOutput
from penstock_file.settings import FILE_CONFIG, FSYNC_CONFIG, SINK_CONFIG, SINK_OPTIONS

RETRY_MS = 1000
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class FileStreamSinkTask(SinkTask):
    """Writes a batch with one call, and makes it durable before offsets are committed."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "org.apache.kafka.connect.file.FileStreamSinkTask"

    _output: Output | None = None

    def start(self, props: Mapping[str, str]) -> None:
        """Open the file, or create it. Raises ConnectException."""
        file = self.config.get_string(FILE_CONFIG, None) or None
        self._name = "standard output" if file is None else f"file '{file}'"
        self._fsync = SINK_OPTIONS.parsed(props).get_bool(FSYNC_CONFIG)
        if file is None:
            self._output = StandardOutput()
            return
        try:
            self._output = AppendedFile(file)
        except OSError as error:
            raise ConnectException(f"Couldn't find or create file '{file}' for FileStreamSinkTask") from error

    def put(self, records: SinkBatch) -> None:
        """Append one line a record. On a full disk nothing of the batch stays, and it is tried again."""
        if not records:
            return
        text = "\n".join([*(_lines(part) for part in records.slices), ""])
        try:
            # A lone surrogate is no character; like Connect, write a question mark for it.
            self._opened.append(text.encode(errors="replace"))
        except OSError as error:
            fault = f"Couldn't write {len(records)} records to {self._name}: {error.strerror}"
            if error.errno not in _DISK_FULL:
                raise ConnectException(fault) from error
            self.context.timeout(RETRY_MS)
            raise RetriableException(f"{fault}. They are tried again until there is room") from error

    def flush(self, current_offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ARG002
        """Acknowledge upstream only after downstream is durable: offsets are committed when this returns."""
        if not self._fsync:
            return
        try:
            self._opened.sync()
        except OSError as error:
            raise ConnectException(f"Couldn't bring {self._name} to disk: {error.strerror}") from error

    def stop(self) -> None:
        """Close the file."""
        if self._output is not None:
            self._output.close()
            self._output = None

    @property
    def _opened(self) -> Output:
        if self._output is None:
            raise ConnectException(f"The task was stopped; {self._name} is closed")
        return self._output


def _lines(part: SinkSlice) -> str:
    values = cast("list[str]", part.values)
    try:
        return "\n".join(values)
    except TypeError:  # not all are text
        return "\n".join([java_str(value, part.value_schema) for value in values])
