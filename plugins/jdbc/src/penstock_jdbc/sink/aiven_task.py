"""The task of Aiven's sink."""

from __future__ import annotations

from typing import ClassVar

from penstock.api import ConfigDef
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG
from penstock_jdbc.sink.task import JdbcSinkTask


class AivenJdbcSinkTask(JdbcSinkTask):
    """The same work."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SINK_CONFIG
    connect_name = "io.aiven.connect.jdbc.sink.JdbcSinkTask"
