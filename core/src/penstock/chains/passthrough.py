"""The converter that converts nothing: stands at the ends of a chain for which no converter is named."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, Converter, HeaderConverter, SchemaAndValue
from penstock.api.header import Headers
from penstock.api.hooks import PluginKind
from penstock.api.schema import Schema
from penstock.discovery.plugins import PluginDescriptor

NAME = f"{__name__}.Passthrough"
DESCRIPTORS = tuple(
    PluginDescriptor(kind, f"{__name__}:Passthrough", NAME, None, "penstock")
    for kind in (PluginKind.CONVERTER, PluginKind.HEADER_CONVERTER)
)


class Passthrough(Converter, HeaderConverter):
    """The "bytes" of data are the data itself, with its schema. Never leaves :mod:`penstock.chains`."""

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        """There is nothing to configure."""

    def from_connect_data(
        self,
        topic: str,  # noqa: ARG002
        headers: Headers | None,  # noqa: ARG002
        schema: Schema | None,
        value: object,
    ) -> bytes | None:
        return SchemaAndValue(schema, value)  # type: ignore[return-value]  # on purpose, as the class says

    def to_connect_data(self, topic: str, headers: Headers | None, value: bytes | None) -> SchemaAndValue:  # noqa: ARG002
        given: object = value
        return given if isinstance(given, SchemaAndValue) else NULL_SCHEMA_AND_VALUE

    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        return SchemaAndValue(schema, value)  # type: ignore[return-value]

    def to_connect_header(self, topic: str, header_key: str, value: bytes | None) -> SchemaAndValue | None:  # noqa: ARG002
        return self.to_connect_data(topic, None, value)
