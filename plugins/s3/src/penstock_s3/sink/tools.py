"""What all partition writers of a task share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock_s3.config.settings import SinkSettings
from penstock_s3.formats.factory import Formats
from penstock_s3.joda.zones import Zone
from penstock_s3.partition.naming import Naming
from penstock_s3.partition.partitioner import Partitioner
from penstock_s3.sink.finishing import Finisher
from penstock_s3.sink.nulls import Report
from penstock_s3.sink.open_file import Outputs
from penstock_s3.sink.schemas import SchemaRules


@dataclass(frozen=True, slots=True)
class Tools:
    """Made once per task. ``report`` None: no dead letter queue. ``owner`` names this task in manifests; ``zone`` is that of
    the schedule; ``now_ms`` is the wall clock."""

    settings: SinkSettings
    partitioner: Partitioner
    naming: Naming
    formats: Formats
    schemas: SchemaRules
    outputs: Outputs
    finisher: Finisher
    report: Report | None
    owner: str
    zone: Zone
    now_ms: Callable[[], int]
