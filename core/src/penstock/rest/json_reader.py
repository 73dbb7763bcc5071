"""JSON text of a request body into nodes that remember where they stand, with Jackson's errors.

Clients match on the texts ("Unexpected character", "Unrecognized token", …), so they are Jackson 2.21's to the letter; all
were seen on Connect 4.3.1. Numbers keep their text: Connect coerces scalars to strings as they were written (``1.50``).
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # left out of the stubs
from typing import cast

_MAX_DEPTH = 300
_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TOKEN = re.compile(r"\w+")
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_NOT_NUMBERS = frozenset({"NaN", "Infinity", "INF"})


class Kind(enum.Enum):
    """Kinds of values; the pair is Jackson's noun and the name of its token."""

    OBJECT = ("Object", "START_OBJECT")
    ARRAY = ("Array", "START_ARRAY")
    STRING = ("String", "VALUE_STRING")
    INTEGER = ("Integer", "VALUE_NUMBER_INT")
    FLOAT = ("Floating-point", "VALUE_NUMBER_FLOAT")
    TRUE = ("Boolean", "VALUE_TRUE")
    FALSE = ("Boolean", "VALUE_FALSE")
    NULL = ("null", "VALUE_NULL")

    @property
    def noun(self) -> str:
        return self.value[0]

    @property
    def token(self) -> str:
        return self.value[1]


_LITERALS = {"null": Kind.NULL, "true": Kind.TRUE, "false": Kind.FALSE}


@dataclass(frozen=True, slots=True)
class Node:
    """One value. ``text`` is a string's characters, or a scalar as it was written; ``start`` and ``end`` are positions in the
    document. Of equal keys in an object the last one counts."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    members: dict[str, Node] | None = None
    items: tuple[Node, ...] = ()


class BadBodyError(Exception):
    """The body is no JSON, or not the JSON that this request takes. Connect answers 500 with the parser's text (spec 1.2)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded body. ``root`` is None for an empty or blank one."""

    content: str
    root: Node | None

    def at(self, position: int) -> str:
        """Where ``position`` is, as Jackson appends it to its errors: columns count bytes, from 1."""
        return "\n at " + _place(self.content, position)


def read(body: bytes, bound_as: str) -> Document:
    """The document in ``body``: UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    ``bound_as`` is the Java type that the request is read into; it is named when something follows the value.
    Raises :class:`BadBodyError`.
    """
    content = _decoded(body)
    reader = _Reader(content)
    if reader.ended():
        return Document(content, None)
    root = reader.value(depth=0)
    reader.expect_end(bound_as)
    return Document(content, root)


def _decoded(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        byte = error.end if error.reason == "invalid continuation byte" and error.end < len(body) else error.start
        what = "middle" if byte != error.start else "start"
        line = body.count(b"\n", 0, byte) + 1
        column = byte - body.rfind(b"\n", 0, byte) + 1
        raise BadBodyError(f"Invalid UTF-8 {what} byte 0x{body[byte]:x}\n at {_source(line, column)}") from None


def _source(line: int, column: int) -> str:
    hidden = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
    return f"[Source: {hidden}; line: {line}, column: {column}]"


def _place(content: str, position: int) -> str:
    line_start = content.rfind("\n", 0, position) + 1
    column = len(content[line_start:position].encode("utf-8", "surrogatepass")) + 1
    return _source(content.count("\n", 0, position) + 1, column)


class _Reader:
    def __init__(self, content: str) -> None:
        self._content = content
        self._at = 0

    def ended(self) -> bool:
        """Skip blanks; whether nothing follows."""
        match = _BLANKS.match(self._content, self._at)
        self._at = match.end() if match else self._at
        return self._at >= len(self._content)

    def value(self, depth: int) -> Node:
        if self.ended():
            raise self._error("Unexpected end-of-input within/between Object entries", len(self._content))
        if depth > _MAX_DEPTH:
            raise self._error(f"Document nesting depth ({depth}) exceeds the maximum allowed ({_MAX_DEPTH})", self._at)
        first = self._content[self._at]
        if first == "{":
            return self._object(depth)
        if first == "[":
            return self._array(depth)
        if first == '"':
            start, text = self._at, self._string("VALUE_STRING")
            return Node(Kind.STRING, start, self._at, text=text)
        if first == "-" or "0" <= first <= "9":
            return self._number()
        return self._literal(first)

    def expect_end(self, bound_as: str) -> None:
        if self.ended():
            return
        start, first = self._at, self._content[self._at]
        if first in "}]":
            kind = "Object" if first == "}" else "Array"
            raise self._error(f"Unexpected close marker '{first}': no open {kind} to close", start)
        node_kind = {"{": Kind.OBJECT, "[": Kind.ARRAY}.get(first) or self.value(depth=0).kind
        raise self._error(
            f"Trailing token (of type {node_kind.token}) found after value (bound as `{bound_as}`): "
            "not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
            start,
        )

    def _object(self, depth: int) -> Node:
        start = self._at
        members: dict[str, Node] = {}
        self._at += 1
        while not self._closed("}", "Object", start, first=not members):
            if self.ended():
                raise self._error("Unexpected end-of-input within/between Object entries", len(self._content))
            if self._content[self._at] != '"':
                raise self._unexpected("was expecting double-quote to start field name")
            key = self._string("field name")
            if self.ended():
                raise self._error("Unexpected end-of-input within/between Object entries", len(self._content))
            if self._content[self._at] != ":":
                raise self._unexpected("was expecting a colon to separate field name and value")
            self._at += 1
            members[key] = self.value(depth + 1)
        return Node(Kind.OBJECT, start, self._at, members=members)

    def _array(self, depth: int) -> Node:
        start = self._at
        items: list[Node] = []
        self._at += 1
        while not self._closed("]", "Array", start, first=not items):
            items.append(self.value(depth + 1))
        return Node(Kind.ARRAY, start, self._at, items=tuple(items))

    def _closed(self, marker: str, kind: str, opened: int, *, first: bool) -> bool:
        """Past the close marker (True), or past the comma to where the next entry must be (False)."""
        if self.ended():
            place = _place(self._content, opened)
            raise self._error(
                f"Unexpected end-of-input: expected close marker for {kind} (start marker at {place})",
                len(self._content),
            )
        found = self._content[self._at]
        if found == marker:
            self._at += 1
            return True
        if found in "}]":
            raise self._error(
                f"Unexpected close marker '{found}': expected '{marker}' (for {kind} starting at "
                f"{_place(self._content, opened)})",
                self._at,
            )
        if first:
            return False
        if found != ",":
            raise self._unexpected(f"was expecting comma to separate {kind} entries")
        self._at += 1
        return False

    def _string(self, what: str) -> str:
        try:
            text, end = scanstring(self._content, self._at + 1, True)  # positional only in C
        except json.JSONDecodeError as error:
            raise self._bad_string(error, what) from None
        self._at = end
        return cast("str", text)

    def _bad_string(self, error: json.JSONDecodeError, what: str) -> BadBodyError:
        if error.msg.startswith("Unterminated"):
            return self._error(f"Unexpected end-of-input in {what}", len(self._content))
        if error.msg.startswith("Invalid control character"):
            code = ord(self._content[error.pos])
            return self._error(
                f"Illegal unquoted character ((CTRL-CHAR, code {code})): "
                "has to be escaped using backslash to be included in string value",
                error.pos,
            )
        at = error.pos if self._content[error.pos] != "\\" else error.pos + 1
        if error.msg.startswith("Invalid \\u"):
            digits = re.compile("u?[0-9a-fA-F]*").match(self._content, at)
            self._at = digits.end() if digits else at
            return self._unexpected("expected a hex-digit for character escape sequence")
        letter = self._content[at]
        return self._error(f"Unrecognized character escape {_quoted(letter)}", at)

    def _number(self) -> Node:
        start = self._at
        match = _NUMBER.match(self._content, start)
        if match is None:  # a minus sign alone
            self._at = start + 1
            raise self._bad_number("expected digit (0-9) to follow minus sign, for valid numeric value")
        self._at = match.end()
        text = match.group()
        following = self._content[self._at : self._at + 1]
        if text in ("0", "-0") and following.isdigit():
            raise self._error("Invalid numeric value: Leading zeroes not allowed", self._at)
        if following in (".", "e", "E") and following:
            self._at += 1
            if following != "." and self._content[self._at : self._at + 1] in ("+", "-"):
                self._at += 1
            part = "Decimal point" if following == "." else "Exponent indicator"
            raise self._bad_number(f"{part} not followed by a digit")
        kind = Kind.INTEGER if text.lstrip("-").isdigit() else Kind.FLOAT
        return Node(kind, start, self._at, text=text)

    def _literal(self, first: str) -> Node:
        start = self._at
        match = _TOKEN.match(self._content, start)
        word = match.group() if match else ""
        kind = _LITERALS.get(word)
        if kind is not None:
            self._at = start + len(word)
            return Node(kind, start, self._at, text=word)
        if word in _NOT_NUMBERS:
            raise self._error(
                f"Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
                start + len(word),
            )
        if word:
            raise self._error(f"Unrecognized token '{word}': was expecting {_VALUES}", start)
        raise self._no_value(first)

    def _no_value(self, first: str) -> BadBodyError:
        if first in ",]}":
            return self._unexpected("expected a value")
        if first == "/":
            return self._unexpected(
                "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
            )
        if first == "+":
            return self._error(
                "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: "
                "enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow",
                self._at + 1,
            )
        return self._unexpected(f"expected a valid value {_VALUES}")

    def _bad_number(self, reason: str) -> BadBodyError:
        if self._at >= len(self._content):
            return self._error("Unexpected end-of-input in null", self._at)
        return self._error(
            f"Unexpected character ({_quoted(self._content[self._at])}) in numeric value: {reason}", self._at
        )

    def _unexpected(self, expectation: str) -> BadBodyError:
        if self._at >= len(self._content):
            return self._error("Unexpected end-of-input", self._at)
        return self._error(f"Unexpected character ({_quoted(self._content[self._at])}): {expectation}", self._at)

    def _error(self, text: str, position: int) -> BadBodyError:
        return BadBodyError(f"{text}\n at {_place(self._content, position)}")


def _quoted(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return f"(CTRL-CHAR, code {code})"
    return f"'{character}' (code {code})"
