"""The reading half of a compacted log: one thread reads from the beginning, then follows for ever."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from penstock.api.record import TopicPartition
from penstock.clock import Clock
from penstock.log.base import Log, LogAdmin, LogConsumer, ReceivedBatch
from penstock.log.errors import LogError, LogInterruptedError, LogTimeoutError, RetriableLogError, UnknownTopicError

logger = logging.getLogger(__name__)

OnRecords = Callable[[Sequence[ReceivedBatch]], None]
"""Takes what was read. Called on the tail's thread only, in order, before any ``read_to_end`` that covers it completes.
Must not raise: that ends the tail."""

_MOST_RECORDS = 1000
_CALL_TIMEOUT_S = 30.0
_READING_SLICE_S = 0.05
"""How long a poll may wait while somebody waits for the end; records cut it short."""
_SHORTEST_IDLE_S = 0.002
_LONGEST_IDLE_S = 0.2
"""Between polls when nobody waits: what other processes write is seen this late at most, and an idle tail costs five polls
a second. What this process writes wakes the tail."""
_FIRST_BACKOFF_S = 0.1
_LONGEST_BACKOFF_S = 10.0


@dataclass(slots=True, eq=False)
class _Request:
    future: Future[None] = field(default_factory=Future)
    ends: Mapping[TopicPartition, int] | None = None


class _Reader:
    """A consumer, and what tells the end. To one that reads only what is committed, a transaction whose markers are still
    being written has not happened yet; a reader that wants it must wait for the end of everything (Connect does)."""

    def __init__(self, log: Log, config: Mapping[str, str], admin_config: Mapping[str, str]) -> None:
        self.consumer: LogConsumer = log.consumer(config)
        self._log = log
        self._committed_only = config.get("isolation.level") == "read_committed"
        self._admin_config = admin_config
        self._admin: LogAdmin | None = None

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """One past the last record of any kind."""
        if self._committed_only and self._admin is None:
            self._admin = self._log.admin(self._admin_config)
        return (self._admin or self.consumer).end_offsets(partitions, _CALL_TIMEOUT_S)

    def close(self) -> None:
        """Release both."""
        self.consumer.close()
        if self._admin is not None:
            self._admin.close()


class CompactedTail:
    """Owns the consumer. Failures that may pass are retried with back-off while requests wait; others fail the requests,
    and the tail goes on with a new consumer where it was."""

    def __init__(
        self,
        log: Log,
        topic: str,
        config: Mapping[str, str],
        admin_config: Mapping[str, str],
        on_records: OnRecords,
        clock: Clock,
    ) -> None:
        self._log = log
        self._topic = topic
        self._config = config
        self._admin_config = admin_config
        self._on_records = on_records
        self._clock = clock
        self._changed = threading.Condition()
        self._arrived: list[_Request] = []
        self._woken = False
        self._stopping = False
        self._backoff_s = _FIRST_BACKOFF_S
        self._ended: BaseException | None = None
        self._waiting: list[_Request] = []
        self._positions: dict[TopicPartition, int] = {}
        self._thread = threading.Thread(target=self._run, name=f"tail-{topic}", daemon=True)

    def start(self) -> Future[None]:
        """Begin to read; the future is that of a first ``read_to_end``."""
        first = self.read_to_end()
        self._thread.start()
        return first

    def read_to_end(self) -> Future[None]:
        """From any thread. Completes when everything that was in the log at this call has been handed on, or fails with
        the LogError that prevents it."""
        request = _Request()
        with self._changed:
            if self._ended is None:
                self._arrived.append(request)
                self._changed.notify()
                return request.future
        request.future.set_exception(self._ended)
        return request.future

    def wake(self) -> None:
        """Something was written: look now."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def stop(self, timeout_s: float) -> None:
        """End, failing who waits with LogInterruptedError. Waits for the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        else:
            self._end(self._stopped())

    def _run(self) -> None:
        try:
            while not self._stopping:
                try:
                    self._follow()
                except (RetriableLogError, LogTimeoutError) as error:
                    self._retry(error)
                except LogError as error:
                    logger.exception(
                        "Failed to read topic '%s'; will try again in %.1f s", self._topic, self._backoff_s
                    )
                    self._fail_requests(error)
                    self._back_off()
            self._end(self._stopped())
        except Exception as error:
            logger.exception(
                "The records of topic '%s' could not be applied; this worker does not follow it any more", self._topic
            )
            self._end(error)

    def _follow(self) -> None:
        with contextlib.closing(_Reader(self._log, self._config, self._admin_config)) as reader:
            reader.consumer.assign(self._start_positions(reader.consumer))
            idle_s = _SHORTEST_IDLE_S
            while not self._stopping:
                try:
                    busy = self._round(reader)
                except (RetriableLogError, LogTimeoutError) as error:
                    self._retry(error)
                    continue
                self._backoff_s = _FIRST_BACKOFF_S
                woken = busy or self._idle(idle_s)
                idle_s = _SHORTEST_IDLE_S if woken else min(idle_s * 2, _LONGEST_IDLE_S)

    def _retry(self, error: LogError) -> None:
        logger.warning("Error while reading topic '%s'. Retrying automatically. Reason: %s", self._topic, error)
        self._back_off()

    def _back_off(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, timeout=self._backoff_s)
        self._backoff_s = min(self._backoff_s * 2, _LONGEST_BACKOFF_S)

    def _round(self, reader: _Reader) -> bool:
        """One poll; whether to poll again at once."""
        with self._changed:
            self._woken = False
            self._waiting += self._arrived
            self._arrived = []
        if any(request.ends is None for request in self._waiting):
            ends = reader.end_offsets(list(self._positions))
            for request in self._waiting:
                request.ends = request.ends or ends
        self._release(reader.consumer)
        batches = reader.consumer.poll(_READING_SLICE_S if self._waiting else 0.0, _MOST_RECORDS)
        if batches:
            self._on_records(batches)
            for batch in batches:
                self._positions[TopicPartition(batch.topic, batch.partition)] = batch.next_offset
        self._release(reader.consumer)
        return bool(batches or self._waiting)

    def _release(self, consumer: LogConsumer) -> None:
        """Complete the requests whose end is reached. Markers and compacted records may end a partition, so the consumer's
        position counts beside what was seen."""
        still = []
        for request in self._waiting:
            assert request.ends is not None
            if all(
                self._positions[partition] >= end or consumer.position(partition) >= end
                for partition, end in request.ends.items()
            ):
                _complete(request.future, None)
            else:
                still.append(request)
        self._waiting = still

    def _start_positions(self, consumer: LogConsumer) -> dict[TopicPartition, int]:
        """From the beginning; after a failure where it was."""
        if not self._positions:
            count = self._partition_count(consumer)
            partitions = [TopicPartition(self._topic, number) for number in range(count)]
            self._positions = consumer.beginning_offsets(partitions, _CALL_TIMEOUT_S)
        return dict(self._positions)

    def _partition_count(self, consumer: LogConsumer) -> int:
        deadline = self._clock.monotonic() + _CALL_TIMEOUT_S
        while not self._stopping:
            count = consumer.partitions_for(self._topic, _CALL_TIMEOUT_S)
            if count:
                return count
            if self._clock.monotonic() >= deadline:
                raise UnknownTopicError(
                    f"Could not look up partition metadata for topic '{self._topic}' in the allotted period. This could "
                    f"indicate a connectivity issue, unavailable topic partitions, or if this is your first use of the topic "
                    f"it may have taken too long to create."
                )
            self._idle(_LONGEST_IDLE_S)
        raise self._stopped()

    def _idle(self, seconds: float) -> bool:
        """Sleep; True when there is something to do earlier."""
        with self._changed:
            return (
                self._changed.wait_for(lambda: self._woken or self._arrived or self._stopping, timeout=seconds)
                is not False
            )

    def _fail_requests(self, error: BaseException) -> None:
        with self._changed:
            failed = self._waiting + self._arrived
            self._waiting, self._arrived = [], []
        for request in failed:
            _complete(request.future, error)

    def _end(self, reason: BaseException) -> None:
        with self._changed:
            self._ended = self._ended or reason
        self._fail_requests(reason)

    def _stopped(self) -> LogInterruptedError:
        return LogInterruptedError(f"The reader of topic '{self._topic}' is stopped")


def _complete(future: Future[None], error: BaseException | None) -> None:
    if not future.set_running_or_notify_cancel():
        return  # nobody waits for it any more
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
