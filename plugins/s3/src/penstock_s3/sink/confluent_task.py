"""The task of S3SinkConnector."""

from __future__ import annotations

from typing import ClassVar

from penstock.api import ConfigDef
from penstock_s3.config.settings import SinkSettings
from penstock_s3.config.sink_config import SINK_CONFIG
from penstock_s3.config.sink_settings import sink_settings
from penstock_s3.sink.task import S3SinkTask


class ConfluentS3SinkTask(S3SinkTask):
    """Reads Confluent's keys."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "io.confluent.connect.s3.S3SinkTask"

    def settings(self) -> SinkSettings:
        return sink_settings(self.config, self.props)
