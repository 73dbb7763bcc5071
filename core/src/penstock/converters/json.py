"""JsonConverter: JSON with or without schemas (spec 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api.config import ConfigDef
from penstock.api.converter import NULL_SCHEMA_AND_VALUE, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.base import DataAndHeaderConverter
from penstock.converters.json_config import JSON_CONVERTER_CONFIG, JsonSettings, settings_of
from penstock.converters.json_decode import decode_schemaless, decoder_of
from penstock.converters.json_encode import encoder_of
from penstock.converters.json_schema import schema_of, schema_tree
from penstock.converters.json_text import JsonTextError, read
from penstock.jackson import dumps


class JsonConverter(DataAndHeaderConverter):
    """Writes and reads JSON as Connect's JsonConverter does, byte for byte."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.json.JsonConverter"
    CONFIG: ClassVar[ConfigDef] = JSON_CONVERTER_CONFIG

    _settings = JsonSettings()
    _content: Schema | None = None

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        """Take the configuration. Raises ConfigException, and DataException when ``schema.content`` is no schema."""
        self._settings = settings_of(configs, is_key)
        if self._settings.schema_content is None:
            return
        try:
            node = read(self._settings.schema_content.encode("utf-8", "surrogatepass"))
        except JsonTextError as error:
            raise DataException("Failed to parse schema in converter config due to serialization error: ") from error
        self._content = schema_of(node, self._settings)

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The JSON text; None for a null without a schema, and only then. Raises DataException."""
        if schema is None and value is None:
            return None
        if not self._settings.schemas_enable:
            return dumps(encoder_of(schema, self._settings)(value))
        return dumps(
            {"schema": schema_tree(schema, self._settings), "payload": encoder_of(schema, self._settings)(value)}
        )

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The data behind a JSON text. Raises DataException."""
        if data is None:
            return NULL_SCHEMA_AND_VALUE
        try:
            node = read(data)
        except JsonTextError as error:
            raise DataException(
                "Converting byte[] to Kafka Connect data failed due to serialization error: "
            ) from error
        if not self._settings.schemas_enable:
            return SchemaAndValue(None, decode_schemaless(node))
        if self._content is not None:
            return SchemaAndValue(self._content, decoder_of(self._content, self._settings)(node))
        if not isinstance(node, dict) or node.keys() != {"schema", "payload"}:
            raise DataException(
                'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional '
                "fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter "
                "configuration."
            )
        schema = schema_of(node["schema"], self._settings)
        return SchemaAndValue(schema, decoder_of(schema, self._settings)(node["payload"]))
