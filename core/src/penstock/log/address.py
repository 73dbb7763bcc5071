"""Where the log is: a plain value that crosses process borders, and the one place that turns it into a log."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from penstock.log.base import Log


class LogKind(enum.Enum):
    """The adapters there are."""

    KAFKA = "kafka"
    SQLITE = "sqlite"


@dataclass(frozen=True, slots=True)
class LogAddress:
    """``location`` is ``bootstrap.servers`` for Kafka, the database file for SQLite. ``durability`` (SQLite only) is NORMAL
    (survives kill -9) or FULL (survives a power cut); ``retention_ms`` and ``retention_bytes`` a partition (SQLite only) hold
    for topics that set none of their own, None means no limit."""

    kind: LogKind
    location: str
    durability: str = "NORMAL"
    retention_ms: int | None = 604_800_000
    retention_bytes: int | None = 4_294_967_296

    def open(self) -> Log:
        """The log behind this address. Clients are imported here, at first need: a worker without Kafka never loads them."""
        if self.kind is LogKind.KAFKA:
            from penstock.log.kafka import KafkaLog

            return KafkaLog(self.location)
        from penstock.log.sqlite import SqliteLog

        return SqliteLog(
            self.location,
            durability=self.durability,
            retention_ms=self.retention_ms,
            retention_bytes=self.retention_bytes,
        )
