"""The task of FileStreamSource."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConnectException, Schema, SourceBatch, SourceTask
from penstock_file.follow import FollowedFile, Input, Progress, StandardInput
from penstock_file.lines import POSITION_FIELD, Block, Positions
from penstock_file.settings import (
    BATCH_SIZE_CONFIG,
    ENCODING_CONFIG,
    ENCODING_ERRORS_CONFIG,
    FILE_CONFIG,
    SOURCE_CONFIG,
    SOURCE_OPTIONS,
    TOPIC_CONFIG,
)
from penstock_file.stream_source import FILENAME_FIELD, is_long
from penstock_file.text import Decoder, OnMalformed

LEAST_READ, FIRST_READ, MOST_READ = 16 << 10, 64 << 10, 1 << 20
"""Bytes of one read. It is fitted to the length of the lines, so that a read fills a batch and little is left over."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
"""How long to wait for new lines; doubled each time there are none."""


class FileStreamSourceTask(SourceTask):
    """Reads a file in blocks and hands out its lines as columns. The last line is held back until it ends."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_CONFIG
    connect_name = "org.apache.kafka.connect.file.FileStreamSourceTask"

    _input: Input | None = None

    def start(self, props: Mapping[str, str]) -> None:
        """Note what to read. The file is opened by ``poll``: it need not exist yet."""
        options = SOURCE_OPTIONS.parsed(props)
        encoding = options.get_string(ENCODING_CONFIG)
        on_malformed = OnMalformed(options.get_string(ENCODING_ERRORS_CONFIG))
        file = self.config.get_string(FILE_CONFIG, None) or None
        self._file = file
        self._topic = self.config.get_string(TOPIC_CONFIG)
        self._batch_size = max(1, self.config.get_int(BATCH_SIZE_CONFIG))
        self._partition = {FILENAME_FIELD: file}
        self._block: Block | None = None
        self._next_line = 0
        self._read_size = FIRST_READ
        self._pause_s = FIRST_PAUSE_S
        if file is None:
            self._input = StandardInput(Decoder("Standard input", encoding, on_malformed))
        else:
            name = f"File '{file}'"
            self._input = FollowedFile(file, lambda: Decoder(name, encoding, on_malformed), self._stored_position)

    def poll(self) -> SourceBatch | None:
        """The next lines, at most ``batch.size``. Waits only when there are none."""
        if self._block is None and not self._read_block():
            return None
        block = self._block
        assert block is not None
        start, end = self._next_line, min(self._next_line + self._batch_size, len(block.lines))
        values = block.lines if end - start == len(block.lines) else block.lines[start:end]
        if end == len(block.lines):
            self._block = None
        self._next_line = end
        return SourceBatch(
            topic=self._topic,
            values=values,
            value_schema=Schema.STRING,
            timestamps=[time.time_ns() // 1_000_000] * len(values),
            source_partition=self._partition,
            source_offsets=Positions(block, start, end) if self._file is not None else None,
            source_offset={POSITION_FIELD: None} if self._file is None else None,
        )

    def stop(self) -> None:
        """Close the file."""
        if self._input is not None:
            self._input.close()

    def _read_block(self) -> bool:
        assert self._input is not None
        found = self._input.next(self._read_size)
        if isinstance(found, Block):
            self._block, self._next_line = found, 0
            self._pause_s = FIRST_PAUSE_S
            fitting = found.size * self._batch_size * 9 // (len(found.lines) * 10)
            self._read_size = min(max(fitting, LEAST_READ), MOST_READ)
            return True
        if found is Progress.IDLE:
            self.context.wait(self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return False

    def _stored_position(self) -> int:
        """Where the last task left off. Connect keeps the same number, and skips as many bytes."""
        stored = self.context.offset_storage_reader.offset(self._partition)
        position = None if stored is None else stored.get(POSITION_FIELD)
        if position is None:
            return 0
        if not isinstance(position, int) or not is_long(position):
            raise ConnectException("Offset position is the incorrect type")
        return max(0, position)
