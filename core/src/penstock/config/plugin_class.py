"""Checks of a class that a key names, and of the version that it should have, in Connect's words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from penstock.api.config import Validator
from penstock.api.config_types import class_name, java_text, wrong_value
from penstock.api.converter import Converter, HeaderConverter
from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.api.transform import Predicate, Transformation
from penstock.api.validators import all_of, described
from penstock.config.versions import version_requirement

BASES: Mapping[PluginKind, type] = {
    PluginKind.CONVERTER: Converter,
    PluginKind.HEADER_CONVERTER: HeaderConverter,
    PluginKind.TRANSFORMATION: Transformation,
    PluginKind.PREDICATE: Predicate,
}
_JAVA_BASES = {
    PluginKind.CONVERTER: "org.apache.kafka.connect.storage.Converter",
    PluginKind.HEADER_CONVERTER: "org.apache.kafka.connect.storage.HeaderConverter",
}


def class_of_kind(kind: PluginKind) -> Validator:
    """Null, or a class of this kind that can be made without arguments. A name that was not looked up passes."""
    return all_of(
        described(lambda _name, value: _check_kind(kind, value), f"A concrete subclass of {_JAVA_BASES[kind]}"),
        described(_check_instantiable, "A class with a public, no-argument constructor"),
    )


def check_concrete(kind: PluginKind, cls: type) -> None:
    """Raises :class:`ConfigException` unless the class is of this kind and complete."""
    base = BASES[kind]
    if not issubclass(cls, base):
        raise ConfigException(f"Class {java_text(cls)} does not implement the {base.__name__} interface")
    if inspect.isabstract(cls):
        inner = [class_name(part) for part in vars(cls).values() if _is_concrete(part, base)]
        hint = f" Did you mean {', '.join(inner)}?" if inner else ""
        raise ConfigException(f"This class is abstract and cannot be created.{hint}")


def _check_version(_name: str, value: object) -> None:
    version_requirement(None if value is None else str(value))


VERSION: Validator = described(_check_version, "A version, or a range of versions")
"""Null, ``latest``, a version, or a range such as ``[1.0,2.0)``."""


def _check_kind(kind: PluginKind, value: object) -> None:
    if isinstance(value, type):
        check_concrete(kind, value)


def _check_instantiable(name: str, value: object) -> None:
    if not isinstance(value, type):
        return
    try:
        value()
    except TypeError as error:
        reason = f"Could not find a public no-argument constructor for class: {error}"
        raise wrong_value(name, class_name(value), reason) from error
    except Exception as error:
        raise wrong_value(name, class_name(value), f"Could not instantiate class: {error}") from error


def _is_concrete(part: object, base: type) -> bool:
    return isinstance(part, type) and issubclass(part, base) and not inspect.isabstract(part)
