"""The built-in converters and transformations keep the contracts that every author's must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import penstock.testing
from penstock.api import Schema, SchemaAndValue, SchemaBuilder, Struct
from penstock.testing import ConverterContract, TransformationContract

STORAGE = "org.apache.kafka.connect.storage."
CONVERTERS = "org.apache.kafka.connect.converters."
TRANSFORMS = "org.apache.kafka.connect.transforms."

INNER = SchemaBuilder.struct().field("x", Schema.INT8).optional().build()
STRUCT = (
    SchemaBuilder.struct()
    .name("all")
    .version(3)
    .field("a", Schema.OPTIONAL_STRING)
    .field("b", Schema.FLOAT64)
    .field("c", SchemaBuilder.array(Schema.INT32).build())
    .field("d", SchemaBuilder.map(Schema.STRING, Schema.BYTES).build())
    .field("e", INNER)
    .build()
)
VALUE = Struct(STRUCT).put("b", 1.5).put("c", [1, 2]).put("d", {"k": b"\x00"}).put("e", Struct(INNER).put("x", 7))


class TestString(ConverterContract):
    converter = f"{STORAGE}StringConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(Schema.OPTIONAL_STRING, text) for text in ("", "ü", "\U0001f600")]


class TestJsonWithSchemas(ConverterContract):
    converter = "org.apache.kafka.connect.json.JsonConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [
            SchemaAndValue(STRUCT, VALUE),
            SchemaAndValue(None, {"a": [1, None, True]}),
            SchemaAndValue(Schema.OPTIONAL_INT64, None),
            SchemaAndValue(Schema.STRING, "x"),
        ]


class TestJsonWithoutSchemas(ConverterContract):
    converter = "org.apache.kafka.connect.json.JsonConverter"

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        return {"schemas.enable": "false"}

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(None, value) for value in ({"a": {"b": [1, 2.5]}}, [1], "x", True)]


class TestByteArray(ConverterContract):
    converter = f"{CONVERTERS}ByteArrayConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(Schema.OPTIONAL_BYTES, b"\x00\xff")]


class TestLong(ConverterContract):
    converter = f"{CONVERTERS}LongConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(Schema.OPTIONAL_INT64, -(2**63))]


class TestDouble(ConverterContract):
    converter = f"{CONVERTERS}DoubleConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(Schema.OPTIONAL_FLOAT64, 0.1)]


class TestBoolean(ConverterContract):
    converter = f"{CONVERTERS}BooleanConverter"

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        return [SchemaAndValue(Schema.OPTIONAL_BOOLEAN, True)]


BUILT_IN: list[tuple[str, dict[str, str]]] = [
    ("Cast$Value", {"spec": "id:int32"}),
    ("DropHeaders", {"headers": "a"}),
    ("ExtractField$Value", {"field": "name"}),
    ("ExtractField$Key", {"field": "name"}),
    ("Filter", {}),
    ("Flatten$Value", {}),
    ("HeaderFrom$Value", {"fields": "name", "headers": "n", "operation": "copy"}),
    ("HeaderFrom$Value", {"fields": "name", "headers": "n", "operation": "move"}),
    ("HoistField$Value", {"field": "f"}),
    ("InsertField$Value", {"topic.field": "t", "static.field": "s", "static.value": "v", "timestamp.field": "ts"}),
    ("InsertHeader", {"header": "h", "value.literal": "1"}),
    ("MaskField$Value", {"fields": "name"}),
    ("RegexRouter", {"regex": "(.*)act", "replacement": "$1"}),
    ("ReplaceField$Value", {"exclude": "name"}),
    ("ReplaceField$Value", {"renames": "name:other"}),
    ("SetSchemaMetadata$Value", {"schema.name": "n"}),
    ("TimestampConverter$Value", {"target.type": "string", "field": "id", "format": "yyyy"}),
    ("TimestampRouter", {}),
    ("ValueToKey", {"fields": "name"}),
]


def _contract(name: str, settings: dict[str, str]) -> type[TransformationContract]:
    def config(self: Any) -> Mapping[str, str]:
        return settings

    body = {"transformation": f"{TRANSFORMS}{name}", "config": pytest.fixture(config)}
    return type("Contract", (TransformationContract,), body)


for _number, (_name, _settings) in enumerate(BUILT_IN):
    globals()[f"Test{_name.replace('$', 'Of')}{_number}"] = _contract(_name, _settings)


def test_the_face_of_the_test_kit_is_as_pinned() -> None:
    assert penstock.testing.__all__ == [
        "ChainResult",
        "ChainTester",
        "ConverterContract",
        "Dropped",
        "Failed",
        "Message",
        "Passed",
        "RunningConnector",
        "RunningTask",
        "SinkConnectorContract",
        "SourceConnectorContract",
        "State",
        "TransformationContract",
        "Unreached",
        "Workbench",
        "eventually",
    ]
