"""Java's ``.properties`` files, read exactly as ``java.util.Properties.load(InputStream)`` reads them.

Files are ISO-8859-1: other characters are written ``\\uXXXX``. Keys end at the first ``=``, ``:`` or blank that has no
backslash before it; a line that ends with a backslash goes on with the next one; of several values for a key the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t\f"
_KEY = re.compile(r"(?:\\.|[^\\=: \t\f])*\\?", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE = re.compile(r"\\(u(?P<code>[0-9a-fA-F]{4})?|.|$)", re.DOTALL)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def load_properties(path: str | Path) -> dict[str, str]:
    """The properties in a file. Raises ``OSError`` when it cannot be read and ``ValueError`` where it is malformed."""
    data = Path(path).read_bytes()
    try:
        return parse_properties(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def parse_properties(data: bytes) -> dict[str, str]:
    """The properties in the bytes of a file, in their order. Raises ``ValueError`` for a malformed ``\\uXXXX``."""
    return parse_properties_text(data.decode("iso-8859-1"))


def parse_properties_text(text: str) -> dict[str, str]:
    """The same for text that was decoded already, as ``Properties.load(Reader)`` takes it."""
    found: dict[str, str] = {}
    for line in _logical_lines(text):
        key_end = _end(_KEY, line, 0)
        value_start = _end(_SEPARATOR, line, key_end)
        found[_unescaped(line[:key_end])] = _unescaped(line[value_start:])
    return found


def _logical_lines(text: str) -> Iterator[str]:
    begun = ""
    start = 0
    while start < len(text):
        end = _LINE_END.search(text, start)
        line, rest = (text[start:], "") if end is None else (text[start : end.start()], text[end.start() :])
        start = len(text) if end is None else end.end()
        line = line.lstrip(_BLANKS)
        if not begun and line.startswith(("#", "!")):
            continue
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            begun += line[:-1]
            if not begun and rest in ("", "\r", "\n"):
                yield ""  # Java takes a lone backslash at the end of the file for an empty key
            continue
        if begun or line:
            yield begun + line
        begun = ""
    if begun:
        yield begun


def _end(pattern: re.Pattern[str], line: str, start: int) -> int:
    match = pattern.match(line, start)
    assert match is not None  # both patterns match the empty text
    return match.end()


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    replaced = _ESCAPE.sub(_replacement, text)
    # Two escapes may be the halves of one character; a half alone stays, as in Java.
    return replaced.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _replacement(match: re.Match[str]) -> str:
    code = match["code"]
    if code is not None:
        return chr(int(code, 16))
    char = match[1]
    if char == "u":
        found = match.string[match.start() : match.start() + 6]
        raise ValueError(f"malformed \\uxxxx encoding at '{found}': four hexadecimal digits must follow \\u")
    return _ESCAPED.get(char, char)
