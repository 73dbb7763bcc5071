"""The keys that every connector has, laid out as validation shows them (spec 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.api.config import ConfigDef, ConfigType, Importance, Recommender, Validator, Width
from penstock.api.config_types import class_name, wrong_value
from penstock.api.hooks import PluginKind
from penstock.api.recommenders import Recommended
from penstock.api.validators import (
    all_of,
    at_least,
    described,
    non_empty_without_control_characters,
    non_null,
    one_of,
)
from penstock.config.lookup import CONNECTORS, PluginLookup
from penstock.config.plugin_class import VERSION, class_of_kind

COMMON = "Common"
TRANSFORMS = "Transforms"
PREDICATES = "Predicates"
ERROR_HANDLING = "Error Handling"

CONVERTERS: Mapping[str, PluginKind] = {
    "key.converter": PluginKind.CONVERTER,
    "value.converter": PluginKind.CONVERTER,
    "header.converter": PluginKind.HEADER_CONVERTER,
}


@dataclass(frozen=True, slots=True)
class PluginDefaults:
    """Defaults that depend on what is installed and on the worker: validation shows them, nothing is merged into a config.

    ``converters`` has class name and version by key (``key.converter``).
    """

    connector_version: str | None = None
    converters: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)


def connector_keys(defaults: PluginDefaults | None = None, plugins: PluginLookup | None = None) -> ConfigDef:
    """The common keys. ``plugins`` gives the recommendations; without it there are none."""
    shown = defaults or PluginDefaults()
    keys = _identity(shown, plugins).including(_TASKS)
    for place, name in enumerate(CONVERTERS):
        keys = _converter(keys, name, 6 + 2 * place, shown, plugins)
    return keys.including([*_CHAIN, *_ERRORS])


def alias_list(kind: str) -> Validator:
    """A list without null and without a name twice."""
    return all_of(non_null(), described(_check_aliases, f"unique {kind}"))


def _identity(shown: PluginDefaults, plugins: PluginLookup | None) -> ConfigDef:
    return (
        ConfigDef()
        .define(
            "name",
            ConfigType.STRING,
            importance=Importance.HIGH,
            doc="Name of the connector; no two connectors have the same.",
            validator=non_empty_without_control_characters(),
            group=COMMON,
            order=1,
            width=Width.MEDIUM,
            display_name="Connector name",
        )
        .define(
            "connector.class",
            ConfigType.STRING,
            importance=Importance.HIGH,
            doc="Class of the connector: its full name, or a short form of it such as FileStreamSink, where it is the only one.",
            group=COMMON,
            order=2,
            width=Width.LONG,
            display_name="Connector class",
        )
        .define(
            "connector.plugin.version",
            ConfigType.STRING,
            default=shown.connector_version,
            importance=Importance.MEDIUM,
            doc="Version of the connector, or a range such as [1.0,2.0): refused when the installed one does not fit.",
            validator=VERSION,
            group=COMMON,
            order=3,
            width=Width.MEDIUM,
            display_name="Connector version",
            recommender=_version_recommender("connector.class", CONNECTORS, plugins),
        )
    )


def _converter(
    keys: ConfigDef, name: str, order: int, shown: PluginDefaults, plugins: PluginLookup | None
) -> ConfigDef:
    kind = CONVERTERS[name]
    part = name.partition(".")[0]
    class_default, version_default = shown.converters.get(name, (None, None))
    return keys.define(
        name,
        ConfigType.CLASS,
        default=class_default,
        importance=Importance.LOW,
        doc=f"Converter of record {part}s. With it, its own keys ({name}.<key>) come from the connector only; without it, "
        "converter and keys are the worker's.",
        validator=class_of_kind(kind),
        group=COMMON,
        order=order,
        width=Width.SHORT,
        display_name=f"{part.capitalize()} converter class",
        recommender=Recommended(lambda _name, _parsed: plugins.names(kind) if plugins is not None else ()),
    ).define(
        f"{name}.plugin.version",
        ConfigType.STRING,
        default=version_default,
        importance=Importance.LOW,
        doc=f"Version of the {part} converter, or a range of versions.",
        validator=VERSION,
        group=COMMON,
        order=order + 1,
        width=Width.SHORT,
        display_name=f"{part.capitalize()} converter version",
        recommender=_version_recommender(name, (kind,), plugins),
    )


def _version_recommender(key: str, kinds: Sequence[PluginKind], plugins: PluginLookup | None) -> Recommender:
    """The version of the class that ``key`` names; hidden where it names none."""

    def versions(_name: str, parsed: Mapping[str, object]) -> Sequence[object]:
        chosen = parsed.get(key)
        if chosen is None or plugins is None:
            return ()
        version = plugins.version(kinds, class_name(chosen) if isinstance(chosen, type) else str(chosen))
        return () if version is None else (version,)

    return Recommended(versions, lambda parsed: parsed.get(key) is not None)


def _check_aliases(name: str, value: object) -> None:
    if isinstance(value, list) and len(set(value)) < len(value):
        raise wrong_value(name, value, "Duplicate alias provided.")


_TASKS = (
    ConfigDef()
    .define(
        "tasks.max",
        ConfigType.INT,
        default=1,
        importance=Importance.HIGH,
        doc="How many tasks the connector may have at most.",
        validator=at_least(1),
        group=COMMON,
        order=4,
        width=Width.SHORT,
        display_name="Tasks max",
    )
    .define(
        "tasks.max.enforce",
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        doc="Whether a connector that makes more tasks than tasks.max fails. Deprecated; false only logs a warning.",
        group=COMMON,
        order=5,
        width=Width.SHORT,
        display_name="Enforce tasks max",
    )
)

_CHAIN = (
    ConfigDef()
    .define(
        "transforms",
        ConfigType.LIST,
        default=[],
        importance=Importance.LOW,
        doc="Names of transformations of records, in this order; transforms.<name>.type says which.",
        validator=alias_list("transformation aliases"),
        group=TRANSFORMS,
        order=12,
        width=Width.LONG,
        display_name="Transforms",
    )
    .define(
        "predicates",
        ConfigType.LIST,
        default=[],
        importance=Importance.LOW,
        doc="Names of predicates that transformations may hang on; predicates.<name>.type says which.",
        validator=alias_list("predicate aliases"),
        group=PREDICATES,
        order=13,
        width=Width.LONG,
        display_name="Predicates",
    )
    .define(
        "config.action.reload",
        ConfigType.STRING,
        default="restart",
        importance=Importance.LOW,
        doc="What to do when a value from a config provider expires: restart the connector, or none.",
        validator=one_of("none", "restart"),
        group=COMMON,
        order=14,
        width=Width.MEDIUM,
        display_name="Reload Action",
    )
)

_ERRORS = (
    ConfigDef()
    .define(
        "errors.retry.timeout",
        ConfigType.LONG,
        default=0,
        importance=Importance.MEDIUM,
        doc="For how many milliseconds a failed operation is tried again. 0: not at all; -1: without end.",
        group=ERROR_HANDLING,
        order=1,
        width=Width.MEDIUM,
        display_name="Retry Timeout for Errors",
    )
    .define(
        "errors.retry.delay.max.ms",
        ConfigType.LONG,
        default=60_000,
        importance=Importance.MEDIUM,
        doc="How many milliseconds to wait between two attempts at most.",
        group=ERROR_HANDLING,
        order=2,
        width=Width.MEDIUM,
        display_name="Maximum Delay Between Retries for Errors",
    )
    .define(
        "errors.tolerance",
        ConfigType.STRING,
        default="none",
        importance=Importance.MEDIUM,
        doc="none: a record that fails makes its task fail. all: it is reported as configured, and skipped.",
        validator=one_of("none", "all"),
        group=ERROR_HANDLING,
        order=3,
        width=Width.SHORT,
        display_name="Error Tolerance",
    )
    .define(
        "errors.log.enable",
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        doc="Whether records that fail are logged, with the operation that failed.",
        group=ERROR_HANDLING,
        order=4,
        width=Width.SHORT,
        display_name="Log Errors",
    )
    .define(
        "errors.log.include.messages",
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        doc="Whether the log then tells where the record came from, its keys and values and headers included.",
        group=ERROR_HANDLING,
        order=5,
        width=Width.SHORT,
        display_name="Log Error Details",
    )
)
