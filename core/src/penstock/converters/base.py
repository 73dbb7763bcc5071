"""What the converters share: they serve for keys, values and headers alike (spec 5.2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from penstock.api import validators
from penstock.api.config import ConfigDef, ConfigType, Importance, ParsedConfig
from penstock.api.converter import Converter, HeaderConverter, SchemaAndValue
from penstock.api.exceptions import KafkaException
from penstock.api.header import Headers
from penstock.api.schema import Schema

TYPE_CONFIG = "converter.type"

CONVERTER_CONFIG = ConfigDef().define(
    TYPE_CONFIG,
    ConfigType.STRING,
    importance=Importance.LOW,
    validator=validators.one_of("key", "value", "header"),
    doc="What is converted: record keys, record values or header values. The worker sets it.",
)
"""The key that every converter has."""


class SerializationException(KafkaException):
    """What Kafka's serializers raise: let through for an encoding that nobody knows, else the cause of a DataException."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.errors.SerializationException"


class DataAndHeaderConverter(Converter, HeaderConverter):
    """A converter that treats keys, values and header values alike, and cares for no topic and no other header."""

    CONFIG: ClassVar[ConfigDef] = CONVERTER_CONFIG

    @abstractmethod
    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The bytes of a value. Raises DataException when it does not fit."""

    @abstractmethod
    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The value behind bytes. Raises DataException when they cannot be understood."""

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        """Take the configuration. ``is_key`` is None for a header converter, whose ``converter.type`` is in ``configs``.

        Raises ConfigException for a wrong value.
        """
        parse_with_type(self.CONFIG, configs, is_key)

    def from_connect_data(
        self,
        topic: str,  # noqa: ARG002
        headers: Headers | None,  # noqa: ARG002
        schema: Schema | None,
        value: object,
    ) -> bytes | None:
        """The bytes of a key or value."""
        return self.encode(schema, value)

    def to_connect_data(self, topic: str, headers: Headers | None, value: bytes | None) -> SchemaAndValue:  # noqa: ARG002
        """The key or value behind bytes."""
        return self.decode(value)

    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        """The bytes of a header's value."""
        return self.encode(schema, value)

    def to_connect_header(self, topic: str, header_key: str, value: bytes | None) -> SchemaAndValue | None:  # noqa: ARG002
        """The header's value behind bytes."""
        return self.decode(value)


def parse_with_type(definition: ConfigDef, configs: Mapping[str, object], is_key: bool | None) -> ParsedConfig:
    """The typed configuration, with ``converter.type`` told by ``is_key`` unless that is None."""
    if is_key is None:
        return definition.parsed(configs)
    return definition.parsed({**configs, TYPE_CONFIG: "key" if is_key else "value"})
