"""HeaderFrom: copies or moves fields into headers (KIP-145; spec 6.2)."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Field,
    Headers,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    StructColumn,
    Transformation,
)
from penstock.api.validators import one_of
from penstock.transforms.columns import Column, ColumnReader, column_reader, maps_of
from penstock.transforms.config import REPLACE_NULL_WITH_DEFAULT_CONFIG, non_empty_list, with_replace_null
from penstock.transforms.operand import Changed, ChangedColumn, Record
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
    read_columns: ColumnReader
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

    def extract_columns(
        self, schema: Schema | None, values: Column, headers: Sequence[Headers]
    ) -> ChangedColumn | None:
        """Add to ``headers``, which are ours; returns what remains of the operands, None when they are to be taken one by one."""
        if schema is None:
            maps = maps_of(values)
            if maps is None:
                return None
            return None, [self._from_map(value, into) for value, into in zip(maps, headers, strict=True)]
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        plan = self._plans.get(schema)
        columns = plan.read_columns(structs)
        for header, field in plan.taken:
            if field is None:
                return None
            for value, into in zip(columns[field.index], headers, strict=True):
                into.add(header, value, field.schema)
        if plan.make is None:
            return schema, structs
        return plan.make.schema, StructColumn(plan.make.schema, [columns[place] for place in plan.kept], len(structs))

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
        read_columns = column_reader(schema, defaults=self._defaults)
        if self._operation is Operation.COPY:
            return _Plan(read, read_columns, None, [], taken)
        kept = [field for field in schema.fields if field.name not in self._fields]
        builder = like(schema, SchemaBuilder.struct())
        for field in kept:
            builder.field(field.name, field.schema)
        return _Plan(read, read_columns, StructMaker(builder.build()), [field.index for field in kept], taken)


class HeaderFromKey(HeaderFrom):
    """Takes fields of the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HeaderFrom$Key"

    def apply(self, record: Record) -> Record:
        headers = record.headers.duplicate()
        schema, key = self.extract(record.key_schema, record.key, headers)
        return record.replace(key_schema=schema, key=key, headers=headers)

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        headers = _own_headers(batch)
        rest = None if batch.keys is None else self.extract_columns(batch.key_schema, batch.keys, headers)
        return None if rest is None else [replace(batch.with_key(*rest), headers=headers)]


class HeaderFromValue(HeaderFrom):
    """Takes fields of the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.HeaderFrom$Value"

    def apply(self, record: Record) -> Record:
        headers = record.headers.duplicate()
        schema, value = self.extract(record.value_schema, record.value, headers)
        return record.replace(value_schema=schema, value=value, headers=headers)

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        headers = _own_headers(batch)
        rest = self.extract_columns(batch.value_schema, batch.values, headers)
        return None if rest is None else [replace(batch.with_value(*rest), headers=headers)]


def _own_headers(batch: RecordColumns) -> list[Headers]:
    """Headers that may be added to."""
    return [Headers() if headers is None else headers.duplicate() for headers in batch.headers or [None] * len(batch)]
