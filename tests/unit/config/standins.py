"""Plugins that have the names and keys of Connect's own, as far as validation shows them, and do nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from penstock.api.config import ConfigDef, ConfigType, Importance, Width
from penstock.api.connector import ExactlyOnceSupport, SinkConnector, SourceConnector
from penstock.api.converter import Converter, HeaderConverter, SchemaAndValue
from penstock.api.header import Headers
from penstock.api.hooks import PluginKind
from penstock.api.schema import Schema
from penstock.api.transform import Predicate, Transformation
from penstock.api.validators import non_empty, regex
from penstock.discovery.plugins import PluginDescriptor, PluginIndex

PLUGINS = Path(__file__).parents[2] / "compat/rest/standalone/plugins.json"
HIGH, MEDIUM, LOW = Importance.HIGH, Importance.MEDIUM, Importance.LOW


class FileSource(SourceConnector):
    CONFIG: ClassVar[ConfigDef] = (
        ConfigDef()
        .define("file", ConfigType.STRING, default=None)
        .define("topic", ConfigType.STRING, validator=non_empty())
        .define("batch.size", ConfigType.INT, default=2000, importance=LOW)
    )
    connect_name = "org.apache.kafka.connect.file.FileStreamSourceConnector"

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        return ExactlyOnceSupport.SUPPORTED


class FileSink(SinkConnector):
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("file", ConfigType.STRING, default=None)
    connect_name = "org.apache.kafka.connect.file.FileStreamSinkConnector"


class AnySource(SourceConnector):
    """A source without keys."""


class AnySink(SinkConnector):
    """A sink without keys."""


class AnyTransformation(Transformation[Any]):
    """A transformation without keys."""

    def apply(self, record: Any) -> Any:
        return record


class RegexRouter(AnyTransformation):
    connect_name = "org.apache.kafka.connect.transforms.RegexRouter"
    CONFIG: ClassVar[ConfigDef] = (
        ConfigDef().define("regex", ConfigType.STRING, validator=regex()).define("replacement", ConfigType.STRING)
    )


class AnyPredicate(Predicate[Any]):
    """A predicate without keys."""

    def test(self, record: Any) -> bool:
        return True


class TopicNameMatches(AnyPredicate):
    connect_name = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches"
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("pattern", ConfigType.STRING, importance=MEDIUM, validator=regex())


class AnyConverter(Converter, HeaderConverter):
    """A converter for everything, without keys."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("converter.type", ConfigType.STRING, importance=LOW)

    def configure(self, configs: Any, is_key: bool = False) -> None:
        return

    def from_connect_data(
        self, topic: str, headers: Headers | None, schema: Schema | None, value: object
    ) -> bytes | None:
        return None

    def to_connect_data(self, topic: str, headers: Headers | None, value: bytes | None) -> SchemaAndValue:
        return SchemaAndValue(None, None)

    def from_connect_header(self, topic: str, key: str, schema: Schema | None, value: object) -> bytes | None:
        return None

    def to_connect_header(self, topic: str, key: str, value: bytes | None) -> SchemaAndValue:
        return SchemaAndValue(None, None)


class JsonConverter(AnyConverter):
    connect_name = "org.apache.kafka.connect.json.JsonConverter"
    CONFIG: ClassVar[ConfigDef] = (
        AnyConverter.CONFIG.define(
            "schemas.enable",
            ConfigType.BOOLEAN,
            default=True,
            group="Schemas",
            order=0,
            width=Width.MEDIUM,
            display_name="Enable Schemas",
        )
        .define(
            "schemas.cache.size",
            ConfigType.INT,
            default=1000,
            group="Schemas",
            order=1,
            width=Width.MEDIUM,
            display_name="Schema Cache Size",
        )
        .define(
            "schema.content",
            ConfigType.STRING,
            default=None,
            group="Schemas",
            order=2,
            width=Width.MEDIUM,
            display_name="Schema Content",
        )
        .define(
            "decimal.format",
            ConfigType.STRING,
            default="BASE64",
            importance=LOW,
            group="Serialization",
            order=0,
            width=Width.MEDIUM,
            display_name="Decimal Format",
        )
        .define(
            "replace.null.with.default",
            ConfigType.BOOLEAN,
            default=True,
            importance=LOW,
            group="Serialization",
            order=1,
            width=Width.MEDIUM,
            display_name="Replace null with default",
        )
    )


class StringConverter(AnyConverter):
    connect_name = "org.apache.kafka.connect.storage.StringConverter"
    CONFIG: ClassVar[ConfigDef] = AnyConverter.CONFIG.define(
        "converter.encoding", ConfigType.STRING, default="UTF-8", width=Width.MEDIUM, display_name="Encoding"
    )


class SimpleHeaderConverter(AnyConverter):
    connect_name = "org.apache.kafka.connect.storage.SimpleHeaderConverter"
    CONFIG: ClassVar[ConfigDef] = ConfigDef()


_OWN = {
    cls.connect_name: cls
    for cls in (
        FileSource,
        FileSink,
        RegexRouter,
        TopicNameMatches,
        JsonConverter,
        StringConverter,
        SimpleHeaderConverter,
    )
}
_ANY = {
    PluginKind.SOURCE: AnySource,
    PluginKind.SINK: AnySink,
    PluginKind.TRANSFORMATION: AnyTransformation,
    PluginKind.PREDICATE: AnyPredicate,
    PluginKind.CONVERTER: AnyConverter,
    PluginKind.HEADER_CONVERTER: AnyConverter,
}
_POLICIES = ("All", "None", "Principal", "Allowlist")
_PROVIDERS = ("File", "EnvVar", "Directory")


def plugin(kind: PluginKind, name: str, target: str, version: str | None = "4.3.1") -> PluginDescriptor:
    return PluginDescriptor(kind, target, name, version, "stand-ins")


def index() -> PluginIndex:
    """Everything that the recorded worker listed, and Connect's providers and policies."""
    steps = json.loads(PLUGINS.read_text(encoding="utf-8"))["steps"]
    listed = next(step["expect"]["body"] for step in steps if step["request"].get("query") == "connectorsOnly=false")
    found = []
    for entry in listed:
        kind = PluginKind(entry["type"])
        cls = _OWN.get(entry["class"], _ANY[kind])
        found.append(plugin(kind, entry["class"], f"{cls.__module__}:{cls.__qualname__}"))
    for policy in _POLICIES:
        name = f"{policy}ConnectorClientConfigOverridePolicy"
        full = f"org.apache.kafka.connect.connector.policy.{name}"
        found.append(plugin(PluginKind.OVERRIDE_POLICY, full, f"penstock.config.overrides:{name}"))
    for provider in _PROVIDERS:
        name = f"{provider}ConfigProvider"
        full = f"org.apache.kafka.common.config.provider.{name}"
        found.append(plugin(PluginKind.CONFIG_PROVIDER, full, f"penstock.config.providers:{name}"))
    return PluginIndex(tuple(found))
