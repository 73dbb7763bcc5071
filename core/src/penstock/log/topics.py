"""Kafka's rules for topic names, with its texts (``org.apache.kafka.common.internals.Topic``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from penstock.log.errors import InvalidTopicError

MAX_TOPIC_NAME_LENGTH = 249
_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def topic_name_fault(name: str) -> str | None:
    """Why a name is not legal, None when it is."""
    if not name:
        return "the empty string is not allowed"
    if name in {".", ".."}:
        return f"'{name}' is not allowed"
    if len(name) > MAX_TOPIC_NAME_LENGTH:
        return f"the length of '{name}' is longer than the max allowed length {MAX_TOPIC_NAME_LENGTH}"
    if _LEGAL.fullmatch(name) is None:
        return f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    return None


def check_new_topic_name(name: str, existing: Iterable[str]) -> None:
    """What a broker checks when a topic is created. Raises InvalidTopicError with the broker's text: an illegal name, or
    one that differs from a topic there is only in ``.`` and ``_`` (they collide in metric names)."""
    fault = topic_name_fault(name)
    if fault is not None:
        raise InvalidTopicError(f"Topic name is invalid: {fault}")
    if "." in name or "_" in name:
        plain = name.replace(".", "_")
        for other in existing:
            if other != name and other.replace(".", "_") == plain:
                raise InvalidTopicError(f"Topic '{name}' collides with existing topic: {other}")


def check_topic_names(names: Collection[str]) -> None:
    """What a producer or consumer checks. Raises InvalidTopicError with the client's text, which lists the illegal names."""
    illegal = [name for name in names if topic_name_fault(name) is not None]
    if illegal:
        raise InvalidTopicError(f"Invalid topics: [{', '.join(illegal)}]")
