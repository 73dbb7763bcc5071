"""VerifiableSink: says what it was given, and again once that is committed."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import SinkBatch, SinkConnector, SinkTask, TopicPartition
from penstock_verifiable.numbering import ID_CONFIG, NAME_CONFIG, now_ms, number, numbered_task_configs, tell


class VerifiableSinkConnector(SinkConnector):
    """Takes what VerifiableSource made."""

    connect_name = "org.apache.kafka.connect.tools.VerifiableSinkConnector"
    task_class = "penstock_verifiable.sink:VerifiableSinkTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """Exactly as many tasks as are allowed."""
        return numbered_task_configs(self.props, max_tasks)


class VerifiableSinkTask(SinkTask):
    """Tells each record on standard output when it comes, and again, with ``"flushed": true``, when offsets are committed."""

    connect_name = "org.apache.kafka.connect.tools.VerifiableSinkTask"

    def start(self, props: Mapping[str, str]) -> None:
        """Note whose task this is."""
        self._name = props.get(NAME_CONFIG)
        self._id = number(props, ID_CONFIG, "VerifiableSinkTask")
        self._unflushed: list[dict[str, object]] = []

    def put(self, records: SinkBatch) -> None:
        """Tell every record."""
        now = now_ms()
        for record in records:
            data = {
                "name": self._name,
                "task": record.key,
                "sinkTask": self._id,
                "topic": record.topic,
                "time_ms": now,
                "seqno": record.value,
                "offset": record.kafka_offset,
            }
            tell(data)
            self._unflushed.append(data)

    def flush(self, current_offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ARG002
        """Tell them again."""
        now = now_ms()
        for data in self._unflushed:
            tell(data | {"time_ms": now, "flushed": True})
        self._unflushed.clear()
