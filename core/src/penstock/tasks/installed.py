"""The installed plugins as the rules for configurations ask for them. In children only: classes are imported."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from penstock.api.config_types import PLATFORM_CLASSES
from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.discovery.named import named_transformation
from penstock.discovery.plugins import (
    AmbiguousPluginError,
    PluginDescriptor,
    PluginIndex,
    PluginLoadError,
    PluginNotFoundError,
    load_class,
)


class InstalledPlugins:
    """A :class:`penstock.config.lookup.PluginLookup` over what discovery found."""

    def __init__(self, index: PluginIndex) -> None:
        self._index = index

    def find_class(self, name: str, /) -> type:
        """The class of a plugin of any kind. A name that means plugins of several kinds must mean one class; one that
        nobody announced may be the place of a transformation in Python."""
        if name in PLATFORM_CLASSES:
            return PLATFORM_CLASSES[name]
        found: list[PluginDescriptor] = []
        ambiguous = False
        for kind in PluginKind:
            try:
                found.append(self._index.find(kind, name.strip()))
            except AmbiguousPluginError:
                ambiguous = True
            except PluginNotFoundError:
                continue
        if not found and not ambiguous:
            self._refuse_outer(name.strip())
            return _named(name.strip())
        if len({descriptor.target for descriptor in found}) != 1:
            raise LookupError(name)
        return _loaded(found[0])

    def _refuse_outer(self, name: str) -> None:
        """Connect's hint for ``…Cast`` where ``…Cast$Key`` or ``…Cast$Value`` is meant. Raises ConfigException."""
        nested = sorted({plugin.name for plugin in self._index.plugins if plugin.name.startswith(f"{name}$")})
        if nested:
            raise ConfigException(f"This class is abstract and cannot be created. Did you mean {', '.join(nested)}?")

    def find_kind(self, kind: PluginKind, name: str) -> type:
        """The class of a plugin of this kind. Raises ``LookupError``, and ConfigException when it cannot be imported."""
        descriptor = self._find((kind,), name)
        if descriptor is None:
            raise LookupError(name)
        return _loaded(descriptor)

    def names(self, kind: PluginKind) -> Sequence[str]:
        """The full names of all plugins of the kind, sorted."""
        return sorted({plugin.name for plugin in self._index.plugins if plugin.kind is kind})

    def full_name(self, kinds: Collection[PluginKind], name: str) -> str:
        """The full name behind a name or alias."""
        descriptor = self._find(kinds, name)
        return name if descriptor is None else descriptor.name

    def version(self, kinds: Collection[PluginKind], name: str) -> str | None:
        """The version of the plugin behind a name or alias."""
        descriptor = self._find(kinds, name)
        return None if descriptor is None else descriptor.version

    def _find(self, kinds: Collection[PluginKind], name: str) -> PluginDescriptor | None:
        try:
            return self._index.find(kinds, name.strip())
        except (PluginNotFoundError, AmbiguousPluginError):
            return None


def _named(name: str) -> type:
    try:
        descriptor = named_transformation(name)
    except PluginLoadError as error:
        raise ConfigException(f"Class {name} cannot be loaded: {error}") from error
    if descriptor is None:
        raise LookupError(name)
    return load_class(descriptor)


def _loaded(descriptor: PluginDescriptor) -> type:
    try:
        return load_class(descriptor)
    except PluginLoadError as error:
        raise ConfigException(f"Class {descriptor.name} cannot be loaded: {error}") from error
