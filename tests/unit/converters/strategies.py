"""What the property tests draw: schemas with values that fit them, and JSON texts that may not."""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from penstock.api import logical
from penstock.api.converter import Converter, PartialBatch, SchemaAndValue
from penstock.api.equality import same_value
from penstock.api.keys import as_key
from penstock.api.schema import Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct

TOPIC = "topic"

# --- values that fit -------------------------------------------------------------------------------------------------


def _float32(bits: int) -> float:
    (value,) = struct.unpack(">f", struct.pack(">I", bits))
    return float(value)


finite_float32 = st.integers(0, 0xFFFFFFFF).map(_float32).filter(lambda value: value - value == 0)
texts = st.text(st.characters(codec="utf-8"), max_size=12)

_PRIMITIVE: dict[Type, st.SearchStrategy[Any]] = {
    Type.INT8: st.integers(-(1 << 7), (1 << 7) - 1),
    Type.INT16: st.integers(-(1 << 15), (1 << 15) - 1),
    Type.INT32: st.integers(-(1 << 31), (1 << 31) - 1),
    Type.INT64: st.integers(-(1 << 63), (1 << 63) - 1),
    Type.FLOAT32: finite_float32,
    Type.FLOAT64: st.floats(allow_nan=False, allow_infinity=False),
    Type.BOOLEAN: st.booleans(),
    Type.STRING: texts,
    Type.BYTES: st.binary(max_size=12),
}


@dataclass(frozen=True)
class Case:
    """A schema and what draws values of it."""

    schema: Schema
    values: st.SearchStrategy[Any]


@st.composite
def decimals(draw: st.DrawFn) -> Case:
    scale = draw(st.integers(-3, 12))
    numbers = st.integers(-(10**20), 10**20).map(lambda unscaled: logical.decimal_of(unscaled, scale))
    return Case(logical.Decimal.schema(scale), numbers)


primitive_cases = st.sampled_from([Case(Schema(kind), values) for kind, values in _PRIMITIVE.items()])
temporal_cases = st.sampled_from(
    [
        Case(logical.Date.SCHEMA, st.dates()),
        Case(logical.Time.SCHEMA, st.times().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))),
        Case(
            logical.Timestamp.SCHEMA,
            st.datetimes(timezones=st.just(dt.UTC)).map(
                lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
            ),
        ),
    ]
)


@st.composite
def leaves(draw: st.DrawFn) -> Case:
    """A case of one value, perhaps optional."""
    case = draw(primitive_cases | temporal_cases | decimals())
    schema = case.schema
    if not draw(st.booleans()):
        return case
    may_be_null = Schema(
        schema.type, optional=True, name=schema.name, version=schema.version, parameters=schema.parameters
    )
    return Case(may_be_null, st.none() | case.values)


@st.composite
def nested(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    """A case of several, perhaps optional."""
    builder, strategy = draw(arrays(inner) | maps(inner) | structs(inner))
    is_optional = draw(st.booleans())
    schema = builder.optional().build() if is_optional else builder.build()
    values = strategy.map(lambda drawn: Struct.of(schema, drawn) if schema.type is Type.STRUCT else drawn)
    return Case(schema, st.none() | values if is_optional else values)


Unfinished = tuple[SchemaBuilder, st.SearchStrategy[Any]]


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Unfinished:
    case = draw(inner)
    return SchemaBuilder.array(case.schema), st.lists(case.values, max_size=3)


@st.composite
def maps(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Unfinished:
    keys = draw(st.just(Case(Schema.STRING, texts)) | primitive_cases)
    case = draw(inner)
    # Zeros of either sign are one key in Python.
    drawn = keys.values.filter(lambda key: key != 0) if keys.schema.type.value.startswith("float") else keys.values
    values = st.dictionaries(drawn.map(as_key), case.values, max_size=3)
    return SchemaBuilder.map(keys.schema, case.schema), values


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Unfinished:
    names = draw(st.lists(texts.filter(bool), max_size=4, unique=True))
    fields = [draw(inner) for _ in names]
    builder = SchemaBuilder.struct().name(draw(st.sampled_from(["orders", "x", None])))
    for name, field in zip(names, fields, strict=True):
        builder.field(name, field.schema)
    return builder, st.tuples(*(field.values for field in fields))


cases = st.recursive(leaves(), nested, max_leaves=6)

# --- one by one, and in columns ----------------------------------------------------------------------------------------


def read_one_by_one(converter: Converter, records: list[bytes | None]) -> list[object]:
    """Each record's SchemaAndValue, or the error."""
    found: list[object] = []
    for place, record in enumerate(records):
        try:
            found.append(converter.to_connect_data(TOPIC, None, record))
        except Exception as error:
            found.append(_told(error, place))
    return found


def read_in_columns(converter: Converter, records: list[bytes | None]) -> list[object]:
    """The same by the batch method, as the runtime calls it: again behind what failed."""
    found: list[object] = []
    while (start := len(found)) < len(records):
        failed: list[object] = []
        try:
            runs: Any = converter.to_connect_data_batch(TOPIC, records[start:])
        except PartialBatch as partial:
            runs, failed = partial.done, [_told(partial.error, start + partial.index)]
        found += [SchemaAndValue(run.schema, value) for run in runs for value in run.values] + failed
    return found


def write_one_by_one(converter: Converter, schema: Schema | None, values: list[object]) -> list[object]:
    """Each value's bytes, or the error."""
    found: list[object] = []
    for place, value in enumerate(values):
        try:
            found.append(converter.from_connect_data(TOPIC, None, schema, value))
        except Exception as error:
            found.append(_told(error, place))
    return found


def write_in_columns(converter: Converter, schema: Schema | None, values: list[object]) -> list[object]:
    """The same by the batch method."""
    found: list[object] = []
    while (start := len(found)) < len(values):
        failed: list[object] = []
        try:
            done: Any = converter.from_connect_data_batch(TOPIC, schema, values[start:])
        except PartialBatch as partial:
            done, failed = partial.done, [_told(partial.error, start + partial.index)]
        found += [item.encode() if isinstance(item, str) else item for item in done] + failed
    return found


def _told(error: Exception, place: int) -> tuple[int, str, str]:
    return place, type(error).__name__, str(error)


def same_results(ours: list[object], theirs: list[object]) -> bool:
    """Whether two lists of SchemaAndValue and errors are the same, as Connect compares."""
    return len(ours) == len(theirs) and all(map(_same_result, ours, theirs))


def _same_result(a: object, b: object) -> bool:
    if isinstance(a, SchemaAndValue) and isinstance(b, SchemaAndValue):
        return a.schema == b.schema and same_value(a.value, b.value)
    return a == b
