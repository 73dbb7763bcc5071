"""The keys of the companion source: those of the sink that wrote, and some of its own; and Aiven's source's keys (spec 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigException, ConfigValue, Width, recommenders, validators
from penstock_s3.config.aiven_config import AIVEN_CONFIG, BUCKET, with_present_names
from penstock_s3.config.aiven_settings import aiven_settings
from penstock_s3.config.choices import FormatKind
from penstock_s3.config.java_classes import JSON_FORMAT, STORAGE, find_class
from penstock_s3.config.key_parts import BOOLEAN, HIGH, INT, LIST, LONG, MEDIUM, STRING, Place, Rules, key
from penstock_s3.config.sink_config import SINK_CONFIG
from penstock_s3.config.sink_settings import sink_settings
from penstock_s3.partition.names import TemplateNaming
from penstock_s3.partition.naming import ObjectNaming
from penstock_s3.source.settings import SourceSettings

_OF_SINK = (
    "s3.bucket.name",
    "s3.region",
    "s3.credentials.provider.class",
    "aws.access.key.id",
    "aws.secret.access.key",
    "s3.ssea.name",
    "s3.sse.customer.key",
    "s3.wan.mode",
    "s3.part.retries",
    "s3.retry.backoff.ms",
    "format.bytearray.extension",
    "format.bytearray.separator",
    "s3.proxy.url",
    "s3.proxy.user",
    "s3.proxy.password",
    "tombstone.encoded.partition",
    "store.kafka.keys",
    "store.kafka.headers",
    "s3.path.style.access.enabled",
    "topics.dir",
    "store.url",
    "directory.delim",
    "file.delim",
    "filename.offset.zero.pad.width",
)
_SOURCE = "Source"
_INPUTS = {"bytes": FormatKind.BYTES, "avro": FormatKind.AVRO, "jsonl": FormatKind.JSON, "parquet": FormatKind.PARQUET}

_POLLING = (
    key(
        "poll.interval.ms",
        LONG,
        60_000,
        Place(_SOURCE, 4, "Poll interval", MEDIUM),
        "How often new objects are looked for.",
        Rules(validators.at_least(1)),
    ),
    key(
        "settle.ms",
        LONG,
        10_000,
        Place(_SOURCE, 5, "Settling time", MEDIUM),
        "How old an object is before it is read, so that the objects with its keys and headers are there too.",
        Rules(validators.at_least(0)),
    ),
)

SOURCE_CONFIG = ConfigDef(
    [
        *(SINK_CONFIG.keys[name] for name in _OF_SINK if name not in ("store.kafka.keys", "store.kafka.headers")),
        key(
            "store.kafka.keys",
            BOOLEAN,
            False,
            Place(_SOURCE, 6, "Keys are stored", width=Width.SHORT),
            "Whether every object with values has one with keys; values are not read before it is there.",
        ),
        key(
            "store.kafka.headers",
            BOOLEAN,
            False,
            Place(_SOURCE, 7, "Headers are stored", width=Width.SHORT),
            "Whether every object with values has one with headers; values are not read before it is there.",
        ),
        key(
            "source.topics",
            LIST,
            [],
            Place(_SOURCE, 1, "Topics", HIGH),
            "Of which topics objects are read; empty for all.",
        ),
        key(
            "batch.size",
            INT,
            1000,
            Place(_SOURCE, 2, "Batch size", MEDIUM),
            "How many records are handed out at a time, at most.",
            Rules(validators.at_least(1)),
        ),
        key(
            "partitions.restore",
            BOOLEAN,
            True,
            Place(_SOURCE, 3, "Restore partitions", MEDIUM, Width.SHORT),
            "Whether records go to the partitions that they came from; else the producer chooses.",
        ),
        *_POLLING,
    ]
)

AIVEN_SOURCE_CONFIG = ConfigDef(
    [
        *(
            each
            for each in AIVEN_CONFIG
            if each.name.startswith(("aws.access", "aws.secret", "aws.cred", "aws.s3", "aws.sts"))
        ),
        key(
            "file.name.template",
            STRING,
            "{{topic}}-{{partition}}-{{start_offset}}",
            Place(_SOURCE, 1, "File name template", HIGH),
            "The names of objects. What follows it, such as .gz, may be anything.",
        ),
        key(
            "input.format",
            STRING,
            "bytes",
            Place(_SOURCE, 2, "Input format", MEDIUM),
            "The format of objects.",
            Rules(validators.one_of_ignoring_case(*_INPUTS), recommenders.values(*_INPUTS)),
        ),
        key(
            "topic",
            STRING,
            None,
            Place(_SOURCE, 3, "Topic", MEDIUM),
            "Where records go; by default the topic in the name.",
        ),
        key(
            "max.poll.records",
            INT,
            500,
            Place(_SOURCE, 4, "Records at a time", MEDIUM),
            "How many records are handed out at a time, at most.",
            Rules(validators.at_least(1)),
        ),
        *_POLLING,
    ]
)


def validate_source(props: Mapping[str, str]) -> list[ConfigValue]:
    """Every key with all that is wrong with it."""
    return SOURCE_CONFIG.validate(props, find_class)


def validate_aiven_source(props: Mapping[str, str]) -> list[ConfigValue]:
    """Every key with all that is wrong with it."""
    values = {value.name: value for value in AIVEN_SOURCE_CONFIG.validate(with_present_names(props))}
    if not values[BUCKET].value:
        values[BUCKET].add_error(f'Missing required configuration "{BUCKET}" which has no default value.')
    return list(values.values())


def source_settings(props: Mapping[str, str | None]) -> SourceSettings:
    """From the keys of our own source, most of them the sink's. Raises ConfigException."""
    config = SOURCE_CONFIG.parsed(props)
    as_sink = {name: value for name, value in props.items() if name in _OF_SINK or name.startswith("s3.credentials.")}
    fixed = {"format.class": JSON_FORMAT, "flush.size": "1", "storage.class": STORAGE}
    sink_props = {**as_sink, **fixed, "store.kafka.keys": "false", "store.kafka.headers": "false"}
    sink = sink_settings(SINK_CONFIG.parsed(sink_props), sink_props)
    return SourceSettings(
        store=sink.store,
        naming=ObjectNaming(sink.naming, sink.format),
        formats=sink.format,
        kind=None,
        prefix=ObjectNaming(sink.naming, sink.format).root,
        topics=frozenset(filter(None, config.get_list("source.topics"))),
        topic=None,
        needs_keys=config.get_bool("store.kafka.keys"),
        needs_headers=config.get_bool("store.kafka.headers"),
        tombstone=config.get_string("tombstone.encoded.partition"),
        restore_partitions=config.get_bool("partitions.restore"),
        batch_size=config.get_int("batch.size"),
        settle_ms=config.get_long("settle.ms"),
        poll_ms=config.get_long("poll.interval.ms"),
    )


def aiven_source_settings(props: Mapping[str, str | None]) -> SourceSettings:
    """From the keys of Aiven's source. Raises ConfigException."""
    named = with_present_names(props)
    config = AIVEN_SOURCE_CONFIG.parsed(named)
    template = config.get_string("file.name.template")
    if not {"topic", "partition", "start_offset"} <= set(re.findall(r"\{\{\s*(\w+)", template)):
        raise ConfigException.of(
            "file.name.template", template, "A name must tell {{topic}}, {{partition}} and {{start_offset}}"
        )
    as_sink = {name: value for name, value in named.items() if name.startswith("aws.") and name in AIVEN_CONFIG}
    sink = aiven_settings({**as_sink, "file.name.template": template, "file.compression.type": "none"})
    naming = TemplateNaming(template, sink.format, any_extension=True)
    prefix = config.get_string("aws.s3.prefix")
    return SourceSettings(
        store=sink.store,
        naming=naming,
        formats=sink.format,
        kind=_INPUTS[config.get_string("input.format").lower()],
        prefix=prefix or naming.root,
        topics=frozenset(),
        topic=config.get_string("topic", None),
        needs_keys=False,
        needs_headers=False,
        tombstone=None,
        restore_partitions=False,
        batch_size=config.get_int("max.poll.records"),
        settle_ms=config.get_long("settle.ms"),
        poll_ms=config.get_long("poll.interval.ms"),
    )
