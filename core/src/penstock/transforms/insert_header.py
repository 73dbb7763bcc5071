"""InsertHeader: adds the same header to every record (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from penstock.api import (
    NULL_SCHEMA_AND_VALUE,
    ConfigDef,
    ConfigType,
    Header,
    Headers,
    Importance,
    RecordColumns,
    Transformation,
    values,
)
from penstock.api.validators import non_null
from penstock.transforms.operand import Record

HEADER_CONFIG = "header"
VALUE_LITERAL_CONFIG = "value.literal"


class InsertHeader(Transformation[Record]):
    """Adds a header behind those that are there, whatever their names."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.InsertHeader"
    CONFIG: ClassVar[ConfigDef] = (
        ConfigDef()
        .define(
            HEADER_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            validator=non_null(),
            doc="The name of the header.",
        )
        .define(
            VALUE_LITERAL_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            validator=non_null(),
            doc="The header's value, in the notation of Connect's values: the narrowest type that the text spells is taken.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        found = values.parse_string(self.config.get_string(VALUE_LITERAL_CONFIG))
        schema, value = NULL_SCHEMA_AND_VALUE if found is None else found
        self._header = Header(self.config.get_string(HEADER_CONFIG), schema, value)

    def apply(self, record: Record) -> Record:
        return record.replace(headers=Headers([*record.headers, self._header]))

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        header = self._header
        before = batch.headers or [None] * len(batch)
        return [replace(batch, headers=[Headers((*(headers or ()), header)) for headers in before])]
