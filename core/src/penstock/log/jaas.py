"""Reads a ``sasl.jaas.config`` line as Kafka does (``org.apache.kafka.common.security.JaasConfig``)::

    org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="secret";

Java reads it with its ``StreamTokenizer``, so the same is done here: quotes of both kinds with escapes, ``//`` and ``/* */``
comments, and unquoted values only where they look like words (``password=123`` is refused by Java too). Error texts are
Java's, but hide what may be a piece of a secret that was quoted wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from penstock.api.exceptions import ConfigException

_KEY = "sasl.jaas.config"
_FLAGS = frozenset({"REQUIRED", "REQUISITE", "SUFFICIENT", "OPTIONAL"})
_SHOWN = frozenset({"username", "password", "tokenauth", "serviceName", "clientId", "clientSecret", "scope", "null"})
_TOKEN = re.compile(
    r"""(?P<skip>[\x00-\x20]+|//[^\r\n]*|/\*.*?(?:\*/|\Z)|/.?[^\r\n]*)   # blanks; a lone slash begins a comment, too
      | (?P<number>-?(?:\d+\.?\d*|\.\d*))                              # read as a number, which is no text
      | (?P<word>(?!-)[A-Za-z_$\xa0-\U0010ffff][A-Za-z0-9._$\-\xa0-\U0010ffff]*)
      | (?P<quoted>(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote))[^\\\r\n])*\\?)(?:(?P=quote)|(?=[\r\n])|\Z))
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([0-3][0-7]{0,2}|[4-7][0-7]?|.)", re.DOTALL)
_CONTROLS = {"a": "\x07", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class LoginModule:
    """One entry: the Java class of the login module, and its options."""

    name: str
    options: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Token:
    """``text`` is None for numbers and signs, which Java does not take as text."""

    text: str | None
    sign: str


def parse_jaas(text: str) -> LoginModule:
    """The one login module of a ``sasl.jaas.config``. Raises ConfigException with Java's text."""
    tokens = _tokens(text)
    modules = [_entry(token, tokens) for token in tokens]
    if not modules:
        raise _wrong("Login module not specified in JAAS config")
    if len(modules) > 1:
        raise _wrong(f"JAAS config property contains {len(modules)} login modules, should be 1 module")
    return modules[0]


def _entry(first: _Token, tokens: Iterator[_Token]) -> LoginModule:
    flag = next(tokens, None)
    if flag is None:
        raise _wrong("Login module control flag not specified in JAAS config")
    if flag.text is None:
        raise _wrong("Login module control flag is not available in the JAAS config")
    if flag.text.upper() not in _FLAGS:
        raise _wrong("Invalid login module control flag '[hidden]' in JAAS config, must be 'required'")
    options: dict[str, str] = {}
    for token in tokens:
        if token.sign == ";":
            return LoginModule(first.text or "", options)
        key = "null" if token.text is None else token.text
        equals = next(tokens, None)
        value = next(tokens, None) if equals is not None and equals.sign == "=" else None
        if value is None or value.text is None:
            raise _wrong(f"Value not specified for key '{key if key in _SHOWN else '[hidden]'}' in JAAS config")
        options[key] = value.text
    raise _wrong("JAAS config entry not terminated by semi-colon")


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup if match.lastgroup not in {"quote", "text"} else "quoted"
        if kind == "word":
            yield _Token(match["word"], "")
        elif kind == "quoted":
            yield _Token(
                _ESCAPE.sub(_unescape, match["text"].removesuffix("\\") if _dangling(match) else match["text"]), ""
            )
        elif kind == "number":
            yield _Token(None, "")
        elif kind == "sign":
            yield _Token(None, match["sign"])


def _dangling(match: re.Match[str]) -> bool:
    """A quoted text that ends with a lone backslash, at the end of the line."""
    text = match["text"]
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _unescape(match: re.Match[str]) -> str:
    found = match[1]
    return chr(int(found, 8)) if found[0] in "01234567" else _CONTROLS.get(found, found)


def _wrong(reason: str) -> ConfigException:
    return ConfigException(f"Invalid value [hidden] for configuration {_KEY}: {reason}")
