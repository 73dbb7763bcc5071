"""From settings to the partitioner that they ask for."""

from __future__ import annotations

from penstock.api import ConfigException
from penstock_s3.config.choices import Partitioning, SchemaAffix
from penstock_s3.config.settings import PartitionSettings
from penstock_s3.partition.escaping import escape_of
from penstock_s3.partition.field import FieldPartitioner
from penstock_s3.partition.partitioner import DefaultPartitioner, Partitioner
from penstock_s3.partition.time_based import make_time_based
from penstock_s3.partition.wrapping import SchemaPartitioner, TombstonePartitioner


def make_partitioner(settings: PartitionSettings) -> Partitioner:
    """The partitioner, with tombstones and schema names wrapped around it (spec 7). Raises ConfigException for what cannot
    be: a pattern, zone, duration, extractor or template that is wrong."""
    made = _plain(settings)
    if settings.affix is not SchemaAffix.NONE:
        made = SchemaPartitioner(made, settings.affix, settings.delim)
    return made if settings.tombstone is None else TombstonePartitioner(made, settings.tombstone)


def _plain(settings: PartitionSettings) -> Partitioner:
    match settings.kind:
        case Partitioning.DEFAULT:
            return DefaultPartitioner()
        case Partitioning.FIELD:
            if not settings.fields:
                raise ConfigException("Partition field name cannot be null or empty when using FieldPartitioner.")
            return FieldPartitioner(settings.fields, settings.delim, escape_of(settings.escaping, settings.delim))
        case Partitioning.TIME | Partitioning.HOURLY | Partitioning.DAILY:
            return make_time_based(settings)
        case _:
            raise ConfigException("partitioner.class", settings.kind)
