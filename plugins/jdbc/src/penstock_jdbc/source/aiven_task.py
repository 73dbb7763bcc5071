"""The task of Aiven's source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from penstock.api import ConfigDef, ConfigKey, ConfigType, Importance
from penstock_jdbc.config.aiven import INCREMENTING_INITIAL, QUALIFY_TABLES
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG
from penstock_jdbc.source.aiven import confluent_names
from penstock_jdbc.source.connector import TABLES_CONFIG, TABLES_FETCHED_CONFIG
from penstock_jdbc.source.settings import Initial, SourceSettings
from penstock_jdbc.source.task import JdbcSourceTask

_TASK_CONFIG = AIVEN_SOURCE_CONFIG.including(
    [
        ConfigKey(TABLES_CONFIG, ConfigType.LIST, "", Importance.HIGH, "The tables of this task, quoted full names."),
        ConfigKey(TABLES_FETCHED_CONFIG, ConfigType.BOOLEAN, False, Importance.HIGH, "Whether tables were listed yet."),
    ]
)


class AivenJdbcSourceTask(JdbcSourceTask):
    """Its task."""

    CONFIG: ClassVar[ConfigDef] = _TASK_CONFIG
    connect_name = "io.aiven.connect.jdbc.source.JdbcSourceTask"

    def start(self, props: Mapping[str, str]) -> None:
        """As Confluent's."""
        translated = confluent_names(props)
        self.use_config(translated)
        super().start(translated)

    def settings(self, props: Mapping[str, str]) -> SourceSettings:
        """With Aiven's own keys."""
        found = super().settings(props)
        initial = Initial(found.initial.timestamp_ms, self.config.get_long(INCREMENTING_INITIAL))
        return replace(found, qualify_names=self.config.get_bool(QUALIFY_TABLES), initial=initial)
