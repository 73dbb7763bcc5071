"""JsonConverter: JSON with or without schemas (spec 5.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api.config import ConfigDef
from penstock.api.converter import NULL_SCHEMA_AND_VALUE, ColumnAndSchema, Encoded, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.base import DataAndHeaderConverter
from penstock.converters.json_config import JSON_CONVERTER_CONFIG, JsonSettings, settings_of
from penstock.converters.json_envelope import EnvelopeReader
from penstock.converters.json_reading import Runs, ValueReader, read_texts
from penstock.converters.json_schema import schema_of
from penstock.converters.json_text import read
from penstock.converters.json_writing import SchemaWriter
from penstock.converters.lru import Lru


class JsonConverter(DataAndHeaderConverter):
    """Writes and reads JSON as Connect's JsonConverter does, byte for byte."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.json.JsonConverter"
    CONFIG: ClassVar[ConfigDef] = JSON_CONVERTER_CONFIG

    _writers: Lru[Schema, SchemaWriter]
    _schemaless_writer: SchemaWriter
    _envelopes: EnvelopeReader | None
    """None where all records have the same schema, or none."""
    _payloads: ValueReader
    """Reads records without envelopes."""

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        """Take the configuration. Raises ConfigException, and DataException when ``schema.content`` is no schema."""
        settings = settings_of(configs, is_key)
        self._writers = Lru(settings.cache_size, lambda schema: SchemaWriter(schema, settings))
        self._schemaless_writer = SchemaWriter(None, settings)
        content = _content(settings)  # an error in it counts even where it is not used, as in Connect
        with_envelopes = settings.schemas_enable and content is None
        self._envelopes = EnvelopeReader(settings) if with_envelopes else None
        self._payloads = ValueReader(content if settings.schemas_enable else None, settings)

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The JSON text; None for a null without a schema, and only then. Raises DataException."""
        return self._writer(schema).write(value)

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The value behind a JSON text. Raises DataException."""
        return NULL_SCHEMA_AND_VALUE if data is None else self._read(data)

    def from_connect_data_batch(self, topic: str, schema: Schema | None, values: Sequence[object]) -> Sequence[Encoded]:
        """The JSON texts of a column."""
        try:
            return self._writer(schema).write_column(values)
        except (
            ValueError,
            DataException,
            RecursionError,
        ):  # something needs care, or is wrong: that is found one by one
            return super().from_connect_data_batch(topic, schema, values)

    def plain_lines(self, schema: Schema | None, values: Sequence[object]) -> bytes | None:
        """The JSON texts of a column, a line feed behind each; that of nothing is ``null``. None when some of them need care, or
        cannot be written: the other methods tell, one by one. A column as this class read it is not looked at value by value:
        who has changed values of it in place gives a list of them."""
        try:
            return self._writer(schema).write_lines(values)
        except (ValueError, DataException, RecursionError):
            return None

    def to_connect_data_batch(self, topic: str, values: Sequence[bytes | None]) -> list[ColumnAndSchema]:  # noqa: ARG002
        """The values of a column of texts."""
        runs = Runs()
        if self._envelopes is not None:
            self._envelopes.read_column(values, runs)
        else:
            read_texts(self._payloads, values, self._read, runs)
        return runs.done

    def _writer(self, schema: Schema | None) -> SchemaWriter:
        return self._schemaless_writer if schema is None else self._writers.get(schema)

    def _read(self, data: bytes) -> SchemaAndValue:
        if self._envelopes is not None:
            return self._envelopes.read(data)
        return SchemaAndValue(self._payloads.schema, self._payloads.read(data))


def _content(settings: JsonSettings) -> Schema | None:
    if settings.schema_content is None:
        return None
    try:
        node = read(settings.schema_content.encode("utf-8", "surrogatepass"))
    except DataException as error:
        raise DataException("Failed to parse schema in converter config due to serialization error: ") from error
    return schema_of(node, settings)
