"""What validation says of a whole configuration of Confluent's dialect (spec 2, recorded texts)."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigValue
from penstock_s3.config.choices import FormatKind, Partitioning
from penstock_s3.config.java_classes import FORMATS, PARTITIONERS, find_also, name_of
from penstock_s3.config.sink_config import SINK_CONFIG, SINK_OPTIONS

NO_FIELD = "Partition field name cannot be null or empty when using FieldPartitioner."
_KEYS_MANDATORY = "Writing Kafka record keys to storage is mandatory when tombstone writing is enabled."
_ACCELERATED = (
    "Both accelerate mode and path style access are being enabled. These options are mutually exclusive and cannot be enabled "
    "together. Please disable one of them"
)
_GZIPPED = (FormatKind.JSON, FormatKind.BYTES)

Values = dict[str, ConfigValue]


def validate_sink(props: Mapping[str, str]) -> list[ConfigValue]:
    """Every key with all that is wrong with it, alone and with others; of our own keys those that are set."""
    values = {value.name: value for value in SINK_CONFIG.validate(props, find_also(props.get("partitioner.class")))}
    _check_class(values)
    _check_compression(values)
    _check_together(values)
    return [*values.values(), *(value for value in SINK_OPTIONS.validate(props) if value.name in props)]


def _check_class(values: Values) -> None:
    chosen = PARTITIONERS.get(name_of(values["partitioner.class"].value) or "")
    names = values["partition.field.name"]
    if chosen is Partitioning.FIELD and not names.errors and not names.value:
        names.add_error(NO_FIELD)


def _check_compression(values: Values) -> None:
    if values["s3.compression.type"].value != "gzip":
        return
    for kind, switch, format_key in (
        ("data", None, "format.class"),
        ("keys", "store.kafka.keys", "keys.format.class"),
        ("headers", "store.kafka.headers", "headers.format.class"),
    ):
        name = name_of(values[format_key].value)
        if name is None or FORMATS.get(name) in _GZIPPED or (switch is not None and values[switch].value is not True):
            continue
        message = f"Compression Type gzip not valid for {kind} format class: ( {name} )."
        for key in filter(None, ("s3.compression.type", switch, format_key)):
            values[key].add_error(message)


def _check_together(values: Values) -> None:
    on_null, keys = values["behavior.on.null.values"], values["store.kafka.keys"]
    if str(on_null.value).lower() == "write" and keys.value is False:
        on_null.add_error(_KEYS_MANDATORY)
        keys.add_error(_KEYS_MANDATORY)
    wan, path_style = values["s3.wan.mode"], values["s3.path.style.access.enabled"]
    if wan.value is True and path_style.value is True:
        wan.add_error(_ACCELERATED)
        path_style.add_error(_ACCELERATED)
