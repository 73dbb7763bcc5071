"""TimestampRouter: sends records to a topic that is named after their time (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Importance,
    RecordColumns,
    Transformation,
)
from penstock.transforms.date_format import DateFormat
from penstock.transforms.operand import Record

TOPIC_FORMAT_CONFIG = "topic.format"
TIMESTAMP_FORMAT_CONFIG = "timestamp.format"


class TimestampRouter(Transformation[Record]):
    """Puts the topic and the record's timestamp, in UTC, into the name of the new topic."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.TimestampRouter"
    CONFIG: ClassVar[ConfigDef] = (
        ConfigDef()
        .define(
            TOPIC_FORMAT_CONFIG,
            ConfigType.STRING,
            default="${topic}-${timestamp}",
            importance=Importance.HIGH,
            doc="The new topic; <code>${topic}</code> and <code>${timestamp}</code> stand for the old one and the time.",
        )
        .define(
            TIMESTAMP_FORMAT_CONFIG,
            ConfigType.STRING,
            default="yyyyMMdd",
            importance=Importance.HIGH,
            doc="How the time is written: a pattern of Java's <code>SimpleDateFormat</code>.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._topic = self.config.get_string(TOPIC_FORMAT_CONFIG, None)
        self._pattern = self.config.get_string(TIMESTAMP_FORMAT_CONFIG, None)
        self._format: DateFormat | None = None

    def apply(self, record: Record) -> Record:
        if record.timestamp is None:
            raise DataException(f"Timestamp missing on record: {record}")
        written = self._date_format().format(record.timestamp)
        if record.topic is None:
            raise DataException("The record has no topic that TimestampRouter could put into the name of another")
        if self._topic is None:
            raise ConfigException.of(TOPIC_FORMAT_CONFIG, None, "TimestampRouter needs a format")
        return record.replace(topic=_topic(self._topic, record.topic, written))

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        timestamps, template, topic = batch.timestamps, self._topic, batch.topic
        if timestamps is None or None in timestamps or template is None or topic is None:
            return None
        texts = self._date_format().format_column([ms for ms in timestamps if ms is not None])
        if texts.count(texts[0]) < len(texts):
            return None  # records of several topics keep their order only one by one
        return [replace(batch, topic=_topic(template, topic, texts[0]))]

    def _date_format(self) -> DateFormat:
        if self._format is None:
            if self._pattern is None:
                raise ConfigException.of(TIMESTAMP_FORMAT_CONFIG, None, "TimestampRouter needs a pattern")
            try:
                self._format = DateFormat(self._pattern)  # Connect, too, finds a wrong pattern at the first record
            except ValueError as error:
                raise ConfigException.of(TIMESTAMP_FORMAT_CONFIG, self._pattern, str(error)) from error
        return self._format


def _topic(template: str, topic: str, written: str) -> str:
    return template.replace("${topic}", topic).replace("${timestamp}", written)
