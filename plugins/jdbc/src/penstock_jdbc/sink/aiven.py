"""The sink under the names of Aiven's fork, with its keys (spec jdbc 16)."""

from __future__ import annotations

from typing import ClassVar

from penstock.api import ConfigDef
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG
from penstock_jdbc.sink.connector import JdbcSinkConnector


class AivenJdbcSinkConnector(JdbcSinkConnector):
    """``insert.mode=multi``, ``table.name.normalize``, ``topics.to.tables.mapping``, ``sql.quote.identifiers``."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SINK_CONFIG
    connect_name = "io.aiven.connect.jdbc.JdbcSinkConnector"
    task_class = "penstock_jdbc.sink.aiven_task:AivenJdbcSinkTask"
