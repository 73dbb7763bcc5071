"""Which files there are to read: objects of a bucket, put together by what their names say."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from penstock_s3.partition.naming import Parsed
from penstock_s3.source.settings import SourceSettings
from penstock_s3.storage.store import ObjectInfo


@dataclass(frozen=True, slots=True)
class FoundFile:
    """Values, and beside them keys and headers where they are stored; only keys for tombstones. ``name`` is the object that
    offsets go by."""

    named: Parsed
    values: ObjectInfo | None
    keys: ObjectInfo | None
    headers: ObjectInfo | None

    @property
    def name(self) -> str:
        """The key of the leading object."""
        return self._leading.key

    @property
    def etag(self) -> str:
        """Changes when the leading object was written over."""
        return self._leading.etag

    @property
    def _leading(self) -> ObjectInfo:
        found = self.values or self.keys
        assert found is not None
        return found


@dataclass(slots=True)
class _Objects:
    named: Parsed
    by_side: dict[str | None, ObjectInfo] = field(default_factory=dict)


class Share:
    """Which topic partitions are one task's: each belongs to one task, by its name alone."""

    def __init__(self, index: int, count: int) -> None:
        self._index = index
        self._count = count

    def has(self, topic: str, partition: int) -> bool:
        """Whether files of this topic partition are this task's."""
        return zlib.crc32(f"{topic}-{partition}".encode()) % self._count == self._index


def files_of(objects: Iterable[ObjectInfo], settings: SourceSettings, share: Share, now_ms: int) -> list[FoundFile]:
    """The files that are whole and have settled, by topic, partition and first offset. Objects of other names are left
    alone: they are somebody else's."""
    found: dict[tuple[object, ...], _Objects] = {}
    for each in objects:
        named = settings.naming.parse(each.key)
        if named is None or not _wanted(named, settings, share):
            continue
        identity: tuple[object, ...] = (named.topic, named.partition, named.offset, named.encoded)
        if named.side is None:  # the same records in two formats are two files
            identity = (*identity, named.extension)
        found.setdefault(identity, _Objects(named)).by_side[named.side] = each
    whole = filter(None, (_file(objects, found, settings, now_ms) for objects in found.values()))
    return sorted(whole, key=lambda file: (file.named.topic, file.named.partition, file.named.offset, file.name))


def _wanted(named: Parsed, settings: SourceSettings, share: Share) -> bool:
    return (not settings.topics or named.topic in settings.topics) and share.has(named.topic, named.partition)


def _file(
    objects: _Objects, found: dict[tuple[object, ...], _Objects], settings: SourceSettings, now_ms: int
) -> FoundFile | None:
    named = objects.named
    values = objects.by_side.get(None)
    if values is None and named.encoded != settings.tombstone:
        return None  # the sides of values are found from these
    beside = found.get((named.topic, named.partition, named.offset, named.encoded))
    sides = {} if beside is None else beside.by_side
    keys, headers = sides.get("keys"), sides.get("headers")
    if (settings.needs_keys and keys is None) or (settings.needs_headers and headers is None):
        return None
    file = FoundFile(named, values, keys, headers)
    if values is None and keys is None:
        return None
    youngest = max(each.modified_ms for each in (values, keys, headers) if each is not None)
    return file if youngest <= now_ms - settings.settle_ms else None
