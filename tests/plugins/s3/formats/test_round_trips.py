"""What was written is read back: schema and values, in every format; and other readers see the same."""

from __future__ import annotations

import io
import tempfile
from typing import Any, BinaryIO, cast

import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.api import Float32, Headers, Schema, SchemaBuilder, Struct, same_value
from penstock_s3.config.choices import Compression, FormatKind
from penstock_s3.formats.factory import make_format, make_formats
from tests.plugins.s3.formats.files import content, options, read
from tests.plugins.s3.formats.strategies import cases, records
from tests.unit.converters.strategies import Case

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def as_read(value: object) -> object:
    """A value without Python classes that a file cannot tell apart."""
    if isinstance(value, Struct):
        return [as_read(item) for item in value.values]
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return float(value) if isinstance(value, Float32) else value


def check(kind: FormatKind, case: Case, values: list[Any]) -> None:
    schema, found = read(kind, content(options(kind), case.schema, values))
    if values:
        assert schema == case.schema
    assert [as_read(value) for value in found] == [as_read(value) for value in values]
    assert all(map(same_value, map(as_read, found), map(as_read, values)))


@QUICK
@given(st.data())
def test_avro(data: st.DataObject) -> None:
    case = data.draw(cases.filter(lambda case: not case.schema.optional) | records)
    check(FormatKind.AVRO, case, data.draw(st.lists(case.values, min_size=1, max_size=5)))


@QUICK
@given(st.data())
def test_parquet(data: st.DataObject) -> None:
    case = data.draw(records)
    check(FormatKind.PARQUET, case, data.draw(st.lists(case.values, min_size=1, max_size=5)))


@QUICK
@given(st.data())
def test_avro_is_what_fastavro_reads(data: st.DataObject) -> None:
    """A reader that knows nothing of us takes every file to its end."""
    case = data.draw(records)
    values = data.draw(st.lists(case.values, min_size=1, max_size=5))
    raw = content(options(FormatKind.AVRO), case.schema, values).replace(b'"logicalType"', b'"logicalTypo"')
    assert len(list(fastavro.reader(io.BytesIO(raw)))) == len(values)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@QUICK
@given(st.lists(_json.filter(lambda value: value is not None), min_size=1, max_size=5))
def test_schemaless_avro(values: list[Any]) -> None:
    schema, found = read(FormatKind.AVRO, content(options(FormatKind.AVRO), None, values))
    assert schema is None
    assert found == values


_finite = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("compression", list(Compression))
@QUICK
@given(st.lists(_finite, min_size=1, max_size=5))
def test_json(compression: Compression, values: list[Any]) -> None:
    if compression in (Compression.NONE, Compression.GZIP):
        _, found = read(FormatKind.JSON, content(options(FormatKind.JSON, compression=compression), None, values))
        assert found == values
    else:
        assert content(options(FormatKind.JSON, compression=compression), None, values)


@QUICK
@given(st.lists(st.binary(max_size=9).filter(lambda data: b"\n" not in data), min_size=1), st.booleans())
def test_bytes(values: list[bytes], gzipped: bool) -> None:
    how = options(FormatKind.BYTES, compression=Compression.GZIP if gzipped else Compression.NONE)
    assert read(FormatKind.BYTES, content(how, Schema.BYTES, values)) == (Schema.BYTES, values)


def test_what_a_stream_was_opened_for_does_not_decide_how_it_is_read() -> None:
    how = options(FormatKind.JSON, compression=Compression.GZIP)
    with tempfile.SpooledTemporaryFile() as stream:  # whose mode is w+b
        stream.write(content(how, None, [1, 2]))
        stream.seek(0)
        (batch,) = make_format(FormatKind.JSON, how).read(cast("BinaryIO", stream))
    assert batch.values == [1, 2]


@pytest.mark.parametrize("kind", [FormatKind.AVRO, FormatKind.JSON, FormatKind.PARQUET])
def test_headers(kind: FormatKind) -> None:
    formats = make_formats(options(FormatKind.JSON, headers=kind))
    assert formats.headers is not None
    out = io.BytesIO()
    writer = formats.headers.open(out, None)
    given_headers = [Headers().add_string("a", "1").add("n", 5, Schema.INT32), Headers().add_string("ü", "")]
    writer.write(given_headers)
    writer.finish()
    out.seek(0)
    found = [headers for batch in formats.headers.read(out) for headers in batch.values]
    assert found == [Headers().add_string("a", "1").add_string("n", "5"), Headers().add_string("ü", "")]


KEY = SchemaBuilder.struct().name("K").field("id", Schema.INT32).build()


@pytest.mark.parametrize(
    ("kind", "schema", "keys"),
    [
        (FormatKind.AVRO, KEY, [Struct(KEY, {"id": 5})]),
        (FormatKind.PARQUET, KEY, [Struct(KEY, {"id": 5})]),
        (FormatKind.PARQUET, Schema.OPTIONAL_STRING, ["k", "l"]),
        (FormatKind.AVRO, Schema.INT64, [1, -1]),
        (FormatKind.BYTES, Schema.BYTES, [b"k"]),
    ],
)
def test_keys(kind: FormatKind, schema: Schema, keys: list[Any]) -> None:
    formats = make_formats(options(FormatKind.JSON, keys=kind))
    assert formats.keys is not None
    out = io.BytesIO()
    writer = formats.keys.open(out, schema)
    writer.write(keys)
    writer.finish()
    out.seek(0)
    assert [(batch.schema, list(batch.values)) for batch in formats.keys.read(out)] == [(schema, keys)]
