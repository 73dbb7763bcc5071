"""The types of configuration values: parsing them from text and showing them (spec 3.6).

The texts of the errors are Kafka's own; clients and users see them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Protocol

from penstock.api.config_numbers import (
    INT_BITS,
    LONG_BITS,
    SHORT_BITS,
    parse_double,
    parse_integer,
    plain_double,
    plain_integer,
)
from penstock.api.exceptions import ConfigException
from penstock.api.javaclass import java_class_name
from penstock.api.javatext import java_str

_JAVA_BLANKS = "".join(map(chr, range(0x21)))
_COMMA = re.compile(r"\s*,\s*", re.ASCII)


class ConfigType(enum.Enum):
    """The type of a key. Values: BOOLEAN ``bool``; STRING ``str``; INT, SHORT, LONG ``int``; DOUBLE ``float``; LIST
    ``list[str]``; CLASS the class, or its name where no :class:`ClassLookup` is at hand; PASSWORD :class:`Password`."""

    BOOLEAN = "BOOLEAN"
    STRING = "STRING"
    INT = "INT"
    SHORT = "SHORT"
    LONG = "LONG"
    DOUBLE = "DOUBLE"
    LIST = "LIST"
    CLASS = "CLASS"
    PASSWORD = "PASSWORD"  # noqa: S105  # the name of a type


class Importance(enum.Enum):
    """How much a key matters to a user who sets up the plugin."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Width(enum.Enum):
    """How wide a field for the value should be in a form."""

    NONE = "NONE"
    SHORT = "SHORT"
    MEDIUM = "MEDIUM"
    LONG = "LONG"


class Password:
    """A secret: shown as ``[hidden]`` wherever it is printed or logged; ``value`` has the text."""

    __slots__ = ("value",)
    connect_name = "org.apache.kafka.common.config.types.Password"

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "[hidden]"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Password) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


class ClassLookup(Protocol):
    """Finds the class that a CLASS value names: a Connect name, a dotted Python name or an alias."""

    def __call__(self, name: str, /) -> type:
        """The class. Raises ``LookupError`` when no class has that name."""


def parse_value(name: str, value: object, type_: ConfigType, classes: ClassLookup | None = None) -> object:
    """The value of key ``name``, from its text or already typed; None stays None.

    Text is trimmed first. Without ``classes`` a CLASS value stays a name. Raises :class:`ConfigException` with Kafka's text.
    """
    if value is None:
        return None
    trimmed = value.strip(_JAVA_BLANKS) if isinstance(value, str) else None
    match type_:
        case ConfigType.BOOLEAN:
            return _parse_boolean(name, value, trimmed)
        case ConfigType.INT | ConfigType.SHORT | ConfigType.LONG | ConfigType.DOUBLE:
            return _parse_number(name, value, trimmed, type_)
        case ConfigType.STRING:
            return value if trimmed is not None and trimmed == value else _text(name, value, trimmed)
        case ConfigType.PASSWORD:
            return value if isinstance(value, Password) else Password(_text(name, value, trimmed))
        case ConfigType.LIST:
            return _parse_list(name, value, trimmed)
        case ConfigType.CLASS:
            return _parse_class(name, value, trimmed, classes)


def value_text(value: object, type_: ConfigType | None) -> str | None:
    """A parsed value as REST clients see it: lists joined by ",", classes by name, passwords hidden; None stays None."""
    if value is None:
        return None
    if type_ is ConfigType.LIST:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"a value of type LIST must be a list, not {java_class_name(value)}")
        return ",".join(java_text(item) for item in value)
    if type_ is ConfigType.CLASS:
        if isinstance(value, type):
            return class_name(value)
        if not isinstance(value, str):
            raise TypeError(f"a value of type CLASS must be a class or its name, not {java_class_name(value)}")
        return value
    return java_text(value)


def java_text(value: object) -> str:
    """What Java's ``toString`` gives for the same value: it stands in error texts that clients read."""
    match value:
        case list() | tuple():
            return "[" + ", ".join(java_text(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{java_text(key)}={java_text(item)}" for key, item in value.items()) + "}"
        case type():
            return f"{'interface' if Protocol in value.__bases__ else 'class'} {class_name(value)}"
        case _:
            return java_str(value)


PLATFORM_CLASSES: Mapping[str, type] = {
    "java.lang.Object": object,
    "java.lang.String": str,
    "java.lang.Boolean": bool,
    "java.lang.Long": int,
    "java.lang.Double": float,
}
"""Classes that exist everywhere and are no plugins: a config that names one is told so, and not that it is missing."""

_PLATFORM_NAMES = {cls: name for name, cls in PLATFORM_CLASSES.items()}


def class_name(cls: type) -> str:
    """The class's own Connect name where it has one, else its dotted Python name."""
    declared = cls.__dict__.get("connect_name") or _PLATFORM_NAMES.get(cls)
    return declared if isinstance(declared, str) else f"{cls.__module__}.{cls.__qualname__}"


def wrong_value(name: str, value: object, reason: str) -> ConfigException:
    """Connect's wording for a value that is wrong, with the value as Java shows it."""
    return ConfigException.of(name, java_text(value), reason)


def masked(values: Mapping[str, object]) -> str:
    """Parsed values for people: passwords stay hidden."""
    return "{" + ", ".join(f"{key}={java_text(value)}" for key, value in values.items()) + "}"


def _parse_boolean(name: str, value: object, trimmed: str | None) -> bool:
    if isinstance(value, bool):
        return value
    if trimmed is not None and trimmed.lower() in ("true", "false"):
        return trimmed.lower() == "true"
    raise wrong_value(name, value, "Expected value to be either true or false")


def _text(name: str, value: object, trimmed: str | None) -> str:
    if trimmed is None:
        raise wrong_value(name, value, f"Expected value to be a string, but it was a {_class_of(value)}")
    return trimmed


_NUMBERS: Mapping[ConfigType, tuple[str, tuple[int, ...]]] = {
    ConfigType.SHORT: ("16-bit integer (short)", (SHORT_BITS,)),
    ConfigType.INT: ("32-bit integer", (INT_BITS,)),
    ConfigType.LONG: ("64-bit integer (long)", (INT_BITS, LONG_BITS)),
}


def _parse_number(name: str, value: object, trimmed: str | None, type_: ConfigType) -> int | float:
    found: int | float | None
    if type_ is ConfigType.DOUBLE:
        wanted = "double"
        found = parse_double(trimmed) if trimmed is not None else plain_double(value)
    else:
        wanted, widths = _NUMBERS[type_]
        found = parse_integer(trimmed, widths[-1]) if trimmed is not None else plain_integer(value, widths)
    if found is not None:
        return found
    if trimmed is not None:
        raise wrong_value(name, value, f"Not a number of type {type_.value}")
    raise wrong_value(name, value, f"Expected value to be a {wanted}, but it was a {_class_of(value)}")


def _parse_list(name: str, value: object, trimmed: str | None) -> list[object]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if trimmed is None:
        raise wrong_value(name, value, "Expected a comma separated list.")
    return list(_COMMA.split(trimmed)) if trimmed else []


def _parse_class(name: str, value: object, trimmed: str | None, classes: ClassLookup | None) -> type | str:
    if isinstance(value, type):
        return value
    if trimmed is None:
        raise wrong_value(name, value, "Expected a Class instance or class name.")
    if classes is None:
        return trimmed
    try:
        return classes(trimmed)
    except LookupError as error:
        raise wrong_value(name, value, f"Class {value} could not be found.") from error


def _class_of(value: object) -> str:
    return "java.lang.Class" if isinstance(value, type) else java_class_name(value)
