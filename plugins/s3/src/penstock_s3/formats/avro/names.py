"""The names and marks by which Connect's and Avro's schemas know each other."""

from __future__ import annotations

from typing import Final

from penstock.api import Date, Decimal, Schema, Time, Timestamp, Type
from penstock_s3.config.settings import AvroSettings

NAMESPACE: Final = "io.confluent.connect.avro"
DEFAULT_NAME: Final = "ConnectDefault"
UNION: Final = f"{NAMESPACE}.Union"
UNION_PARAMETER: Final = "org.apache.kafka.connect.data.Union"
"""A parameter of unions by converters that do not tie them to Avro (``generalized.sum.type.support``)."""

ENUM: Final = (f"{NAMESPACE}.Enum", "org.apache.kafka.connect.data.Enum")
ENUM_DOC: Final = f"{NAMESPACE}.enum.doc."
ENUM_DEFAULT: Final = f"{NAMESPACE}.enum.default."
RECORD_DOC: Final = f"{NAMESPACE}.record.doc"
FIELD_DOC: Final = f"{NAMESPACE}.field.doc."
FIELD_DEFAULT_FLAG: Final = f"{NAMESPACE}.field.default"
FIXED_SIZE: Final = "connect.fixed.size"
PRECISION: Final = "connect.decimal.precision"
DEFAULT_PRECISION: Final = 64
DECIMAL: Final = Decimal.LOGICAL_NAME

LOGICAL_TYPES: Final[dict[str | None, str]] = {
    Decimal.LOGICAL_NAME: "decimal",
    Date.LOGICAL_NAME: "date",
    Time.LOGICAL_NAME: "time-millis",
    Timestamp.LOGICAL_NAME: "timestamp-millis",
}


def split(full: str) -> tuple[str | None, str]:
    """(namespace or None, simple name)."""
    namespace, _, name = full.rpartition(".")
    return namespace or None, name


def is_union(schema: Schema) -> bool:
    """Whether a struct stands for a union of its fields, of which one is set."""
    return schema.name == UNION or UNION_PARAMETER in (schema.parameters or {})


def is_bare_union(schema: Schema) -> bool:
    """Whether Parquet stores a union as its only field: one that has a null besides."""
    return is_union(schema) and schema.optional and len(schema.fields) == 1


def is_fixed(schema: Schema) -> bool:
    """Whether bytes have one size."""
    return schema.type is Type.BYTES and schema.name is not None and FIXED_SIZE in (schema.parameters or {})


def text_keyed(schema: Schema, settings: AvroSettings) -> bool:
    """Whether a map is a map in Avro, too, whose keys are text always."""
    keys = schema.key_schema
    return keys is not None and keys.type is Type.STRING and (not keys.optional or settings.optional_map_keys)
