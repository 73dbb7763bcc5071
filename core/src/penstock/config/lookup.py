"""What the rules for connector configurations ask about plugins. Answered in children, which may import them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from penstock.api.hooks import PluginKind

CONNECTORS = (PluginKind.SINK, PluginKind.SOURCE)


class PluginLookup(Protocol):
    """The installed plugins, by name or alias."""

    def find_class(self, name: str, /) -> type:
        """The class of a plugin of any kind: a :class:`penstock.api.config.ClassLookup`. Raises ``LookupError`` when there
        is none, and ConfigException that says why when it cannot be imported."""

    def names(self, kind: PluginKind) -> Sequence[str]:
        """The full names of all plugins of a kind, sorted; nothing is imported."""

    def full_name(self, kinds: Collection[PluginKind], name: str) -> str:
        """The full name of the plugin that ``name`` means; ``name`` itself when there is none."""

    def version(self, kinds: Collection[PluginKind], name: str) -> str | None:
        """The version of the plugin that ``name`` means; None when there is none, or it has no version."""
