"""Results of validation as plain data, in the names and order of Connect's JSON, and how its errors are counted (spec 1.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.config import ConfigDef, ConfigKey, ConfigType, ConfigValue
from penstock.api.config_types import value_text

Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a result: its configs, in order, with the groups and errors that they add."""

    configs: Sequence[Plain] = ()
    groups: Sequence[str] = ()
    error_count: int = 0


def result(name: str, sections: Iterable[Section]) -> Plain:
    """The whole result: sections one after another, each group once, errors added up."""
    parts = list(sections)
    return {
        "name": name,
        "error_count": sum(part.error_count for part in parts),
        "groups": list(dict.fromkeys(group for part in parts for group in part.groups)),
        "configs": [config for part in parts for config in part.configs],
    }


def main_section(keys: Mapping[str, ConfigKey], values: Iterable[ConfigValue], groups: Sequence[str]) -> Section:
    """Framework and connector keys. Every message counts; of two values for one key the later stands, and only its messages
    count, unless no such key is defined: then each value is listed, in front."""
    configs: list[Plain] = []
    errors = 0
    by_name: dict[str, ConfigValue] = {}
    for value in values:
        by_name[value.name] = value
        if value.name not in keys:
            configs.append({"definition": None, "value": value_info(value, None)})
            errors += len(value.errors)
    for name, key in keys.items():
        found = by_name.get(name)
        configs.append({"definition": key_info(key), "value": None if found is None else value_info(found, key.type)})
        errors += 0 if found is None else len(found.errors)
    return Section(configs, groups, errors)


def prefixed_section(definition: ConfigDef, values: Iterable[ConfigValue], prefix: str) -> Section:
    """Keys of a client or converter under its prefix. A key with errors counts as one."""
    configs: list[Plain] = []
    groups: list[str] = []
    errors = 0
    for value in values:
        key = definition.keys.get(value.name)
        if key is not None and key.group is not None:
            groups.append(key.group)
        errors += 1 if value.errors else 0
        configs.append(
            {
                "definition": None if key is None else key_info(key, prefix),
                "value": value_info(value, None if key is None else key.type, prefix),
            }
        )
    return Section(configs, groups, errors)


def key_info(key: ConfigKey, prefix: str = "") -> Plain:
    """One key's definition."""
    return {
        "name": prefix + key.name,
        "type": key.type.value,
        "required": key.required,
        "default_value": None if key.required else value_text(key.default, key.type),
        "importance": key.importance.value,
        "documentation": key.doc,
        "group": key.group,
        "order_in_group": key.order,
        "width": key.width.value,
        "display_name": key.display_name,
        "dependents": list(key.dependents),
    }


def value_info(value: ConfigValue, type_: ConfigType | None, prefix: str = "") -> Plain:
    """One key's value. A recommended value of a list is one item of it."""
    item_type = ConfigType.STRING if type_ is ConfigType.LIST else type_
    return {
        "name": prefix + value.name,
        "value": value_text(value.value, type_),
        "recommended_values": [value_text(recommended, item_type) for recommended in value.recommended_values],
        "errors": list(value.errors),
        "visible": value.visible,
    }
