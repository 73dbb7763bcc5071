"""From the keys of Confluent's dialect to :class:`SinkSettings` (spec 2, 12)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from penstock.api import ConfigException, ParsedConfig
from penstock_s3.config.choices import (
    Compatibility,
    Compression,
    DecimalFormat,
    Escaping,
    Extractor,
    FormatKind,
    OnNull,
    Partitioning,
    SchemaAffix,
)
from penstock_s3.config.java_classes import (
    DEFAULT_PARTITIONER,
    EXTRACTORS,
    FORMATS,
    PARTITIONERS,
    PLATFORM,
    STORAGE,
    chosen,
    name_of,
    python_class,
)
from penstock_s3.config.settings import (
    AvroSettings,
    FormatSettings,
    NamingSettings,
    NullSettings,
    PartitionSettings,
    RotationSettings,
    SinkSettings,
)
from penstock_s3.config.sink_config import SINK_OPTIONS
from penstock_s3.config.store_settings import store_settings

_TIME_VARIABLE = re.compile(r"\{\{\s*(?:ts|timestamp)\s*[:|}]")
_FOREVER = (1 << 63) - 1


def sink_settings(config: ParsedConfig, props: Mapping[str, str | None]) -> SinkSettings:
    """What a task needs to know. Raises ConfigException for what validation lets pass but no task can do."""
    options = SINK_OPTIONS.parsed(props)
    chosen("storage.class", config["storage.class"], {STORAGE: Compression.NONE})
    formats = _formats(config, props)
    nulls = NullSettings(
        OnNull(config.get_string("behavior.on.null.values").lower()), config.get_bool("report.null.values.to.dlq")
    )
    if nulls.behavior is OnNull.WRITE and formats.keys is None:
        raise ConfigException(
            "behavior.on.null.values is write, so the keys of tombstones are to be stored; set store.kafka.keys to true"
        )
    partition = _partition(config, options, nulls)
    rotation = _rotation(config, options, partition)
    limit = config.get_long("max.write.duration.ms")
    conditional = (
        config.get_bool("enable.conditional.writes")
        and config.get_long("rotate.schedule.interval.ms") != -1
        and formats.keys is None
        and formats.headers is None
    )
    return SinkSettings(
        connector=props.get("name") or "",
        store=store_settings(config, options, conditional_writes=conditional),
        naming=_naming(config),
        partition=partition,
        format=formats,
        rotation=rotation,
        nulls=nulls,
        retry_backoff_ms=max(0, config.get_long("retry.backoff.ms")),
        max_write_ms=None if limit == _FOREVER else limit,
        manifest=options.get_bool("s3.exactly.once.manifest"),
        flush_on_close=options.get_bool("flush.on.close"),
        past_skipped=options.get_bool("offsets.past.skipped"),
        scan_limit=max(1, config.get_int("max.files.scan.limit")),
    )


def _naming(config: ParsedConfig) -> NamingSettings:
    width = config.get_int("filename.offset.zero.pad.width")
    if width < 1:
        raise ConfigException.of(
            "filename.offset.zero.pad.width", width, "An offset has at least one digit; give 1 for no zeros before it"
        )
    return NamingSettings(
        topics_dir=config.get_string("topics.dir"),
        directory_delim=config.get_string("directory.delim"),
        file_delim=config.get_string("file.delim"),
        pad_width=width,
    )


def _formats(config: ParsedConfig, props: Mapping[str, str | None]) -> FormatSettings:
    kind = chosen("format.class", config["format.class"], FORMATS)
    compression = Compression(config.get_string("s3.compression.type"))
    settings = FormatSettings(
        kind=kind,
        compression=compression,
        compression_level=config.get_int("s3.compression.level"),
        avro=AvroSettings(
            codec=config.get_string("avro.codec"),
            connect_meta_data=config.get_bool("connect.meta.data"),
            enhanced=config.get_bool("enhanced.avro.schema.support"),
            optional_map_keys=config.get_bool("allow.optional.map.keys"),
            schemas_cached=config.get_int("schemas.cache.config"),
        ),
        parquet_codec=config.get_string("parquet.codec"),
        decimals=DecimalFormat(config.get_string("json.decimal.format").upper()),
        bytes_extension=config.get_string("format.bytearray.extension"),
        bytes_separator=_separator(props),
        keys=_side(config, "keys"),
        headers=_side(config, "headers"),
    )
    if compression is Compression.GZIP:
        for side in filter(None, (settings.kind, settings.keys, settings.headers)):
            if side not in (FormatKind.JSON, FormatKind.BYTES):
                raise ConfigException.of(
                    "s3.compression.type", "gzip", f"The format {side.value} has codecs of its own"
                )
    return settings


def _side(config: ParsedConfig, part: str) -> FormatKind | None:
    if not config.get_bool(f"store.kafka.{part}"):
        return None
    return chosen(f"{part}.format.class", config[f"{part}.format.class"], FORMATS)


def _separator(props: Mapping[str, str | None]) -> bytes:
    """As it was given, blanks included: the one key whose value is not trimmed."""
    given = props.get("format.bytearray.separator")
    return (os.linesep if given is None else given).encode()


def _partition(config: ParsedConfig, options: ParsedConfig, nulls: NullSettings) -> PartitionSettings:
    kind, custom = _partitioning(config, options)
    return PartitionSettings(
        kind=kind,
        delim=config.get_string("directory.delim"),
        fields=tuple(config.get_list("partition.field.name")),
        duration_ms=config.get_long("partition.duration.ms"),
        path_format=config.get_string("path.format"),
        locale=config.get_string("locale"),
        timezone=config.get_string("timezone"),
        extractor=_extractor(config.get_string("timestamp.extractor")),
        timestamp_field=config.get_string("timestamp.field"),
        affix=SchemaAffix(config.get_string("s3.schema.partition.affix.type")),
        tombstone=config.get_string("tombstone.encoded.partition") if nulls.behavior is OnNull.WRITE else None,
        template=options.get_string("partition.template"),
        escaping=Escaping(options.get_string("partition.value.escape")),
        custom=custom,
    )


def _partitioning(config: ParsedConfig, options: ParsedConfig) -> tuple[Partitioning, str]:
    name = name_of(config["partitioner.class"]) or ""
    kind = PARTITIONERS.get(name)
    if options.get_string("partition.template"):
        if name == DEFAULT_PARTITIONER or kind is Partitioning.TEMPLATE:
            return Partitioning.TEMPLATE, ""
        raise ConfigException(
            f"partition.template and partitioner.class={name} cannot both say the directory; take one out"
        )
    if kind is not None:
        return kind, ""
    if name not in PLATFORM:
        try:
            python_class(name)
        except LookupError:
            raise ConfigException.of("partitioner.class", name, f"Class {name} could not be found.") from None
        return Partitioning.CUSTOM, name
    return chosen("partitioner.class", name, PARTITIONERS), ""


def _extractor(name: str) -> Extractor | str:
    return EXTRACTORS.get(name, name)


def _rotation(config: ParsedConfig, options: ParsedConfig, partition: PartitionSettings) -> RotationSettings:
    interval = config.get_long("rotate.interval.ms")
    schedule = config.get_long("rotate.schedule.interval.ms")
    timezone = config.get_string("timezone")
    if schedule > 0 and not timezone.strip():
        raise ConfigException.of("timezone", timezone, "Timezone cannot be empty when using scheduled file rotation.")
    compatibility = config.get_string("schema.compatibility")
    open_files = config.get_int("partitioner.max.open.files")
    return RotationSettings(
        flush_size=max(1, config.get_int("flush.size")),
        interval_ms=interval if interval > 0 and _by_time(partition) else None,
        schedule_ms=schedule if schedule > 0 else None,
        timezone=timezone,
        on_partition_change=config.get_bool("rotate.file.on.partition.change"),
        max_open_files=open_files if open_files >= 0 else None,
        compatibility=Compatibility(compatibility)
        if compatibility in Compatibility.__members__
        else Compatibility.NONE,
        flush_bytes=_positive(options.get_long("flush.bytes")),
        idle_ms=_positive(options.get_long("flush.idle.ms")),
    )


def _by_time(partition: PartitionSettings) -> bool:
    return partition.kind.time_based or _TIME_VARIABLE.search(partition.template) is not None


def _positive(number: int) -> int | None:
    return number if number > 0 else None
