"""ByteArrayConverter: bytes as they are (spec 5.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api.converter import ColumnAndSchema, Encoded, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.javaclass import java_class_name
from penstock.api.schema import Schema, Type
from penstock.converters.base import DataAndHeaderConverter

_PASSED_ON = frozenset({bytes, type(None)})


class ByteArrayConverter(DataAndHeaderConverter):
    """Passes bytes through; reads optional bytes. Raises DataException for values and schemas of other types."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.converters.ByteArrayConverter"

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:  # noqa: ARG002
        """Nothing to configure, and as in Connect nothing is checked."""
        return

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        """The bytes. A schema of another type is an error even for a null."""
        if schema is not None and schema.type is not Type.BYTES:
            raise DataException(f"Invalid schema type for ByteArrayConverter: {schema.type.name}")
        if value is None or isinstance(value, bytes):
            return value
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        raise DataException(f"ByteArrayConverter is not compatible with objects of type class {java_class_name(value)}")

    def decode(self, data: bytes | None) -> SchemaAndValue:
        """The bytes, as optional bytes."""
        return SchemaAndValue(Schema.OPTIONAL_BYTES, data)

    def from_connect_data_batch(self, topic: str, schema: Schema | None, values: Sequence[object]) -> Sequence[Encoded]:
        """The column itself, where it holds nothing but bytes and nulls."""
        if (schema is None or schema.type is Type.BYTES) and _PASSED_ON.issuperset(map(type, values)):
            return values  # type: ignore[return-value]  # just checked
        return super().from_connect_data_batch(topic, schema, values)

    def to_connect_data_batch(self, topic: str, values: Sequence[bytes | None]) -> list[ColumnAndSchema]:  # noqa: ARG002
        """The column itself."""
        return [ColumnAndSchema(Schema.OPTIONAL_BYTES, values)] if values else []
