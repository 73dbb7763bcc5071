"""Discovery of real distributions in a temporary directory, good ones and bad ones."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import CONNECTORS, PluginFailure, PluginIndex
from penstock.discovery.scan import scan_plugins

Install = Callable[..., None]

GOOD = """
from penstock.api.connector import SourceConnector
from penstock.api.hooks import Plugin, hookimpl

class Source(SourceConnector):
    task_class = "x:Y"

@hookimpl
def penstock_sources():
    return [Plugin("{name}:Source")]
"""


CONVERTERS = {
    "org.apache.kafka.connect.converters.BooleanConverter",
    "org.apache.kafka.connect.converters.ByteArrayConverter",
    "org.apache.kafka.connect.converters.DoubleConverter",
    "org.apache.kafka.connect.converters.FloatConverter",
    "org.apache.kafka.connect.converters.IntegerConverter",
    "org.apache.kafka.connect.converters.LongConverter",
    "org.apache.kafka.connect.converters.ShortConverter",
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.storage.StringConverter",
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution on the path that children inherit: a module with the given code, and its metadata."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name: str, code: str, version: str = "1.2.3") -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code.replace("{name}", module))
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[penstock]\n{module} = {module}\n")

    return put


def failure_of(index: PluginIndex, distribution: str) -> PluginFailure:
    (failure,) = [failure for failure in index.failures if failure.distribution == distribution]
    return failure


def names_of(index: PluginIndex, distribution: str) -> list[str]:
    return [plugin.name for plugin in index.plugins if plugin.distribution == distribution]


def test_plugins_are_found_with_kind_name_version_and_distribution(install: Install) -> None:
    install("good-dist", GOOD)
    index = scan_plugins()
    plugin = index.find(CONNECTORS, "good_dist.Source")
    assert (plugin.kind, plugin.target, plugin.name) == (PluginKind.SOURCE, "good_dist:Source", "good_dist.Source")
    assert (plugin.version, plugin.distribution) == ("1.2.3", "good-dist")
    assert not [failure for failure in index.failures if failure.distribution == "good-dist"]


def test_the_built_ins_come_in_by_the_same_door() -> None:
    index = scan_plugins()
    converters = {plugin.name for plugin in index.plugins if plugin.kind is PluginKind.CONVERTER}
    header_converters = {plugin.name for plugin in index.plugins if plugin.kind is PluginKind.HEADER_CONVERTER}
    assert converters >= CONVERTERS
    assert header_converters - converters == {"org.apache.kafka.connect.storage.SimpleHeaderConverter"}
    assert converters <= header_converters, "as the listing of Connect 4.3 has them"
    assert {plugin.distribution for plugin in index.plugins if plugin.name in CONVERTERS} == {"penstock"}
    assert not [failure for failure in index.failures if failure.distribution == "penstock"]
    assert index.conflicts == ()


def test_a_class_may_say_its_own_name_and_version(install: Install) -> None:
    code = GOOD.replace(
        '    task_class = "x:Y"', "    connect_name = 'com.acme.Source'\n    def version(self): return '9'"
    )
    install("named-dist", code)
    plugin = scan_plugins().find(CONNECTORS, "com.acme.Source")
    assert (plugin.version, plugin.target) == ("9", "named_dist:Source")


def test_an_inherited_name_is_not_its_own(install: Install) -> None:
    code = """
from penstock.api.connector import SourceConnector
from penstock.api.hooks import Plugin, hookimpl
class Base(SourceConnector):
    connect_name = "com.acme.Base"
class Derived(Base):
    pass
@hookimpl
def penstock_sources():
    return [Plugin("{name}:Base"), Plugin("{name}:Derived")]
"""
    install("derived-dist", code)
    assert names_of(scan_plugins(), "derived-dist") == ["com.acme.Base", "derived_dist.Derived"]


@pytest.mark.parametrize(
    ("body", "plugin", "error"),
    [
        ("raise ValueError('no licence')", "bad_dist", "bad_dist cannot be imported: ValueError('no licence')"),
        ("import sys; sys.exit(2)", "bad_dist", "bad_dist cannot be imported: SystemExit(2)"),
        (
            "import no_such_thing",
            "bad_dist",
            "bad_dist cannot be imported: ModuleNotFoundError(\"No module named 'no_such_thing'\")",
        ),
    ],
)
def test_a_distribution_that_raises_at_import_is_named_and_others_work(
    install: Install, body: str, plugin: str, error: str
) -> None:
    install("bad-dist", body)
    install("good-dist", GOOD)
    index = scan_plugins()
    failure = failure_of(index, "bad-dist")
    assert (failure.plugin, failure.error, failure.version) == (plugin, error, "1.2.3")
    assert "bad_dist.py" in failure.trace
    assert names_of(index, "good-dist") == ["good_dist.Source"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("import os; os._exit(7)", "ended the process with exit code 7"),
        ("import ctypes; ctypes.string_at(0)", "ended the process by signal 11 (SIGSEGV)"),
        (
            "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
            "did not end within 5 s; the stacks of its threads are in the trace",
        ),
        ("import os; os.closerange(3, 100); import time; time.sleep(60)", "closed the pipe to the worker"),
    ],
)
def test_a_distribution_that_ends_or_holds_the_process_is_named_and_others_work(
    install: Install, body: str, error: str
) -> None:
    install("a-good-dist", GOOD)
    install("bad-dist", f"print('importing')\n{body}")
    install("good-dist", GOOD)
    index = scan_plugins(5.0 if "did not end" in error else 30.0)
    failure = failure_of(index, "bad-dist")
    assert failure.error == f"Importing distribution bad-dist {error}"
    assert failure.plugin is None
    if "code 7" not in error and "closed" not in error:
        assert "bad_dist.py" in failure.trace, "the stack tells where"
    assert names_of(index, "a-good-dist") == ["a_good_dist.Source"]
    assert names_of(index, "good-dist") == ["good_dist.Source"]


def test_a_thread_that_a_distribution_leaves_behind_forbids_to_import_it_in_advance(install: Install) -> None:
    noisy = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    install("noisy-dist", noisy + GOOD)
    install("good-dist", GOOD)
    index = scan_plugins()
    preloadable = {found.name: found.preloadable for found in index.distributions}
    assert preloadable["noisy-dist"] is False
    assert preloadable["good-dist"] is True
    assert names_of(index, "noisy-dist") == ["noisy_dist.Source"]


HEAD = """
from penstock.api.connector import SinkConnector, SourceConnector
from penstock.api.converter import Converter
from penstock.api.hooks import Plugin, PluginKind, hookimpl
class Fine(SourceConnector):
    pass
"""


@pytest.mark.parametrize(
    ("code", "plugin", "error"),
    [
        (
            "def penstock_sources(): return [Plugin('{name}:Nope'), Plugin('{name}:Fine')]",
            "mixed_dist:Nope",
            "Module mixed_dist has no Nope, which plugin mixed_dist:Nope needs",
        ),
        (
            "def penstock_sources(): return [Plugin('gone:X'), Plugin('{name}:Fine')]",
            "gone:X",
            "Module gone of plugin gone:X cannot be imported: ModuleNotFoundError(\"No module named 'gone'\")",
        ),
        (
            "def penstock_plugins(): return [Plugin('{name}:Fine'), Plugin('{name}:Fine', kind=PluginKind.SOURCE)]",
            "mixed_dist:Fine",
            "penstock_plugins must say the kind of mixed_dist:Fine: Plugin(..., kind=PluginKind.SOURCE)",
        ),
        (
            "def penstock_sources(): return ['x', Plugin('{name}:Fine')]",
            "penstock_sources",
            "penstock_sources must return a list of penstock.api.Plugin, not of str",
        ),
        (
            "def penstock_plugins(): return [Plugin('{name}:Fine', kind=PluginKind.SINK), Plugin('{name}:Fine', kind=PluginKind.SOURCE)]",
            "mixed_dist:Fine",
            "mixed_dist:Fine was announced as sink, but does not extend penstock.api.connector.SinkConnector",
        ),
        (
            "def penstock_plugins(): return [Plugin('{name}:HEAD', kind=PluginKind.SINK), Plugin('{name}:Fine', kind=PluginKind.SOURCE)]\nHEAD = 1",
            "mixed_dist:HEAD",
            "mixed_dist:HEAD is no class",
        ),
        (
            "def penstock_plugins(): return [Plugin('{name}:Half', kind=PluginKind.CONVERTER), Plugin('{name}:Fine', kind=PluginKind.SOURCE)]\nclass Half(Converter):\n    def from_connect_data(self, *args): ...",
            "mixed_dist:Half",
            "mixed_dist:Half is abstract: it lacks to_connect_data",
        ),
        (
            "def penstock_sources(): return [Plugin('{name}:V'), Plugin('{name}:Fine')]\nclass V(SourceConnector):\n    def version(self): return 5",
            "mixed_dist:V",
            "V.version() returned 5, which is no text",
        ),
        (
            "def penstock_sinks(): raise OSError('disk')\n@hookimpl\ndef penstock_sources(): return [Plugin('{name}:Fine')]",
            "penstock_sinks",
            "penstock_sinks raised OSError('disk')",
        ),
        (
            "def penstock_souces(): return []\n@hookimpl\ndef penstock_sources(): return [Plugin('{name}:Fine')]",
            "mixed_dist",
            "mixed_dist: unknown hook 'penstock_souces'",
        ),
    ],
)
def test_a_failing_plugin_is_a_failure_of_its_own(install: Install, code: str, plugin: str, error: str) -> None:
    install("mixed-dist", f"{HEAD}@hookimpl\n{code}")
    index = scan_plugins()
    failure = failure_of(index, "mixed-dist")
    assert failure.plugin == plugin
    assert failure.error.startswith(error)
    assert names_of(index, "mixed-dist") == ["mixed_dist.Fine"]


def test_a_plugin_may_do_without_short_names(install: Install) -> None:
    install("modest-dist", GOOD.replace('Plugin("{name}:Source")', 'Plugin("{name}:Source", short_names=False)'))
    found = scan_plugins().find(CONNECTORS, "modest_dist.Source")
    assert (found.short_names, found.aliases) == (False, frozenset())


def test_two_distributions_with_one_name_are_told(install: Install) -> None:
    named = GOOD.replace('Plugin("{name}:Source")', 'Plugin("{name}:Source", connect_name="com.acme.Source")')
    install("one-dist", named)
    install("two-dist", named, "2.0")
    (conflict,) = scan_plugins().conflicts
    assert conflict.owners == ("one-dist 1.2.3 (one_dist:Source)", "two-dist 2.0 (two_dist:Source)")


def test_failures_are_logged(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("bad-dist", "raise ValueError('no licence')")
    scan_plugins()
    assert (
        "A plugin of bad-dist 1.2.3 cannot be used: bad_dist cannot be imported: ValueError('no licence')"
        in caplog.messages
    )


def test_a_scan_costs_little() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    scan_plugins()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5  # aim: 0.3, on a machine at rest
