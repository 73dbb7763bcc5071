"""Steps of a scenario that touch Kafka directly: make a topic, produce to it, expect its records."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import cast

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.compat.rest.expectation import Variables

Json = dict[str, object]
_TIMEOUT_S = 30.0


class TopicSteps:
    """Runs such steps against one broker; its clients are made once."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
        self._admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, step: Mapping[str, object], variables: Variables) -> None:
        """Make the topic unless it is there, and wait until it can be seen."""
        topic = variables.text(cast("str", step["topic"]))
        new = NewTopic(
            topic, cast("int", step.get("partitions", 1)), 1, config=cast("dict[str, str]", step.get("config") or {})
        )
        for created in self._admin.create_topics([new]).values():
            try:
                created.result(_TIMEOUT_S)
            except Exception as error:
                if "already exists" not in str(error):
                    raise
        deadline = time.monotonic() + _TIMEOUT_S
        while topic not in self._admin.list_topics(timeout=10).topics and time.monotonic() < deadline:
            time.sleep(0.05)

    def produce(self, step: Mapping[str, object], variables: Variables) -> None:
        """Produce the step's records and wait until they are acknowledged."""
        topic = variables.text(cast("str", step["topic"]))
        for record in cast("list[Json]", step["records"]):
            self._producer.produce(
                topic,
                key=_side(record, "key", variables),
                value=_side(record, "value", variables),
                partition=cast("int", record.get("partition", 0)),
                headers=[
                    (key, None if value is None else variables.text(value).encode())
                    for key, value in cast("list[tuple[str, str | None]]", record.get("headers", []))
                ],
            )
        self._producer.flush(_TIMEOUT_S)

    def records(self, topic: str) -> list[Json]:
        """Everything in the topic, partition by partition, in the shape of the recordings."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": "replay",
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",
                "enable.partition.eof": True,
            }
        )
        try:
            metadata = consumer.list_topics(topic, timeout=10).topics[topic]
            found: list[Json] = []
            for partition in sorted(metadata.partitions or {}):
                found += self._partition(consumer, topic, partition)
            return found
        finally:
            consumer.close()

    def _partition(self, consumer: Consumer, topic: str, partition: int) -> list[Json]:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        consumer.assign([TopicPartition(topic, partition, low)])
        found: list[Json] = []
        deadline = time.monotonic() + 10
        while high > low and time.monotonic() < deadline:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error():
                break
            found.append(_shape(partition, message))
        return found


def _shape(partition: int, message: Message) -> Json:
    headers = [
        [key, _readable(value)] for key, value in cast("list[tuple[str, bytes | None]]", message.headers() or [])
    ]
    return {
        "partition": partition,
        "key": _readable(message.key()),
        "value": _readable(message.value()),
        "headers": headers,
    }


def _readable(data: bytes | str | None) -> object:
    if data is None or isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(data).decode()}


def _side(record: Json, side: str, variables: Variables) -> bytes | None:
    if side + "_b64" in record:
        return base64.b64decode(cast("str", record[side + "_b64"]))
    value = cast("str | None", record.get(side))
    return None if value is None else variables.text(value).encode()
