"""Cast: changes the types of fields, or of a whole key or value (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    StructColumn,
    Type,
)
from penstock.api.javahash import hash_order
from penstock.api.validators import described
from penstock.transforms.cast_values import OUTPUT_TYPES, Caster, cast_schemaless, caster, type_names
from penstock.transforms.columns import Column, ColumnReader, column_reader, each, maps_of
from penstock.transforms.config import (
    PAIRS,
    REPLACE_NULL_WITH_DEFAULT_CONFIG,
    bad_pair,
    split_pair,
    with_replace_null,
)
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import require_map, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, check_nulls, conforming, like, reader

SPEC_CONFIG = "spec"

_PURPOSE = "cast types"


@dataclass(frozen=True, slots=True)
class _Spec:
    """What is cast to what: fields, or the whole."""

    fields: Mapping[str, Type]
    whole: Type | None


def _check_spec(_name: str, value: object) -> None:
    if not isinstance(value, list) or not value:
        raise ConfigException("Must specify at least one field to cast.")
    _parse_spec(value)


def _parse_spec(pairs: Sequence[str]) -> _Spec:
    fields: dict[str, Type] = {}
    whole: Type | None = None
    for pair in pairs:
        parts = split_pair(pair)
        if not parts or len(parts) > 2:
            raise bad_pair(pairs, pair)
        if len(parts) == 1:
            whole = _output_type(parts[0])
        else:
            fields[parts[0].strip()] = _output_type(parts[1])
    if whole is not None and len(pairs) > 1:
        raise ConfigException(
            "Cast transformations that specify a type to cast the entire value to may only specify a single cast in "
            "their spec"
        )
    # Without a schema fields are cast, and may fail, in the order of a Java hash map.
    return _Spec({name: fields[name] for name in hash_order(fields)}, whole)


def _output_type(text: str) -> Type:
    name = text.strip()
    try:
        kind = Type[name.upper()]
    except KeyError as error:
        what = f"No enum constant org.apache.kafka.connect.data.Schema.Type.{name.upper()}"
        raise ConfigException.of(
            f"Invalid type found in casting spec: {name}", f"java.lang.IllegalArgumentException: {what}"
        ) from error
    if kind not in OUTPUT_TYPES:
        raise ConfigException(
            f"Cast transformation does not support casting to {kind.name}; supported types are "
            f"{type_names(OUTPUT_TYPES)}"
        )
    return kind


@dataclass(frozen=True, slots=True)
class _Plan:
    """For one struct schema: what makes the new structs, how to read, and which places to cast how."""

    make: StructMaker
    read: Reader
    read_columns: ColumnReader
    casts: list[tuple[int, Caster]]


class Cast(OperandTransformation):
    """Casts numbers, booleans, texts and, to text, bytes. Numbers that don't fit wrap around; texts that don't fit are
    DataExceptions."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef().define(
            SPEC_CONFIG,
            ConfigType.LIST,
            importance=Importance.HIGH,
            validator=described(_check_spec, PAIRS),
            doc="Fields and their types, as <code>field:type</code>, or a single type for the whole key or value. Types: "
            "int8, int16, int32, int64, float32, float64, boolean, string. Bytes can be cast to string only.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._spec = _parse_spec(self.config.get_list(SPEC_CONFIG))
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._wholes = SchemaCache(self._whole)
        self._plans = SchemaCache(self._plan)

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:  # noqa: ARG002
        if value is None:
            return None
        if schema is None:
            return None, self._without_schema(value)
        if self._spec.whole is not None:
            whole_schema, cast = self._wholes.get(schema)
            return whole_schema, cast(value)
        plan = self._plans.get(schema)
        struct = require_struct(value, _PURPOSE, schema)
        row = plan.read(conforming(struct, schema)).copy()
        place = 0
        try:
            for place, cast in plan.casts:
                if (item := row[place]) is not None:
                    row[place] = cast(item)
        except DataException:
            check_nulls(plan.make.schema, row[:place])  # what is wrong first is told
            raise
        return plan.make.schema, plan.make(row)

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            return self._without_schemas(values)
        if self._spec.whole is not None:
            if None in values:
                return None  # a null keeps its schema
            whole_schema, cast = self._wholes.get(schema)
            return whole_schema, list(map(cast, values))
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        plan = self._plans.get(schema)
        columns = plan.read_columns(structs)
        for place, cast in plan.casts:
            columns[place] = each(cast, columns[place])
        return plan.make.schema, StructColumn(plan.make.schema, columns, len(structs))

    def _without_schemas(self, values: Column) -> ChangedColumn | None:
        whole, fields = self._spec.whole, self._spec.fields
        if whole is not None:
            return None if None in values else (None, [cast_schemaless(value, whole) for value in values])
        maps = maps_of(values)
        if maps is None:
            return None
        cast = [{**value} for value in maps]
        for name, target in fields.items():
            for value in cast:
                value[name] = cast_schemaless(value.get(name), target)
        return None, cast

    def _without_schema(self, value: object) -> object:
        if self._spec.whole is not None:
            return cast_schemaless(value, self._spec.whole)
        found = dict(require_map(value, _PURPOSE))
        for name, target in self._spec.fields.items():
            found[name] = cast_schemaless(found.get(name), target)
        return found

    def _whole(self, schema: Schema) -> tuple[Schema, Caster]:
        assert self._spec.whole is not None
        cast = caster(schema, self._spec.whole)
        builder = like(schema, SchemaBuilder(self._spec.whole))
        return _with_optional_and_default(builder, schema, cast), cast

    def _plan(self, schema: Schema) -> _Plan:
        builder = like(schema, SchemaBuilder.struct())
        casts: list[tuple[int, Caster]] = []
        for field in schema.fields:
            target = self._spec.fields.get(field.name)
            if target is None:
                builder.field(field.name, field.schema)
                continue
            cast = caster(field.schema, target)
            casts.append((field.index, cast))
            builder.field(field.name, _with_optional_and_default(SchemaBuilder(target), field.schema, cast))
        # Connect casts a struct's default as if to a struct, which it then finds unsupported.
        cast = caster(schema, Type.STRING)
        maker = StructMaker(_with_optional_and_default(builder, schema, cast))
        return _Plan(
            maker, reader(schema, defaults=self._defaults), column_reader(schema, defaults=self._defaults), casts
        )


def _with_optional_and_default(builder: SchemaBuilder, schema: Schema, cast: Caster) -> Schema:
    if schema.optional:
        builder.optional()
    if schema.default is not None:
        builder.default(cast(schema.default))
    return builder.build()


class CastKey(OnKey, Cast):
    """Casts the key or its fields."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.Cast$Key"


class CastValue(OnValue, Cast):
    """Casts the value or its fields."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.Cast$Value"
