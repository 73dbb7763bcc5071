"""Regular expressions in configurations, as Java understands them where clients can tell.

The two languages agree on most of what stands in configs. Translated are named groups, quotations (``\\Q…\\E``), POSIX classes
(``\\p{Alpha}``), the end of input (``\\z``) and horizontal space (``\\h``); shorthand classes (``\\d``, ``\\w``, ``\\s``) mean ASCII
characters, as in Java, and classes may be nested. Refused with a message: intersections of classes (``&&``), negated classes
inside classes, Unicode categories; flags must stand first. What is wrong with an expression is told in the words of Java's ``PatternSyntaxException``, which clients of validation see.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[pP]\{(?P<property>\w+)\}|\(\?<(?![=!])(?P<group>[a-zA-Z0-9]*)|\\.|\\\Z|.",
    re.DOTALL,
)
_REPETITION = re.compile(r"\{(?P<least>\d+)(?:,(?P<most>\d*))?", re.ASCII)
_MOST_REPETITIONS = (1 << 31) - 1
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": "".join("\\" + char for char in string.punctuation),
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
}
_ESCAPES = {"\\z": r"\Z", "\\e": r"\x1b", "\\R": r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])"}
_HORIZONTAL = r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"

_UNCLOSED_GROUP = "missing ), unterminated subpattern"
_UNCLOSED_CLASS = "unterminated character set"
_DANGLING = ("nothing to repeat", "multiple repeat")
_UNMATCHED = "unbalanced parenthesis"
_BAD_RANGE = "bad character range"
_BAD_ESCAPE = "bad escape"


def compile_regex(pattern: str) -> re.Pattern[str]:
    """The compiled expression. Raises ``ValueError`` with Java's text."""
    translated = "".join(_translated(pattern))
    try:
        return re.compile(translated, re.ASCII)
    except re.error as error:
        # Places are those of the translation; where nothing was translated they are the pattern's own.
        raise ValueError(_java_message(pattern, error)) from error


def _translated(pattern: str) -> Iterator[str]:
    depth = 0  # of classes; Java nests them, which unites them: the inner brackets are left out
    opened = False  # whether a class begins here: its first "]" is a member
    names: set[str] = set()
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        begins, opened = opened, False
        if token["quoted"] is not None:
            yield re.escape(token["quoted"])
        elif token["property"] is not None:
            yield _property(pattern, token, in_class=depth > 0)
        elif token["group"] is not None and not depth:
            _check_group(pattern, token, names)
            yield f"(?P<{token['group']}"
        elif text in ("\\h", "\\H"):
            if depth and text[1] == "H":
                raise ValueError(_located("Negation inside a character class is not supported", token.start(), pattern))
            yield _HORIZONTAL if depth else f"[{'^' if text[1] == 'H' else ''}{_HORIZONTAL}]"
        elif text == "[":
            yield "" if depth else text
            depth, opened = depth + 1, True
        elif depth and text == "^" and begins:
            if depth > 1:
                raise ValueError(_located("Negation inside a character class is not supported", token.start(), pattern))
            yield text
            opened = True
        elif depth and text == "]":
            depth -= 0 if begins else 1
            yield "\\]" if begins else text if depth == 0 else ""
        elif depth:
            yield _member(pattern, token)
        else:
            if text == "{":
                _check_repetition(pattern, token.start())
            yield _ESCAPES.get(text, text)


def _check_repetition(pattern: str, start: int) -> None:
    """Whether a count in braces is one."""
    found = _REPETITION.match(pattern, start)
    if found is None:
        raise ValueError(_located("Illegal repetition", start + 1, pattern))
    for name in ("least", "most"):
        digits = found[name] or "0"
        if int(digits) > _MOST_REPETITIONS:
            fitting = next(count for count in range(len(digits)) if int(digits[: count + 1]) > _MOST_REPETITIONS)
            raise ValueError(_located("Illegal repetition range", found.start(name) + fitting, pattern))
    if not pattern.startswith("}", found.end()):
        raise ValueError(_located("Unclosed counted closure", found.end(), pattern))
    if found["most"] and int(found["most"]) < int(found["least"]):
        raise ValueError(_located("Illegal repetition range", found.end(), pattern))


def _check_group(pattern: str, token: re.Match[str], names: set[str]) -> None:
    """Whether a named group begins as it should, under a name that is new."""
    name, end = token["group"], token.end()
    if not name or name[0].isdecimal():
        raise ValueError(
            _located("capturing group name does not start with a Latin letter", token.start("group"), pattern)
        )
    if not pattern.startswith(">", end):
        raise ValueError(_located("named capturing group is missing trailing '>'", end, pattern))
    if name in names:
        raise ValueError(_located(f"Named capturing group <{name}> is already defined", end, pattern))
    names.add(name)


def _member(pattern: str, token: re.Match[str]) -> str:
    """One character inside a class."""
    text = token[0]
    if pattern.startswith("&&", token.start()):
        raise ValueError(_located("Intersection of character classes is not supported", token.start(), pattern))
    return "\\" + text if text in "|~&" else text


def _property(pattern: str, token: re.Match[str], *, in_class: bool) -> str:
    name = token["property"]
    members = _POSIX.get(name)
    if members is None or (in_class and token[0].startswith("\\P")):
        raise ValueError(_located(f"Unknown character property name {{{name}}}", token.end() - 1, pattern))
    return members if in_class else f"[{'^' if token[0].startswith(chr(92) + 'P') else ''}{members}]"


def _java_message(pattern: str, error: re.error) -> str:
    place = min(error.pos if error.pos is not None else len(pattern), len(pattern))
    if error.msg == _UNCLOSED_GROUP:
        return _located("Unclosed group", len(pattern), pattern)
    if error.msg == _UNCLOSED_CLASS:
        return _located("Unclosed character class", len(pattern) - 1, pattern)
    if error.msg in _DANGLING and place < len(pattern):
        return _located(f"Dangling meta character '{pattern[place]}'", place, pattern)
    if error.msg == _UNMATCHED:
        return _located("Unmatched closing ')'", place - 1, pattern)
    if error.msg.startswith(_BAD_RANGE):
        return _located("Illegal character range", min(place + 2, len(pattern)), pattern)
    if error.msg.startswith(_BAD_ESCAPE):
        if pattern.endswith("\\"):
            return _located("Unexpected internal error", len(pattern), pattern)
        return _located("Illegal/unsupported escape sequence", place + 1, pattern)
    return _located(error.msg.capitalize(), place, pattern)


def _located(what: str, place: int, pattern: str) -> str:
    text = f"{what} near index {place}\n{pattern}" if place >= 0 else f"{what}\n{pattern}"
    if not 0 <= place < len(pattern):
        return text
    indent = "".join("\t" if char == "\t" else " " for char in pattern[:place])
    return f"{text}\n{indent}^"
