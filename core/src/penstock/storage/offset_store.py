"""Where source offsets are kept: the contract, and the store over a compacted log (spec 8.2, 9.5).

``tests/contract/storage`` is the contract in executable form; it runs over this store and over
:class:`~penstock.storage.offset_file.FileOffsetStore`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, TypeVar

from penstock.api.exceptions import ConnectException
from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.log.base import Log, ReceivedBatch
from penstock.log.compacted import START_TIMEOUT_S, STOP_TIMEOUT_S, ClientConfigs, CompactedLog
from penstock.log.compacted_topic import CompactedTopic
from penstock.storage.offset_table import OffsetTable
from penstock.storage.offsets import OffsetEntry
from penstock.storage.steps import in_order

logger = logging.getLogger(__name__)

T = TypeVar("T")


class OffsetStore(Protocol):
    """Methods may be called from any thread; but for ``start`` and ``stop`` none blocks. Partitions and offsets are JSON
    text. Futures fail with ConnectException."""

    def start(self) -> None:
        """Read what is stored. Blocks. Raises ConnectException, ConfigException or LogError when that cannot be done."""

    def stop(self) -> None:
        """Finish what was begun, and end. Futures that cannot be finished fail. Idempotent."""

    def set(self, connector: str, entries: Sequence[OffsetEntry]) -> Future[None]:
        """Store offsets; None removes one. Completes when they are durable: a kill at any moment loses none of them. If it
        fails, each of them is stored or not, and storing them again is harmless."""

    def get(self, connector: str, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        """The offsets of source partitions, in order; None where there is none. Sees everything that was stored before
        the call, by whatever worker."""

    def partitions(self, connector: str) -> Future[list[tuple[bytes, bytes | None]]]:
        """All source partitions of a connector that have an offset, with it. Sees what ``get`` sees."""


class LogOffsetStore:
    """An OffsetStore over a compacted topic, of which it holds a full copy."""

    def __init__(self, log: Log, topic: CompactedTopic, configs: ClientConfigs, clock: Clock = SYSTEM_CLOCK) -> None:
        self._log = CompactedLog(log, topic, configs, self._on_records, clock)
        self._lock = threading.Lock()
        self._table = OffsetTable()

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        self._log.start(timeout_s)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        self._log.stop(timeout_s)

    def set(self, connector: str, entries: Sequence[OffsetEntry]) -> Future[None]:
        try:
            with self._lock:
                records = self._table.records(connector, entries)
        except ValueError as error:
            return malformed_partition(error)
        return in_order(
            lambda: self._log.send(records),
            failure="Failed to write offsets to the offsets topic",
        )

    def get(self, connector: str, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        return self._after_reading(lambda: [self._table.get(connector, partition) for partition in partitions])

    def partitions(self, connector: str) -> Future[list[tuple[bytes, bytes | None]]]:
        return self._after_reading(lambda: self._table.partitions(connector))

    def _after_reading(self, look: Callable[[], T]) -> Future[T]:
        answer: Future[T] = Future()

        def read(finished: Future[None]) -> None:
            if not answer.set_running_or_notify_cancel():
                return
            error = finished.exception()
            if error is not None:
                told = ConnectException("Failed to read from the offsets topic")
                told.__cause__ = error
                answer.set_exception(told)
                return
            try:
                with self._lock:
                    answer.set_result(look())
            except ValueError as malformed:
                answer.set_exception(ConnectException(f"A source partition is not JSON: {malformed}"))

        self._log.read_to_end().add_done_callback(read)
        return answer

    def _on_records(self, batches: Sequence[ReceivedBatch]) -> None:
        with self._lock:
            for batch in batches:
                keys = batch.keys or [None] * len(batch)
                for key, value, timestamp in zip(keys, batch.values, batch.timestamps, strict=True):
                    self._table.apply(key, value, timestamp or 0)


def malformed_partition(error: ValueError) -> Future[None]:
    """A failed future for entries whose partition is not JSON."""
    failed: Future[None] = Future()
    failed.set_exception(ConnectException(f"A source partition is not JSON: {error}"))
    return failed
