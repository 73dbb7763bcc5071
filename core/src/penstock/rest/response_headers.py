"""``response.http.headers.config``: headers that are added to every answer (spec 1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.api.exceptions import ConfigException

_ACTIONS = {"set": "set", "add": "add", "setdate": "setDate", "adddate": "addDate"}
_RULE = re.compile(r'\s*(?:"([^"]*)"|([^,]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """``action`` is set, add, setDate or addDate; the value of a date is milliseconds from now."""

    action: str
    name: str
    value: str

    def apply(self, headers: MutableHeaders, now_ms: int) -> None:
        """Put the header into an answer."""
        dated = self.action.endswith("Date")
        value = formatdate((now_ms + int(self.value)) / 1000, usegmt=True) if dated else self.value
        if self.action.startswith("set"):
            headers[self.name] = value
        else:
            headers.append(self.name, value)


def parse(text: str) -> tuple[HeaderRule, ...]:
    """The rules in ``text``: separated by commas, in double quotes where a rule contains one.

    Raises :class:`ConfigException` in Connect's words.
    """
    if not text.strip():
        return ()
    return tuple(_rule(rule) for rule in _split(text))


def _split(text: str) -> list[str]:
    rules: list[str] = []
    position = 0
    while position < len(text):
        match = _RULE.match(text, position)
        if match is None:
            raise ConfigException(f"Invalid header config '{text}'.")
        rules.append(match.group(1) if match.group(1) is not None else match.group(2))
        position = match.end()
    return rules


def _rule(rule: str) -> HeaderRule:
    action, blank, header = re.sub(r"\s+", " ", rule.strip(), count=1).partition(" ")
    if not blank:
        raise ConfigException(
            f"Invalid format of header config '{rule}'. Expected: '[action] [header name]:[header value]'"
        )
    known = _ACTIONS.get(action.lower())
    if known is None:
        raise ConfigException(
            f"Invalid header config action: '{action}'. Expected one of [{', '.join(_ACTIONS.values())}]"
        )
    parts = header.strip().split(":")
    if len(parts) != 2 or not parts[1]:  # a name and a value
        raise ConfigException(
            f"Invalid format of header name and header value pair '{header}'. Expected: '[header name]:[header value]'"
        )
    name, value = parts[0].strip(), parts[1].strip()
    if not name or re.search(r"\s", name):
        raise ConfigException(f"Invalid header name '{name}'. The '[header name]' cannot contain whitespace")
    if known.endswith("Date") and not re.fullmatch(r"-?\d+", value):
        raise ConfigException(f"Invalid header value '{value}' for {known} {name}. Expected: milliseconds from now")
    return HeaderRule(known, name, value)


class ResponseHeaders:
    """Middleware that applies the rules to every answer, errors included."""

    def __init__(self, app: ASGIApp, rules: tuple[HeaderRule, ...], now_ms: Callable[[], int]) -> None:
        self._app = app
        self._rules = rules
        self._now_ms = now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for rule in self._rules:
                    rule.apply(headers, self._now_ms())
            await send(message)

        await self._app(scope, receive, with_headers)
