"""Patterns for paths: ``*`` and ``?`` stay within a name, ``**`` crosses directories."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]/]*\]|.", re.DOTALL)
_MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def compile_glob(pattern: str) -> re.Pattern[str]:
    """An expression that matches whole paths, relative and with ``/``. A class in brackets matches one character."""
    return re.compile("".join(_translated(token) for token in _TOKEN.findall(pattern)), re.DOTALL)


def _translated(token: str) -> str:
    if token in _MEANING:
        return _MEANING[token]
    if len(token) > 2 and token.startswith("["):
        inside = token[1:-1].replace("\\", r"\\").replace("[", r"\[")
        negated, members = (True, inside[1:]) if inside[0] in "!^" else (False, inside)
        if not members:
            return re.escape(token)
        return f"[^/{members}]" if negated else f"[{members}]"
    return re.escape(token)
