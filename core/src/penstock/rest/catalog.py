"""What discovery found, as far as REST shows it under ``/penstock/plugins``; ``PluginIndex`` fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from penstock.api.hooks import PluginKind


class ListedPlugin(Protocol):
    """A plugin that can be used."""

    @property
    def kind(self) -> PluginKind: ...
    @property
    def name(self) -> str: ...
    @property
    def python_name(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def distribution(self) -> str: ...


class ListedFailure(Protocol):
    """A distribution, or one plugin of it, that cannot be used; ``error`` is a sentence."""

    @property
    def distribution(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def plugin(self) -> str | None: ...
    @property
    def error(self) -> str: ...
    @property
    def trace(self) -> str: ...


class ListedConflict(Protocol):
    """One name announced more than once; none of its owners is chosen."""

    @property
    def kind(self) -> PluginKind: ...
    @property
    def name(self) -> str: ...
    @property
    def owners(self) -> tuple[str, ...]: ...


class PluginCatalog(Protocol):
    """Everything that was found."""

    @property
    def plugins(self) -> Iterable[ListedPlugin]: ...
    @property
    def failures(self) -> Iterable[ListedFailure]: ...
    @property
    def conflicts(self) -> Iterable[ListedConflict]: ...


def shape(catalog: PluginCatalog) -> dict[str, object]:
    """The catalog as JSON; ``penstock plugins list --json`` prints the same."""
    return {
        "plugins": [
            {
                "name": plugin.name,
                "kind": plugin.kind.value,
                "version": plugin.version,
                "distribution": plugin.distribution,
                "python_name": plugin.python_name,
            }
            for plugin in catalog.plugins
        ],
        "failures": [
            {
                "distribution": failure.distribution,
                "version": failure.version,
                "plugin": failure.plugin,
                "error": failure.error,
                "trace": failure.trace,
            }
            for failure in catalog.failures
        ],
        "conflicts": [
            {"name": conflict.name, "kind": conflict.kind.value, "owners": list(conflict.owners)}
            for conflict in catalog.conflicts
        ],
    }
