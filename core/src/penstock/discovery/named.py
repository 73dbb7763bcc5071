"""Transformations that a config names by where they are in Python, without a distribution that announces them.

``transforms.mask.type=my_package.masks:mask_email`` is enough to use a function with ``@transform``, or a Transformation
class. As with a class on Connect's class path, naming it imports it: in the child that runs or validates the connector, never
in the worker. What is announced always comes first, and nothing is imported for a name whose top-level package does not exist,
so that a Java name costs nothing.
"""

from __future__ import annotations

import importlib.util

from penstock.api.function_transform import plugin_class
from penstock.api.hooks import PluginKind
from penstock.api.transform import Transformation
from penstock.discovery.plugins import (
    PluginDescriptor,
    PluginIndex,
    PluginLoadError,
    PluginNotFoundError,
    load_target,
)


def find_plugin(index: PluginIndex, kind: PluginKind, name: str) -> PluginDescriptor:
    """As :meth:`PluginIndex.find`; a name of a transformation that nobody announced may be ``"module:name"`` or
    ``"module.name"``. In children only.

    Raises :class:`PluginNotFoundError` and :class:`AmbiguousPluginError` with Connect's texts, and :class:`PluginLoadError`
    that says why a named module cannot be used.
    """
    try:
        return index.find(kind, name)
    except PluginNotFoundError:
        named = named_transformation(name) if kind is PluginKind.TRANSFORMATION else None
        if named is None:
            raise
        return named


def named_transformation(name: str) -> PluginDescriptor | None:
    """The transformation at a place in Python; None when ``name`` is none, or nothing is there.

    A name with a colon can mean nothing else, so :class:`PluginLoadError` then says what is wrong with it.
    """
    module, colon, path = name.partition(":") if ":" in name else name.rpartition(".")
    explicit = colon == ":"
    if not module or not path or not (explicit or _exists(module.partition(".")[0])):
        return None
    descriptor = PluginDescriptor(PluginKind.TRANSFORMATION, f"{module}:{path}", f"{module}.{path}", None, "")
    try:
        found = plugin_class(load_target(descriptor.target))
    except PluginLoadError as error:
        if explicit or not _is_missing(error, module):
            raise
        return None
    except SystemExit as error:
        raise PluginLoadError(f"Module {module} of plugin {name} ended the process at import: {error!r}") from error
    if isinstance(found, type) and issubclass(found, Transformation):
        return descriptor
    if explicit:
        raise PluginLoadError(
            f"{name} is no transformation: it is neither a function with @transform nor a class that extends Transformation"
        )
    return None


def _exists(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # such as an empty name, or a module without a spec
        return False


def _is_missing(error: PluginLoadError, module: str) -> bool:
    """Whether there is no such module, or nothing of this name in it: then the name was not meant for Python."""
    cause = error.__cause__
    if isinstance(cause, ModuleNotFoundError):
        return f"{module}.".startswith(f"{cause.name}.")
    return isinstance(cause, AttributeError)
