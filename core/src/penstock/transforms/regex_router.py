"""RegexRouter: sends records to another topic, named after a pattern (spec 6.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Importance,
    RecordColumns,
    Transformation,
)
from penstock.api.regex import compile_regex
from penstock.api.validators import regex
from penstock.transforms.operand import Record

REGEX_CONFIG = "regex"
REPLACEMENT_CONFIG = "replacement"

_GROUP_NAME = re.compile(r"\{([a-zA-Z][a-zA-Z0-9]*)\}")
_TOPICS_REMEMBERED = 1024


class RegexRouter(Transformation[Record]):
    """Where the whole topic matches, the first match inside it is replaced; other records stay as they are."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.RegexRouter"
    CONFIG: ClassVar[ConfigDef] = (
        ConfigDef()
        .define(
            REGEX_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            validator=regex(),
            doc="The expression, as Java writes them, that the topic must match.",
        )
        .define(
            REPLACEMENT_CONFIG,
            ConfigType.STRING,
            importance=Importance.HIGH,
            doc="What takes the place of the match: <code>$1</code> or <code>${name}</code> stand for its groups.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        pattern = compile_regex(self.config.get_string(REGEX_CONFIG))
        replacement = self.config.get_string(REPLACEMENT_CONFIG, None)

        def routed(topic: str) -> str | None:
            return None if pattern.fullmatch(topic) is None else _replace_first(pattern, replacement, topic)

        self._routed: Callable[[str], str | None] = lru_cache(maxsize=_TOPICS_REMEMBERED)(routed)

    def apply(self, record: Record) -> Record:
        topic = record.topic
        if topic is None:
            raise DataException("The record has no topic, so there is nothing that RegexRouter could match")
        routed = self._routed(topic)
        return record if routed is None else record.replace(topic=routed)

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        if batch.topic is None:
            return None
        routed = self._routed(batch.topic)
        return [batch if routed is None else replace(batch, topic=routed)]


def _replace_first(pattern: re.Pattern[str], replacement: str | None, topic: str) -> str:
    if replacement is None:
        raise ConfigException.of(REPLACEMENT_CONFIG, None, "RegexRouter needs a replacement")
    # Java searches once more, so the first match may be shorter than the whole topic that matched.
    found = pattern.search(topic)
    assert found is not None, "what matches as a whole is found inside"
    return topic[: found.start()] + _expanded(found, replacement) + topic[found.end() :]


def _expanded(found: re.Match[str], replacement: str) -> str:
    """The replacement with its group references resolved, as Java's ``Matcher`` reads them; a group that took no part is
    empty. Raises ConfigException for a reference to nothing."""
    parts: list[str] = []
    place = 0
    while place < len(replacement):
        char = replacement[place]
        if char == "\\":
            if place + 1 == len(replacement):
                raise _wrong(replacement, "character to be escaped is missing")
            parts.append(replacement[place + 1])
            place += 2
        elif char == "$":
            group, place = _reference(found, replacement, place + 1)
            parts.append(found[group] or "")
        else:
            parts.append(char)
            place += 1
    return "".join(parts)


def _reference(found: re.Match[str], replacement: str, place: int) -> tuple[int | str, int]:
    """The group that a reference names, and where the text goes on. A number takes as many digits as there are groups."""
    if place == len(replacement):
        raise _wrong(replacement, "Illegal group reference: group index is missing")
    named = _GROUP_NAME.match(replacement, place)
    if named is not None:
        if named[1] not in found.re.groupindex:
            raise _wrong(replacement, f"No group with name {named[0]}")
        return named[1], named.end()
    if not "0" <= replacement[place] <= "9":
        raise _wrong(replacement, "Illegal group reference")
    number = int(replacement[place])
    if number > found.re.groups:
        raise _wrong(replacement, f"No group {number}")
    place += 1
    while place < len(replacement) and "0" <= replacement[place] <= "9":
        longer = number * 10 + int(replacement[place])
        if longer > found.re.groups:
            break
        number, place = longer, place + 1
    return number, place


def _wrong(replacement: str, reason: str) -> ConfigException:
    return ConfigException.of(REPLACEMENT_CONFIG, replacement, reason)
