"""StringConverter: any value as its text (spec 5.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api.config import ConfigDef, ConfigType, Importance, Width
from penstock.api.converter import ColumnAndSchema, Encoded, SchemaAndValue
from penstock.api.javatext import java_str
from penstock.api.schema import Schema
from penstock.converters.base import (
    CONVERTER_CONFIG,
    DataAndHeaderConverter,
    SerializationException,
    parse_with_type,
)
from penstock.converters.charsets import UTF_8, charset_of

ENCODING_CONFIG = "converter.encoding"

_TEXT_OR_NULL = frozenset({str, type(None)})


class StringConverter(DataAndHeaderConverter):
    """Writes the textual form of any value, reads optional strings. Never raises for data."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.storage.StringConverter"
    CONFIG: ClassVar[ConfigDef] = CONVERTER_CONFIG.define(
        ENCODING_CONFIG,
        ConfigType.STRING,
        default="UTF-8",
        importance=Importance.HIGH,
        width=Width.MEDIUM,
        display_name="Encoding",
        doc="The character set in which strings are written and read, by the name that Java knows it by.",
    )

    _charset = UTF_8

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        """Take the encoding. Raises SerializationException for an unknown one, as Connect does; a null means UTF-8."""
        name = parse_with_type(self.CONFIG, configs, is_key).get_string(ENCODING_CONFIG, "UTF-8")
        charset = charset_of(name)
        if charset is None:
            raise SerializationException(f"Unsupported encoding {name}")
        self._charset = charset

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The text of a value in the converter's encoding, None for a null."""
        return None if value is None else self._charset.encode(java_str(value, schema))

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The text behind the bytes."""
        return SchemaAndValue(Schema.OPTIONAL_STRING, None if data is None else self._charset.decode(data))

    def from_connect_data_batch(self, topic: str, schema: Schema | None, values: Sequence[object]) -> Sequence[Encoded]:
        """A column of strings itself: the log's client encodes it."""
        if self._charset.is_utf8 and _TEXT_OR_NULL.issuperset(map(type, values)) and _is_encodable(values):
            return values  # type: ignore[return-value]  # just checked
        return super().from_connect_data_batch(topic, schema, values)

    def to_connect_data_batch(self, topic: str, values: Sequence[bytes | None]) -> list[ColumnAndSchema]:
        """One run of optional strings."""
        if not values:
            return []
        if not self._charset.is_utf8:
            return super().to_connect_data_batch(topic, values)
        try:
            return [ColumnAndSchema(Schema.OPTIONAL_STRING, [None if v is None else v.decode() for v in values])]
        except UnicodeDecodeError:
            return super().to_connect_data_batch(topic, values)  # malformed bytes are replaced, as Java does


def _is_encodable(values: Sequence[object]) -> bool:
    """Whether the log's client can encode all strings: it raises for lone surrogates, which Java writes as "?"."""
    texts: list[str] = [text for text in values if text is not None]  # type: ignore[misc]  # strings and nulls only
    if all(map(str.isascii, texts)):  # known to every string, without a look at its characters
        return True
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
