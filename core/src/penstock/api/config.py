"""Configurations: which keys a plugin has, and their values (spec 3.6).

A plugin declares its keys once::

    CONFIG = (
        ConfigDef()
        .define("topic", ConfigType.STRING, importance=Importance.HIGH, doc="Where records go.", validator=non_empty())
        .define("batch.size", ConfigType.INT, default=2000, importance=Importance.LOW, validator=at_least(1), doc="…")
    )

and the runtime parses, validates and shows them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from penstock.api.config_embedding import EmbeddedRecommender, EmbeddedValidator
from penstock.api.config_key import REQUIRED, ConfigKey, ConfigValue, Recommender, Validator
from penstock.api.config_types import ClassLookup, ConfigType, Importance, Password, Width
from penstock.api.exceptions import ConfigException
from penstock.api.parsed_config import ParsedConfig
from penstock.api.validators import ValidList

__all__ = [
    "REQUIRED",
    "ClassLookup",
    "ConfigDef",
    "ConfigKey",
    "ConfigType",
    "ConfigValue",
    "Importance",
    "ParsedConfig",
    "Password",
    "Recommender",
    "Validator",
    "Width",
]

logger = logging.getLogger(__name__)


class KeyOptions(TypedDict, total=False):
    """What :meth:`ConfigDef.define` takes beside name and type; see :class:`ConfigKey`. Without ``default`` the key is
    required; ``group``, ``order``, ``width`` and ``display_name`` lay out a form; ``dependents`` are keys whose
    recommendations hang on this one; an ``internal`` key is left out of documentation."""

    default: object
    importance: Importance
    doc: str
    validator: Validator | None
    group: str | None
    order: int
    width: Width
    display_name: str
    dependents: Sequence[str]
    recommender: Recommender | None
    internal: bool


class ConfigDef:
    """An immutable set of keys, in order. Every method that adds returns a new definition; this one stays as it was."""

    __slots__ = ("_keys", "_roots")

    def __init__(self, keys: Iterable[ConfigKey] = ()) -> None:
        """Raises :class:`ConfigException` when a key is defined twice."""
        self._keys: dict[str, ConfigKey] = {}
        for key in keys:
            if key.name in self._keys:
                raise ConfigException(f"Configuration {key.name} is defined twice.")
            self._keys[key.name] = key
        dependents = {dependent for key in self._keys.values() for dependent in key.dependents}
        self._roots = tuple(name for name in self._keys if name not in dependents)

    @property
    def keys(self) -> Mapping[str, ConfigKey]:
        """The keys by name, in the order of their definition."""
        return self._keys

    @property
    def groups(self) -> list[str]:
        """The groups in the order in which they first appear."""
        return list(dict.fromkeys(key.group for key in self._keys.values() if key.group is not None))

    def __iter__(self) -> Iterator[ConfigKey]:
        return iter(self._keys.values())

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def define(self, name: str, type: ConfigType, **options: Unpack[KeyOptions]) -> ConfigDef:  # noqa: A002
        """Add one key; the options are those of :class:`ConfigKey`. Raises :class:`ConfigException` when the key exists, or
        its default is wrong."""
        return self.including([ConfigKey(name, type, **options)])

    def including(self, keys: Iterable[ConfigKey]) -> ConfigDef:
        """Add keys, such as those of another definition."""
        return ConfigDef([*self, *keys])

    def embed(self, prefix: str, group: str, order: int, child: ConfigDef) -> ConfigDef:
        """Add the keys of ``child``, laid out after ``order``: with ``prefix`` before their names, in a group that begins
        with ``group``. Their recommenders see the values under the names without the prefix, and their validators the name
        without it, as Kafka's do."""
        return self.including(
            _embedded(key, prefix, group, order + place) for place, key in enumerate(child.in_layout_order())
        )

    def in_layout_order(self) -> list[ConfigKey]:
        """The keys as a form or a page of documentation has them: by group and order, required ones and important ones
        first, then by name."""
        place: dict[str | None, int] = {group: index for index, group in enumerate([None, *self.groups])}
        importance = list(Importance)
        return sorted(
            self,
            key=lambda key: (place[key.group], key.order, not key.required, importance.index(key.importance), key.name),
        )

    def parsed(self, props: Mapping[str, object], classes: ClassLookup | None = None) -> ParsedConfig:
        """The typed values of all keys, with ``props`` kept as ``originals``. Raises as :meth:`parse` does."""
        return ParsedConfig(self.parse(props, classes), props)

    def parse(self, props: Mapping[str, object], classes: ClassLookup | None = None) -> dict[str, object]:
        """Every key's value, defaults included; keys that are not defined are left out.

        Raises :class:`ConfigException` for the first key whose value is missing or wrong. Duplicates in a list whose
        validator forbids them are dropped with a warning.
        """
        undefined = self.undefined_dependents()
        if undefined:
            names = ",".join(undefined)
            raise ConfigException(f"Some configurations in are referred in the dependents, but not defined: {names}")
        values: dict[str, object] = {}
        for key in self:
            value = key.read(props, classes)
            if isinstance(key.validator, ValidList) and isinstance(value, list):
                value = _without_duplicates(key.name, value)
            key.check(value)
            values[key.name] = value
        return values

    def validate(self, props: Mapping[str, object], classes: ClassLookup | None = None) -> list[ConfigValue]:
        """Every key's value with all that is wrong with it, recommendations and visibility; never raises for a wrong value.

        Keys are visited before their dependents; a key that depends on several is visited, and reports, once for each.
        """
        values = {name: ConfigValue(name) for name in self._keys}
        for name in self.undefined_dependents():
            message = f"{name} is referred in the dependents, but not defined."
            values[name] = ConfigValue(name, errors=[message], visible=False)
        parsed: dict[str, object] = {}
        for root in self._roots:
            for key in self._walk(root):
                parsed[key.name] = _read_for_validation(key, values[key.name], props, classes)
        for root in self._roots:
            for key in self._walk(root):
                _recommend(key, values[key.name], parsed)
        return list(values.values())

    def undefined_dependents(self) -> list[str]:
        """Names that keys call their dependents, but that are not defined."""
        named = (dependent for key in self for dependent in key.dependents)
        return list(dict.fromkeys(name for name in named if name not in self._keys))

    def _walk(self, name: str, above: tuple[str, ...] = ()) -> Iterator[ConfigKey]:
        key = self._keys.get(name)
        if key is None or name in above:
            return
        yield key
        for dependent in key.dependents:
            yield from self._walk(dependent, (*above, name))


def _read_for_validation(
    key: ConfigKey, found: ConfigValue, props: Mapping[str, object], classes: ClassLookup | None
) -> object:
    value: object = None
    try:
        value = key.read(props, classes)
    except ConfigException as error:
        found.add_error(str(error))
    try:
        key.check(value)  # a value that cannot be parsed is checked as null, so that both errors are told
    except ConfigException as error:
        found.add_error(str(error))
    found.value = value
    return value


def _recommend(key: ConfigKey, found: ConfigValue, parsed: Mapping[str, object]) -> None:
    if key.recommender is None:
        return
    try:
        recommended = list(key.recommender.valid_values(key.name, parsed))
        if found.recommended_values:
            recommended = [value for value in recommended if value in found.recommended_values]
        found.recommended_values = recommended
        found.visible = key.recommender.visible(key.name, parsed)
    except ConfigException as error:
        found.add_error(str(error))


def _without_duplicates(name: str, items: list[object]) -> list[object]:
    distinct = [item for place, item in enumerate(items) if item not in items[:place]]
    if len(distinct) < len(items):
        logger.warning("Configuration key %r holds duplicates, which are ignored: %s", name, items)
    return distinct


def _embedded(key: ConfigKey, prefix: str, group: str, order: int) -> ConfigKey:
    return replace(
        key,
        name=prefix + key.name,
        group=f"{group}: {key.group}" if key.group is not None else group,
        order=order,
        validator=EmbeddedValidator(prefix, key.validator) if key.validator is not None else None,
        dependents=tuple(prefix + dependent for dependent in key.dependents),
        recommender=EmbeddedRecommender(prefix, key.recommender) if key.recommender is not None else None,
    )
