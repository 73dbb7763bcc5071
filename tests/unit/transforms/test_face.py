"""The classes of the face are kept, have their names in Connect, and are found by them and by nothing that is ambiguous."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import penstock.transforms
from penstock.api import ConfigException, Plugin, PluginKind, Predicate, Transformation
from penstock.discovery import builtin
from penstock.discovery.plugins import (
    AmbiguousPluginError,
    FoundDistribution,
    PluginDescriptor,
    PluginIndex,
    build_index,
    load_class,
)
from penstock.tasks.installed import InstalledPlugins

PACKAGE = "org.apache.kafka.connect.transforms"
FACE = [
    "CastKey",
    "CastValue",
    "DropHeaders",
    "ExtractFieldKey",
    "ExtractFieldValue",
    "Filter",
    "FlattenKey",
    "FlattenValue",
    "HasHeaderKey",
    "HeaderFromKey",
    "HeaderFromValue",
    "HoistFieldKey",
    "HoistFieldValue",
    "InsertFieldKey",
    "InsertFieldValue",
    "InsertHeader",
    "MaskFieldKey",
    "MaskFieldValue",
    "RecordIsTombstone",
    "RegexRouter",
    "ReplaceFieldKey",
    "ReplaceFieldValue",
    "SetSchemaMetadataKey",
    "SetSchemaMetadataValue",
    "TimestampConverterKey",
    "TimestampConverterValue",
    "TimestampRouter",
    "TopicNameMatches",
    "ValueToKey",
]


def announced() -> dict[PluginKind, list[Plugin]]:
    return {
        PluginKind.TRANSFORMATION: builtin.penstock_transformations(),
        PluginKind.PREDICATE: builtin.penstock_predicates(),
    }


def index() -> PluginIndex:
    def descriptors() -> Iterable[PluginDescriptor]:
        for kind, plugins in announced().items():
            for plugin in plugins:
                name = getattr(penstock.transforms, plugin.target.partition(":")[2]).connect_name
                yield PluginDescriptor(kind, plugin.target, name, "1", "penstock")

    return build_index(descriptors(), (), [FoundDistribution("penstock", "1")])


def test_the_face_is_as_pinned() -> None:
    assert penstock.transforms.__all__ == FACE
    assert sorted(FACE) == FACE
    with pytest.raises(AttributeError, match=r"module 'penstock\.transforms' has no attribute 'Cast'"):
        getattr(penstock.transforms, "Cast")  # noqa: B009  # the type checker knows it, too


@pytest.mark.parametrize("name", FACE)
def test_every_class_has_its_name_in_connect(name: str) -> None:
    cls = getattr(penstock.transforms, name)
    room = f"{PACKAGE}.predicates" if issubclass(cls, Predicate) else PACKAGE
    nested = next((part for part in ("Key", "Value") if name.endswith(part) and name != "ValueToKey"), None)
    expected = f"{room}.{name}"
    if nested is not None and name != "HasHeaderKey":
        expected = f"{room}.{name.removesuffix(nested)}${nested}"
    assert cls.connect_name == expected
    assert issubclass(cls, Transformation | Predicate)


def test_all_of_them_are_announced() -> None:
    targets = [plugin.target.partition(":")[2] for plugins in announced().values() for plugin in plugins]
    assert sorted(targets) == FACE


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        (PluginKind.TRANSFORMATION, f"{PACKAGE}.Cast$Value", "CastValue"),
        (PluginKind.TRANSFORMATION, "RegexRouter", "RegexRouter"),
        (PluginKind.TRANSFORMATION, "penstock.transforms.cast.CastKey", "CastKey"),
        (PluginKind.TRANSFORMATION, "CastKey", "CastKey"),
        (PluginKind.PREDICATE, "TopicNameMatches", "TopicNameMatches"),
    ],
)
def test_they_are_found_by_name_and_alias(kind: PluginKind, name: str, found: str) -> None:
    assert load_class(index().find(kind, name)) is getattr(penstock.transforms, found)


def test_a_name_without_key_or_value_earns_a_hint() -> None:
    with pytest.raises(ConfigException) as caught:
        InstalledPlugins(index()).find_class(f"{PACKAGE}.Cast")
    assert str(caught.value) == (
        "This class is abstract and cannot be created. Did you mean org.apache.kafka.connect.transforms.Cast$Key, "
        "org.apache.kafka.connect.transforms.Cast$Value?"
    )
    with pytest.raises(LookupError):
        InstalledPlugins(index()).find_class("Value")


def test_an_alias_of_many_is_none() -> None:
    with pytest.raises(AmbiguousPluginError, match="More than one transformation matches alias Value"):
        index().find(PluginKind.TRANSFORMATION, "Value")
