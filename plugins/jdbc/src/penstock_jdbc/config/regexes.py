"""Regular expressions of RE2's syntax, checked and compiled with Python's engine (spec jdbc 3).

RE2 has neither look-around nor references to groups, so that no expression can take exponential time there; here both are
refused with RE2's words, and what is left means the same to Python's :mod:`re`.
"""

from __future__ import annotations

import re
from functools import cache

_UNSUPPORTED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(\((?:\?[=!]|\?<[=!]|\?>|\?\())", re.DOTALL)
_REFERENCE = re.compile(r"\\\\|(\\[1-9]|\\k<|\\[GZRhHXKe])", re.DOTALL)
_NAMED = re.compile(r"\\.|(\(\?<)(?=[A-Za-z])", re.DOTALL)
_POSSESSIVE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|([*+?}]\+)", re.DOTALL)


class RegexError(ValueError):
    """An expression that RE2 refuses. The text is that of RE2's Java port."""


@cache
def compile_re2(text: str) -> re.Pattern[str]:
    """The expression, to be used with ``fullmatch``. Raises :class:`RegexError`."""
    for check, words in ((_UNSUPPORTED, "invalid or unsupported Perl syntax"), (_REFERENCE, "invalid escape sequence")):
        bad = next((match[1] for match in check.finditer(text) if match[1]), None)
        if bad is not None:
            raise _error(words, bad)
    bad = next((match[1] for match in _POSSESSIVE.finditer(text) if match[1]), None)
    if bad is not None:
        raise _error("invalid nested repetition operator", bad)
    translated = _NAMED.sub(lambda match: "(?P<" if match[1] else match[0], text).replace(r"\z", r"\Z")
    try:
        return re.compile(translated)
    except (re.error, OverflowError, RecursionError) as error:
        raise _translated(text, error) from error


def _translated(text: str, error: Exception) -> RegexError:
    """Python's complaint in RE2's words."""
    said, place = str(error), getattr(error, "pos", None) or 0
    if "missing ), unterminated" in said:
        return _error("missing closing )", text)
    if "unbalanced parenthesis" in said:
        return _error("regexp/syntax: internal error", "stack underflow")
    if "unterminated character set" in said:
        return _error("missing closing ]", text[place:])
    if "nothing to repeat" in said:
        return _error("missing argument to repetition operator", text[place : place + 1])
    if "multiple repeat" in said:
        return _error("invalid nested repetition operator", text[max(place - 1, 0) : place + 1])
    if "bad character range" in said:
        return _error("invalid character class range", said.partition("bad character range ")[2].partition(" at ")[0])
    if "bad escape (end of pattern)" in said:
        return _error("trailing backslash at end of expression", "")
    if "bad escape" in said:
        return _error("invalid escape sequence", text[place : place + 2])
    return _error("invalid or unsupported Perl syntax", text)


def _error(words: str, part: str) -> RegexError:
    return RegexError(f"error parsing regexp: {words}: `{part}`")
