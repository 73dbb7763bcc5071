"""From settings to the partitioner that they ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from penstock.api import ConfigException
from penstock_s3.config.choices import Partitioning, SchemaAffix
from penstock_s3.config.java_classes import python_class
from penstock_s3.config.settings import PartitionSettings, SinkSettings
from penstock_s3.joda.zones import UTC
from penstock_s3.partition.escaping import escape_of
from penstock_s3.partition.field import FieldPartitioner
from penstock_s3.partition.names import Chunks, TemplateNaming, offset_mark
from penstock_s3.partition.naming import Naming, ObjectNaming
from penstock_s3.partition.partitioner import DefaultPartitioner, Partitioner
from penstock_s3.partition.template import Named, TemplatePartitioner
from penstock_s3.partition.time_based import make_extractor, make_time_based, zone_of
from penstock_s3.partition.variables import Surroundings
from penstock_s3.partition.wrapping import SchemaPartitioner, TombstonePartitioner

Special: TypeAlias = Callable[[Named], str | None] | None


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
        case Partitioning.TEMPLATE:
            return make_template(settings)
        case Partitioning.NAME:
            made = make_template(settings, offset_mark)
            return made if settings.most_records is None else Chunks(made, settings.most_records)
        case Partitioning.CUSTOM:
            return make_custom(settings)


def make_naming(settings: SinkSettings) -> Naming:
    """How objects are named: by the original's rule, or by a template. Raises ConfigException for a template that is wrong."""
    if settings.names is None:
        return ObjectNaming(settings.naming, settings.format)
    return TemplateNaming(settings.names.name, settings.format)


def make_template(settings: PartitionSettings, special: Special = None) -> TemplatePartitioner:
    """A partitioner by template; times are those of UTC and names English where nothing else is said."""
    where = zone_of(settings.timezone) if settings.timezone.strip() else UTC
    extractor = make_extractor(settings.extractor, settings.timestamp_field)
    escape = escape_of(settings.escaping, settings.delim)
    around = Surroundings(extractor, where, settings.locale.strip() or "en", escape)
    return TemplatePartitioner(settings.template, around, special)


def make_custom(settings: PartitionSettings) -> Partitioner:
    """A partitioner of the user's own: a class that is called with the settings. Raises ConfigException for one that is
    none."""
    try:
        found = python_class(settings.custom)
    except LookupError:
        raise ConfigException.of(
            "partitioner.class", settings.custom, f"Class {settings.custom} could not be found."
        ) from None
    if not callable(getattr(found, "encode", None)) or not hasattr(found, "time_based"):
        reason = "A partitioner has time_based and encode; see penstock_s3.partition.partitioner.Partitioner"
        raise ConfigException.of("partitioner.class", settings.custom, reason)
    made: Partitioner = found(settings)
    return made
