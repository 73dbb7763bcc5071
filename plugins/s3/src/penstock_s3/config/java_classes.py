"""The Java classes that configurations name, each standing for a choice of ours.

A key of type CLASS holds a class once it was looked up, so each name has a class of its own: a marker, never instantiated.
"""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from penstock.api import ConfigException
from penstock_s3.config.choices import Credentials, Extractor, FormatKind, Partitioning

C = TypeVar("C", bound=enum.Enum)

_FORMAT: Final = "io.confluent.connect.s3.format"
_PARTITIONER: Final = "io.confluent.connect.storage.partitioner"
_PROVIDER: Final = "software.amazon.awssdk.auth.credentials"

AVRO_FORMAT: Final = f"{_FORMAT}.avro.AvroFormat"
JSON_FORMAT: Final = f"{_FORMAT}.json.JsonFormat"
BYTES_FORMAT: Final = f"{_FORMAT}.bytearray.ByteArrayFormat"
PARQUET_FORMAT: Final = f"{_FORMAT}.parquet.ParquetFormat"
STORAGE: Final = "io.confluent.connect.s3.storage.S3Storage"
DEFAULT_PARTITIONER: Final = f"{_PARTITIONER}.DefaultPartitioner"
DEFAULT_PROVIDER: Final = f"{_PROVIDER}.DefaultCredentialsProvider"
TEMPLATE_PARTITIONER: Final = "penstock_s3.partition.template.TemplatePartitioner"

FORMATS: Mapping[str, FormatKind] = {
    AVRO_FORMAT: FormatKind.AVRO,
    JSON_FORMAT: FormatKind.JSON,
    BYTES_FORMAT: FormatKind.BYTES,
    PARQUET_FORMAT: FormatKind.PARQUET,
}
PARTITIONERS: Mapping[str, Partitioning] = {
    DEFAULT_PARTITIONER: Partitioning.DEFAULT,
    f"{_PARTITIONER}.HourlyPartitioner": Partitioning.HOURLY,
    f"{_PARTITIONER}.DailyPartitioner": Partitioning.DAILY,
    f"{_PARTITIONER}.TimeBasedPartitioner": Partitioning.TIME,
    f"{_PARTITIONER}.FieldPartitioner": Partitioning.FIELD,
    TEMPLATE_PARTITIONER: Partitioning.TEMPLATE,
}
PROVIDERS: Mapping[str, Credentials] = {
    DEFAULT_PROVIDER: Credentials.DEFAULT,
    f"{_PROVIDER}.EnvironmentVariableCredentialsProvider": Credentials.ENVIRONMENT,
    f"{_PROVIDER}.ProfileCredentialsProvider": Credentials.PROFILE,
    f"{_PROVIDER}.InstanceProfileCredentialsProvider": Credentials.INSTANCE,
    f"{_PROVIDER}.ContainerCredentialsProvider": Credentials.CONTAINER,
    f"{_PROVIDER}.WebIdentityTokenFileCredentialsProvider": Credentials.WEB_IDENTITY,
    f"{_PROVIDER}.AnonymousCredentialsProvider": Credentials.ANONYMOUS,
    "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider": Credentials.ASSUME_ROLE,
}
_OTHER_PROVIDERS: Final = (
    f"{_PROVIDER}.AwsCredentialsProviderChain",
    f"{_PROVIDER}.ProcessCredentialsProvider",
    f"{_PROVIDER}.StaticCredentialsProvider",
    f"{_PROVIDER}.SystemPropertyCredentialsProvider",
    "software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider",
    "software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider",
)
"""Providers that exist, but that a configuration alone cannot set up, or that only a JVM can have."""

EXTRACTORS: Mapping[str, Extractor] = {
    name: choice
    for choice in Extractor
    for name in (choice.value, f"{_PARTITIONER}.TimeBasedPartitioner${choice.value}TimestampExtractor")
}
PLATFORM: Mapping[str, type] = {
    "java.lang.Object": object,
    "java.lang.String": str,
    "java.lang.Boolean": bool,
    "java.lang.Long": int,
    "java.lang.Double": float,
}
"""Classes that every JVM has: a configuration that names one is told that it is the wrong one, not that it is missing."""


class CredentialsProvider:
    """The base of the markers of credentials providers, whose name validation shows."""

    connect_name = "software.amazon.awssdk.auth.credentials.AwsCredentialsProvider"


def _marker(name: str, base: type) -> type:
    return type(name.rpartition(".")[2], (base,), {"connect_name": name, "__module__": __name__})


_MARKERS: Mapping[str, type] = {
    **{name: _marker(name, object) for name in (*FORMATS, *PARTITIONERS, STORAGE)},
    **{name: _marker(name, CredentialsProvider) for name in (*PROVIDERS, *_OTHER_PROVIDERS)},
}


def find_class(name: str) -> type:
    """A :class:`penstock.api.ClassLookup` of Java classes that mean something here. Raises ``LookupError``."""
    found = _MARKERS.get(name) or PLATFORM.get(name)
    if found is None:
        raise LookupError(name)
    return found


def is_known_class(name: str) -> bool:
    """Whether there is such a class, whatever it serves for."""
    return name in _MARKERS or name in PLATFORM


def find_also(own: str | None) -> Callable[[str], type]:
    """The same, and beside it one Python class by its full name: a partitioner of the user's own. No other name is imported."""
    wanted = (own or "").strip()

    def find(name: str, /) -> type:
        try:
            return find_class(name)
        except LookupError:
            if name != wanted:
                raise
            return python_class(name)

    return find


def python_class(name: str) -> type:
    """A class by ``package.module.Class``. Raises ``LookupError``."""
    module, _, attribute = name.rpartition(".")
    if not module or not all(part.isidentifier() for part in name.split(".")):
        raise LookupError(name)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise LookupError(name) from error
    if isinstance(found, type):
        return found
    raise LookupError(name)


def name_of(value: object) -> str | None:
    """The name of what a key of type CLASS holds, looked up or not; None for nothing."""
    if value is None or isinstance(value, str):
        return value
    platform = next((name for name, cls in PLATFORM.items() if cls is value), None)
    own = value.__dict__.get("connect_name") if isinstance(value, type) else None
    return platform or own or f"{value.__module__}.{getattr(value, '__qualname__', '')}"


def chosen(key: str, value: object, choices: Mapping[str, C]) -> C:
    """The choice that a class stands for. Raises ConfigException when it stands for none, as Java does when it starts."""
    name = name_of(value) or ""
    found = choices.get(name)
    if found is not None:
        return found
    if is_known_class(name):
        raise ConfigException.of(key, name, f"This class does not serve here; use one of {', '.join(choices)}")
    raise ConfigException.of(key, name, f"Class {name} could not be found.")
