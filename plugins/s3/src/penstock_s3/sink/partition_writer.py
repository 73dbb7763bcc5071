"""What becomes of the records of one topic partition (spec 5).

Records wait in a queue of slices, are written to the files of their encoded partitions, and when a rule says so all files are
finished together. On the task's thread. Invariant: ``committed`` is never beyond a record that is not visible in the store.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.api import ConnectException, DataException, SinkSlice, TopicPartition
from penstock_s3.partition.partitioner import Encoded, PartitionException
from penstock_s3.sink.files import FileId, Files
from penstock_s3.sink.nulls import Report
from penstock_s3.sink.phases import BACKING_OFF_FROM, NEXT, RESUMED, Phase
from penstock_s3.sink.rotating import Lost, Rotating
from penstock_s3.sink.rotation import Pace, Reason
from penstock_s3.sink.rows import Places, Rows
from penstock_s3.sink.tools import Tools
from penstock_s3.storage.errors import StoreRetriableException

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    """A slice in the queue: records before ``position`` were handled."""

    part: SinkSlice
    encoded: Encoded | None = None
    position: int = 0


class PartitionWriter:
    """Writes one topic partition."""

    def __init__(self, tools: Tools, where: TopicPartition, now_ms: int) -> None:
        self._tools = tools
        self._where = where
        self._queue: deque[_Waiting] = deque()
        self._pace = Pace(tools.settings.rotation, tools.zone, tools.settings.partition.tombstone, now_ms)
        self._files = Files(tools, where)
        self._rotating = Rotating(tools, where, self._files)
        self._phase = Phase.WRITE_STARTED
        self._reason = Reason.SIZE
        self._retry_at_ms = 0
        self._last_written: int | None = None
        self._seen: int | None = None

    @property
    def waiting(self) -> int:
        """Records in the queue."""
        return sum(len(each.part) - each.position for each in self._queue)

    @property
    def backing_off(self) -> bool:
        """Whether it waits for the store to recover."""
        return self._phase in RESUMED

    @property
    def is_owner(self) -> bool:
        """Whether it has become the owner, where a manifest tells who that is."""
        return self._rotating.taken

    @property
    def files(self) -> Files:
        """Its open files."""
        return self._files

    def committed(self) -> int | None:
        """The offset after the last record of the last rotation; None as long as there is nothing to commit (spec 6). With
        ``offsets.past.skipped`` also the offset after records of which there is nothing to write."""
        settled = self._rotating.committed
        if self._tools.settings.past_skipped and not self._files and not self._queue and self._seen is not None:
            return max(settled or 0, self._seen + 1)
        return settled

    def enqueue(self, part: SinkSlice) -> None:
        """Take records over; they are in the order of their offsets."""
        self._queue.append(_Waiting(part))

    def seen(self, offset: int) -> None:
        """All records up to ``offset`` were given to :meth:`enqueue`, or there is nothing to write of them."""
        self._seen = offset

    def take(self) -> None:
        """Become the owner, where a manifest tells who that is; if the store cannot be reached, at the first :meth:`work`."""
        try:
            self._rotating.take()
        except StoreRetriableException:
            self._back_off(self._tools.now_ms())

    def work(self, now_ms: int, deadline_ms: float) -> int | None:
        """Write what is waiting, rotate where it is time; stops early when ``deadline_ms`` has passed.

        Returns an offset when the partition is to be read again from there. Raises what ends the task. A store that may
        recover is no reason: the writer backs off, keeps all it has, and goes on at a later call.
        """
        if self._phase in RESUMED:
            if now_ms < self._retry_at_ms:
                return None
            self._move(RESUMED[self._phase])
        try:
            self._rotating.take()
            self._go_on(now_ms, deadline_ms)
        except StoreRetriableException:
            self._back_off(now_ms)
        except Lost as lost:
            self.forget()
            return lost.offset
        return None

    def flush(self, now_ms: int, reason: Reason) -> int | None:
        """Finish everything that was written. As :meth:`work`; nothing happens while it backs off."""
        if self._phase in RESUMED or not self._pace.count:
            return None
        try:
            self._rotate(reason, now_ms)
            if self._phase is not Phase.WRITE_STARTED:
                self._move(Phase.WRITE_STARTED)
        except StoreRetriableException:
            self._back_off(now_ms)
        except Lost as lost:
            self.forget()
            return lost.offset
        return None

    def wake_ms(self) -> int | None:
        """When :meth:`work` is to be called although no record comes; ms since the epoch."""
        if self._phase in RESUMED:
            return self._retry_at_ms
        return 0 if self._queue else self._pace.wake_ms()

    def close(self) -> None:
        """Give up what is not visible: whoever is next reads it again."""
        self._move(Phase.CLOSED)
        self._queue.clear()
        self._rotating.give_up()

    def _go_on(self, now_ms: int, deadline_ms: float) -> None:
        if self._phase is Phase.SHOULD_ROTATE:
            self._rotate(self._reason, now_ms)
        self._send_full(now_ms)  # what a pause has put off
        self._pace.skip_missed_schedule(now_ms)
        if self._queue and self._phase is not Phase.PARTITION_PAUSED:
            self._move(Phase.PARTITION_PAUSED)
        while self._queue:
            self._step(self._queue[0], now_ms)
            if self._tools.now_ms() > deadline_ms:
                return
        if self._phase is not Phase.WRITE_STARTED:
            self._move(Phase.WRITE_STARTED)
        reason = self._pace.due_without_data(now_ms)
        if reason is not None:
            self._rotate(reason, now_ms)
            self._move(Phase.WRITE_STARTED)

    def _step(self, waiting: _Waiting, now_ms: int) -> None:
        """Handle records up to the next rotation, error or end of the slice; or rotate."""
        if waiting.encoded is None:
            part = self._rotating.without_committed(waiting.part)
            if part is None:
                self._queue.popleft()
                return
            waiting.part, waiting.encoded = part, self._tools.partitioner.encode(part, now_ms)
        encoded, start = waiting.encoded, waiting.position
        error = encoded.errors.get(start) if encoded.errors else None
        if error is not None:
            self._report(Rows(waiting.part, range(start, start + 1)), 0, error)
            self._advance(waiting, start + 1)
            return
        path = encoded.paths[start]
        reason = self._reason_before(waiting, path, now_ms)
        if reason is not None:
            self._rotate(reason, now_ms)
            self._move(Phase.PARTITION_PAUSED)
            return
        end = min((place for place in encoded.errors if place > start), default=len(encoded))
        end = self._pace.reach(encoded.paths, encoded.times, (start, end), now_ms)
        self._advance(waiting, self._write(waiting.part, encoded, start, end))
        self._send_full(now_ms)

    def _send_full(self, now_ms: int) -> None:
        """Send parts that are full, and all files when these are (rule 5)."""
        self._files.send_full_parts()
        if self._pace.full or self._files.too_large:
            self._rotate(Reason.SIZE if self._pace.full else Reason.BYTES, now_ms)
            self._move(Phase.PARTITION_PAUSED)

    def _reason_before(self, waiting: _Waiting, path: str, now_ms: int) -> Reason | None:
        """Rules 1 to 4, for the record that goes to ``path``."""
        part, encoded = waiting.part, waiting.encoded
        assert encoded is not None
        file = (part.topic or "", path)
        if self._files.null_schema_flips(file, part):
            return Reason.NULL_SCHEMA
        moment = None if encoded.times is None else encoded.times[waiting.position]
        due = self._pace.due(path, moment, now_ms)
        if due is not None:
            return due
        return self._files.reason_before(file, part) if self._pace.count else None

    def _write(self, part: SinkSlice, encoded: Encoded, start: int, end: int) -> int:
        """Write records ``start`` to ``end``, file by file; answers how far that went: a file may need a rotation first."""
        topic = part.topic or ""
        if encoded.only is not None:
            groups: Mapping[str, Places] = {encoded.only: range(start, end)}
        else:
            groups, end = self._grouped(part, encoded.paths, start, end)
        try:
            written = sum(self._write_run((topic, path), Rows(part, places)) for path, places in groups.items())
        except Exception:
            if len(groups) > 1:
                self.forget()  # files have records behind the one that failed: a flush at the end must not vouch for it
            raise
        if written:
            self._pace.wrote(written, encoded.paths[end - 1], self._tools.now_ms())
        return end

    def _grouped(self, part: SinkSlice, paths: Sequence[str], start: int, end: int) -> tuple[Mapping[str, Places], int]:
        """The places of each path, and how far that goes."""
        first = paths[start]
        if paths[start:end].count(first) == end - start:
            return {first: range(start, end)}, end
        found: dict[str, list[int]] = {}
        for place in range(start, end):
            path = paths[place]
            places = found.get(path)
            if places is None:
                if place > start and self._files.blocks((part.topic or "", path), part, found):
                    return found, place
                places = found[path] = []
            places.append(place)
        return found, end

    def _write_run(self, file: FileId, rows: Rows) -> int:
        """Write records of one file, and report those that cannot be written; how many were."""
        rows, total = self._rotating.without_finished(file, rows), 0
        while rows:
            refused = self._files.write(file, rows)
            written = len(rows) if refused is None else refused.written
            total += written
            if written:
                self._last_written = max(rows.offset(written - 1), self._last_written or 0)
            if refused is None:
                break
            self._report(rows, written, refused.error)
            rows = rows.after(written + 1)
        return total

    def _report(self, rows: Rows, index: int, error: Exception) -> None:
        """The record alone is at fault: the dead letter queue, if there is one. Raises ``error`` otherwise."""
        report: Report | None = self._tools.report
        if report is None or not isinstance(error, (DataException, PartitionException)):
            raise error
        report(rows.record(index), error)

    def _advance(self, waiting: _Waiting, position: int) -> None:
        waiting.position = position
        if position == len(waiting.part):
            self._queue.popleft()

    def _rotate(self, reason: Reason, now_ms: int) -> None:
        """Finish all open files; then, and only then, their records count as committed."""
        self._reason = reason
        if self._phase is not Phase.SHOULD_ROTATE:
            self._move(Phase.SHOULD_ROTATE)
        assert self._last_written is not None or not self._files
        if self._last_written is not None and not self._rotated(self._last_written + 1, reason):
            self.forget()
            return
        logger.debug("%s: finished %d records (%s)", self._where, self._pace.count, reason.value)
        self._pace.rotated(reason, now_ms)
        self._move(Phase.FILE_COMMITTED)

    def _rotated(self, next_offset: int, reason: Reason) -> bool:
        if reason is Reason.CLOSE:
            return self._rotating.rotate_at_end(next_offset)
        self._rotating.rotate(next_offset)
        return True

    def _back_off(self, now_ms: int) -> None:
        pause_ms = self._tools.settings.retry_backoff_ms
        logger.warning("%s: goes on in %d ms; nothing is lost", self._where, pause_ms, exc_info=True)
        self._move(BACKING_OFF_FROM[self._phase])
        self._retry_at_ms = now_ms + pause_ms

    def forget(self) -> None:
        """Give up everything that is not visible: its records are read again."""
        self._queue.clear()
        self._rotating.give_up()
        self._pace.rotated(self._reason, self._tools.now_ms())
        self._seen = self._last_written = None  # nothing behind what is committed is visible
        if self._phase is not Phase.WRITE_STARTED:
            self._move(Phase.WRITE_STARTED)

    def _move(self, phase: Phase) -> None:
        if phase not in NEXT[self._phase]:
            raise ConnectException(f"{self._where}: {self._phase.name} cannot become {phase.name}")
        self._phase = phase
