"""SchemaSource: records with a schema, or with two that take turns."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import Schema, SchemaBuilder, SourceConnector, SourceRecord, SourceTask, Struct
from penstock_verifiable.numbering import (
    ID_CONFIG,
    ID_FIELD,
    SEQNO_FIELD,
    THROUGHPUT_CONFIG,
    TOPIC_CONFIG,
    Throttle,
    next_number,
    number,
    numbered_task_configs,
    tell,
)

NUM_MESSAGES_CONFIG = "num.messages"
MULTIPLE_SCHEMA_CONFIG = "multiple.schema"
PARTITION_COUNT_CONFIG = "partition.count"
NO_LIMIT = -1


def _schema(version: int) -> Schema:
    builder = (
        SchemaBuilder.struct()
        .version(version)
        .name("record")
        .field("boolean", Schema.BOOLEAN)
        .field("int", Schema.INT32)
        .field("long", Schema.INT64)
        .field("float", Schema.FLOAT32)
        .field("double", Schema.FLOAT64)
        .field("partitioning", Schema.INT32)
    )
    if version > 1:
        builder.field("string", SchemaBuilder.string().default("abc").build())
    return builder.field("id", Schema.INT32).field("seqno", Schema.INT64).build()


FIRST_SCHEMA, SECOND_SCHEMA = _schema(1), _schema(2)


class SchemaSourceConnector(SourceConnector):
    """Reads ``topic``, ``num.messages`` (a task), ``throughput``, ``multiple.schema`` and ``partition.count``."""

    connect_name = "org.apache.kafka.connect.tools.SchemaSourceConnector"
    task_class = "penstock_verifiable.schema_source:SchemaSourceTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """Exactly as many tasks as are allowed."""
        return numbered_task_configs(self.props, max_tasks)


class SchemaSourceTask(SourceTask):
    """One record a poll until there are enough. The task's number is also the log's partition, so the topic needs as many."""

    connect_name = "org.apache.kafka.connect.tools.SchemaSourceTask"

    def start(self, props: Mapping[str, str]) -> None:
        """Find where the last run ended."""
        task = "SchemaSourceTask"
        self._id = number(props, ID_CONFIG, task)
        self._topic = props.get(TOPIC_CONFIG)
        self._left = number(props, NUM_MESSAGES_CONFIG, task)
        self._two_schemas = (props.get(MULTIPLE_SCHEMA_CONFIG) or "").lower() == "true"
        self._partition_count = number(props, PARTITION_COUNT_CONFIG, task, default=1)
        throughput = number(props, THROUGHPUT_CONFIG, task, default=NO_LIMIT)
        self._partition = {ID_FIELD: self._id}
        self._seqno = next_number(self.context, self._partition)
        self._count = 0
        self._throttle = Throttle(throughput)

    def poll(self) -> list[SourceRecord] | None:
        """The next record, when there is one and its turn has come."""
        if self._count >= self._left:
            self.context.wait(1.0)
            return None
        if not self._throttle.wait(self.context):
            return None
        value = self._value()
        tell({"task": self._id, "seqno": self._seqno})
        record = SourceRecord(
            self._topic,
            value,
            value_schema=value.schema,
            key="key",
            key_schema=Schema.STRING,
            kafka_partition=self._id,
            source_partition=self._partition,
            source_offset={SEQNO_FIELD: self._seqno},
        )
        self._seqno += 1
        self._count += 1
        return [record]

    def _value(self) -> Struct:
        second = self._two_schemas and self._count % 2 == 1
        value = Struct(SECOND_SCHEMA if second else FIRST_SCHEMA)
        value.put("boolean", True).put("int", 12).put("long", 12).put("float", 12.2).put("double", 12.2)
        if second:
            value.put("string", "def")
        return (
            value.put("partitioning", self._seqno % self._partition_count).put("id", self._id).put("seqno", self._seqno)
        )
