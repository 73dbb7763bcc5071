"""The key with which workers sign what they ask of each other (spec 9.11)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SessionKey:
    """As the leader put it into the config topic. ``algorithm`` has Java's name, such as ``HmacSHA256``;
    ``creation_timestamp`` is in ms since the epoch."""

    key: bytes = field(repr=False)
    algorithm: str
    creation_timestamp: int
