"""Batches are delivered until they are in, whatever the database does meanwhile (spec jdbc 14).

An outage is waited out, a conflict tried again at once, a value that is refused goes to the reporter or ends the task; only what
nobody can explain counts against ``max.retries``.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from penstock.api import ConnectException, RetriableException, SinkBatch, SinkTaskContext, TopicPartition
from penstock_jdbc.database.failures import Failure, chain_text
from penstock_jdbc.database.session import ConnectionFailedError
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.exactly_once import OffsetLedger, first_of, reached_by
from penstock_jdbc.sink.faults import TRIMMED, fatal, is_of_driver, meaning
from penstock_jdbc.sink.grouping import Grouped, Grouper
from penstock_jdbc.sink.session import SinkSession
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.writing import BatchWriter, Refused

logger = logging.getLogger(__name__)

CONFLICT_TRIES = 5
CONFLICT_PAUSE_S = 0.05
LONGEST_BACKOFF_MS = 60_000
_SLICE_S = 0.2
_ALL = 1 << 63
"""No offset is as high: records of a partition that goes back are left out, as they come again."""


class Delivery:
    """The life of batches in one task, on its thread."""

    def __init__(self, session: SinkSession, settings: SinkSettings, context: SinkTaskContext) -> None:
        self._session = session
        self._settings = settings
        self._context = context
        self._reporter = context.errant_record_reporter
        self._grouper = Grouper(settings, Destinations(settings, session.dialect.rules))
        self._writer = BatchWriter(session, settings, self._before_commit, reports=self._reporter is not None)
        self._ledger = (
            OffsetLedger(session, settings.connector, settings.offsets_table) if settings.exactly_once else None
        )
        self._retries = settings.max_retries
        self._outages = 0
        self._reported: set[tuple[str | None, int | None, int]] = set()
        self._reached: dict[TopicPartition, int] = {}

    def put(self, batch: SinkBatch) -> None:
        """Write a batch. Raises RetriableException to have it put again, ConnectException to end the task."""
        conflicts, looked_again, reconnected = 0, False, False
        while True:
            idle = self._session.is_open
            try:
                self._write(batch, self._writer.write)
            except Exception as error:
                match self._kind_of(error):
                    case Failure.TRANSIENT if idle and not reconnected:
                        logger.info("Connecting anew: %s", self._said(error))  # it may have been lost long ago
                        reconnected = True
                        self._lost()
                    case Failure.TRANSIENT:
                        raise self._outage(error) from error
                    case Failure.CONFLICT:
                        conflicts += 1
                        self._after_conflict(conflicts, error)
                    case Failure.SCHEMA if not looked_again:
                        logger.info("Looking at the tables anew: %s", self._said(error))
                        looked_again = True
                        self._session.forget()
                    case Failure.OTHER:
                        self._unexplained(batch, error)
                        return
                    case _:
                        raise self._fatal(error)  # noqa: B904  # it has its cause
            else:
                return

    # ---- partitions whose offsets the database keeps ---------------------------------------------------------------------

    def opened(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that are ours from now on: go on where the database stands. A database that is away is asked later."""
        if self._ledger is None:
            return
        try:
            stored = self._ledger.claim(partitions)
        except Exception as error:  # noqa: BLE001  # sorted out at once
            if self._kind_of(error) not in (Failure.TRANSIENT, Failure.CONFLICT):
                raise self._fatal(error)  # noqa: B904  # it has its cause
            logger.warning("The offsets of %d partitions are asked for later: %s", len(partitions), chain_text(error))
            self._lost()
            return
        if stored:
            self._context.offset(stored)

    def closed(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that are ours no more."""
        if self._ledger is not None:
            self._ledger.release(partitions)

    def safe(self, offsets: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The offsets that may be committed of those that were delivered."""
        if self._ledger is None:
            return offsets
        stored = {partition: self._ledger.stored(partition) for partition in offsets}
        return {
            partition: min(offset, found)
            for partition, offset in offsets.items()
            if (found := stored[partition]) is not None
        }

    # ---- one try ---------------------------------------------------------------------------------------------------------

    def _write(self, batch: SinkBatch, write: Callable[[Grouped], None]) -> None:
        stored = self._claimed(batch) if self._ledger is not None else None
        write(self._grouper.grouped(batch, stored))
        if self._ledger is not None:
            self._ledger.advanced(self._reached)
            self._ledger.met(first_of(batch))
        self._retries, self._outages = self._settings.max_retries, 0
        self._reported.clear()

    def _claimed(self, batch: SinkBatch) -> dict[TopicPartition, int]:
        """Where the database stands with the partitions of a batch, which are ours now."""
        assert self._ledger is not None
        first, reached = first_of(batch), reached_by(batch)
        stored = self._ledger.claim(first)
        behind = self._ledger.behind(first)
        if behind:
            logger.warning("The database is behind the consumer group; going back to %s", behind)
            self._context.offset(behind)
        for partition, begin in first.items():
            if begin < stored.get(partition, 0):
                logger.warning(
                    "The database has the records of %s before offset %d already: those from offset %d on are left out. If the "
                    "topic was made anew, stop the connector and reset its offsets",
                    partition,
                    stored[partition],
                    begin,
                )
        self._reached = {
            partition: offset
            for partition, offset in reached.items()
            if partition not in behind and offset > stored.get(partition, 0)
        }
        return {**stored, **dict.fromkeys(behind, _ALL)}

    def _before_commit(self, cursor: Any, refused: Refused) -> None:  # every driver has its own class
        """Hand over what can't be written, once however often the batch is tried, and move the offsets.

        Invariant: the database's own offsets move past a record only when its dead letter is durable.
        """
        futures = []
        for record, error in refused:
            place = (record.original_topic, record.original_kafka_partition, record.original_kafka_offset)
            if place in self._reported:
                continue
            if self._reporter is None:
                raise error
            futures.append(self._reporter.report(record, error))
            self._reported.add(place)
        if self._ledger is not None:
            for future in futures:
                self._await(future)
            self._ledger.advance(cursor, self._reached)

    def _await(self, future: Future[None]) -> None:
        while True:
            try:
                future.result(_SLICE_S)
            except FutureTimeoutError:
                if self._context.stopping:
                    raise RetriableException("Stopped before a dead letter was durable; nothing was written") from None
            else:
                return

    # ---- what went wrong -------------------------------------------------------------------------------------------------

    @staticmethod
    def _kind_of(error: Exception) -> Failure | None:
        """What to do; None for what ends the task as it is."""
        if isinstance(error, ConnectionFailedError):
            found = meaning(error)
            return found if found in (Failure.TRANSIENT, Failure.CONFLICT) else None
        if isinstance(error, ConnectException) or not is_of_driver(error):
            return None
        return meaning(error)

    def _after_conflict(self, conflicts: int, error: Exception) -> None:
        """Let the others go first, for a moment; after several times for longer. Never an end, never a dead letter."""
        if conflicts < CONFLICT_TRIES:
            logger.info("Trying again at once: %s", self._said(error))
            if not self._context.wait(random.uniform(0, CONFLICT_PAUSE_S * conflicts)):
                return
        self._context.timeout(random.randrange(self._settings.backoff_ms + 1))
        raise RetriableException(
            f"The database decided a conflict against this task, {conflicts} times in a row: {self._said(error)}"
        ) from error

    def _said(self, error: BaseException) -> str:
        return TRIMMED if self._settings.trim_log else chain_text(error)

    def _fatal(self, error: BaseException) -> ConnectException:
        return fatal(error, trim=self._settings.trim_log)

    def _outage(self, error: Exception) -> RetriableException:
        """Wait longer and longer, up to a minute, for as long as it takes."""
        self._lost()
        backoff = min(max(1, self._settings.backoff_ms) << min(self._outages, 10), LONGEST_BACKOFF_MS)
        backoff = max(backoff, self._settings.backoff_ms)
        self._outages += 1
        self._context.timeout(backoff)
        return RetriableException(f"The database is away; trying again in {backoff} ms: {chain_text(error)}")

    def _lost(self) -> None:
        self._session.drop()
        if self._ledger is not None:
            self._ledger.release()

    def _unexplained(self, batch: SinkBatch, error: Exception) -> None:
        """Try again ``max.retries`` times; then row by row for the reporter, or give up."""
        if self._retries > 0:
            self._retries -= 1
            self._lost()
            self._context.timeout(self._settings.backoff_ms)
            raise RetriableException(
                f"{self._said(error)} (trying again in {self._settings.backoff_ms} ms, {self._retries} retries left)"
            ) from error
        if self._reporter is None:
            raise self._fatal(error)
        self._retries = self._settings.max_retries
        try:
            self._write(batch, self._writer.write_each)
        except Exception as again:
            if self._kind_of(again) in (Failure.TRANSIENT, Failure.CONFLICT):
                raise self._outage(again) from again
            raise self._fatal(again)  # noqa: B904  # it has its cause
