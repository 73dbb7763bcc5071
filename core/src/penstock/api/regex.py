"""Regular expressions in configurations, as Java understands them where clients can tell.

Shorthand classes (``\\d``, ``\\w``, ``\\s``) mean ASCII characters, as in Java. What is wrong with an expression is told in
the words of Java's ``PatternSyntaxException``, which clients of validation see.
"""

from __future__ import annotations

import re

_UNCLOSED_GROUP = "missing ), unterminated subpattern"
_UNCLOSED_CLASS = "unterminated character set"
_DANGLING = ("nothing to repeat", "multiple repeat")
_UNMATCHED = "unbalanced parenthesis"


def compile_regex(pattern: str) -> re.Pattern[str]:
    """The compiled expression. Raises ``ValueError`` with Java's text."""
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(_java_message(pattern, error)) from error


def _java_message(pattern: str, error: re.error) -> str:
    place = error.pos if error.pos is not None else len(pattern)
    if error.msg == _UNCLOSED_GROUP:
        return _located("Unclosed group", len(pattern), pattern)
    if error.msg == _UNCLOSED_CLASS:
        return _located("Unclosed character class", len(pattern) - 1, pattern)
    if error.msg in _DANGLING:
        return _located(f"Dangling meta character '{pattern[place]}'", place, pattern)
    if error.msg == _UNMATCHED:
        return _located("Unmatched closing ')'", max(0, place - 1), pattern)
    return _located(error.msg.capitalize(), place, pattern)


def _located(what: str, place: int, pattern: str) -> str:
    text = f"{what} near index {place}\n{pattern}"
    if place >= len(pattern):
        return text
    indent = "".join("\t" if char == "\t" else " " for char in pattern[:place])
    return f"{text}\n{indent}^"
