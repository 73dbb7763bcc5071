"""Avro schemas read from their JSON."""

from __future__ import annotations

import json
from typing import Any

from penstock.api import DataException
from penstock_s3.formats.avro.names import split
from penstock_s3.formats.avro.schema import NO_DEFAULT, NULL_NODE, PRIMITIVES, AvroField, AvroNode, union

_OWN = {
    "type",
    "name",
    "namespace",
    "doc",
    "fields",
    "symbols",
    "default",
    "size",
    "items",
    "values",
    "aliases",
    "order",
}


def parse(text: str) -> AvroNode:
    """The schema of a JSON text. Raises DataException telling what is wrong with it."""
    try:
        return _Parsing().node(json.loads(text), None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataException(f"The Avro schema is not valid: {type(error).__name__}: {error}") from error


class _Parsing:
    """One schema: what was named so far."""

    def __init__(self) -> None:
        self._named: dict[str, AvroNode] = {}

    def node(self, tree: Any, space: str | None) -> AvroNode:
        if isinstance(tree, list):
            return union([self.node(member, space) for member in tree])
        if isinstance(tree, str):
            return self._called(tree, space)
        kind = tree["type"]
        if not isinstance(kind, str):
            return self.node(kind, space)
        props = {key: value for key, value in tree.items() if key not in _OWN}
        match kind:
            case "record" | "error" | "enum" | "fixed":
                return self._declared(tree, props, space)
            case "array":
                return AvroNode(kind, items=self.node(tree["items"], space), props=props)
            case "map":
                return AvroNode(kind, items=self.node(tree["values"], space), props=props)
        return AvroNode(kind, props=props) if kind in PRIMITIVES else self._called(kind, space)

    def _called(self, name: str, space: str | None) -> AvroNode:
        if name in PRIMITIVES:
            return NULL_NODE if name == "null" else AvroNode(name)
        full = name if "." in name or not space else f"{space}.{name}"
        known = self._named.get(full) or self._named.get(name)
        if known is None:
            raise DataException(f"The Avro schema names the type {full}, which it does not define")
        return known

    def _declared(self, tree: dict[str, Any], props: dict[str, object], space: str | None) -> AvroNode:
        namespace, name = split(tree["name"])
        if namespace is None:
            namespace = tree.get("namespace", space) or None
        node = AvroNode(
            "record" if tree["type"] == "error" else tree["type"],
            name=name,
            namespace=namespace,
            doc=tree.get("doc"),
            props=props,
            symbols=tree.get("symbols", ()),
            default_symbol=tree.get("default") if tree["type"] == "enum" else None,
            size=tree.get("size", 0),
        )
        self._named[node.full_name] = node
        node.fields = [
            AvroField(
                field["name"],
                self.node(field["type"], namespace),
                field.get("doc"),
                field.get("default", NO_DEFAULT),
                {key: value for key, value in field.items() if key not in _OWN},
            )
            for field in tree.get("fields", ())
        ]
        return node
