"""Transformations by their place in Python: from a config, and announced by a hook."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.unit.testing import masks

from penstock.api.exceptions import ConfigException
from penstock.api.function_transform import plugin_class
from penstock.api.hooks import PluginKind
from penstock.discovery.named import find_plugin, named_transformation
from penstock.discovery.plugins import PluginDescriptor, PluginIndex, PluginLoadError, PluginNotFoundError, load_class
from penstock.tasks.installed import InstalledPlugins

MASKS = "tests.unit.testing.masks"
T = PluginKind.TRANSFORMATION
NOTHING = PluginIndex()


@pytest.mark.parametrize("name", [f"{MASKS}:shout", f"{MASKS}.shout"])
def test_a_function_is_found_where_it_is(name: str) -> None:
    descriptor = find_plugin(NOTHING, T, name)
    assert descriptor == PluginDescriptor(T, f"{MASKS}:shout", f"{MASKS}.shout", None, "")
    assert load_class(descriptor) is plugin_class(masks.shout)


def test_a_class_is_found_where_it_is() -> None:
    assert load_class(find_plugin(NOTHING, T, f"{MASKS}:Reverse")) is masks.Reverse


def test_what_is_announced_comes_first() -> None:
    announced = PluginDescriptor(T, f"{MASKS}:Reverse", f"{MASKS}.shout", "7", "penstock-masks")
    assert find_plugin(PluginIndex(plugins=(announced,)), T, f"{MASKS}.shout") is announced


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (f"{MASKS}:missing", f"Module {MASKS} has no missing, which plugin {MASKS}:missing needs"),
        (
            "no_such_module:x",
            (
                "Module no_such_module of plugin no_such_module:x cannot be imported: "
                "ModuleNotFoundError(\"No module named 'no_such_module'\")"
            ),
        ),
        (
            f"{MASKS}:undecorated",
            (
                f"{MASKS}:undecorated is no transformation: it is neither a function with @transform nor a class that extends "
                "Transformation"
            ),
        ),
    ],
)
def test_a_name_with_a_colon_says_what_is_wrong_with_it(name: str, text: str) -> None:
    with pytest.raises(PluginLoadError) as error:
        find_plugin(NOTHING, T, name)
    assert str(error.value) == text


@pytest.mark.parametrize(
    "name",
    [
        "org.example.Missing",
        "Missing",
        f"{MASKS}.missing",
        "tests.nothing.Here",
        f"{MASKS}.undecorated",
        "",
        ":",
        "x:",
        ".",
    ],
)
def test_any_other_name_is_missing_in_the_words_of_connect(name: str) -> None:
    with pytest.raises(PluginNotFoundError) as error:
        find_plugin(NOTHING, T, name)
    assert str(error.value) == (
        f"Failed to find any class that implements Transformation and which name matches {name}, available plugins are: "
    )


def test_other_kinds_are_found_by_announcement_only() -> None:
    with pytest.raises(PluginNotFoundError):
        find_plugin(NOTHING, PluginKind.CONVERTER, f"{MASKS}:shout")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    (tmp_path / "found_by_place.py").write_text(request.param)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "found_by_place", raising=False)
    return "found_by_place"


@pytest.mark.parametrize("module", ["import sys; sys.exit(3)"], indirect=True)
def test_a_module_that_ends_the_process_is_only_an_error(module: str) -> None:
    with pytest.raises(PluginLoadError, match=f"Module {module} of plugin {module}:f ended the process at import"):
        named_transformation(f"{module}:f")


@pytest.mark.parametrize("module", ["raise RuntimeError('broken')", "import no_such_thing"], indirect=True)
def test_a_module_that_cannot_be_imported_is_told_by_either_name(module: str) -> None:
    for name in (f"{module}:f", f"{module}.f"):
        with pytest.raises(PluginLoadError, match=f"Module {module} of plugin {module}:f cannot be imported"):
            named_transformation(name)


def test_validation_finds_it_too() -> None:
    plugins = InstalledPlugins(NOTHING)
    assert plugins.find_class(f" {MASKS}:shout ") is plugin_class(masks.shout)
    assert plugins.find_class(f"{MASKS}.shout") is plugin_class(masks.shout)
    with pytest.raises(LookupError):
        plugins.find_class("org.example.Missing")
    with pytest.raises(ConfigException, match=f"Class {MASKS}:missing cannot be loaded: Module {MASKS} has no missing"):
        plugins.find_class(f"{MASKS}:missing")


def test_a_name_that_several_announce_is_never_chosen_by_its_place() -> None:
    twice = [PluginDescriptor(T, f"{MASKS}:{name}", f"{MASKS}.shout", "1", name) for name in ("Reverse", "mask")]
    with pytest.raises(LookupError):
        InstalledPlugins(PluginIndex(plugins=tuple(twice))).find_class(f"{MASKS}.shout")
