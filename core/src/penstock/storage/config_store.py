"""The config topic: what connectors and tasks there are, and what is wanted of them (spec 9.2, 9.3).

Over any log: Kafka for a cluster, the embedded log, or one in memory for standalone workers on Kafka, whose connectors live no
longer than they do (spec 10).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from penstock.clock import SYSTEM_CLOCK, Clock
from penstock.ids import TaskId
from penstock.log.base import Log, ReceivedBatch
from penstock.log.compacted import START_TIMEOUT_S, STOP_TIMEOUT_S, ClientConfigs, CompactedLog
from penstock.log.compacted_topic import CompactedTopic
from penstock.states import TargetState
from penstock.storage import codec
from penstock.storage.cluster_state import ClusterState
from penstock.storage.codec import Config, Record
from penstock.storage.config_events import ConfigListener, RestartRequested
from penstock.storage.config_records import ConfigRecord, Ignored, decode
from penstock.storage.session_key import SessionKey
from penstock.storage.steps import in_order

logger = logging.getLogger(__name__)

WRITE_TIMEOUT_S = 30.0
"""How long a caller should wait for one of the writes (spec 9.3)."""


class RecordWriter(Protocol):
    """Writes records of the config topic. Beside the log itself there may be one with transactions, which only the leader
    holds (spec 9.3, 8.3)."""

    def send(self, records: Sequence[Record]) -> Future[None]:
        """Completes when all are durable; fails with LogError, or ConnectException when the leader must claim anew."""


class ConfigStore:
    """Writes return at once; their futures complete when the records are durable *and* have been read back (where Connect
    reads back), or fail with ConnectException and Connect's wording. Wait with WRITE_TIMEOUT_S. ``snapshot`` never blocks.
    """

    def __init__(self, log: Log, topic: CompactedTopic, configs: ClientConfigs, clock: Clock = SYSTEM_CLOCK) -> None:
        self._log = CompactedLog(log, topic, configs, self._on_records, clock)
        self._state = ClusterState()
        self._listener: ConfigListener | None = None
        self._leader_writer: RecordWriter = self._log

    def start(self, listener: ConfigListener, timeout_s: float = START_TIMEOUT_S) -> None:
        """Read the whole topic. Blocks; raises ConfigException and LogError. ``listener`` hears of what comes later; what
        this first reading brings is in the snapshot (and restarts and levels among it are past)."""
        self._log.start(timeout_s)
        self._listener = listener

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Finish writing, and end. Idempotent."""
        self._listener = None
        self._log.stop(timeout_s)

    def write_as_leader_with(self, writer: RecordWriter | None) -> None:
        """From now on the leader's writes go through ``writer``; None: through the log."""
        self._leader_writer = self._log if writer is None else writer

    def snapshot(self) -> ClusterState:
        """What the topic said when it was last looked at."""
        return self._state

    def refresh(self) -> Future[None]:
        """Completes when the snapshot holds everything that is in the topic now. Fails with ConnectException."""
        return in_order(self._log.read_to_end, failure="Error trying to read to end of config log")

    def put_connector(self, connector: str, config: Config, target: TargetState | None = None) -> Future[None]:
        """Create or change a connector; with ``target`` the state that is wanted is there before the connector is."""
        records = [codec.connector_config(connector, config)]
        if target is not None:
            logger.debug("Writing target state %s for connector %s", target.value, connector)
            records.insert(0, codec.target_state(connector, target))
        logger.debug("Writing connector configuration for connector '%s'", connector)
        return self._write_and_read_back(records, "Error writing connector configuration to Kafka")

    def remove_connector(self, connector: str) -> Future[None]:
        """Remove a connector with all that belongs to it."""
        logger.debug("Removing connector configuration for connector '%s'", connector)
        records = [codec.connector_config(connector, None), codec.target_state(connector, None)]
        return self._write_and_read_back(records, "Error removing connector configuration from Kafka")

    def put_task_configs(self, connector: str, configs: Sequence[Config]) -> Future[None]:
        """Replace all task configurations; they come into force together, with the commit record."""
        tasks = [codec.task_config(TaskId(connector, number), config) for number, config in enumerate(configs)]
        commit = [codec.tasks_commit(connector, len(tasks))]
        logger.debug("Writing commit for connector '%s' with %d tasks.", connector, len(tasks))
        read, root = self._log.read_to_end, "Error writing root configuration to Kafka"

        def write_tasks() -> Future[None]:
            return in_order(
                lambda: self._leader_writer.send(tasks), read, failure="Error writing task configurations to Kafka"
            )

        def write_commit() -> Future[None]:
            return in_order(lambda: self._leader_writer.send(commit), read, failure=root)

        # invariant: the commit is written only after all task configurations are durable
        steps = [read, write_tasks, write_commit] if tasks else [read, write_commit]
        return in_order(*steps, failure=root)

    def put_target_state(self, connector: str, state: TargetState) -> Future[None]:
        """Say what is wanted. Any worker may; not read back."""
        records = [codec.target_state(connector, state)]
        return in_order(lambda: self._log.send(records), failure="Error writing target state to Kafka")

    def put_task_count(self, connector: str, count: int) -> Future[None]:
        """Note that the producers of older task generations are fenced (spec 9.12)."""
        logger.debug("Writing task count record %d for connector %s", count, connector)
        return self._write_and_read_back(
            [codec.task_count(connector, count)], "Error writing task count record to Kafka"
        )

    def put_session_key(self, key: SessionKey) -> Future[None]:
        """Distribute a key for internal requests."""
        logger.debug("Distributing new session key")
        return self._write_and_read_back([codec.session_key(key)], "Error writing session key to Kafka")

    def put_restart(self, request: RestartRequested) -> Future[None]:
        """Ask every worker to restart what it runs of a connector."""
        record = codec.restart_request(
            request.connector, only_failed=request.only_failed, include_tasks=request.include_tasks
        )
        return self._write_and_read_back([record], f"Error writing {record.key.decode()} to Kafka")

    def put_logger_level(self, namespace: str, level: str) -> Future[None]:
        """Ask every worker to set a log level. Any worker may; not read back."""
        records = [codec.logger_level(namespace, level)]
        return in_order(lambda: self._log.send(records), failure="Error writing logger level to Kafka")

    def _write_and_read_back(self, records: Sequence[Record], failure: str) -> Future[None]:
        return in_order(lambda: self._leader_writer.send(records), self._log.read_to_end, failure=failure)

    def _on_records(self, batches: Sequence[ReceivedBatch]) -> None:
        decoded = [item for batch in batches for item in _decoded(batch)]
        for record, _ in decoded:
            if isinstance(record, Ignored):
                logger.error(record.reason)
        self._state, events = self._state.apply_all(decoded)
        listener = self._listener
        if listener is None:
            return
        for event in events:
            try:
                listener(event)
            except Exception:
                logger.exception("A listener of the config topic failed on %s", event)


def _decoded(batch: ReceivedBatch) -> list[tuple[ConfigRecord, int]]:
    keys = batch.keys or [None] * len(batch)
    return [(decode(key, value), offset) for key, value, offset in zip(keys, batch.values, batch.offsets, strict=True)]
