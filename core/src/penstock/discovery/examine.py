"""The discovery child: imports what distributions announce, and tells what it found (design decision 6).

Whatever a plugin does at import (raise, print, leave threads behind, hang, end the process), it does here and not in the
worker.
"""

from __future__ import annotations

import faulthandler
import importlib.metadata
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator
from typing import NoReturn

import pluggy

from penstock.api.connector import SinkConnector, SourceConnector
from penstock.api.converter import Converter, HeaderConverter
from penstock.api.function_transform import plugin_class
from penstock.api.hooks import PROJECT, HookSpecs, Plugin, PluginKind
from penstock.api.override import ConnectorClientConfigOverridePolicy
from penstock.api.plugin import Configurable
from penstock.api.provider import ConfigProvider
from penstock.api.transform import Predicate, Transformation
from penstock.discovery.findings import STACKS_SIGNAL, Announced, Done, Finding, Message, encode
from penstock.discovery.plugins import FoundDistribution, PluginDescriptor, PluginFailure, load_target
from penstock.orphans import die_with_parent

GROUP = "penstock"

HOOKS: dict[str, PluginKind | None] = {
    "penstock_sources": PluginKind.SOURCE,
    "penstock_sinks": PluginKind.SINK,
    "penstock_converters": PluginKind.CONVERTER,
    "penstock_header_converters": PluginKind.HEADER_CONVERTER,
    "penstock_transformations": PluginKind.TRANSFORMATION,
    "penstock_predicates": PluginKind.PREDICATE,
    "penstock_config_providers": PluginKind.CONFIG_PROVIDER,
    "penstock_override_policies": PluginKind.OVERRIDE_POLICY,
    "penstock_rest_extensions": PluginKind.REST_EXTENSION,
    "penstock_commands": PluginKind.COMMAND,
    "penstock_plugins": None,
}

BASES: dict[PluginKind, type] = {
    PluginKind.SOURCE: SourceConnector,
    PluginKind.SINK: SinkConnector,
    PluginKind.CONVERTER: Converter,
    PluginKind.HEADER_CONVERTER: HeaderConverter,
    PluginKind.TRANSFORMATION: Transformation,
    PluginKind.PREDICATE: Predicate,
    PluginKind.CONFIG_PROVIDER: ConfigProvider,
    PluginKind.OVERRIDE_POLICY: ConnectorClientConfigOverridePolicy,
}
"""What a plugin's class must extend. The other kinds have contracts of their own, checked where they are used."""


def main(fd: int, parent_pid: int, names: Collection[str]) -> NoReturn:
    """Examine the distributions in ``names`` (all, if it is empty), writing to ``fd``."""
    die_with_parent(parent_pid)
    faulthandler.enable(sys.stderr)
    faulthandler.register(STACKS_SIGNAL, file=sys.stderr, all_threads=True)
    try:
        distributions = _distributions()
        _tell(fd, Announced([found for found, _ in distributions]))
        for found, entry_points in distributions:
            if not names or found.name in names:
                _tell(fd, examine(found, entry_points))
        _tell(fd, Done())
    finally:
        os._exit(0)  # threads that plugins left behind must not keep this process


def examine(found: FoundDistribution, entry_points: Iterable[importlib.metadata.EntryPoint]) -> Finding:
    """Import a distribution's plugins. A failing one is a failure of its own, not of the others."""
    before = _thread_count()
    plugins: dict[PluginDescriptor, None] = {}
    failures: list[PluginFailure] = []
    for entry_point in entry_points:
        for item in _examine_entry_point(found, entry_point):
            if isinstance(item, PluginFailure):
                failures.append(item)
            else:
                plugins[item] = None
    calm = _thread_count() <= before
    return Finding(FoundDistribution(found.name, found.version, calm), list(plugins), failures)


def _distributions() -> list[tuple[FoundDistribution, list[importlib.metadata.EntryPoint]]]:
    grouped: dict[str, tuple[FoundDistribution, list[importlib.metadata.EntryPoint]]] = {}
    for entry_point in importlib.metadata.entry_points(group=GROUP):
        dist = entry_point.dist
        name, version = (dist.name, dist.version) if dist is not None else (entry_point.name, None)
        grouped.setdefault(name, (FoundDistribution(name, version), []))[1].append(entry_point)
    return [grouped[name] for name in sorted(grouped)]


def _examine_entry_point(
    found: FoundDistribution, entry_point: importlib.metadata.EntryPoint
) -> Iterator[PluginDescriptor | PluginFailure]:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    try:
        manager.register(entry_point.load())
        manager.check_pending()
    except BaseException as error:  # noqa: BLE001  # sys.exit() at import, too, is a failure of this plugin
        if not manager.get_plugins():
            yield _failure(found, entry_point.value, f"{entry_point.value} cannot be imported: {error!r}")
            return
        yield _failure(found, entry_point.value, f"{entry_point.value}: {error}")  # a hook that does not exist
    for hook, kind in HOOKS.items():
        try:
            announced = [plugin for some in getattr(manager.hook, hook)() for plugin in some]
        except BaseException as error:  # noqa: BLE001  # the other hooks are asked all the same
            yield _failure(found, hook, f"{hook} raised {error!r}")
            continue
        for plugin in announced:
            yield _describe(found, hook, kind, plugin)


def _describe(
    found: FoundDistribution, hook: str, kind: PluginKind | None, plugin: Plugin
) -> PluginDescriptor | PluginFailure:
    try:
        wanted = _kind_of(hook, kind, plugin)
        target = plugin_class(load_target(plugin.target))
        _check(wanted, plugin.target, target)
        name = plugin.connect_name or vars(target).get("connect_name") or plugin.target.replace(":", ".")
        version = _version_of(target) or found.version
        return PluginDescriptor(wanted, plugin.target, name, version, found.name, plugin.short_names)
    except BaseException as error:  # noqa: BLE001  # a plugin may raise anything at import, or from version()
        what = getattr(plugin, "target", hook)
        return _failure(found, str(what), str(error) or repr(error))


def _kind_of(hook: str, kind: PluginKind | None, plugin: object) -> PluginKind:
    if not isinstance(plugin, Plugin):
        raise TypeError(f"{hook} must return a list of penstock.api.Plugin, not of {type(plugin).__name__}")
    wanted = kind or plugin.kind
    if wanted is None:
        raise TypeError(f"{hook} must say the kind of {plugin.target}: Plugin(..., kind=PluginKind.SOURCE)")
    return wanted


def _check(kind: PluginKind, name: str, target: object) -> None:
    base = BASES.get(kind)
    if kind is PluginKind.COMMAND:
        if not callable(target):
            raise TypeError(f"{name} is no command: it cannot be called")
    elif not isinstance(target, type):
        hint = ", nor a function with @transform" if kind is PluginKind.TRANSFORMATION else ""
        raise TypeError(f"{name} is no class{hint}")
    elif base is not None and not issubclass(target, base):
        raise TypeError(f"{name} was announced as {kind.value}, but does not extend {base.__module__}.{base.__name__}")
    elif inspect.isabstract(target):
        raise TypeError(f"{name} is abstract: it lacks {', '.join(sorted(vars(target)['__abstractmethods__']))}")


def _version_of(target: object) -> str | None:
    """The plugin's own version, if it has one. As Connect does, an instance is made to ask it."""
    own = getattr(target, "version", None)
    if not isinstance(target, type) or own is None or own is Configurable.version:
        return None
    version: object = target().version()
    if version is not None and not isinstance(version, str):
        raise TypeError(f"{target.__qualname__}.version() returned {version!r}, which is no text")
    return version


def _failure(found: FoundDistribution, plugin: str, error: str) -> PluginFailure:
    return PluginFailure(found.name, found.version, plugin, error, traceback.format_exc())


def _thread_count() -> int:
    """Python's threads, and on Linux those that native libraries started, too."""
    try:
        return len(os.listdir("/proc/self/task"))
    except FileNotFoundError:
        return threading.active_count()


def _tell(fd: int, message: Message) -> None:
    data = encode(message)
    while data:
        data = data[os.write(fd, data) :]
