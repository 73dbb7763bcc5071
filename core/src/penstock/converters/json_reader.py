"""A JSON reader with Jackson's leniency and limits (jackson-core 2.21, leading zeros allowed).

It reads the first value and looks at nothing behind it, except that a number or a word must end there. Written without
recursion, so that a text may be nested as deep as Jackson allows.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from penstock.converters.json_nodes import MISSING
from penstock.converters.json_numbers import MAX_DIGITS, exact_decimal

MAX_DEPTH = 1000
MAX_NAME_LENGTH = 50_000


class JsonTextError(ValueError):
    """The text is not JSON, or goes beyond Jackson's limits."""


_SPACE = re.compile(rb"[ \t\r\n]*")
_NUMBER = re.compile(rb"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_STRING = re.compile(rb'"((?:[^"\\\x00-\x1f]++|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9A-Fa-f]{4})|.)', re.DOTALL)
_PAIR = re.compile(r"\\(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|(u[Dd][89A-Fa-f])|.)", re.DOTALL)
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {b"t"[0]: (b"true", True), b"f"[0]: (b"false", False), b"n"[0]: (b"null", None)}
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY, _COMMA, _COLON, _QUOTE = b'{}[],:"'
_IN_JAVA_NAMES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Sc", "Pc", "Nd", "Nl", "Mn", "Mc", "Cf", "Cc"})


class JacksonReader:
    """Reads one text."""

    def __init__(self, data: bytes) -> None:
        self._data, self._was_utf8 = _as_utf8(data)
        self._at = 0

    def read(self) -> object:
        """The first value, :data:`MISSING` where there is none. Raises :class:`JsonTextError`."""
        first = self._next()
        if first is None:
            return MISSING
        if first in (_OPEN_OBJECT, _OPEN_ARRAY):
            return self._read_nested(first)
        value = self._scalar(first)
        if first != _QUOTE:
            self._check_end_of_word(is_number=first not in _WORDS)
        return value

    def _read_nested(self, first: int) -> object:
        root: dict[str, object] | list[object] = {} if first == _OPEN_OBJECT else []
        open_ones = [root]
        self._at += 1
        empty = True
        while open_ones:
            container = open_ones[-1]
            is_object = isinstance(container, dict)
            char = self._required()
            if char == (_CLOSE_OBJECT if is_object else _CLOSE_ARRAY):
                self._at += 1
                open_ones.pop()
                empty = False
                continue
            if not empty:
                self._take(_COMMA)
                char = self._required()
            name = self._name() if is_object else ""
            if is_object:
                char = self._required()
            empty = char in (_OPEN_OBJECT, _OPEN_ARRAY)
            value: object
            if empty:
                if len(open_ones) == MAX_DEPTH:
                    raise JsonTextError(f"nested deeper than {MAX_DEPTH} levels")
                value = {} if char == _OPEN_OBJECT else []
                open_ones.append(value)  # type: ignore[arg-type]  # one of the two
                self._at += 1
            else:
                value = self._scalar(char)
            if isinstance(container, dict):
                container[name] = value
            else:
                container.append(value)
        return root

    def _name(self) -> str:
        if self._data[self._at] != _QUOTE:
            raise self._unexpected()
        name = self._string(is_name=True)
        if len(name) > MAX_NAME_LENGTH:
            raise JsonTextError(f"a name of more than {MAX_NAME_LENGTH} characters")
        self._required()
        self._take(_COLON)
        return name

    def _scalar(self, first: int) -> object:
        if first == _QUOTE:
            return self._string(is_name=False)
        if first in _WORDS:
            word, value = _WORDS[first]
            if not self._data.startswith(word, self._at):
                raise self._unexpected()
            self._at += len(word)
            return value
        return self._number()

    def _number(self) -> object:
        found = _NUMBER.match(self._data, self._at)
        if found is None:
            raise self._unexpected()
        self._at = found.end()
        text = found[0].decode("ascii")
        if self._data[self._at : self._at + 1] in (b".", b"e", b"E"):
            raise self._unexpected()
        try:
            if found[1] or found[2]:
                return exact_decimal(text)
        except ValueError as error:
            raise JsonTextError(str(error)) from error
        digits = text.lstrip("-").lstrip("0")
        if len(digits) > MAX_DIGITS:
            raise JsonTextError(f"a number of more than {MAX_DIGITS} digits")
        return -int(digits or "0") if text[0] == "-" else int(digits or "0")

    def _string(self, *, is_name: bool) -> str:
        found = _STRING.match(self._data, self._at)
        if found is None:
            raise JsonTextError(f"a string that starts at byte {self._at} is malformed or does not end")
        self._at = found.end()
        if not self._was_utf8:
            text = found[1].decode("utf-8", "surrogatepass")
        else:
            text = _decoded(found[1], is_name=is_name)
            if is_name and any(pair[1] for pair in _PAIR.finditer(text)):
                raise JsonTextError("half of a surrogate pair in a name")
        if "\\" in text:
            text = _ESCAPE.sub(_unescaped, text)
        if _SURROGATE.search(text):  # two halves become one character
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return text

    def _check_end_of_word(self, *, is_number: bool) -> None:
        rest = self._data[self._at : self._at + 4]
        if not rest:
            return
        if is_number:
            if rest[0] not in b" \t\r\n":
                raise self._unexpected()
        elif rest[0] >= b"0"[0] and rest[0] not in b"]}" and self._goes_on(rest):
            raise self._unexpected()

    def _goes_on(self, rest: bytes) -> bool:
        """Whether a word does not end here. Jackson takes any byte beyond ASCII for malformed, but knows other encodings."""
        if rest[0] < 0x80:
            return rest[0] == 0x7F or chr(rest[0]).isidentifier() or rest[:1].isdigit()
        char = rest.decode("utf-8", "ignore")[:1]  # none for a surrogate
        return self._was_utf8 or ("" < char <= "\uffff" and unicodedata.category(char) in _IN_JAVA_NAMES)

    def _next(self) -> int | None:
        found = _SPACE.match(self._data, self._at)
        assert found is not None
        self._at = found.end()
        return self._data[self._at] if self._at < len(self._data) else None

    def _required(self) -> int:
        char = self._next()
        if char is None:
            raise JsonTextError("the text ends inside an object or array")
        return char

    def _take(self, expected: int) -> None:
        if self._data[self._at] != expected:
            raise self._unexpected()
        self._at += 1

    def _unexpected(self) -> JsonTextError:
        if self._at >= len(self._data):
            return JsonTextError("the text ends inside a value")
        return JsonTextError(f"unexpected {chr(self._data[self._at])!r} at byte {self._at}")


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return _ESCAPED[found[1]]
    if found[2] is None:
        raise JsonTextError(f"unknown escape {found[0]!r}")
    return chr(int(found[2], 16))


def _decoded(data: bytes, *, is_name: bool) -> str:
    """UTF-8 as Jackson decodes it: overlong forms pass, what is beyond U+10FFFF turns into other characters."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    found = []
    at = 0
    while at < len(data):
        first = data[at]
        more = 0 if first < 0x80 else 1 if first & 0xE0 == 0xC0 else 2 if first & 0xF0 == 0xE0 else 3
        following = data[at + 1 : at + 1 + more]
        if 0x80 <= first < 0xC0 or first >= 0xF8 or len(following) < more or any(b & 0xC0 != 0x80 for b in following):
            raise JsonTextError("malformed UTF-8")
        code = first & (0x7F, 0x1F, 0x0F, 0x07)[more]
        for byte in following:
            code = code << 6 | byte & 0x3F
        if more == 2 and 0xD800 <= code < 0xE000:
            raise JsonTextError("a surrogate in UTF-8")
        found.append(_beyond_bmp(code, is_name=is_name) if more == 3 else chr(code))
        at += 1 + more
    return "".join(found)


def _beyond_bmp(code: int, *, is_name: bool) -> str:
    offset = code - 0x10000
    high = 0xD800 + (offset >> 10) if is_name else 0xD800 | offset >> 10
    return chr(high & 0xFFFF) + chr(0xDC00 | offset & 0x3FF)


def _as_utf8(data: bytes) -> tuple[bytes, bool]:
    """The text in UTF-8, lone surrogates included, and whether it was so before; its first four bytes tell."""
    codec, mark = _encoding(data)
    if codec == "utf-8":
        return data[mark:], True
    try:
        text = data[mark:].decode(codec, "surrogatepass" if codec.startswith("utf-32") else "replace")
    except UnicodeDecodeError as error:
        raise JsonTextError(str(error)) from error
    return text.encode("utf-8", "surrogatepass"), False


def _encoding(data: bytes) -> tuple[str, int]:
    if len(data) >= 4:
        for mark, codec in (
            (codecs.BOM_UTF32_BE, "utf-32-be"),
            (codecs.BOM_UTF32_LE, "utf-32-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF8, "utf-8"),
        ):
            if data.startswith(mark):
                return codec, len(mark)
        if data[:3] == b"\0\0\0":
            return "utf-32-be", 0
        if data[1:4] == b"\0\0\0":
            return "utf-32-le", 0
    if len(data) >= 2:
        if data[0] == 0:
            return "utf-16-be", 0
        if data[1] == 0:
            return "utf-16-le", 0
    return "utf-8", 0
