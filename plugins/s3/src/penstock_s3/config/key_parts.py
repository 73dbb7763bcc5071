"""What definitions of keys are made of: places in the form, validators with the original's texts, recommenders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api import ConfigException, ConfigKey, ConfigType, Importance, Recommender, Validator, Width, recommenders
from penstock_s3.config.choices import Partitioning
from penstock_s3.config.java_classes import PARTITIONERS, CredentialsProvider, name_of
from penstock_s3.joda.zones import zone

BOOLEAN, STRING, INT, LONG = ConfigType.BOOLEAN, ConfigType.STRING, ConfigType.INT, ConfigType.LONG
LIST, CLASS, PASSWORD = ConfigType.LIST, ConfigType.CLASS, ConfigType.PASSWORD
HIGH, MEDIUM, LOW = Importance.HIGH, Importance.MEDIUM, Importance.LOW

SMALLEST_PART = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands in the form: its title, and how wide its field is."""

    group: str
    order: int
    title: str
    importance: Importance = LOW
    width: Width = Width.LONG


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed, and what is offered."""

    validator: Validator | None = None
    recommender: Recommender | None = None
    dependents: tuple[str, ...] = ()


ANYTHING = Rules()


def key(  # a key is made of these
    name: str, kind: ConfigType, default: object, place: Place, doc: str, rules: Rules = ANYTHING
) -> ConfigKey:
    """One key."""
    return ConfigKey(
        name,
        kind,
        default,
        place.importance,
        doc,
        rules.validator,
        place.group,
        place.order,
        place.width,
        place.title,
        rules.dependents,
        rules.recommender,
    )


def listed(values: Sequence[str], *, null_allowed: bool = False) -> Validator:
    """One of the values, told as Java prints a set of them."""

    def check(name: str, value: object) -> None:
        if value not in values and not (null_allowed and value is None):
            raise ConfigException.of(name, value, f"Value must be one of: [{', '.join(values)}]")

    return check


def one_of_enum(values: Sequence[str]) -> Validator:
    """One of the values in upper or lower case; the error does not say so, and shows what was given in lower case."""

    def check(name: str, value: object) -> None:
        given = value.lower() if isinstance(value, str) else value
        if given not in values:
            raise ConfigException.of(name, given, f"String must be one of: {', '.join(values)}")

    return check


def part_size(name: str, value: object) -> None:
    """At least what S3 takes as a part."""
    if value is None:
        raise ConfigException.of(name, value, "Part size must be non-null")
    if isinstance(value, int) and value < SMALLEST_PART:
        raise ConfigException.of(name, value, f"Part size must be at least: {SMALLEST_PART} bytes (5MB)")


def region(name: str, value: object) -> None:
    """Any name: new regions come, and other stores have their own. Java's validator breaks at a blank one."""
    if value is not None and not str(value).strip():
        raise ConfigException.of(name, value, "region must not be blank or empty.")


def provider(name: str, value: object) -> None:
    """A class for credentials."""
    if isinstance(value, str):
        return  # not looked up: who reads it finds out
    if value is None or not (isinstance(value, type) and issubclass(value, CredentialsProvider)):
        shown = None if value is None else f"class {name_of(value)}"
        reason = f"Class must extend: interface {CredentialsProvider.connect_name}"
        raise ConfigException.of(name, shown, reason)


def timezone(name: str, value: object) -> None:
    """A zone that Joda-Time knows, or nothing."""
    text = str(value or "")
    if not text.strip():
        return
    try:
        zone(text)
    except ValueError as error:
        raise ConfigException.of(name, value, str(error)) from error


def field_names(name: str, value: object) -> None:
    """Dotted paths without blank parts. A dot at the end is overlooked, as Java's ``split`` does."""
    for item in value if isinstance(value, list) else ():
        text = str(item)
        if not text.strip():
            raise ConfigException.of(name, item, "Field name cannot be null or empty")
        if any(not part.strip() for part in text.rstrip(".").split(".")) and text.strip("."):
            reason = "Field name cannot contain an empty or whitespace-only path segment"
            raise ConfigException.of(name, item, reason)


Condition = Callable[[Mapping[str, object]], bool]


def shown_if(condition: Condition, values: Sequence[object] = ()) -> Recommender:
    """A key that only matters under a condition."""
    return recommenders.visible_if(condition, *values)


def class_is(key_name: str, wanted: str) -> Condition:
    """That another key holds a class."""
    return lambda parsed: name_of(parsed.get(key_name)) == wanted


def partitioner_uses(*kinds: Partitioning) -> Recommender:
    """A key that only matters to some partitioners; a partitioner of the user's own may use any."""

    def used(parsed: Mapping[str, object]) -> bool:
        name = name_of(parsed.get("partitioner.class"))
        return name is not None and PARTITIONERS.get(name, Partitioning.CUSTOM) in (*kinds, Partitioning.CUSTOM)

    return shown_if(used)
