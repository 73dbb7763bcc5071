"""JSON as people keep it in chain files: numbers keep the digits they were written with, and lines have a human length."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import NoReturn

_WIDTH = 110


class Number(str):
    """A number with a fraction or an exponent, digit for digit."""

    __slots__ = ()


def loads(text: str | bytes) -> object:
    """The tree of a JSON text, with :class:`Number` for numbers that are no integers. Raises ValueError, also for a key that
    stands twice in one object and for NaN."""
    return json.loads(text, parse_float=Number, parse_constant=_no_constant, object_pairs_hook=_object)


def compact(node: object) -> str:
    """The shortest text of a tree, on one line."""
    match node:
        case dict():
            return "{" + ", ".join(f"{quoted(str(key))}: {compact(item)}" for key, item in node.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(compact, node)) + "]"
        case _:
            return _scalar(node)


def pretty(node: object, margin: str = "", width: int = _WIDTH) -> str:
    """The text of a tree; objects and lists that fit into ``width`` stay on one line."""
    short = compact(node)
    if len(margin) + len(short) <= width or not isinstance(node, (dict, list, tuple)) or not node:
        return short
    inner = margin + "  "
    if isinstance(node, dict):
        items = [f"{inner}{quoted(str(key))}: {pretty(item, inner, width)}" for key, item in node.items()]
        return "{\n" + ",\n".join(items) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + pretty(item, inner, width) for item in node) + f"\n{margin}]"


def same(one: object, other: object) -> bool:
    """Whether two trees say the same: the order of keys and trailing zeros of fractions don't count, 1 and 1.0 differ."""
    return _canonical(one) == _canonical(other)


def _canonical(node: object) -> object:
    match node:
        case dict():
            return ("object", frozenset((str(key), _canonical(item)) for key, item in node.items()))
        case list() | tuple():
            return ("list", tuple(map(_canonical, node)))
        case Number():
            return ("number", Decimal(node))
        case _:
            return (type(node), node)


def _scalar(node: object) -> str:
    match node:
        case None:
            return "null"
        case bool():
            return "true" if node else "false"
        case Number():
            return str(node)
        case str():
            return quoted(node)
        case int():
            return str(node)
    raise TypeError(f"{node!r} has no JSON text")


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
