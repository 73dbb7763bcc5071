"""Configurations as the runtime parses them."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigValue
from penstock_s3.config.settings import SinkSettings
from penstock_s3.config.sink_config import SINK_CONFIG
from penstock_s3.config.sink_settings import sink_settings
from penstock_s3.config.validation import validate_sink

FORMATS = "io.confluent.connect.s3.format"
PARTITIONERS = "io.confluent.connect.storage.partitioner"

PLAIN = {
    "name": "c1",
    "connector.class": "io.confluent.connect.s3.S3SinkConnector",
    "topics": "t",
    "format.class": f"{FORMATS}.json.JsonFormat",
    "storage.class": "io.confluent.connect.s3.storage.S3Storage",
    "flush.size": "3",
    "s3.bucket.name": "bkt",
    "s3.region": "us-east-1",
}


def config(**changes: str | None) -> dict[str, str]:
    """A valid configuration with changes: ``s3_region`` for ``s3.region``; None takes a key away."""
    named = {name if "." in name else name.replace("_", "."): value for name, value in changes.items()}
    return {name: value for name, value in (PLAIN | named).items() if value is not None}


def settings_of(props: Mapping[str, str]) -> SinkSettings:
    """The settings as a task reads them."""
    return sink_settings(SINK_CONFIG.parsed(props), props)


def errors_of(props: Mapping[str, str]) -> dict[str, list[str]]:
    """What validation says, by key."""
    return {value.name: value.errors for value in validate_sink(props) if value.errors}


def value_of(props: Mapping[str, str], name: str) -> ConfigValue:
    """What validation says of one key."""
    return next(value for value in validate_sink(props) if value.name == name)
