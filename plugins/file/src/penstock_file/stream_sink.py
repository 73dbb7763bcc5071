"""FileStreamSink: each record becomes a line of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigValue, SinkConnector, TopicPartition
from penstock_file.settings import SINK_CONFIG, SINK_OPTIONS, validate_options


class FileStreamSinkConnector(SinkConnector):
    """All tasks append to the same file."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "org.apache.kafka.connect.file.FileStreamSinkConnector"
    task_class = "penstock_file.sink_task:FileStreamSinkTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """As many tasks as are allowed, all alike: Kafka's group protocol divides the partitions among them."""
        return super().task_configs(1) * max_tasks

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Connect's keys, and those of Penstock's options that are set."""
        return super().validate(props) + validate_options(SINK_OPTIONS, props)

    def alter_offsets(self, props: Mapping[str, str], offsets: Mapping[TopicPartition, int | None]) -> bool:  # noqa: ARG002
        """Nothing to check, and nothing for the user to do: the file holds no offsets."""
        return True
