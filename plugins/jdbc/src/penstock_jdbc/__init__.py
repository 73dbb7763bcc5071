"""The plugin door of penstock-jdbc."""

from __future__ import annotations

from penstock.api import Plugin, hookimpl

__version__ = "0.1.0"


@hookimpl
def penstock_sources() -> list[Plugin]:
    """Rows of tables and queries to topics."""
    return [
        Plugin(
            "penstock_jdbc.source.connector:JdbcSourceConnector",
            connect_name="io.confluent.connect.jdbc.JdbcSourceConnector",
        ),
        Plugin(
            "penstock_jdbc.source.aiven:AivenJdbcSourceConnector",
            connect_name="io.aiven.connect.jdbc.JdbcSourceConnector",
            short_names=False,
        ),
    ]


@hookimpl
def penstock_sinks() -> list[Plugin]:
    """Topics to tables."""
    return [
        Plugin(
            "penstock_jdbc.sink.connector:JdbcSinkConnector", connect_name="io.confluent.connect.jdbc.JdbcSinkConnector"
        ),
        Plugin(
            "penstock_jdbc.sink.aiven:AivenJdbcSinkConnector",
            connect_name="io.aiven.connect.jdbc.JdbcSinkConnector",
            short_names=False,
        ),
    ]
