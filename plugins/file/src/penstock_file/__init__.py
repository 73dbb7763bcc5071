"""The plugin door of penstock-file."""

from __future__ import annotations

from penstock.api import Plugin, hookimpl

__version__ = "0.1.0"


@hookimpl
def penstock_sources() -> list[Plugin]:
    """Lines of a file to a topic."""
    return [
        Plugin(
            "penstock_file.stream_source:FileStreamSourceConnector",
            connect_name="org.apache.kafka.connect.file.FileStreamSourceConnector",
        )
    ]


@hookimpl
def penstock_sinks() -> list[Plugin]:
    """Records of a topic to lines of a file."""
    return [
        Plugin(
            "penstock_file.stream_sink:FileStreamSinkConnector",
            connect_name="org.apache.kafka.connect.file.FileStreamSinkConnector",
        )
    ]
