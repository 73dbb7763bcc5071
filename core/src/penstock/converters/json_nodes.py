"""What JSON texts are read into: dict, list, str, bool, None, an int of any size, a ``Decimal`` for a number with a point or an
exponent, and :data:`MISSING` for a text without any value."""

from __future__ import annotations

import enum
from typing import Final


class Missing(enum.Enum):
    """The class of :data:`MISSING`."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING
"""The node of an empty or blank text."""


def node_type(node: object) -> str:
    """What Jackson calls the kind of a node."""
    if isinstance(node, bool):
        return "BOOLEAN"
    match node:
        case None:
            return "NULL"
        case dict():
            return "OBJECT"
        case list():
            return "ARRAY"
        case str():
            return "STRING"
    return "MISSING" if node is MISSING else "NUMBER"
