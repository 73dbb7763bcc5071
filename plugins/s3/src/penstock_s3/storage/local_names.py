"""How keys of objects become paths of files, and back. Keys may hold what paths cannot: empty segments, ``..``, NUL."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

INSIDE = ".penstock"
"""The directory of what is unfinished; no key leads there."""

_LONGEST = 250
"""Bytes of a name; file systems take 255."""

_UNSAFE = re.compile(rb"[%\x00]")
_CONTINUED = "%+"


def path_of(key: str) -> Path:
    """The relative path of a key. Different keys have different paths; ordinary keys are their own paths."""
    segments = key.split("/")
    names = [name for number, segment in enumerate(segments) for name in _names(segment, first=number == 0)]
    return Path(*names)


def key_of(path: Path) -> str:
    """The key of a path that :func:`path_of` made."""
    text = "/".join(path.parts).replace(f"{_CONTINUED}/", "")
    return "/".join("" if part == "%" else unquote_to_bytes(part).decode() for part in text.split("/"))


def _names(segment: str, *, first: bool) -> list[str]:
    if not segment:
        return ["%"]
    raw = _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], segment.encode())
    if segment in {".", ".."} or (first and segment == INSIDE):
        raw = b"%2E" + raw[1:]
    names = []
    while len(raw) > _LONGEST:
        end = _LONGEST
        while raw[end] & 0xC0 == 0x80 or b"%" in raw[end - 2 : end]:  # neither a character nor an escape is torn
            end -= 1
        names.append(raw[:end].decode() + _CONTINUED)
        raw = raw[end:]
    return [*names, raw.decode()]
