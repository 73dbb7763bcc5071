"""How a name in a configuration leads to a plugin, and what is said when it does not."""

from __future__ import annotations

import msgspec
import pytest

from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import (
    CONNECTORS,
    KIND_WORDS,
    AmbiguousPluginError,
    FoundDistribution,
    PluginDescriptor,
    PluginFailure,
    PluginIndex,
    PluginLoadError,
    PluginNotFoundError,
    build_index,
    load_class,
    load_target,
)

JAVA = "org.apache.kafka.connect"
SOURCE = PluginDescriptor(
    PluginKind.SOURCE, "files.source:StreamSource", f"{JAVA}.file.FileStreamSourceConnector", "1.0", "files"
)
SINK = PluginDescriptor(
    PluginKind.SINK, "files.sink:StreamSink", f"{JAVA}.file.FileStreamSinkConnector", "1.0", "files"
)
CAST_KEY = PluginDescriptor(
    PluginKind.TRANSFORMATION, "t.cast:CastKey", f"{JAVA}.transforms.Cast$Key", "1.0", "penstock"
)
HOIST_KEY = PluginDescriptor(
    PluginKind.TRANSFORMATION, "t.hoist:HoistKey", f"{JAVA}.transforms.HoistField$Key", "1.0", "penstock"
)
STRING = PluginDescriptor(PluginKind.CONVERTER, "c:String", f"{JAVA}.storage.StringConverter", "1.0", "penstock")
HEADER = PluginDescriptor(PluginKind.HEADER_CONVERTER, "c:String", f"{JAVA}.storage.StringConverter", "1.0", "penstock")
SIMPLE = PluginDescriptor(
    PluginKind.HEADER_CONVERTER, "c:Simple", f"{JAVA}.storage.SimpleHeaderConverter", "1.0", "penstock"
)
PYTHON = PluginDescriptor(PluginKind.SINK, "acme.lake:LakeConnectorV2", "acme.lake.LakeConnectorV2", None, "acme")
FOUND = [FoundDistribution("files", "1.0"), FoundDistribution("penstock", "1.0"), FoundDistribution("acme", "2.0")]
INDEX = build_index([PYTHON, SIMPLE, HEADER, STRING, HOIST_KEY, CAST_KEY, SINK, SOURCE], [], FOUND)


@pytest.mark.parametrize(
    "name",
    [
        f"{JAVA}.file.FileStreamSourceConnector",
        "FileStreamSourceConnector",
        "FileStreamSource",
        "files.source.StreamSource",
        "files.source:StreamSource",
        "StreamSource",
    ],
)
def test_a_connector_is_found_by_every_name_it_has(name: str) -> None:
    assert INDEX.find(CONNECTORS, name) is SOURCE


def test_an_alias_is_cut_at_the_last_kind_word_whatever_follows() -> None:
    assert INDEX.find(CONNECTORS, "Lake") is PYTHON


def test_a_header_converter_keeps_its_own_suffix_rule() -> None:
    assert INDEX.find(PluginKind.HEADER_CONVERTER, "Simple") is SIMPLE
    assert INDEX.find(PluginKind.CONVERTER, "String") is STRING
    assert INDEX.find(PluginKind.HEADER_CONVERTER, "StringConverter") is HEADER


def test_a_kind_that_is_not_asked_for_is_not_found() -> None:
    with pytest.raises(PluginNotFoundError):
        INDEX.find(PluginKind.SINK, "FileStreamSource")


def test_an_unknown_connector_is_refused_in_connects_words() -> None:
    with pytest.raises(PluginNotFoundError) as raised:
        build_index([SINK], [], FOUND).find(CONNECTORS, "NoSuchConnector")
    assert isinstance(raised.value, ConnectException)
    assert str(raised.value) == (
        "Failed to find any class that implements Connector and which name matches NoSuchConnector, available connectors "
        f"are: PluginDesc{{klass=class {JAVA}.file.FileStreamSinkConnector, name='{JAVA}.file.FileStreamSinkConnector', "
        "version='1.0', encodedVersion=1.0, type=sink, typeName='sink', location='files'}"
    )


def test_an_unknown_plugin_of_another_kind_names_its_kind() -> None:
    with pytest.raises(PluginNotFoundError) as raised:
        INDEX.find(PluginKind.PREDICATE, "x")
    assert str(raised.value) == (
        "Failed to find any class that implements Predicate and which name matches x, available plugins are: "
    )


def test_an_alias_of_several_connectors_is_refused_in_connects_words() -> None:
    other = PluginDescriptor(PluginKind.SOURCE, "other:X", "com.other.FileStreamSourceConnector", None, "other")
    with pytest.raises(AmbiguousPluginError) as raised:
        build_index([SOURCE, other], [], FOUND).find(CONNECTORS, "FileStreamSource")
    assert str(raised.value) == (
        "More than one connector matches alias FileStreamSource. Please use full package and class name instead. "
        f"Classes found: {other}, {SOURCE}"
    )


def test_a_plugin_without_short_names_leaves_them_to_the_other() -> None:
    name = "com.other.FileStreamSourceConnector"
    other = PluginDescriptor(PluginKind.SOURCE, "other:X", name, None, "other", short_names=False)
    index = build_index([SOURCE, other], [], FOUND)
    assert index.find(CONNECTORS, "FileStreamSource") is SOURCE
    assert index.find(CONNECTORS, name) is other
    assert index.find(CONNECTORS, "other.X") is other
    with pytest.raises(PluginNotFoundError):
        index.find(CONNECTORS, "X")


def test_inner_classes_share_their_simple_name_and_need_the_full_one() -> None:
    with pytest.raises(AmbiguousPluginError, match=r"^More than one transformation matches alias Key\."):
        INDEX.find(PluginKind.TRANSFORMATION, "Key")
    assert INDEX.find(PluginKind.TRANSFORMATION, f"{JAVA}.transforms.Cast$Key") is CAST_KEY


def test_a_name_that_two_distributions_announce_is_a_conflict_and_neither_is_chosen() -> None:
    rival = PluginDescriptor(PluginKind.SOURCE, "rival:Source", SOURCE.name, "9", "rival")
    index = build_index([SOURCE, rival, SINK], [], [*FOUND, FoundDistribution("rival", "9")])
    (conflict,) = index.conflicts
    text = (
        f"Connector {SOURCE.name} is announced more than once: by files 1.0 (files.source:StreamSource) and by rival 9 "
        "(rival:Source). None of them is chosen: uninstall all but one."
    )
    assert str(conflict) == text
    for name in (SOURCE.name, "FileStreamSource"):
        with pytest.raises(AmbiguousPluginError) as raised:
            index.find(CONNECTORS, name)
        assert str(raised.value) == text
    assert index.find(CONNECTORS, "rival.Source") is rival, "its Python name is its own"
    assert index.find(CONNECTORS, "FileStreamSink") is SINK


def test_the_same_announcement_twice_is_no_conflict() -> None:
    assert build_index([SOURCE, SOURCE], [], FOUND).conflicts == ()


def test_plugins_are_listed_as_connect_lists_them() -> None:
    assert [plugin.kind.value for plugin in INDEX.plugins] == [
        "sink",
        "sink",
        "source",
        "transformation",
        "transformation",
        "converter",
        "header_converter",
        "header_converter",
    ]
    assert [plugin.name for plugin in INDEX.plugins][:2] == [PYTHON.name, SINK.name]


@pytest.mark.parametrize(
    "name", ["FileStreamSorce", "org.apache.kafka.connect.file.FileStreamSourceConector", "filestreamsource"]
)
def test_nearest_names_are_offered_best_first(name: str) -> None:
    assert INDEX.nearest(CONNECTORS, name)[0] == SOURCE.name


def test_nothing_is_offered_for_what_is_like_nothing() -> None:
    assert INDEX.nearest(CONNECTORS, "zzz") == []


def test_an_index_survives_the_way_through_plain_data() -> None:
    index = build_index([SOURCE], [PluginFailure("bad", None, None, "broken", "trace")], FOUND)
    plain = index.to_plain()
    assert PluginIndex.from_plain(msgspec.msgpack.decode(msgspec.msgpack.encode(plain))) == index


def test_a_forkserver_imports_the_connectors_of_a_calm_distribution_only() -> None:
    assert INDEX.preload_targets("files") == (SINK.target, SOURCE.target)
    assert INDEX.preload_targets("penstock") == ()
    assert INDEX.preload_targets("unknown") == ()
    noisy = build_index([SOURCE], [], [FoundDistribution("files", "1.0", preloadable=False)])
    assert noisy.preload_targets("files") == ()


def test_every_kind_has_its_word() -> None:
    assert set(KIND_WORDS) == set(PluginKind)


def test_a_class_is_loaded_by_its_target() -> None:
    descriptor = PluginDescriptor(PluginKind.SINK, "collections:OrderedDict", "x", None, "d")
    from collections import OrderedDict

    assert load_class(descriptor) is OrderedDict


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("collections", "'collections' does not name a class: write it as \"package.module:Class\""),
        ("no.such.module:X", "Module no.such.module of plugin no.such.module:X cannot be imported: "),
        ("collections:Nothing", "Module collections has no Nothing, which plugin collections:Nothing needs"),
    ],
)
def test_a_target_that_cannot_be_loaded_says_why(target: str, text: str) -> None:
    with pytest.raises(PluginLoadError) as raised:
        load_target(target)
    assert str(raised.value).startswith(text)
