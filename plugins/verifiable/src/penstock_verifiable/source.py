"""VerifiableSource: numbered records that a soak test can check for gaps and duplicates."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import RecordMetadata, Schema, SchemaBuilder, SourceConnector, SourceRecord, SourceTask, Struct
from penstock_verifiable.numbering import (
    ID_CONFIG,
    ID_FIELD,
    NAME_CONFIG,
    SEQNO_FIELD,
    THROUGHPUT_CONFIG,
    TOPIC_CONFIG,
    Throttle,
    next_number,
    now_ms,
    number,
    numbered_task_configs,
    tell,
)

COMPLETE_RECORD_DATA_CONFIG = "complete.record.data"
COMPLETE_VALUE_SCHEMA = (
    SchemaBuilder.struct()
    .field("name", Schema.STRING)
    .field("task", Schema.INT32)
    .field("topic", Schema.STRING)
    .field("time_ms", Schema.INT64)
    .field("seqno", Schema.INT64)
    .build()
)


class VerifiableSourceConnector(SourceConnector):
    """Reads ``topic``, ``throughput`` (records per second and task, −1: no limit) and ``complete.record.data``."""

    connect_name = "org.apache.kafka.connect.tools.VerifiableSourceConnector"
    task_class = "penstock_verifiable.source:VerifiableSourceTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """Exactly as many tasks as are allowed."""
        return numbered_task_configs(self.props, max_tasks)


class VerifiableSourceTask(SourceTask):
    """One record a poll, as Connect's does: key the task's number, value 0, 1, 2, … Each is told on standard output when it is
    made and again when the log has it, so ``commit_record`` is called for every record."""

    connect_name = "org.apache.kafka.connect.tools.VerifiableSourceTask"

    def start(self, props: Mapping[str, str]) -> None:
        """Find where the last run ended."""
        self._name = props.get(NAME_CONFIG)
        self._id = number(props, ID_CONFIG, "VerifiableSourceTask")
        self._topic = props.get(TOPIC_CONFIG)
        throughput = number(props, THROUGHPUT_CONFIG, "VerifiableSourceTask")
        self._complete = (props.get(COMPLETE_RECORD_DATA_CONFIG) or "").lower() == "true"
        self._partition = {ID_FIELD: self._id}
        self._seqno = next_number(self.context, self._partition)
        self._throttle = Throttle(throughput)

    def poll(self) -> list[SourceRecord] | None:
        """The next record, when its turn has come."""
        if not self._throttle.wait(self.context):
            return None
        data = self._told(self._seqno)
        tell(data)
        record = SourceRecord(
            self._topic,
            self._whole(data) if self._complete else self._seqno,
            value_schema=COMPLETE_VALUE_SCHEMA if self._complete else Schema.INT64,
            key=self._id,
            key_schema=Schema.INT32,
            source_partition=self._partition,
            source_offset={SEQNO_FIELD: self._seqno},
        )
        self._seqno += 1
        return [record]

    def commit_record(self, record: SourceRecord, metadata: RecordMetadata | None) -> None:  # noqa: ARG002
        """Tell that the log has the record."""
        assert record.source_offset is not None
        tell(self._told(record.source_offset[SEQNO_FIELD]) | {"committed": True})

    def _told(self, seqno: object) -> dict[str, object]:
        return {"name": self._name, "task": self._id, "topic": self._topic, "time_ms": now_ms(), "seqno": seqno}

    def _whole(self, data: Mapping[str, object]) -> Struct:
        value = Struct(COMPLETE_VALUE_SCHEMA)
        for name, item in data.items():
            value.put(name, item)
        return value
