"""The number converters: big-endian bytes of a fixed width (spec 5.4)."""

from __future__ import annotations

import struct
from typing import ClassVar

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.javaclass import java_class_name
from penstock.api.numerics import round_to_float32
from penstock.api.schema import Schema
from penstock.converters.base import DataAndHeaderConverter, SerializationException


class _NumberConverter(DataAndHeaderConverter):
    """One Java class of numbers. A value of another class is an error, whatever the schema says; nulls pass."""

    TYPE_NAME: ClassVar[str]
    JAVA_CLASS: ClassVar[str]
    SCHEMA: ClassVar[Schema]
    FORM: ClassVar[struct.Struct]
    READER: ClassVar[str] = "Deserializer"
    """Who complains of the length, as Kafka's own text names him."""

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The bytes of a number. A plain int without a schema is a long, a plain float a double."""
        if value is None:
            return None
        java_class = java_class_name(value, schema)
        if java_class == self.JAVA_CLASS:
            try:
                return self._pack(value)
            except struct.error:  # a plain int that is too large for its own schema
                java_class = java_class_name(value)
        raise DataException(f"Failed to serialize to {self.TYPE_NAME} (was class {java_class}): ")

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The number behind the bytes. Raises DataException when their count is wrong."""
        if data is None:
            return SchemaAndValue(self.SCHEMA, None)
        if len(data) != self.FORM.size:
            reason = SerializationException(f"Size of data received by {self.READER} is not {self.FORM.size}")
            raise DataException(f"Failed to deserialize {self.TYPE_NAME}: ") from reason
        (number,) = self.FORM.unpack(data)
        return SchemaAndValue(self.SCHEMA, number)

    def _pack(self, value: object) -> bytes:
        return self.FORM.pack(value)


class ShortConverter(_NumberConverter):
    """INT16 in two bytes."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.ShortConverter"
    TYPE_NAME = "short"
    JAVA_CLASS = "java.lang.Short"
    SCHEMA = Schema.OPTIONAL_INT16
    FORM = struct.Struct(">h")
    READER = "ShortDeserializer"


class IntegerConverter(_NumberConverter):
    """INT32 in four bytes."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.IntegerConverter"
    TYPE_NAME = "integer"
    JAVA_CLASS = "java.lang.Integer"
    SCHEMA = Schema.OPTIONAL_INT32
    FORM = struct.Struct(">i")
    READER = "IntegerDeserializer"


class LongConverter(_NumberConverter):
    """INT64 in eight bytes."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.LongConverter"
    TYPE_NAME = "long"
    JAVA_CLASS = "java.lang.Long"
    SCHEMA = Schema.OPTIONAL_INT64
    FORM = struct.Struct(">q")
    READER = "LongDeserializer"


class FloatConverter(_NumberConverter):
    """FLOAT32 in four bytes."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.FloatConverter"
    TYPE_NAME = "float"
    JAVA_CLASS = "java.lang.Float"
    SCHEMA = Schema.OPTIONAL_FLOAT32
    FORM = struct.Struct(">f")

    def _pack(self, value: object) -> bytes:
        assert isinstance(value, float)
        return self.FORM.pack(round_to_float32(value))


class DoubleConverter(_NumberConverter):
    """FLOAT64 in eight bytes."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.DoubleConverter"
    TYPE_NAME = "double"
    JAVA_CLASS = "java.lang.Double"
    SCHEMA = Schema.OPTIONAL_FLOAT64
    FORM = struct.Struct(">d")
