"""Validation of a connector's config, and the keys of a plugin (spec 1.10). In a connector host: plugins are imported.

Results are plain data in the names of Connect's JSON; :mod:`penstock.herder.validation` reads them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.config import ConfigDef, ConfigValue
from penstock.api.config_types import class_name
from penstock.api.connector import Connector, SourceConnector
from penstock.api.exceptions import ConfigException, ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.javahash import hash_order
from penstock.api.override import ClientType, ConnectorClientConfigRequest
from penstock.api.plugin import Configurable
from penstock.config.connector_keys import CONVERTERS, PluginDefaults, connector_keys
from penstock.config.enrich import enriched
from penstock.config.lookup import CONNECTORS
from penstock.config.overrides import CLIENT_KEYS, client_overrides, override_prefix
from penstock.config.sink import SINK_KEYS, check_sink, has_dead_letter_queue
from penstock.config.source import OFFSETS_TOPIC, SOURCE_KEYS
from penstock.config.topic_creation import uses_topic_creation
from penstock.config.transformer import ConfigTransformer, has_reference, make_providers
from penstock.config.versions import check_installed
from penstock.config.worker import WorkerConfig, WorkerMode
from penstock.discovery.plugins import PluginDescriptor, PluginIndex, load_class
from penstock.logcontext import SECRETS
from penstock.tasks.config_infos import Plain, Section, key_info, main_section, prefixed_section, result
from penstock.tasks.exactly_once_checks import check_exactly_once, check_sink_group
from penstock.tasks.installed import InstalledPlugins
from penstock.tasks.override_policy import make_policy

logger = logging.getLogger(__name__)

NULL_VALUE = "Null value can not be supplied as the configuration value."


def validate_connector(
    config: Mapping[str, str | None], index: PluginIndex, worker_props: Mapping[str, str]
) -> dict[str, object]:
    """All that is to say about a connector's raw config: ``name``, ``error_count``, ``groups``, ``configs``.

    Where Connect refuses to validate at all, ``refused`` is the only entry and says why. Raises what a config provider
    raises, ConfigException for a client override of the wrong type, and what the connector raises when it is asked.
    """
    plugins = InstalledPlugins(index)
    worker = WorkerConfig.parse(worker_props, WorkerMode.of(worker_props))

    props = _resolved(config, plugins, worker)
    try:
        return _Validation(props, index, plugins, worker).run()
    except _Refused as refusal:
        return {"refused": str(refusal)}


def _resolved(
    config: Mapping[str, str | None], plugins: InstalledPlugins, worker: WorkerConfig
) -> dict[str, str | None]:
    if not any(map(has_reference, config.values())):
        return dict(config)

    def find_provider(name: str) -> type:
        return plugins.find_kind(PluginKind.CONFIG_PROVIDER, name)

    with ConfigTransformer(make_providers(worker.props, find_provider)) as transformer:
        resolved = transformer.transform(config)
    SECRETS.hide(resolved.secrets)
    return dict(resolved.data)


def plugin_config_infos(descriptor: PluginDescriptor) -> list[Plain]:
    """The keys of a plugin; for a connector its own first, then those of every connector that it does not define itself."""
    plugin = load_class(descriptor)()
    if not isinstance(plugin, Configurable):
        raise ConnectException(f"{descriptor.name} is no plugin with configuration keys")
    keys = dict(plugin.config_def().keys)
    if descriptor.kind in CONNECTORS:
        common = connector_keys(PluginDefaults(descriptor.version)).including(_keys_of_kind(descriptor.kind))
        for name, key in common.keys.items():
            keys.setdefault(name, key)
    return [key_info(key) for key in keys.values()]


class _Refused(Exception):  # an answer, not an error
    """There is nothing to validate: the request is a bad one."""


@dataclass(frozen=True, slots=True)
class _Validation:
    """One run. ``props`` are resolved; nulls are still in them."""

    props: dict[str, str | None]
    index: PluginIndex
    plugins: InstalledPlugins
    worker: WorkerConfig

    def run(self) -> Plain:
        name = self.props.get("connector.class")
        if name is None:
            raise _Refused("The connector configuration contains no connector type")
        try:
            descriptor = self.index.find(CONNECTORS, name)
            cls = load_class(descriptor)
        except ConnectException as error:
            raise _Refused(str(error)) from error
        try:
            check_installed(descriptor.name, descriptor.version, self.props.get("connector.plugin.version"))
        except ConfigException as error:
            return self._wrong_version(descriptor, error)
        connector = cls()
        assert isinstance(connector, Connector)
        definition = enriched(
            connector_keys(self._defaults(descriptor), self.plugins).including(_keys_of_kind(descriptor.kind)),
            self.props,
            self.plugins,
        )
        values = {value.name: value for value in definition.validate(self.props, self.plugins.find_class)}
        self._check_kind(connector, values)
        self._add_null_errors(values)
        converters = [self._converter(key, values) for key in ("header.converter", "key.converter", "value.converter")]
        overrides = self._overrides(descriptor, connector)
        own = self._own(connector, definition, values)
        return result(name, [own, *overrides, *converters])

    def _defaults(self, descriptor: PluginDescriptor) -> PluginDefaults:
        converters: dict[str, tuple[str | None, str | None]] = {}
        for key, kind in CONVERTERS.items():
            workers = self.worker.values.get_string(key)
            chosen = self.props.get(key)
            version = self.worker.values.get_string(f"{key}.plugin.version", None) if chosen is None else None
            converters[key] = (
                self.plugins.full_name((kind,), workers),
                version or self.plugins.version((kind,), workers if chosen is None else chosen),
            )
        return PluginDefaults(descriptor.version, converters)

    def _wrong_version(self, descriptor: PluginDescriptor, error: ConfigException) -> Plain:
        definition = connector_keys(PluginDefaults(descriptor.version))
        values = {value.name: value for value in definition.validate(self.props)}
        for name in ("connector.class", "connector.plugin.version"):
            values[name].add_error(str(error))
        values["connector.plugin.version"].recommended_values = [descriptor.version]
        self._add_null_errors(values)
        section = main_section(definition.keys, [values[name] for name in hash_order(values)], definition.groups)
        return result(str(self.props["connector.class"]), [section])

    def _check_kind(self, connector: Connector, values: dict[str, ConfigValue]) -> None:
        group = self.worker.group_id
        if not isinstance(connector, SourceConnector):
            check_sink(self.props, values)
            if group is not None:
                check_sink_group(self.props, values, group)
        elif group is not None:
            given = {key: value for key, value in self.props.items() if value is not None}
            check_exactly_once(given, values, connector, enabled=self.worker.exactly_once_enabled)

    def _add_null_errors(self, values: dict[str, ConfigValue]) -> None:
        for name, value in self.props.items():
            if value is None:
                values.setdefault(name, ConfigValue(name)).add_error(NULL_VALUE)

    def _own(self, connector: Connector, definition: ConfigDef, values: dict[str, ConfigValue]) -> Section:
        own = connector.config_def()
        if not isinstance(own, ConfigDef):
            raise _Refused(f"{class_name(type(connector))}.config() must return a ConfigDef that is not null.")
        found = connector.validate(self.props)  # type: ignore[arg-type]  # nulls are shown to it, as Connect does
        if not isinstance(found, list):
            raise _Refused(f"{class_name(type(connector))}.validate() must return a Config that is not null.")
        keys = {**definition.keys, **own.keys}
        groups = [*definition.groups, *own.groups]
        return main_section(keys, [*(values[name] for name in hash_order(values)), *found], groups)

    def _converter(self, key: str, values: Mapping[str, ConfigValue]) -> Section:
        """The keys of a converter that the connector names, under its prefix. Nothing where the class is wrong."""
        name, version = self.props.get(key), values[f"{key}.plugin.version"]
        chosen = values[key]
        if name is None or chosen.errors or version.errors or not isinstance(chosen.value, type):
            return Section()
        part = key.partition(".")[0]
        try:
            installed = self.plugins.version((CONVERTERS[key],), name)
            check_installed(class_name(chosen.value), installed, self.props.get(f"{key}.plugin.version"))
            converter = chosen.value()
        except ConfigException as error:
            chosen.add_error(str(error))
            version.add_error(str(error))
            return Section()
        except Exception as error:
            logger.exception("The %s converter %s cannot be made", part, name)
            chosen.add_error(f"Failed to load class {name}: {error}")
            return Section()
        given = {own[len(key) + 1 :]: value for own, value in self.props.items() if own.startswith(f"{key}.")}
        step = "load ConfigDef from"
        try:
            definition = converter.config_def()
            step = "perform config validation for"
            found = {value.name: value for value in definition.validate({"converter.type": part, **given})}
        except Exception as error:
            logger.exception("Failed to %s %s converter of type %s", step, part, name)
            chosen.add_error(f"Failed to {step} {part} converter: {error}")
            return Section()
        return prefixed_section(definition, [found[own] for own in hash_order(found)], f"{key}.")

    def _overrides(self, descriptor: PluginDescriptor, connector: Connector) -> list[Section]:
        found: dict[ClientType, Section] = {}
        policy = make_policy(self.index, self.worker.props)
        try:
            for client in (ClientType.PRODUCER, ClientType.ADMIN, ClientType.CONSUMER):
                if self._uses(client, descriptor.kind):
                    given = client_overrides(self.props, client)
                    request = ConnectorClientConfigRequest(
                        self.props.get("name"),
                        descriptor.kind.value,
                        type(connector),
                        {name: given[name] for name in hash_order(given)},
                        client,
                    )
                    found[client] = prefixed_section(
                        CLIENT_KEYS[client], policy.validate(request), override_prefix(client)
                    )
        finally:
            policy.close()
        return [found[client] for client in ClientType if client in found]

    def _uses(self, client: ClientType, kind: PluginKind) -> bool:
        """Whether the connector will have such a client."""
        if kind is PluginKind.SINK:
            return client is ClientType.CONSUMER or has_dead_letter_queue(self.props)
        separate = self.worker.mode is WorkerMode.DISTRIBUTED and (
            self.worker.exactly_once_enabled or bool((self.props.get(OFFSETS_TOPIC) or "").strip())
        )
        created = client is ClientType.ADMIN and uses_topic_creation(self.props)
        return client is ClientType.PRODUCER or separate or created


def _keys_of_kind(kind: PluginKind) -> ConfigDef:
    return SOURCE_KEYS if kind is PluginKind.SOURCE else SINK_KEYS
