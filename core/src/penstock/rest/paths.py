"""From the request line's path to one that routes can match, and back.

Routing works on segments: each is stripped of its matrix parameters (``;x=1``) and percent-decoded, and is encoded again
before routes see it, so that a connector's name may hold a slash. What is ambiguous to Java's server (``%2F``, ``%25``,
``%5C`` in names) simply works here; what remains wrong is refused with a 400 in Connect's shape instead of an HTML page
(spec live, "what we do about the plain bugs").
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from penstock.rest.errors import MalformedRequestError

_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_ENCODED = re.compile(r"%[0-9a-fA-F]{2}")
_PATH_CHARACTERS = "/-._~!$&'()*+,;=:@"
"""Kept by java's UriBuilder in a path: unreserved characters, sub-delimiters, ``:``, ``@``, and the slash."""


def canonical(raw_path: str) -> str:
    """The path with every segment encoded, without matrix parameters and without a trailing slash.

    Raises :class:`MalformedRequestError` for two slashes in a row, a broken escape, bytes that are no UTF-8, NUL, and a path that
    climbs above the root.
    """
    segments = [segment.partition(";")[0] for segment in raw_path.split("/")]
    inner = segments[1:-1] if segments[-1] == "" and len(segments) > 1 else segments[1:]
    if segments[0] or "" in inner:
        raise _refused("Ambiguous URI empty segment", raw_path)
    decoded = [_decoded(segment, raw_path) for segment in inner]
    depth = 0
    for segment in decoded:
        depth += {"..": -1, ".": 0}.get(segment, 1)
        if depth < 0:
            raise _refused("Path above the root", raw_path)
    return "/" + "/".join(quote(segment, safe="") for segment in decoded)


def location(base_url: str, connector: str) -> str:
    """The absolute URL of a connector as Connect builds it (``UriBuilder.path``): escapes in the name are taken for escapes,
    and a slash stays a slash."""
    name = connector.removeprefix("/")
    parts: list[str] = []
    position = 0
    for match in _ENCODED.finditer(name):
        parts.append(quote(name[position : match.start()], safe=_PATH_CHARACTERS))
        parts.append(match.group())
        position = match.end()
    parts.append(quote(name[position:], safe=_PATH_CHARACTERS))
    return f"{base_url}/connectors/{''.join(parts)}"


def _decoded(segment: str, raw_path: str) -> str:
    if _BAD_ESCAPE.search(segment):
        raise _refused("A percent sign must be followed by two hex digits", raw_path)
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise _refused("Bad UTF-8 encoding", raw_path) from None
    if "\0" in text:
        raise _refused("A path may not contain the character NUL", raw_path)
    return text


def _refused(reason: str, raw_path: str) -> MalformedRequestError:
    return MalformedRequestError(f"{reason}: {raw_path}")
