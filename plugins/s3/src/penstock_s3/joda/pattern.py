"""Patterns of Joda-Time, compiled once into functions (spec 3.1)."""

from __future__ import annotations

import math
import re
from typing import Final

from penstock_s3.joda.fields import Moment, Part, literal, part
from penstock_s3.joda.zones import Zone

_TOKEN: Final = re.compile(
    r"(?P<letters>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<text>(?:''|'(?:[^']|'')*(?:'|\Z)|[^A-Za-z'])+)"
)


class Pattern:
    """A compiled pattern in a zone and a locale. Thread-safe.

    ``unit_ms``: within such a span of local time, counted from midnight, and under one offset, the text stays the same.
    """

    __slots__ = ("_parts", "unit_ms", "zone")

    def __init__(self, pattern: str, zone: Zone, locale: str) -> None:
        """Raises ``ValueError``, with Joda-Time's text, for a letter that means nothing, and for a pattern of nothing but a
        quote, which would print nothing."""
        if not pattern.replace("'", "", 1):
            raise ValueError("a single quote prints nothing; two print a quote")
        self.zone = zone
        parts = [_part(token, zone, locale) for token in _TOKEN.finditer(pattern)]
        self.unit_ms = math.gcd(*(found.unit_ms for found in parts))
        self._parts = tuple(found.print for found in parts)

    def format(self, utc_ms: int) -> str:
        """The text of an instant."""
        moment = Moment.at(utc_ms, self.zone.offset(utc_ms))
        return "".join([write(moment) for write in self._parts])


def _part(token: re.Match[str], zone: Zone, locale: str) -> Part:
    letters = token["letters"]
    if letters is None:
        return literal(_unquoted(token["text"]))
    found = part(letters[0], len(letters), zone, locale)
    if found is None:
        raise ValueError(f"Illegal pattern component: {letters}")
    return found


def _unquoted(text: str) -> str:
    """Quotes taken away, doubled ones made one; a quote that is never closed reaches to the end."""
    return re.sub(r"'(')?", lambda found: found[1] or "", text)
