"""The keys of a connector's transformations and predicates, which hang on its config (spec 3.1)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.config import ConfigDef, ConfigKey, ConfigType, Importance, Validator, Width
from penstock.api.config_types import class_name, parse_value, wrong_value
from penstock.api.exceptions import ConfigException, ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.plugin import Configurable
from penstock.api.recommenders import Recommended
from penstock.api.validators import described
from penstock.config.lookup import PluginLookup
from penstock.config.plugin_class import BASES, check_concrete
from penstock.config.versions import check_installed

logger = logging.getLogger(__name__)

Props = Mapping[str, str | None]

_IMPLICIT = (
    ConfigDef()
    .define(
        "predicate",
        ConfigType.STRING,
        default=None,
        importance=Importance.MEDIUM,
        doc="Name of a predicate: the transformation applies only to records for which it holds.",
    )
    .define(
        "negate",
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        doc="Whether it applies to the records for which the predicate does not hold instead.",
    )
)


def enriched(definition: ConfigDef, props: Props, plugins: PluginLookup, *, strict: bool = False) -> ConfigDef:
    """The definition with the keys of all listed transformations and predicates.

    Where a class cannot be had, its keys are left out and its ``type`` key tells why; with ``strict`` (at the start of a
    connector) :class:`ConfigException` is raised instead.
    """
    transformations = _Chain("transforms", "Transforms", PluginKind.TRANSFORMATION, _IMPLICIT, plugins, strict)
    predicates = _Chain("predicates", "Predicates", PluginKind.PREDICATE, ConfigDef(), plugins, strict)
    return definition.including([*transformations.keys(props), *predicates.keys(props)])


@dataclass(frozen=True, slots=True)
class _Chain:
    """The plugins that one list names: ``config_key`` is the list, ``implicit`` are keys that the runtime adds to each."""

    config_key: str
    group: str
    kind: PluginKind
    implicit: ConfigDef
    plugins: PluginLookup
    strict: bool

    @property
    def noun(self) -> str:
        return BASES[self.kind].__name__

    def keys(self, props: Props) -> Iterable[ConfigKey]:
        aliases = parse_value(self.config_key, props.get(self.config_key), ConfigType.LIST)
        for alias in dict.fromkeys(aliases if isinstance(aliases, list) else ()):
            yield from self._keys_of(str(alias), props)

    def _keys_of(self, alias: str, props: Props) -> ConfigDef:
        prefix = f"{self.config_key}.{alias}."
        group = f"{self.group}: {alias}"
        version = self._version(props.get(f"{prefix}type"))
        head = (
            ConfigDef()
            .define(
                f"{prefix}type",
                ConfigType.CLASS,
                importance=Importance.HIGH,
                doc=f"Class of the {self.noun.lower()} '{alias}'.",
                validator=self._type_validator(alias, prefix, props),
                group=group,
                order=0,
                width=Width.LONG,
                display_name=f"{self.noun} type for {alias}",
                recommender=Recommended(lambda _name, _parsed: self.plugins.names(self.kind)),
            )
            .define(
                f"{prefix}plugin.version",
                ConfigType.STRING,
                default=version,
                importance=Importance.HIGH,
                doc=f"Version of the {self.noun.lower()} '{alias}', or a range of versions.",
                validator=self._version_validator(prefix, props),
                group=group,
                order=1,
                width=Width.LONG,
                display_name=f"{self.noun} version for {alias}",
                recommender=Recommended(lambda _name, parsed: self._versions(parsed.get(f"{prefix}type"))),
            )
        )
        try:
            own = self._own_keys(prefix, props)
        except ConfigException:
            if self.strict:
                raise
            return head
        return head.embed(prefix, group, 2, self.implicit.including(own))

    def _own_keys(self, prefix: str, props: Props) -> list[ConfigKey]:
        type_key = f"{prefix}type"
        name = props.get(type_key)
        if name is None:
            raise wrong_value(type_key, None, f"Not a {self.noun}")
        found = []
        for key in self._definition(type_key, name, props.get(f"{prefix}plugin.version")):
            if key.name in self.implicit:
                logger.warning("Transformer config %s is masked by implicit config of that name", key.name)
            else:
                found.append(key)
        return found

    def _definition(self, type_key: str, name: str, version: str | None) -> ConfigDef:
        """The keys of a plugin, asked of an instance; also checks that there can be one."""
        cls = parse_value(type_key, name, ConfigType.CLASS, self.plugins.find_class)
        assert isinstance(cls, type)
        check_concrete(self.kind, cls)
        check_installed(class_name(cls), self.plugins.version((self.kind,), name), version)
        try:
            plugin = cls()
        except Exception as error:
            reason = f"Error getting config definition from {self.noun}: {error}"
            raise wrong_value(type_key, name, reason) from error
        definition = plugin.config_def() if isinstance(plugin, Configurable) else None
        if not isinstance(definition, ConfigDef):
            raise ConnectException(f"{class_name(cls)}.config() must return a ConfigDef that is not null.")
        return definition

    def _type_validator(self, alias: str, prefix: str, props: Props) -> Validator:
        def check(name: str, value: object) -> None:
            if f"{prefix}negate" in props and f"{prefix}predicate" not in props and "negate" in self.implicit:
                raise ConfigException(
                    f"Config '{prefix}negate' was provided but there is no config '{prefix}predicate' defining a "
                    "predicate to be negated."
                )
            given = props.get(name)
            if value is not None and given is not None:
                self._definition(name, given, props.get(f"{prefix}plugin.version"))

        return described(check, f"valid configs for {alias} {self.noun.lower()}")

    def _version_validator(self, prefix: str, props: Props) -> Validator:
        def check(_name: str, value: object) -> None:
            name = props.get(f"{prefix}type")
            if value is not None and name is not None:
                installed = self.plugins.version((self.kind,), name)
                if installed is not None:
                    check_installed(self.plugins.full_name((self.kind,), name), installed, str(value))

        return described(check, "A version, or a range of versions")

    def _version(self, name: str | None) -> str | None:
        return None if name is None else self.plugins.version((self.kind,), name.strip())

    def _versions(self, chosen: object) -> Sequence[str]:
        version = self._version(class_name(chosen) if isinstance(chosen, type) else None)
        return () if version is None else (version,)
