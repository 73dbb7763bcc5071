"""The recorded operations on converters."""

from __future__ import annotations

import base64
import importlib
from typing import Any

from penstock.api.converter import Converter, HeaderConverter, SchemaAndValue
from penstock.converters.json_config import settings_of
from penstock.converters.json_schema import schema_of, schema_tree
from penstock.converters.json_text import read
from penstock.discovery import builtin
from penstock.jackson import dumps
from tests.compat.ops import config_ops
from tests.compat.runner import phase
from tests.compat.vectors_codec import decode, decode_schema, encode, encode_schema

Plain = dict[str, Any]


def _by_connect_name() -> dict[str, type]:
    found = {}
    for plugin in builtin.penstock_header_converters():
        module, _, name = plugin.target.partition(":")
        kind = getattr(importlib.import_module(module), name)
        found[kind.connect_name] = kind
    return found


_CLASSES = _by_connect_name()


def _props(given: Plain) -> Plain:
    return {key: config_ops.decode(value) for key, value in given.items()}


def converter_of(given: Plain) -> Converter:
    with phase("configure"):
        converter = _CLASSES[given["class"]]()
        converter.configure(_props(given["config"]), given.get("isKey", False))
    assert isinstance(converter, Converter)
    return converter


def header_converter_of(given: Plain) -> HeaderConverter:
    with phase("configure"):
        converter = _CLASSES[given["class"]]()
        props = _props(given["config"])
        if props.get("converter.type") is None:
            props["converter.type"] = "header"
        converter.configure(props)
    assert isinstance(converter, HeaderConverter)
    return converter


def bytes_in(given: Plain) -> bytes | None:
    if "utf8" in given:
        return str(given["utf8"]).encode()
    return None if given["bytes"] is None else base64.b64decode(given["bytes"])


def bytes_out(data: bytes | None) -> Plain:
    if data is None:
        return {"bytes": None}
    shown = {"bytes": base64.b64encode(data).decode()}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return shown
    return shown if any(char < " " for char in text) else {**shown, "text": text}


def schema_and_value(found: SchemaAndValue) -> Plain:
    return {"schema": encode_schema(found.schema), "value": encode(found.value, found.schema)}


def configure(given: Plain) -> None:
    converter_of(given)


def configure_header(given: Plain) -> None:
    header_converter_of(given)


def from_connect_data(given: Plain) -> Plain:
    converter = converter_of(given)
    schema = decode_schema(given["schema"])
    with phase("convert"):
        return bytes_out(converter.from_connect_data("topic", None, schema, decode(given["value"], schema)))


def to_connect_data(given: Plain) -> Plain:
    converter = converter_of(given)
    with phase("convert"):
        return schema_and_value(converter.to_connect_data("topic", None, bytes_in(given)))


def from_connect_header(given: Plain) -> Plain:
    converter = header_converter_of(given)
    schema = decode_schema(given["schema"])
    with phase("convert"):
        return bytes_out(converter.from_connect_header("topic", "hdr", schema, decode(given["value"], schema)))


def to_connect_header(given: Plain) -> Plain | None:
    converter = header_converter_of(given)
    with phase("convert"):
        found = converter.to_connect_header("topic", "hdr", bytes_in(given))
    return None if found is None else schema_and_value(found)


def as_json_schema(given: Plain) -> Plain:
    settings = settings_of(_props(given["config"]), is_key=False)
    tree = schema_tree(decode_schema(given["schema"]), settings)
    return {"json": None if tree is None else dumps(tree).decode()}


def as_connect_schema(given: Plain) -> Any:
    settings = settings_of(_props(given["config"]), is_key=False)
    return encode_schema(schema_of(read(str(given["json"]).encode()), settings))


OPS = {
    "converter.configure": configure,
    "headerConverter.configure": configure_header,
    "converter.fromConnectData": from_connect_data,
    "converter.toConnectData": to_connect_data,
    "headerConverter.fromConnectHeader": from_connect_header,
    "headerConverter.toConnectHeader": to_connect_header,
    "json.asJsonSchema": as_json_schema,
    "json.asConnectSchema": as_connect_schema,
}
