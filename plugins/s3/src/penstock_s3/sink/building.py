"""From settings to what the writers of a task share."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from penstock.api import ConfigException
from penstock_s3.config.settings import SinkSettings
from penstock_s3.formats.factory import make_formats
from penstock_s3.joda.zones import UTC, Zone, zone
from penstock_s3.partition.making import make_naming, make_partitioner
from penstock_s3.sink.finishing import Finisher
from penstock_s3.sink.nulls import Report
from penstock_s3.sink.open_file import Outputs
from penstock_s3.sink.schemas import SchemaRules
from penstock_s3.sink.tools import Tools
from penstock_s3.storage.buffers import BufferPool
from penstock_s3.storage.spill import SpillFile
from penstock_s3.storage.store import ALWAYS, IF_ABSENT, ObjectStore
from penstock_s3.storage.uploading import PartThreads


def build_tools(settings: SinkSettings, store: ObjectStore, report: Report | None, now_ms: Callable[[], int]) -> Tools:
    """Raises ConfigException for a partitioner, format or zone that cannot be had."""
    pool = BufferPool(settings.store.buffer_memory // 2, SpillFile())  # the other half is for what formats hold
    conditional = (
        settings.store.conditional_writes
        and settings.rotation.schedule_ms is not None
        and settings.format.keys is None
        and settings.format.headers is None
        and not settings.manifest
    )
    return Tools(
        settings=settings,
        partitioner=make_partitioner(settings.partition),
        naming=make_naming(settings),
        formats=make_formats(settings.format),
        schemas=SchemaRules(settings.rotation.compatibility),
        outputs=Outputs(store, pool, PartThreads(), settings.store.part_size),
        finisher=Finisher(store, settings.store.tagging, IF_ABSENT if conditional else ALWAYS),
        report=report,
        owner=uuid.uuid4().hex[:12],
        zone=_zone(settings),
        now_ms=now_ms,
    )


def _zone(settings: SinkSettings) -> Zone:
    if settings.rotation.schedule_ms is None:
        return UTC
    try:
        return zone(settings.rotation.timezone)
    except ValueError as error:
        raise ConfigException.of("timezone", settings.rotation.timezone, str(error)) from error
