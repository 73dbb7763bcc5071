"""The task of the rotating sink.

One file a partition is open at a time. A file is finished by the number of its records, its size or its age, brought to disk,
given its name, and only then are its offsets committed. After a kill the records that were not come again, and the file that
begins with the same record takes the place of the one that the last run may have left: so every record is in one file.
"""

from __future__ import annotations

import bisect
import errno
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from penstock.api import ConfigDef, ConnectException, SinkBatch, SinkSlice, SinkTask, TopicPartition
from penstock_file.rotating.encoder import encoder
from penstock_file.rotating.keys import CONFIG, SinkSettings
from penstock_file.rotating.leftovers import Leftovers
from penstock_file.rotating.part_file import PartFile

logger = logging.getLogger(__name__)

RETRY_S = 1.0
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(slots=True)
class _Open:
    """The file of a partition: offsets of its first record and behind its last one, and when it is to be finished at the
    latest (monotonic seconds)."""

    file: PartFile
    start: int
    end: int
    deadline: float


class DirectorySinkTask(SinkTask):
    """Writes the records of each partition into files of its own."""

    CONFIG: ClassVar[ConfigDef] = CONFIG

    _started = False

    def start(self, props: Mapping[str, str]) -> None:  # noqa: ARG002
        """Look at the settings; the first record opens the first file."""
        settings = SinkSettings.of(self.config)
        self._settings = settings
        self._encoder = encoder(settings.format)
        self._leftovers = Leftovers(settings.directory, settings.template)
        self._open: dict[TopicPartition, _Open] = {}
        self._safe: dict[TopicPartition, int] = {}
        """Of each partition: what may be committed."""
        self._started = True

    def put(self, records: SinkBatch) -> None:
        """Write records; finish files that are due. A full disk is waited for: what was not finished comes again."""
        slices = [part for part in records.slices if len(part)]
        try:
            self._look(slices)
            for part in slices:
                self._write(_origin(part), part)
            now = time.monotonic()
            for where in [where for where, opened in self._open.items() if now >= opened.deadline]:
                self._finish(where)
        except OSError as error:
            self._give_up(slices, error)

    def pre_commit(self, current_offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """Only what is in finished files, which are on disk."""
        return {
            where: min(offset, self._safe[where]) for where, offset in current_offsets.items() if where in self._safe
        }

    def close(self, partitions: Collection[TopicPartition]) -> None:
        """Forget unfinished files: their records come again, here or elsewhere."""
        for where in partitions:
            self._discard(where)
            self._safe.pop(where, None)
        self._leftovers.forget(partitions)

    def stop(self) -> None:
        """As for partitions that go."""
        if self._started:
            self.close(list(self._open))

    def _look(self, slices: Sequence[SinkSlice]) -> None:
        new: dict[TopicPartition, int] = {}
        for part in slices:
            if not self._leftovers.knows(_origin(part)):
                new.setdefault(_origin(part), part.offsets[0])
        if new:
            self._leftovers.look(new)

    def _write(self, where: TopicPartition, part: SinkSlice) -> None:
        """Write one slice, in as many files as it takes. Raises OSError, ConnectException."""
        opened = self._open.get(where)
        if opened is not None and part.offsets[0] <= opened.start:
            self._discard(where)  # the runtime went back: all of the file comes again
            opened = None
        place = 0 if opened is None else bisect.bisect_left(part.offsets, opened.end)
        if place == 0 and self._write_whole(where, part):
            return
        while place < len(part):
            lines, error = self._encoder.lines(part, place)
            self._add(where, part, place, lines)
            place += len(lines)
            if error is not None:
                self._report(where, part, place, error)
                place += 1

    def _write_whole(self, where: TopicPartition, part: SinkSlice) -> bool:
        """The quick way of a slice that fits into the file at hand; False when it has to be looked at."""
        rotation, opened = self._settings.rotation, self._open.get(where)
        room = rotation.records - (0 if opened is None else opened.file.records) if rotation.records else len(part)
        data = self._encoder.whole(part) if len(part) <= room and not rotation.size else None
        if data is None:
            return False
        opened = opened or self._begin(where, part, 0)
        opened.file.add(data, len(part))
        opened.end = part.offsets[-1] + 1
        if self._is_full(opened):
            self._finish(where)
        return True

    def _add(self, where: TopicPartition, part: SinkSlice, place: int, lines: Sequence[bytes]) -> None:
        """Write the lines of the records from ``place`` on."""
        written = 0
        while written < len(lines):
            opened = self._open.get(where) or self._begin(where, part, place + written)
            count = self._room(opened, lines[written:] if written else lines)
            opened.file.add(b"\n".join([*lines[written : written + count], b""]), count)
            written += count
            opened.end = part.offsets[place + written - 1] + 1
            if self._is_full(opened):
                self._finish(where)

    def _begin(self, where: TopicPartition, part: SinkSlice, place: int) -> _Open:
        settings = self._settings
        start = part.offsets[place]
        timestamp = None if part.timestamps is None else part.timestamps[place]
        name = settings.template.name(where.topic, where.partition, start, max(0, timestamp or 0))
        interval = settings.rotation.interval_s
        opened = _Open(
            PartFile(settings.directory, f"{name}{settings.extension}", settings.compression),
            start,
            start,
            time.monotonic() + interval if interval else float("inf"),
        )
        self._open[where] = opened
        self._safe.setdefault(where, start)
        return opened

    def _room(self, opened: _Open, lines: Sequence[bytes]) -> int:
        """How many of these lines still belong into the file; at least one."""
        rotation, count = self._settings.rotation, len(lines)
        if rotation.records:
            count = min(count, rotation.records - opened.file.records)
        if rotation.size:
            sizes = list(accumulate((len(line) + 1 for line in lines[:count]), initial=opened.file.size))[1:]
            count = min(count, bisect.bisect_left(sizes, rotation.size) + 1)
        return count

    def _is_full(self, opened: _Open) -> bool:
        rotation = self._settings.rotation
        return bool(
            (rotation.records and opened.file.records >= rotation.records)
            or (rotation.size and opened.file.size >= rotation.size)
        )

    def _finish(self, where: TopicPartition) -> None:
        opened = self._open[where]
        opened.file.finish(fsync=self._settings.fsync)
        del self._open[where]
        self._leftovers.written(where, opened.file.target, opened.start, opened.end)
        # invariant: acknowledge upstream only after downstream is durable, and holds every record once
        self._safe[where] = opened.end

    def _discard(self, where: TopicPartition) -> None:
        opened = self._open.pop(where, None)
        if opened is not None:
            opened.file.discard()

    def _give_up(self, slices: Sequence[SinkSlice], error: OSError) -> None:
        """Files that could not be written whole are forgotten, and their records asked for again. Raises ConnectException
        where that would not help."""
        rewind: dict[TopicPartition, int] = {}
        for part in slices:
            where = _origin(part)
            rewind.setdefault(where, max(part.offsets[0], self._safe.get(where, 0)))
        for where, opened in list(self._open.items()):
            rewind[where] = opened.start
            self._discard(where)
        fault = f"Couldn't write to {self._settings.directory}: {error.strerror or error}"
        if error.errno not in _DISK_FULL:
            raise ConnectException(fault) from error
        logger.error("%s. Records are tried again until there is room", fault)
        self.context.offset(rewind)
        self.context.wait(RETRY_S)

    def _report(self, where: TopicPartition, part: SinkSlice, index: int, error: Exception) -> None:
        """A record that cannot be written is left out once it was reported. Raises ConnectException where it cannot be."""
        record = part.record(index)
        reporter = self.context.errant_record_reporter
        if reporter is None:
            raise ConnectException(
                f"Couldn't write the record of {where}, offset {part.offsets[index]}: {error}. Set errors.tolerance=all to leave "
                "such records out"
            ) from error
        reporter.report(record, error).result()
        opened = self._open.get(where)
        if opened is None:
            self._safe[where] = part.offsets[index] + 1
        else:
            opened.end = part.offsets[index] + 1


def _origin(part: SinkSlice) -> TopicPartition:
    """Where a slice was read, whatever a transformation called it: offsets are of that."""
    if part.originals is not None:
        return part.originals
    assert part.topic is not None
    assert part.kafka_partition is not None
    return TopicPartition(part.topic, part.kafka_partition)
