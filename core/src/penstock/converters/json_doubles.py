"""Doubles in lines of JSON that msgspec wrote, as Java writes them: beyond 10^7 and below 0.001 it has another form.

msgspec puts no space anywhere and escapes line feeds, so that a number stands between two of a few characters.
"""

from __future__ import annotations

import re

from penstock.javafloat import double_text

_SMALL = b"0.000"
_SMALL_NUMBER = re.compile(rb"0\.000(?<![^:,\[\n-]0\.000)")
_SMALLER_NUMBER = re.compile(rb"-(?<=[0-9]e-)[0-9]{1,3}[,}\]\n]")

_OTHER_FORM = re.compile(
    rb"(?<=[:,\[\n])-?(?:[0-9]{8,}\.[0-9]+|0\.000[0-9]+|[0-9](?:\.[0-9]+)?e[+-]?[0-9]+)(?=[,}\]\n])", re.ASCII
)
_ESCAPE = re.compile(rb"\\.")


def may_have_small(lines: bytes) -> bool:
    """Whether there might be a number below 0.001: as 0.000…, or with an exponent. Both searches begin with what is rare."""
    if lines.rfind(_SMALL) >= 0 and _SMALL_NUMBER.search(lines):
        return True
    return _SMALLER_NUMBER.search(lines) is not None


def in_java_form(lines: bytes) -> bytes:
    """The lines with these numbers as ``Double.toString`` has them; what looks like one in a string is left alone."""
    return _OTHER_FORM.sub(_rewritten, b"\n" + lines)[1:]


def _rewritten(found: re.Match[bytes]) -> bytes:
    before = found.string[found.string.rfind(b"\n", 0, found.start()) + 1 : found.start()]
    if b"\\" in before:
        before = _ESCAPE.sub(b"", before)
    in_a_string = before.count(b'"') % 2
    return found[0] if in_a_string else double_text(float(found[0])).encode()
