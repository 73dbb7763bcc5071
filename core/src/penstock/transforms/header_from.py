"""HeaderFrom: copies or moves fields into headers (KIP-145; spec 6.2)."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Field,
    Headers,
    Importance,
    Schema,
    SchemaBuilder,
    Transformation,
)
from penstock.api.validators import one_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, non_empty_list, with_replace_null
from penstock.transforms.operand import Changed, Record
from penstock.transforms.requirements import require_map, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, conforming, like, reader

FIELDS_CONFIG = "fields"
HEADERS_CONFIG = "headers"
OPERATION_CONFIG = "operation"


class Operation(enum.Enum):
    """What becomes of the fields."""

    MOVE = "move"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class _Plan:
    """For one schema: how to read its structs, what makes the structs that remain (None: they stay), of which values, and
    which become headers."""

    read: Reader
    make: StructMaker | None
    kept: list[int]
    taken: list[tuple[str, Field | None]]


class HeaderFrom(Transformation[Record]):
    """Appends a header a field."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef()
        .define(
            FIELDS_CONFIG,
            ConfigType.LIST,
            importance=Importance.HIGH,
            validator=non_empty_list,
            doc="The fields that become headers.",
        )
        .define(
            HEADERS_CONFIG,
            ConfigType.LIST,
            importance=Importance.HIGH,
            validator=non_empty_list,
            doc="The names of the headers, in the order of the fields.",
        )
        .define(
            OPERATION_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            validator=one_of(*(operation.value for operation in Operation)),
            doc="<code>move</code>: the fields leave the key or value. <code>copy</code>: they stay.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._fields = self.config.get_list(FIELDS_CONFIG)
        self._headers = self.config.get_list(HEADERS_CONFIG)
        if len(self._headers) != len(self._fields):
            raise ConfigException(
                f"'{FIELDS_CONFIG}' config must have the same number of elements as '{HEADERS_CONFIG}' config."
            )
        self._operation = Operation(self.config.get_string(OPERATION_CONFIG))
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._purpose = f"header {self._operation.value}"
        self._plans = SchemaCache(self._plan)

    @abstractmethod
    def apply(self, record: Record) -> Record:
        """The record with more headers. Raises DataException, also for a null operand."""

    def extract(self, schema: Schema | None, value: object, headers: Headers) -> Changed:
        """Add to ``headers``; returns what remains of the operand."""
        if schema is None:
            return None, self._from_map(require_map(value, self._purpose), headers)
        struct = require_struct(value, self._purpose, schema)
        plan = self._plans.get(schema)
        values = plan.read(conforming(struct, schema))
        rest = struct if plan.make is None else plan.make([values[place] for place in plan.kept])
        for number, (header, field) in enumerate(plan.taken):
            if field is None:
                raise DataException(f"Field does not exist: {self._fields[number]}")  # in Connect a null pointer error
            headers.add(header, values[field.index], field.schema)
        return schema if plan.make is None else plan.make.schema, rest

    def _from_map(self, value: Mapping[object, object], headers: Headers) -> dict[object, object]:
        rest = dict(value)
        for name, header in zip(self._fields, self._headers, strict=True):
            if self._operation is Operation.MOVE:
                rest.pop(name, None)
            headers.add(header, value.get(name))
        return rest

    def _plan(self, schema: Schema) -> _Plan:
        taken = list(zip(self._headers, map(schema.field, self._fields), strict=True))
        read = reader(schema, defaults=self._defaults)
        if self._operation is Operation.COPY:
            return _Plan(read, None, [], taken)
        kept = [field for field in schema.fields if field.name not in self._fields]
        builder = like(schema, SchemaBuilder.struct())
        for field in kept:
            builder.field(field.name, field.schema)
        return _Plan(read, StructMaker(builder.build()), [field.index for field in kept], taken)


class HeaderFromKey(HeaderFrom):
    """Takes fields of the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HeaderFrom$Key"

    def apply(self, record: Record) -> Record:
        headers = record.headers.duplicate()
        schema, key = self.extract(record.key_schema, record.key, headers)
        return record.replace(key_schema=schema, key=key, headers=headers)


class HeaderFromValue(HeaderFrom):
    """Takes fields of the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HeaderFrom$Value"

    def apply(self, record: Record) -> Record:
        headers = record.headers.duplicate()
        schema, value = self.extract(record.value_schema, record.value, headers)
        return record.replace(value_schema=schema, value=value, headers=headers)
