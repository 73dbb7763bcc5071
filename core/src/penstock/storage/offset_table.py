"""Source offsets by source partition, where partitions are equal when their JSON means the same (design 7; spec 9.5, 8.2).

A store gets and gives bytes, and a partition's bytes depend on the order of its keys, which differs between writers. So
beside each meaning stand all spellings that were seen of it, each with what was last stored under it.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from penstock import jackson
from penstock.storage.codec import offset_key
from penstock.storage.offsets import OffsetEntry

logger = logging.getLogger(__name__)

_Age = tuple[int, int]
"""When a record was written (ms), and its turn among records of the same time."""
_NEVER: _Age = (-1, -1)


@dataclass(slots=True)
class _Stored:
    value: bytes | None
    age: _Age


@dataclass(slots=True)
class _Partition:
    """One source partition. ``spellings`` are whole keys; the first one seen comes first."""

    partition: bytes
    spellings: dict[bytes, _Stored] = field(default_factory=dict)

    @property
    def offset(self) -> bytes | None:
        """What was stored last, under whatever spelling."""
        return max(self.spellings.values(), key=lambda stored: stored.age).value


class OffsetTable:
    """For one thread, or under its owner's lock."""

    def __init__(self) -> None:
        self._connectors: dict[str, dict[Hashable, _Partition]] = {}
        self._turn = 0

    def apply(self, key: bytes | None, value: bytes | None, timestamp: int = 0) -> None:
        """Take in a stored record. Of one key the last one applied counts; among spellings the one with the highest
        timestamp (ms), since they may lie in different partitions of the log. A malformed key is ignored with a warning.
        """
        parsed = parse_key(key)
        if parsed is None:
            return
        connector, partition, meaning = parsed
        assert key is not None
        self._turn += 1
        partitions = self._connectors.setdefault(connector, {})
        known = partitions.setdefault(meaning, _Partition(partition))
        before = known.spellings.get(key)
        if before is not None:  # a clock that was set back must not make what is newer look older
            timestamp = max(timestamp, before.age[0])
        known.spellings[key] = _Stored(value or None, (timestamp, self._turn))

    def get(self, connector: str, partition: bytes) -> bytes | None:
        """The offset of a source partition (JSON text); None when there is none. Raises ValueError when the partition is
        not JSON."""
        known = self._connectors.get(connector, {}).get(meaning_of(jackson.loads(partition)))
        return None if known is None else known.offset

    def partitions(self, connector: str) -> list[tuple[bytes, bytes | None]]:
        """The source partitions that have an offset, with it. Partitions that are no JSON object are left out, as Connect
        does."""
        known = self._connectors.get(connector, {}).values()
        return [
            (entry.partition, entry.offset)
            for entry in known
            if entry.offset is not None and entry.partition.lstrip().startswith(b"{")
        ]

    def records(self, connector: str, entries: Iterable[OffsetEntry]) -> list[tuple[bytes, bytes | None]]:
        """The keys and values with which to store offsets: under the spelling seen first, so that compaction finds the
        older record and the log puts it into the same partition. A tombstone goes under every spelling seen: one left
        out would come back. Of equal partitions the last one counts. Raises ValueError when a partition is not JSON."""
        partitions = self._connectors.setdefault(connector, {})
        records: dict[bytes, bytes | None] = {}
        for entry in entries:
            meaning = meaning_of(jackson.loads(entry.partition))
            known = partitions.setdefault(meaning, _Partition(entry.partition))
            if not known.spellings:  # from now on this is the spelling, though it is not stored yet
                known.spellings[offset_key(connector, entry.partition)] = _Stored(None, _NEVER)
            if entry.offset is None:
                records.update(dict.fromkeys(known.spellings))
            else:
                records[next(iter(known.spellings))] = entry.offset
        return list(records.items())


def meaning_of(value: object) -> Hashable:
    """Equal exactly for JSON values that Connect holds for equal: the order of an object's keys does not matter, and
    ``1``, ``1.0`` and ``true`` are three things."""
    if isinstance(value, dict):
        return (dict, tuple(sorted((name, meaning_of(member)) for name, member in value.items())))
    if isinstance(value, list):
        return (list, tuple(map(meaning_of, value)))
    return (type(value), value)


def parse_key(key: bytes | None) -> tuple[str, bytes, Hashable] | None:
    """Connector, partition (JSON text as written) and its meaning; None, with a warning, for a malformed key."""
    try:
        value = None if key is None else jackson.loads(key)
    except ValueError:
        logger.warning("Ignoring offset partition key with unknown serialization. Expected json. Key: %r", key)
        return None
    match value:
        case [str() as connector, (dict() | None) as partition] if key is not None:
            return connector, _text_of_second(key, connector, partition), meaning_of(partition)
    logger.warning("Ignoring offset partition key with an unexpected %s. Key: %r", _fault(value), key)
    return None


def _fault(value: object) -> str:
    """What is wrong with a decoded key."""
    if not isinstance(value, list):
        return f"format. Expected type: list, actual type: {type(value).__name__}"
    if len(value) != 2:
        return f"number of elements. Expected: 2, actual: {len(value)}"
    which, expected, found = (
        ("first", "str", value[0]) if not isinstance(value[0], str) else ("second", "dict", value[1])
    )
    return (
        f"format for the {which} element in the partition key list. "
        f"Expected type: {expected}, actual type: {type(found).__name__}"
    )


def _text_of_second(key: bytes, connector: str, partition: object) -> bytes:
    """The partition's text as it stands in the key; written anew where the key has blanks or the like."""
    head = b"[" + jackson.dumps(connector) + b","
    if key.startswith(head) and key.endswith(b"]"):
        return key[len(head) : -1].strip()
    return jackson.dumps(partition)
