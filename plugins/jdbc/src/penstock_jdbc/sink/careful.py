"""Rows one after another, so that a refused one is found and the others are written (spec jdbc 14, 18.16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.api import SinkRecord
from penstock_jdbc.database.failures import Failure
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.faults import is_of_driver, meaning, told
from penstock_jdbc.sink.rounds import Block
from penstock_jdbc.sink.savepoints import savepoint_of
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.shape import Column


class CarefulRows:
    """Writes blocks in the order of delivery, within a transaction that somebody else ends.

    With a reporter (``reports``) refused rows are left out and told; without one the first is raised. ``blames_rows`` takes any
    error but a lost connection or a conflict for the row's.
    """

    def __init__(
        self, cursor: Any, settings: SinkSettings, kind: DatabaseKind, *, reports: bool, blames_rows: bool = False
    ) -> None:
        self._cursor = cursor
        self._trim = settings.trim_log
        self._size = settings.batch_size
        self._kind = kind
        self._savepoint = savepoint_of(kind)
        self._reports = reports
        self._blames_rows = blames_rows

    def write(self, blocks: Sequence[Block], refused: list[tuple[SinkRecord, BaseException]]) -> None:
        """Write the blocks; what is refused is added to ``refused``. Raises what the driver raises."""
        if self._kind is DatabaseKind.POSTGRESQL:
            self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a deferred one would refuse the whole transaction
        for block in blocks:
            records = [(run, place) for run in block.runs for place in range(len(run))]
            encoded, kept = self._encoded(block)
            for place, error in kept.failed:
                run, at = records[place]
                refused.append((run.record(at), error))
            for start in range(0, len(kept.places), self._size):
                stop = min(start + self._size, len(kept.places))
                for place, error in self._halved(block, encoded, start, stop):
                    run, at = records[kept.places[place]]
                    refused.append((run.record(at), told(error, trim=self._trim)))

    def _encoded(self, block: Block) -> tuple[list[Column], _Kept]:
        """The values as the database takes them, without the rows that have one that it can't."""
        columns = block.columns
        count = len(columns[0])
        try:
            return block.writer.encode(block.op, columns), _Kept(list(range(count)), [])
        except Exception as error:
            if not self._reports or meaning(error) is not Failure.DATA:
                raise
        kept = _Kept([], [])
        rows: list[list[Column]] = []
        for place in range(count):
            try:
                rows.append(block.writer.encode(block.op, [column[place : place + 1] for column in columns]))
                kept.places.append(place)
            except Exception as error:
                if meaning(error) is not Failure.DATA:
                    raise
                kept.failed.append((place, error))
        if not rows:
            return [[] for _ in columns], kept
        return [[value for piece in pieces for value in piece] for pieces in zip(*rows, strict=True)], kept

    def _halved(
        self, block: Block, columns: Sequence[Column], start: int, stop: int
    ) -> list[tuple[int, BaseException]]:
        """Write rows ``start`` to ``stop``; where some are refused, each half on its own. Those refused alone, with why."""
        failed: list[tuple[int, BaseException]] = []
        waiting = [(start, stop)]
        while waiting:
            begin, end = waiting.pop()
            error = self._tried(block, [column[begin:end] for column in columns])
            if error is None:
                continue
            if end - begin == 1:
                failed.append((begin, error))
            else:
                middle = (begin + end) // 2
                waiting += [(middle, end), (begin, middle)]  # the first half first: order matters
        return failed

    def _tried(self, block: Block, columns: Sequence[Column]) -> BaseException | None:
        """None when the rows are written; the error when they are refused, and nothing of them is."""
        if not self._reports:
            block.writer.write_in_order(self._cursor, block.op, columns)
            return None
        self._cursor.execute(self._savepoint.set)
        try:
            block.writer.write_in_order(self._cursor, block.op, columns)
        except Exception as error:
            if not is_of_driver(error) or not self._is_of_row(error):
                raise
            self._cursor.execute(self._savepoint.back)
            return error
        if self._savepoint.release is not None:
            self._cursor.execute(self._savepoint.release)
        return None

    def _is_of_row(self, error: BaseException) -> bool:
        found = meaning(error)
        return found is Failure.DATA or (self._blames_rows and found not in (Failure.TRANSIENT, Failure.CONFLICT))


class _Kept:
    """Which rows of a block go on, by their places, and which failed."""

    def __init__(self, places: list[int], failed: list[tuple[int, BaseException]]) -> None:
        self.places = places
        self.failed = failed
