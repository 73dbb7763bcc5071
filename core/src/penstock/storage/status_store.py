"""The status topic: what connectors and tasks report, and the topics that they use (spec 9.4, 14.1)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.ids import TaskId
from penstock.log.base import Log, ReceivedBatch
from penstock.log.compacted import START_TIMEOUT_S, STOP_TIMEOUT_S, ClientConfigs, CompactedLog
from penstock.log.compacted_topic import CompactedTopic
from penstock.storage import codec
from penstock.storage.codec import Record, StoredStatus, TopicStatus
from penstock.storage.status_records import ConnectorStatusRecord, Discarded, StatusRecord, TaskStatusRecord, decode
from penstock.storage.status_state import StatusState
from penstock.storage.steps import in_order

logger = logging.getLogger(__name__)

Instance = str | TaskId
"""A connector (by name) or one of its tasks."""


class StatusStore:
    """Nobody waits for a status: the ``put`` methods return at once, failures that may pass are retried as long as the
    status is still news, others are logged. The snapshot follows the topic, so a status shows once it was read back.
    """

    def __init__(self, log: Log, topic: CompactedTopic, configs: ClientConfigs, clock: Clock = SYSTEM_CLOCK) -> None:
        self._log = CompactedLog(log, topic, configs, self._on_records, clock)
        self._state = StatusState()
        self._lock = threading.Lock()
        self._generation = -1
        self._sequences: dict[Instance, int] = {}

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Read the whole topic. Blocks; raises ConfigException and LogError."""
        self._log.start(timeout_s)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Finish writing, and end. Idempotent."""
        self._log.stop(timeout_s)

    def snapshot(self) -> StatusState:
        """What the topic said when it was last looked at."""
        return self._state

    def refresh(self) -> Future[None]:
        """Completes when the snapshot holds everything that is in the topic now. Fails with ConnectException."""
        return in_order(self._log.read_to_end, failure="Error trying to read to end of status log")

    def flush(self) -> Future[None]:
        """Completes when every status that was put before is durable or given up."""
        return self._log.flush()

    def put(self, instance: Instance, status: StoredStatus) -> None:
        """Report a status. DESTROYED removes what was reported."""
        self._put(instance, status, is_wanted=lambda: True)

    def put_safe(self, instance: Instance, status: StoredStatus) -> None:
        """Report a status unless a newer generation's worker reported something else: this worker may just have lost the
        connector or task to it. For FAILED and UNASSIGNED."""
        self._put(instance, status, is_wanted=lambda: self._may_overwrite(instance, status))

    def put_topic(self, status: TopicStatus) -> None:
        """Note that a connector uses a topic."""
        self._send(codec.topic_status(status), retry=lambda: True)

    def delete_topic(self, connector: str, topic: str) -> None:
        """Forget that a connector used a topic."""
        self._send(codec.no_topic_status(topic, connector), retry=lambda: True)

    def _put(self, instance: Instance, status: StoredStatus, is_wanted: Callable[[], bool]) -> None:
        with self._lock:
            self._generation = status.generation
            if not is_wanted():
                return
            sequence = self._sequences[instance] = self._sequences.get(instance, 0) + 1

        def is_news() -> bool:
            with self._lock:
                newest = self._sequences.get(instance) == sequence and self._generation == status.generation
                return newest and is_wanted()

        record = (
            codec.task_status(instance, status)
            if isinstance(instance, TaskId)
            else codec.connector_status(instance, status)
        )
        self._send(record, is_news)

    def _may_overwrite(self, instance: Instance, status: StoredStatus) -> bool:
        state = self._state
        cached = state.task(instance) if isinstance(instance, TaskId) else state.connector(instance)
        return cached is None or cached.worker_id == status.worker_id or cached.generation <= status.generation

    def _send(self, record: Record, retry: Callable[[], bool]) -> None:
        self._log.send([record], retry=retry).add_done_callback(_told)

    def _on_records(self, batches: Sequence[ReceivedBatch]) -> None:
        records = [record for batch in batches for record in _decoded(batch)]
        for record in records:
            if isinstance(record, Discarded):
                logger.warning(record.reason)
        self._state = self._state.apply_all(records)
        with self._lock:
            for record in records:
                self._forget_deleted(record)

    def _forget_deleted(self, record: StatusRecord) -> None:
        """What is still being retried for a deleted connector or task is news no more."""
        if isinstance(record, TaskStatusRecord) and record.status is None:
            self._sequences.pop(record.task, None)
        elif isinstance(record, ConnectorStatusRecord) and record.status is None:
            for instance in list(self._sequences):
                if record.connector == (instance.connector if isinstance(instance, TaskId) else instance):
                    del self._sequences[instance]


def _decoded(batch: ReceivedBatch) -> list[StatusRecord]:
    keys = batch.keys or [None] * len(batch)
    return [decode(key, value) for key, value in zip(keys, batch.values, strict=True)]


def _told(sent: Future[None]) -> None:
    error = sent.exception()
    if error is not None:
        logger.error("Failed to write status update: %s", error)
