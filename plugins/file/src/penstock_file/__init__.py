"""The plugin door of penstock-file."""

from __future__ import annotations

from penstock.api import Plugin, hookimpl

__version__ = "0.1.0"


@hookimpl
def penstock_sources() -> list[Plugin]:
    """Lines of a file, and files of a directory, to a topic."""
    return [
        Plugin(
            "penstock_file.stream_source:FileStreamSourceConnector",
            connect_name="org.apache.kafka.connect.file.FileStreamSourceConnector",
        ),
        *(
            Plugin(
                f"penstock_file.spooldir.connectors:{name}",
                connect_name=f"com.github.jcustenborder.kafka.connect.spooldir.{name}",
            )
            for name in (
                "SpoolDirCsvSourceConnector",
                "SpoolDirJsonSourceConnector",
                "SpoolDirSchemaLessJsonSourceConnector",
                "SpoolDirLineDelimitedSourceConnector",
                "SpoolDirBinaryFileSourceConnector",
            )
        ),
    ]


@hookimpl
def penstock_sinks() -> list[Plugin]:
    """Records of topics to lines of a file, or to files of a directory."""
    return [
        Plugin(
            "penstock_file.stream_sink:FileStreamSinkConnector",
            connect_name="org.apache.kafka.connect.file.FileStreamSinkConnector",
        ),
        Plugin("penstock_file.rotating.connector:DirectorySinkConnector"),
    ]
