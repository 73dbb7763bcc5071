"""Keys, values and headers as JSON: data with its schema, or the log's bytes."""

from __future__ import annotations

import base64
import binascii

from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.chains.text import compact, loads
from penstock.converters.json import JsonConverter

_PLAIN = {"optional": False}


class FormError(ValueError):
    """Something in the file is not of the form that it must have there; the text says what and where."""


class DataForm:
    """Data as Connect's JsonConverter writes it: ``value`` is its payload, ``schema`` its schema, in the same JSON forms.

    The short form of a schema that has nothing but a type is the type's name: ``"string"`` for
    ``{"type": "string", "optional": false}``.
    """

    def __init__(self) -> None:
        self._converter = JsonConverter()
        settings = {"schemas.enable": "true", "decimal.format": "NUMERIC", "replace.null.with.default": "false"}
        self._converter.use_config({**settings, "converter.type": "value"})
        self._converter.configure(settings, is_key=False)

    def read(self, value: object, schema: object, where: str) -> SchemaAndValue:
        """Data from its JSON. Raises :class:`FormError`."""
        if value is None and schema is None:
            return SchemaAndValue(None, None)
        whole = {"type": schema, **_PLAIN} if isinstance(schema, str) else schema
        try:
            return self._converter.decode(compact({"schema": whole, "payload": value}).encode())
        except DataException as error:
            raise FormError(f"{where} is no data of its schema: {error}") from error

    def write(self, data: SchemaAndValue) -> tuple[object, object]:
        """Value and schema as JSON; what has no JSON form is shown as ``{"$python": …}``, with which nothing is equal."""
        try:
            encoded = self._converter.encode(data.schema, data.value)
        except (DataException, TypeError):
            return {"$python": repr(data.value)}, None
        if encoded is None:
            return None, None
        tree = loads(encoded)
        assert isinstance(tree, dict)
        schema = tree["schema"]
        short = isinstance(schema, dict) and {**schema, "type": None} == {"type": None, **_PLAIN}
        return tree["payload"], schema["type"] if short else schema


def read_bytes(node: object, where: str) -> bytes | None:
    """The log's bytes: a text stands for its UTF-8 bytes, ``{"json": …}`` for a JSON text, ``{"base64": "…"}`` for any bytes.

    Raises :class:`FormError`."""
    match node:
        case None:
            return None
        case str():
            return node.encode()
        case {"json": content, **others} if not others:
            return compact(content).encode()
        case {"base64": str(content), **others} if not others:
            try:
                return base64.b64decode(content, validate=True)
            except binascii.Error as error:
                raise FormError(f"{where} is no base64: {error}") from error
    raise FormError(
        f'{where} stands for the bytes of the log: write a text, {{"json": …}}, {{"base64": "…"}} or null, not {compact(node)}'
    )


def write_bytes(data: bytes | None, like: object = None) -> object:
    """The bytes as JSON, in the form that ``like`` has, where it can be had."""
    if data is None:
        return None
    wants = next(iter(like)) if isinstance(like, dict) and len(like) == 1 else type(like)
    tree = None
    if wants in ("json", type(None)):
        try:
            tree = loads(data)
        except ValueError:
            wants = str
        else:
            if wants == "json" or isinstance(tree, (dict, list)):
                return {"json": tree}
    if wants != "base64":
        try:
            return data.decode()
        except UnicodeDecodeError:
            wants = "base64"
    return {"base64": base64.b64encode(data).decode()}
