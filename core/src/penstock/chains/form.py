"""Messages as JSON objects. In a chain file ``out`` says only in what it differs from ``in``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.converter import SchemaAndValue
from penstock.chains.message import DEFAULT_TOPIC, Message, Part
from penstock.chains.parts import DataForm, FormError, read_bytes, write_bytes

KEY, VALUE, HEADER = "key.converter", "value.converter", "header.converter"
_BLANK: Mapping[str, object] = {
    "topic": DEFAULT_TOPIC,
    "partition": None,
    "timestamp": None,
    "key": None,
    "key_schema": None,
    "value": None,
    "value_schema": None,
    "headers": [],
}
IN_KEYS = (*_BLANK, "offset")
OUT_KEYS = tuple(_BLANK)


@dataclass(frozen=True, slots=True)
class Form:
    """How messages are written at one end of a chain; ``raw`` are the converter keys of the parts that are bytes there."""

    raw: frozenset[str]
    data: DataForm

    def read(self, node: Mapping[str, object], where: str) -> Message:
        """The message of an ``in``. Raises FormError."""
        whole = {**_BLANK, **node}
        headers = []
        for header in _headers(whole["headers"], where):
            name = _text(header.get("name"), f"{where}, headers: 'name'")
            headers.append(
                (name, self._part(HEADER, header.get("value"), header.get("schema"), f"{where}, header {name}"))
            )
        return Message(
            topic=_text(whole["topic"], f"{where}: 'topic'"),
            value=self._part(VALUE, whole["value"], whole["value_schema"], f"{where}: 'value'"),
            key=self._part(KEY, whole["key"], whole["key_schema"], f"{where}: 'key'"),
            headers=tuple(headers),
            timestamp=_integer(whole["timestamp"], f"{where}: 'timestamp'"),
            partition=_integer(whole["partition"], f"{where}: 'partition'"),
            offset=_integer(whole.get("offset"), f"{where}: 'offset'"),
        )

    def write(self, message: Message, like: Mapping[str, object] | None = None) -> dict[str, object]:
        """All keys of a message; bytes are written in the form they have in ``like``."""
        pattern = like or {}
        key, key_schema = self._node(KEY, message.key, pattern.get("key"))
        value, value_schema = self._node(VALUE, message.value, pattern.get("value"))
        return {
            "topic": message.topic,
            "partition": message.partition,
            "timestamp": message.timestamp,
            "key": key,
            "key_schema": key_schema,
            "value": value,
            "value_schema": value_schema,
            "headers": self._header_nodes(message, pattern.get("headers")),
        }

    def _header_nodes(self, message: Message, like: object) -> list[dict[str, object]]:
        patterns = like if isinstance(like, list) else []
        nodes = []
        for place, (name, part) in enumerate(message.headers):
            pattern = patterns[place] if place < len(patterns) else None
            value, schema = self._node(HEADER, part, pattern.get("value") if isinstance(pattern, dict) else None)
            nodes.append({"name": name, "value": value, **({} if schema is None else {"schema": schema})})
        return nodes

    def _part(self, converter: str, value: object, schema: object, where: str) -> Part:
        if converter not in self.raw:
            return self.data.read(value, schema, where)
        if schema is not None:
            raise FormError(f"{where} stands for the bytes of the log, which {converter} reads: it has no schema here")
        return read_bytes(value, where)

    def _node(self, converter: str, part: Part, like: object) -> tuple[object, object]:
        if converter not in self.raw:
            assert isinstance(part, SchemaAndValue)
            return self.data.write(part)
        assert not isinstance(part, SchemaAndValue)
        return write_bytes(part, like), None


def shown(node: Mapping[str, object]) -> dict[str, object]:
    """A message's keys without those that are as in a blank message, for people."""
    return {key: value for key, value in node.items() if key == "value" or value != _BLANK.get(key)}


def _headers(node: object, where: str) -> list[dict[str, object]]:
    if not isinstance(node, list) or not all(isinstance(header, dict) for header in node):
        raise FormError(
            f"{where}: 'headers' must be a list of objects with 'name', 'value' and, if it has one, 'schema'"
        )
    for header in node:
        unknown = header.keys() - {"name", "value", "schema"}
        if unknown:
            raise FormError(f"{where}: a header has the unknown key {min(unknown)!r}")
    return node


def _text(node: object, what: str) -> str:
    if not isinstance(node, str):
        raise FormError(f"{what} must be a text")
    return node


def _integer(node: object, what: str) -> int | None:
    if node is not None and (not isinstance(node, int) or isinstance(node, bool)):
        raise FormError(f"{what} must be an integer, or null")
    return node
