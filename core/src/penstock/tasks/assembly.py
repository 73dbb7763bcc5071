"""Making the plugins of a connector from its resolved config: converters, transformations, predicates (spec 3.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from penstock.api.converter import Converter, HeaderConverter
from penstock.api.exceptions import ConfigException, ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.plugin import Configurable
from penstock.api.transform import Predicate, Transformation
from penstock.discovery.named import find_plugin
from penstock.discovery.plugins import PluginIndex, load_class
from penstock.errors.operator import RetryWithTolerance
from penstock.tasks.converters import Converters, shown_name
from penstock.tasks.transformation import TransformationChain, TransformationStep

P = TypeVar("P", bound=Configurable)


class Assembly:
    """Makes plugins for one connector. ``worker`` and ``connector`` are resolved configs."""

    def __init__(self, index: PluginIndex, worker: Mapping[str, str], connector: Mapping[str, str]) -> None:
        self._index = index
        self._worker = worker
        self._connector = connector

    def converters(self) -> Converters:
        """The task's converters: the connector's where it names a class, with its own sub-keys only, else the worker's."""
        key = self._converter("key.converter", "key")
        value = self._converter("value.converter", "value")
        name, sub_keys = self._chosen("header.converter", "org.apache.kafka.connect.storage.SimpleHeaderConverter")
        header = self._make(PluginKind.HEADER_CONVERTER, name, HeaderConverter)  # type: ignore[type-abstract]
        settings = {**sub_keys, "converter.type": "header"}
        header.use_config(settings)
        header.configure(settings)
        return Converters(key, value, header)

    def chain(self, operator: RetryWithTolerance) -> TransformationChain[Any]:
        """The transformations in the order of ``transforms``. Raises ConfigException and ConnectException."""
        steps = [self._step(alias) for alias in _aliases(self._connector.get("transforms"))]
        return TransformationChain(steps, operator)

    def _converter(self, key: str, kind: str) -> Converter:
        name, sub_keys = self._chosen(key, None)
        converter = self._make(PluginKind.CONVERTER, name, Converter)  # type: ignore[type-abstract]
        settings = {**sub_keys, "converter.type": kind}
        converter.use_config(settings)
        converter.configure(settings, kind == "key")
        return converter

    def _chosen(self, key: str, default: str | None) -> tuple[str, dict[str, str]]:
        """The class for a converter key and the sub-keys that belong to it (spec 5.2)."""
        source = self._connector if self._connector.get(key) else self._worker
        name = source.get(key) or default
        if name is None:
            raise ConfigException(f'Missing required configuration "{key}" which has no default value.')
        prefix = f"{key}."
        return name.strip(), {k[len(prefix) :]: v for k, v in source.items() if k.startswith(prefix)}

    def _step(self, alias: str) -> TransformationStep[Any]:
        prefix = f"transforms.{alias}."
        given = {key[len(prefix) :]: value for key, value in self._connector.items() if key.startswith(prefix)}
        transformation = self._make(
            PluginKind.TRANSFORMATION,
            _required(given, "type", prefix),
            Transformation,  # type: ignore[type-abstract]
        )
        predicate_alias = given.get("predicate")
        _configure(transformation, given, hidden=("type", "predicate", "negate", "plugin.version"))
        return TransformationStep(
            transformation,
            shown_name(transformation),
            None if not predicate_alias else self._predicate(predicate_alias),
            (given.get("negate") or "false").strip().lower() == "true",
        )

    def _predicate(self, alias: str) -> Predicate[Any]:
        prefix = f"predicates.{alias}."
        given = {key[len(prefix) :]: value for key, value in self._connector.items() if key.startswith(prefix)}
        if alias not in _aliases(self._connector.get("predicates")):
            raise ConnectException(f"The predicate '{alias}' that a transformation names is not listed in 'predicates'")
        predicate = self._make(
            PluginKind.PREDICATE,
            _required(given, "type", prefix),
            Predicate,  # type: ignore[type-abstract]
        )
        _configure(predicate, given, hidden=("type", "plugin.version"))
        return predicate

    def _make(self, kind: PluginKind, name: str, base: type[P]) -> P:
        plugin = load_class(find_plugin(self._index, kind, name))()
        if not isinstance(plugin, base):
            raise ConnectException(f"{name} is no {base.__name__}")
        return plugin


def _configure(plugin: Transformation[Any] | Predicate[Any], given: Mapping[str, str], hidden: tuple[str, ...]) -> None:
    settings = {key: value for key, value in given.items() if key not in hidden}
    plugin.use_config(settings)
    plugin.configure(settings)


def _aliases(text: str | None) -> list[str]:
    return [alias.strip() for alias in (text or "").split(",") if alias.strip()]


def _required(given: Mapping[str, str], key: str, prefix: str) -> str:
    value = given.get(key)
    if not value:
        raise ConfigException(f'Missing required configuration "{prefix}{key}" which has no default value.')
    return value.strip()
