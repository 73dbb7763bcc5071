"""What a source task needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from penstock_s3.config.choices import FormatKind
from penstock_s3.config.settings import FormatSettings, StoreSettings
from penstock_s3.partition.naming import Naming


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """``prefix``: what keys of objects begin with. ``kind`` None: by the extension. ``topics`` empty: all; ``topic``: where
    records go, None for the topic that they came from. ``needs_keys``, ``needs_headers``: values are not read before these
    are there. ``tombstone``: the directory whose keys have no values. ``settle_ms``: how old objects are before they are
    read; ``poll_ms``: how often new ones are looked for."""

    store: StoreSettings
    naming: Naming
    formats: FormatSettings
    kind: FormatKind | None
    prefix: str
    topics: frozenset[str]
    topic: str | None
    needs_keys: bool
    needs_headers: bool
    tombstone: str | None
    restore_partitions: bool
    batch_size: int
    settle_ms: int
    poll_ms: int
