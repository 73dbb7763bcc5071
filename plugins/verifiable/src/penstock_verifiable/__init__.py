"""The plugin door of penstock-verifiable."""

from __future__ import annotations

from penstock.api import Plugin, hookimpl

__version__ = "0.1.0"

_TOOLS = "org.apache.kafka.connect.tools."


@hookimpl
def penstock_sources() -> list[Plugin]:
    """Numbered records, records with schemas, and sources that fail on demand."""
    return [
        Plugin("penstock_verifiable.source:VerifiableSourceConnector", f"{_TOOLS}VerifiableSourceConnector"),
        Plugin("penstock_verifiable.schema_source:SchemaSourceConnector", f"{_TOOLS}SchemaSourceConnector"),
        Plugin("penstock_verifiable.mock:MockSourceConnector", f"{_TOOLS}MockSourceConnector"),
    ]


@hookimpl
def penstock_sinks() -> list[Plugin]:
    """A sink that says what it was given, and sinks that fail on demand."""
    return [
        Plugin("penstock_verifiable.sink:VerifiableSinkConnector", f"{_TOOLS}VerifiableSinkConnector"),
        Plugin("penstock_verifiable.mock:MockSinkConnector", f"{_TOOLS}MockSinkConnector"),
    ]
