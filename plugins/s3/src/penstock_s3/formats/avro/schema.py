"""Avro schemas as trees, and their JSON text as Avro's Java library writes it: Parquet files carry it to the letter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from penstock.api import DataException
from penstock.converters import JsonConverter

NO_DEFAULT: Final = object()
_NAME = re.compile(r"[^\W\d]\w*")
PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


@dataclass(eq=False, slots=True)
class AvroNode:
    """One schema. Named ones have ``name`` (and ``namespace``); ``items`` are an array's items or a map's values."""

    kind: str
    name: str | None = None
    namespace: str | None = None
    doc: str | None = None
    props: dict[str, object] = field(default_factory=dict)
    fields: Sequence[AvroField] = ()
    items: AvroNode | None = None
    members: Sequence[AvroNode] = ()
    symbols: Sequence[str] = ()
    default_symbol: str | None = None
    size: int = 0

    @property
    def full_name(self) -> str:
        """The name with its namespace; of unnamed schemas the kind."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name or self.kind

    @property
    def is_named(self) -> bool:
        """Whether it is written once and named from then on."""
        return self.kind in ("record", "enum", "fixed")

    @property
    def nullable(self) -> bool:
        """Whether it is a union with null."""
        return any(member.kind == "null" for member in self.members)

    @property
    def present(self) -> AvroNode:
        """Of a union of null and one other: the other. Else the node itself."""
        others = [member for member in self.members if member.kind != "null"]
        return others[0] if self.nullable and len(others) == 1 else self


@dataclass(eq=False, slots=True)
class AvroField:
    """A field of a record. ``default`` is a JSON value, or NO_DEFAULT."""

    name: str
    schema: AvroNode
    doc: str | None = None
    default: object = NO_DEFAULT
    props: dict[str, object] = field(default_factory=dict)


NULL_NODE = AvroNode("null")


def union(members: Sequence[AvroNode]) -> AvroNode:
    """A union. Raises DataException for members that could not be told apart."""
    seen: set[str] = set()
    for member in members:
        if member.kind == "union":
            raise DataException("Nested union in the Avro schema: a union cannot hold another union")
        if member.full_name in seen:
            raise DataException(f"Duplicate in union:{member.full_name}")
        seen.add(member.full_name)
    return AvroNode("union", members=tuple(members))


def check_name(name: str) -> str:
    """The name, if Avro allows it. Raises DataException with Avro's texts."""
    if not name:
        raise DataException("Empty name")
    if _NAME.fullmatch(name) is None:
        first = name[0]
        if not (first.isalpha() or first == "_"):
            raise DataException(f"Illegal initial character: {name}")
        raise DataException(f"Illegal character in: {name}")
    return name


def schema_text(node: AvroNode) -> str:
    """The JSON text of a schema. Raises DataException when two different types have the same name."""
    text = _CONVERTER.from_connect_data("", None, None, _tree(node, _Names()))
    assert text is not None
    return _PAIR.sub(_character, text.decode())


_PAIR: Final = re.compile(r"\\(?:u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})|.)", re.ASCII | re.DOTALL)
"""An escape of any kind; with groups, one of a character beyond the Basic Multilingual Plane."""


def _character(escape: re.Match[str]) -> str:
    """Escapes as the converter writes them into bytes, but such characters as they are, as Java has them in texts."""
    high, low = escape[1], escape[2]
    if high is None:
        return escape[0]
    return bytes.fromhex(high + low).decode("utf-16-be")


class _Names:
    """What was written already, and the namespace that names are in when they do not tell theirs."""

    def __init__(self) -> None:
        self.space: str | None = None
        self._written: dict[str, tuple[AvroNode, object]] = {}

    def reference(self, node: AvroNode) -> str | None:
        """How a type that was written before is named here; None: it is to be written now."""
        known = self._written.get(node.full_name)
        if known is None:
            self._written[node.full_name] = (node, None)
            return None
        if known[0] is not node and not same_schema(known[0], node):
            raise DataException(f"Can't redefine: {node.full_name}")
        return str(node.name) if node.namespace == self.space else node.full_name


def same_schema(a: AvroNode, b: AvroNode) -> bool:
    """Whether two schemas are equal by structure."""
    return _tree(a, _Names()) == _tree(b, _Names())


def same_fields(a: Sequence[AvroField], b: Sequence[AvroField]) -> bool:
    """Whether two records have equal fields, whatever they are called."""
    return [_field(member, _Names()) for member in a] == [_field(member, _Names()) for member in b]


def _tree(node: AvroNode, names: _Names) -> object:
    if node.kind == "union":
        return [_tree(member, names) for member in node.members]
    if node.is_named:
        return names.reference(node) or _named(node, names)
    if not node.props and node.kind in PRIMITIVES:
        return node.kind
    tree: dict[str, object] = {"type": node.kind}
    if node.items is not None:
        tree["items" if node.kind == "array" else "values"] = _tree(node.items, names)
    return tree | node.props


def _named(node: AvroNode, names: _Names) -> dict[str, object]:
    tree: dict[str, object] = {"type": node.kind, "name": node.name}
    if node.namespace != names.space and (node.namespace or names.space):
        tree["namespace"] = node.namespace or ""
    if node.doc is not None:
        tree["doc"] = node.doc
    if node.kind == "record":
        outer, names.space = names.space, node.namespace
        tree["fields"] = [_field(member, names) for member in node.fields]
        names.space = outer
    elif node.kind == "enum":
        tree["symbols"] = list(node.symbols)
        if node.default_symbol is not None:
            tree["default"] = node.default_symbol
    else:
        tree["size"] = node.size
    return tree | node.props


def _field(member: AvroField, names: _Names) -> dict[str, object]:
    tree: dict[str, object] = {"name": member.name, "type": _tree(member.schema, names)}
    if member.doc is not None:
        tree["doc"] = member.doc
    if member.default is not NO_DEFAULT:
        tree["default"] = member.default
    return tree | member.props


def _json_converter() -> JsonConverter:
    converter = JsonConverter()
    settings: Mapping[str, object] = {"schemas.enable": "false"}
    converter.configure(settings, is_key=False)
    return converter


_CONVERTER = _json_converter()
