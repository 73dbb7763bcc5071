"""StringConverter: any value as its text (spec 5.4)."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api.config import ConfigDef, ConfigType, Importance
from penstock.api.converter import ColumnAndSchema, Converter, Encoded, HeaderConverter, SchemaAndValue
from penstock.api.exceptions import ConfigException, DataException
from penstock.api.header import Headers
from penstock.api.javatext import java_str
from penstock.api.schema import Schema

ENCODING_CONFIG = "converter.encoding"


class StringConverter(Converter, HeaderConverter):
    """Writes the textual form of any value, reads optional strings."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.storage.StringConverter"
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        ENCODING_CONFIG,
        ConfigType.STRING,
        default="UTF-8",
        importance=Importance.HIGH,
        doc="The name of the character set of the encoded strings.",
    )

    def configure(self, configs: Mapping[str, object], is_key: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        name = str(configs.get(ENCODING_CONFIG) or "UTF-8")
        try:
            self._codec = codecs.lookup(name)
        except LookupError as error:
            raise ConfigException.of(ENCODING_CONFIG, name, "Unknown encoding") from error
        self._utf8 = self._codec.name == "utf-8"

    def from_connect_data(self, topic: str, headers: Headers | None, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        return None if value is None else self._encode(java_str(value, schema))

    def to_connect_data(self, topic: str, headers: Headers | None, value: bytes | None) -> SchemaAndValue:  # noqa: ARG002
        return SchemaAndValue(Schema.OPTIONAL_STRING, None if value is None else self._decode(value))

    def from_connect_data_batch(self, topic: str, schema: Schema | None, values: Sequence[object]) -> Sequence[Encoded]:
        if self._utf8 and set(map(type, values)) == {str}:
            return values  # type: ignore[return-value]  # the log's client encodes text itself, faster than Python
        return super().from_connect_data_batch(topic, schema, values)

    def to_connect_data_batch(self, topic: str, values: Sequence[bytes | None]) -> list[ColumnAndSchema]:
        if not self._utf8:
            return super().to_connect_data_batch(topic, values)
        try:
            return [ColumnAndSchema(Schema.OPTIONAL_STRING, [None if v is None else v.decode() for v in values])]
        except UnicodeDecodeError:
            return super().to_connect_data_batch(topic, values)  # malformed bytes are replaced, as Java does

    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        return self.from_connect_data(topic, None, schema, value)

    def to_connect_header(self, topic: str, header_key: str, value: bytes | None) -> SchemaAndValue | None:  # noqa: ARG002
        return self.to_connect_data(topic, None, value)

    def _encode(self, text: str) -> bytes:
        return self._codec.encode(text, "replace")[0]

    def _decode(self, raw: bytes) -> str:
        try:
            return self._codec.decode(raw, "replace")[0]
        except ValueError as error:
            raise DataException(f"Failed to deserialize string using encoding '{self._codec.name}'") from error
