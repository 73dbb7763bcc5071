"""What was found, and how a name in a configuration leads to a class (spec 2.6; design section 8)."""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

import msgspec

from penstock.api.exceptions import ConnectException
from penstock.api.function_transform import plugin_class
from penstock.api.hooks import PluginKind

CONNECTORS = (PluginKind.SINK, PluginKind.SOURCE)
"""The kinds that ``connector.class`` may name, in the order of Connect's listing."""

KIND_WORDS: Mapping[PluginKind, str] = {
    PluginKind.SINK: "Connector",
    PluginKind.SOURCE: "Connector",
    PluginKind.TRANSFORMATION: "Transformation",
    PluginKind.PREDICATE: "Predicate",
    PluginKind.CONVERTER: "Converter",
    PluginKind.HEADER_CONVERTER: "HeaderConverter",
    PluginKind.CONFIG_PROVIDER: "ConfigProvider",
    PluginKind.REST_EXTENSION: "ConnectRestExtension",
    PluginKind.OVERRIDE_POLICY: "ConnectorClientConfigOverridePolicy",
    PluginKind.COMMAND: "Command",
}
"""The interface's name in error texts, and the suffix that a short alias leaves out. In the order of Connect's listing."""


class PluginNotFoundError(ConnectException):
    """No plugin of the kind has this name or alias."""


class AmbiguousPluginError(ConnectException):
    """Several plugins answer to this name, and none is chosen silently."""


class PluginLoadError(ConnectException):
    """A plugin that was found cannot be imported (any more)."""


@dataclass(frozen=True, slots=True)
class PluginDescriptor:
    """One plugin, known without importing it.

    ``target`` is ``"package.module:Class"``; ``name`` is what listings and ``task.class`` records show: the Connect name
    where there is one, else the dotted Python name; ``version`` is the plugin's own or its distribution's.
    """

    kind: PluginKind
    target: str
    name: str
    version: str | None
    distribution: str
    short_names: bool = True

    @property
    def python_name(self) -> str:
        """The dotted Python name, ``package.module.Class``."""
        return self.target.replace(":", ".")

    @property
    def module(self) -> str:
        """The module to import."""
        return self.target.partition(":")[0]

    @property
    def aliases(self) -> frozenset[str]:
        """The simple name, and the simple name cut at the last occurrence of its kind's word, whatever follows the word
        (spec 2.6); of the Connect name and of the Python name. None for a plugin that doesn't want them."""
        if not self.short_names:
            return frozenset()
        return frozenset(alias for name in (self.name, self.python_name) for alias in self._aliases_of(name))

    def __str__(self) -> str:
        """As Connect lists plugins in its error texts; ``location`` is the distribution."""
        return (
            f"PluginDesc{{klass=class {self.name}, name='{self.name}', version='{self.version}', "
            f"encodedVersion={self.version}, type={self.kind.value}, typeName='{self.kind.value}', "
            f"location='{self.distribution}'}}"
        )

    def _aliases_of(self, name: str) -> tuple[str, str]:
        simple = simple_name(name)
        cut = simple.rfind(KIND_WORDS[self.kind])
        return simple, simple[:cut] if cut > 0 else simple


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A distribution, or one plugin of it (``plugin`` is its target or hook), that cannot be used. ``error`` is a sentence,
    ``trace`` the stack or what the process said at its end; may be empty."""

    distribution: str
    version: str | None
    plugin: str | None
    error: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class PluginConflict:
    """One name announced more than once; ``owners`` tell distribution, version and target of each."""

    kind: PluginKind
    name: str
    owners: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{KIND_WORDS[self.kind]} {self.name} is announced more than once: by {' and by '.join(self.owners)}. "
            "None of them is chosen: uninstall all but one."
        )


@dataclass(frozen=True, slots=True)
class FoundDistribution:
    """A distribution that could be loaded. ``preloadable`` is False when importing it left a thread behind: such a process
    cannot be forked safely."""

    name: str
    version: str | None
    preloadable: bool = True


@dataclass(frozen=True, slots=True)
class PluginIndex:
    """Everything that discovery found. Plain data: it goes to children inside a frame."""

    plugins: tuple[PluginDescriptor, ...] = ()
    failures: tuple[PluginFailure, ...] = ()
    conflicts: tuple[PluginConflict, ...] = ()
    distributions: tuple[FoundDistribution, ...] = ()

    def find(self, kinds: PluginKind | Collection[PluginKind], name: str) -> PluginDescriptor:
        """The plugin that ``name`` means: a Connect name, a dotted Python name, or an alias of just one plugin.

        Raises :class:`PluginNotFoundError` and :class:`AmbiguousPluginError` with Connect's texts.
        """
        wanted = (kinds,) if isinstance(kinds, PluginKind) else tuple(kinds)
        candidates = [plugin for plugin in self.plugins if plugin.kind in wanted]
        exact = [plugin for plugin in candidates if name in (plugin.name, plugin.python_name, plugin.target)]
        matches = exact or [plugin for plugin in candidates if name in plugin.aliases]
        if not matches:
            raise PluginNotFoundError(_not_found(wanted, name, candidates))
        if len({plugin.name for plugin in matches}) > 1:
            raise AmbiguousPluginError(
                f"More than one {_noun(wanted)} matches alias {name}. Please use full package and class name instead. "
                f"Classes found: {', '.join(map(str, matches))}"
            )
        if len({(plugin.distribution, plugin.target) for plugin in matches}) > 1:
            raise AmbiguousPluginError(str(_conflict(matches[0].kind, matches[0].name, matches, self._versions())))
        return matches[0]

    def nearest(self, kinds: PluginKind | Collection[PluginKind], name: str, limit: int = 3) -> list[str]:
        """Names of plugins that look like ``name``, best first, for "did you mean" on the command line."""
        wanted = (kinds,) if isinstance(kinds, PluginKind) else tuple(kinds)
        owners: dict[str, str] = {}
        for plugin in self.plugins:
            if plugin.kind in wanted:
                for known in (plugin.name, plugin.python_name, *plugin.aliases):
                    owners.setdefault(known.lower(), plugin.name)
        close = [
            *get_close_matches(name.lower(), owners, n=limit, cutoff=0.6),
            *get_close_matches(simple_name(name).lower(), owners, n=limit, cutoff=0.6),
        ]
        return list(dict.fromkeys(owners[known] for known in close))[:limit]

    def preload_targets(self, distribution: str) -> tuple[str, ...]:
        """What a forkserver of this distribution imports before it forks: its connectors' targets; empty when it
        must not (unknown, without connectors, or its import left a thread behind)."""
        if not any(found.name == distribution and found.preloadable for found in self.distributions):
            return ()
        targets = (
            plugin.target
            for plugin in self.plugins
            if plugin.distribution == distribution and plugin.kind in CONNECTORS
        )
        return tuple(dict.fromkeys(targets))

    def to_plain(self) -> dict[str, object]:
        """Built-in types only; :meth:`from_plain` is the way back."""
        return cast("dict[str, object]", msgspec.to_builtins(self))

    @staticmethod
    def from_plain(plain: Mapping[str, object]) -> PluginIndex:
        """The index behind what :meth:`to_plain` gave. Raises ``msgspec.ValidationError`` for anything else."""
        return msgspec.convert(plain, PluginIndex)

    def _versions(self) -> dict[str, str | None]:
        return {found.name: found.version for found in self.distributions}


def build_index(
    plugins: Iterable[PluginDescriptor], failures: Iterable[PluginFailure], distributions: Iterable[FoundDistribution]
) -> PluginIndex:
    """Sort as Connect lists (sinks, sources, transformations …, by name), drop exact repetitions, find conflicts."""
    order = {kind: place for place, kind in enumerate(KIND_WORDS)}
    listed = sorted(dict.fromkeys(plugins), key=lambda plugin: (order[plugin.kind], plugin.name, plugin.distribution))
    known = tuple(sorted(distributions, key=lambda found: found.name))
    versions = {found.name: found.version for found in known}
    by_name: dict[tuple[PluginKind, str], list[PluginDescriptor]] = {}
    for plugin in listed:
        by_name.setdefault((plugin.kind, plugin.name), []).append(plugin)
    conflicts = tuple(
        _conflict(kind, name, group, versions) for (kind, name), group in by_name.items() if len(group) > 1
    )
    return PluginIndex(tuple(listed), tuple(failures), conflicts, known)


def load_class(descriptor: PluginDescriptor) -> type:
    """Import the plugin's class; for a function with ``@transform`` the one made from it. Called in children, and in the worker only for the kinds that run there by contract
    (REST extensions, override policies, commands). Raises :class:`PluginLoadError`."""
    return cast("type", plugin_class(load_target(descriptor.target)))


def load_target(target: str) -> object:
    """The object behind ``"package.module:Outer.Inner"``. Raises :class:`PluginLoadError`, whatever the import raised."""
    module_name, colon, path = target.partition(":")
    if not colon or not module_name or not path:
        raise PluginLoadError(f"'{target}' does not name a class: write it as \"package.module:Class\"")
    try:
        found: object = importlib.import_module(module_name)
    except Exception as error:
        raise PluginLoadError(f"Module {module_name} of plugin {target} cannot be imported: {error!r}") from error
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise PluginLoadError(f"Module {module_name} has no {path}, which plugin {target} needs") from error
    return found


def simple_name(name: str) -> str:
    """What Java's ``Class.getSimpleName`` gives: the part after the last dot or dollar sign."""
    return re.split(r"[.$:]", name)[-1]


def _noun(kinds: tuple[PluginKind, ...]) -> str:
    word = KIND_WORDS[kinds[0]]
    return word[0].lower() + word[1:] if all(KIND_WORDS[kind] == word for kind in kinds) else "plugin"


def _not_found(kinds: tuple[PluginKind, ...], name: str, candidates: list[PluginDescriptor]) -> str:
    word = KIND_WORDS[kinds[0]]
    plural = "connectors" if word == "Connector" else "plugins"
    return (
        f"Failed to find any class that implements {word} and which name matches {name}, "
        f"available {plural} are: {', '.join(map(str, candidates))}"
    )


def _conflict(
    kind: PluginKind, name: str, plugins: Iterable[PluginDescriptor], versions: Mapping[str, str | None]
) -> PluginConflict:
    owners = (f"{plugin.distribution} {versions.get(plugin.distribution)} ({plugin.target})" for plugin in plugins)
    return PluginConflict(kind, name, tuple(dict.fromkeys(owners)))
