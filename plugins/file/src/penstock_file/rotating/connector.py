"""DirectorySink: the records of each partition become files in a directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigException, ConfigValue, SinkConnector, TopicPartition
from penstock_file.rotating.keys import CONFIG, ROTATE_RECORDS, SinkSettings


class DirectorySinkConnector(SinkConnector):
    """As many tasks as are allowed, all alike: Kafka's group protocol divides the partitions among them."""

    CONFIG: ClassVar[ConfigDef] = CONFIG
    task_class = "penstock_file.rotating.task:DirectorySinkTask"

    def start(self, props: Mapping[str, str]) -> None:  # noqa: ARG002
        """Raises ConfigException for settings by which no file would be finished."""
        SinkSettings.of(self.config)

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """The same config for each."""
        return super().task_configs(1) * max_tasks

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Every key, and how they go together."""
        values = super().validate(props)
        if not any(value.errors for value in values):
            try:
                SinkSettings.of(self.config_def().parsed(props))
            except ConfigException as error:
                next(value for value in values if value.name == ROTATE_RECORDS).add_error(str(error))
        return values

    def alter_offsets(self, props: Mapping[str, str], offsets: Mapping[TopicPartition, int | None]) -> bool:  # noqa: ARG002
        """Nothing to check, and nothing for the user to do: records that come again replace their files."""
        return True
