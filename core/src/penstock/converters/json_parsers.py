"""Parsers of schemaless JSON that refuse, while they parse, the numbers that a column must not have: told by types, a bound
costs nothing, where looking at the values would cost more than parsing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import msgspec

Parse = Callable[[bytes], Any]
"""One text to its value. Raises ValueError or RecursionError; ValidationError for a number beyond the bounds, or what is
nested deeper than :data:`LEVELS`."""

LEVELS = 6
"""Types spell each level out, twice as many for each: these take 3 ms to make, once in a process."""

_LONG: Any = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_ORDINARY: Any = Annotated[float, msgspec.Meta(gt=-1e7, lt=1e7)]

parse_anything: Parse = msgspec.json.Decoder().decode
"""Without bounds."""


@cache
def parser_of_longs() -> Parse:
    """Integers are longs."""
    return msgspec.json.Decoder(_tree(LEVELS, float)).decode


@cache
def parser_of_ordinary_numbers() -> Parse:
    """Integers are longs; other numbers are below 10^7, from where on Java writes them with exponents."""
    return msgspec.json.Decoder(_tree(LEVELS, _ORDINARY)).decode


def _tree(levels: int, fractional: Any) -> Any:
    scalar = _LONG | fractional | str | bool | None
    if levels == 0:
        return scalar
    inner = _tree(levels - 1, fractional)
    return scalar | list[inner] | dict[str, inner]  # type: ignore[valid-type]  # made as it runs
