"""The task of Aiven's source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from penstock.api import ConfigDef
from penstock_jdbc.config.aiven import INCREMENTING_INITIAL, QUALIFY_TABLES
from penstock_jdbc.config.source_config import AIVEN_SOURCE_TASK_CONFIG
from penstock_jdbc.source.aiven import confluent_names
from penstock_jdbc.source.settings import Initial, SourceSettings
from penstock_jdbc.source.task import JdbcSourceTask


class AivenJdbcSourceTask(JdbcSourceTask):
    """Its task."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SOURCE_TASK_CONFIG
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
