"""JSON text as Connect writes it with Jackson, byte for byte, and reading it back.

What differs from other writers (seen on Connect 4.3.1): control characters as ``\\u000B`` with capital digits; characters
beyond U+FFFF as two escapes (``\\uD83D\\uDE00``), all others raw; a lone surrogate as its escape; numbers with a point as
Java's ``Double.toString`` prints them; NaN and the infinities as strings. orjson does the common case. Whether its text is
also Jackson's is told by looking at the text, not at the data: a few searches for bytes cost less than a walk in Python.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as quoted

import orjson

from penstock.javafloat import double_text, float_text

Fragment = orjson.Fragment
"""JSON text (``Fragment(b"1.5")``) to be copied as it is."""


_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
_SINGLE_PRECISION = "java.lang.Float"
_FINITE = frozenset({str, int, bool, type(None)})
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_UP_TO_BMP = bytes(range(0xF0))
_BEYOND_BMP = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_CONTROL = re.compile(rb"\\(?:\\|u00[01][0-9a-f])")
_LONG_NUMBER = b"0" * 19


def dumps(value: object) -> bytes:
    """The JSON text of ``value``: None, bool, int of any size, float, str, :class:`Fragment`, and mappings with str keys and
    sequences of these; a float whose class says that it is a ``java.lang.Float`` as one. Raises TypeError for data of other kinds, naming the class."""
    try:
        text = orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return _written(value)  # a mapping, an integer beyond 64 bits, a lone surrogate: or the error is told there
    if (b"." in text or b"e" in text) and _numbers_may_differ(text):
        return _written(value)
    if b"null" in text and _has_non_finite(value):  # orjson writes null for them
        return _written(value)
    return escaped(text)


def loads(text: bytes | str) -> object:
    """The value of a JSON text: integers as int of any size, other numbers as float, objects as dict (the last of equal keys
    counts). Lone surrogate escapes are taken, as Jackson does. Raises ValueError telling where the text is wrong."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) < 19 or _LONG_NUMBER not in data.translate(_DIGITS_AS_ZERO):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            if b"\\u" not in data:
                raise
    return json.loads(data.decode(), parse_constant=_refuse)


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _numbers_may_differ(text: bytes) -> bool:
    """Java has no exponent from 0.001 up to below 10^7, and there it and orjson agree."""
    shape = text.translate(_DIGITS_AS_ZERO)
    return b"0e" in shape or b"00000000." in shape or b"0.00" in text


def _has_non_finite(value: object) -> bool:
    kind = type(value)
    if kind is float:
        return not math.isfinite(value)  # type: ignore[arg-type]
    if kind is dict:
        members = value.values()  # type: ignore[attr-defined]
    elif kind is list or kind is tuple:
        members = value
    else:
        return False
    return not _FINITE.issuperset(map(type, members)) and any(map(_has_non_finite, members))


def _written(value: object) -> bytes:
    parts: list[str] = []
    _write(value, parts.append)
    text = "".join(parts)
    return escaped(_BEYOND_BMP.sub(_as_utf16_escapes, text).encode())


def _write(value: object, out: Callable[[str], None]) -> None:
    if isinstance(value, str):
        out(quoted(value))
    elif value is None:
        out("null")
    elif isinstance(value, bool):
        out("true" if value else "false")
    elif isinstance(value, int):
        out(int.__repr__(value))
    elif isinstance(value, float):
        single = getattr(value, "connect_name", None) == _SINGLE_PRECISION
        text = float_text(value) if single else double_text(value)
        out(text if math.isfinite(value) else f'"{text}"')
    elif isinstance(value, Mapping):
        _write_object(value, out)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        separator = "["
        for item in value:
            out(separator)
            _write(item, out)
            separator = ","
        out("]" if separator == "," else "[]")
    elif isinstance(value, Fragment):
        out(orjson.dumps(value).decode())
    else:
        raise TypeError(f"{type(value).__qualname__} cannot be written as JSON")


def _write_object(value: Mapping[object, object], out: Callable[[str], None]) -> None:
    separator = "{"
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key of a JSON object must be a str, not {type(key).__qualname__}")
        out(f"{separator}{quoted(key)}:")
        _write(item, out)
        separator = ","
    out("}" if separator == "," else "{}")


def escaped(text: bytes) -> bytes:
    """JSON text of orjson or msgspec with its escapes as Jackson has them. Backslashes and characters beyond ASCII occur inside
    strings only, so that no parsing is needed."""
    if b"\\" in text and b"\\u00" in text:  # one byte is found far faster than four
        text = _CONTROL.sub(lambda found: found[0][:2] + found[0][2:].upper(), text)
    if not text.isascii() and text.translate(None, _UP_TO_BMP):
        text = _BEYOND_BMP.sub(_as_utf16_escapes, text.decode()).encode()
    return text


def _as_utf16_escapes(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
