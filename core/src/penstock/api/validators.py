"""Ready-made validators for configuration keys; their texts are Kafka's own (spec 3.6).

A validator is called with the key's name and its parsed value; ``str()`` of it describes what it accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from penstock.api.config_key import Validator
from penstock.api.config_types import java_text, wrong_value
from penstock.api.exceptions import ConfigException
from penstock.api.javahash import hash_order
from penstock.api.regex import compile_regex

_NO_REGEX = 'Cannot invoke "String.isEmpty()" because "this.pattern" is null'
"""What Connect says of a missing expression; so do its recordings."""


def at_least(minimum: float) -> Validator:
    """A number, not null, of at least ``minimum``."""
    return Range(minimum, None)


def between(minimum: float, maximum: float) -> Validator:
    """A number, not null, from ``minimum`` to ``maximum``, both included."""
    return Range(minimum, maximum)


def one_of(*values: str | None) -> Validator:
    """One of these strings; None among them allows null."""
    return OneOf(values)


def one_of_ignoring_case(*values: str) -> Validator:
    """One of these strings, in upper or lower case."""
    return OneOfIgnoringCase(tuple(hash_order(value.upper() for value in values)))


def list_of(*values: str, empty_allowed: bool = True) -> ValidList:
    """A list, not null, of some of these strings, each at most once."""
    if not values and not empty_allowed:
        raise ValueError("At least one valid string must be provided when empty values are not allowed")
    return ValidList(values, empty_allowed=empty_allowed)


def unique_list(*, empty_allowed: bool, null_allowed: bool) -> ValidList:
    """A list of any strings that are not empty, each at most once."""
    return ValidList((), empty_allowed=empty_allowed, null_allowed=null_allowed)


def at_most_of_size(size: int) -> Validator:
    """A list of at most ``size`` items."""
    return ListSize(size)


def non_null() -> Validator:
    """Anything but null."""
    return NonNull()


def non_empty() -> Validator:
    """Null, or a string with at least one character."""
    return NonEmpty()


def non_empty_without_control_characters() -> Validator:
    """Null, or a string with at least one character and no ISO control characters: the rule for connector names."""
    return NonEmptyWithoutControlCharacters()


def regex() -> Validator:
    """A regular expression, not null."""
    return Regex()


def all_of(*validators: Validator) -> Validator:
    """What satisfies every one of them, asked in this order."""
    return AllOf(validators)


def described(check: Validator, text: str) -> Validator:
    """A function as a validator, with a text that describes what it accepts."""
    return Described(check, text)


def validator_text(validator: Validator | None) -> str | None:
    """What documentation says of a validator; for a bare function its first line of documentation, else its name."""
    if validator is None:
        return None
    if any("__str__" in cls.__dict__ for cls in type(validator).__mro__[:-1]):
        return str(validator)
    documentation = (getattr(validator, "__doc__", None) or "").strip()
    return documentation.partition("\n")[0] or getattr(validator, "__name__", type(validator).__name__)


@dataclass(frozen=True, slots=True)
class Range:
    """See :func:`at_least` and :func:`between`."""

    minimum: float | None
    maximum: float | None

    def __call__(self, name: str, value: object) -> None:
        if value is None:
            raise wrong_value(name, None, "Value must be non-null")
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name}: a range needs a number, not {value!r}")
        if self.minimum is not None and float(value) < self.minimum:
            raise wrong_value(name, value, f"Value must be at least {java_text(self.minimum)}")
        if self.maximum is not None and float(value) > self.maximum:
            raise wrong_value(name, value, f"Value must be no more than {java_text(self.maximum)}")

    def __str__(self) -> str:
        bounds = [java_text(bound) if bound is not None else None for bound in (self.minimum, self.maximum)]
        return "[" + ",".join([*filter(None, bounds[:1]), "...", *filter(None, bounds[1:])]) + "]"


@dataclass(frozen=True, slots=True)
class OneOf:
    """See :func:`one_of`."""

    values: tuple[str | None, ...]

    def __call__(self, name: str, value: object) -> None:
        if _text_or_none(name, value) not in self.values:
            raise wrong_value(name, value, f"String must be one of: {_joined(self.values)}")

    def __str__(self) -> str:
        return f"[{_joined(self.values)}]"


@dataclass(frozen=True, slots=True)
class OneOfIgnoringCase:
    """See :func:`one_of_ignoring_case`."""

    values: tuple[str, ...]

    def __call__(self, name: str, value: object) -> None:
        text = _text_or_none(name, value)
        if text is None or text.upper() not in self.values:
            raise wrong_value(name, value, f"String must be one of (case insensitive): {_joined(self.values)}")

    def __str__(self) -> str:
        return f"(case insensitive) [{_joined(self.values)}]"


@dataclass(frozen=True, slots=True)
class ValidList:
    """See :func:`list_of` and :func:`unique_list`. ``ConfigDef.parse`` drops duplicates before it asks; validation tells them
    (spec live, data 4)."""

    values: tuple[str, ...]
    empty_allowed: bool = True
    null_allowed: bool = False

    def __call__(self, name: str, value: object) -> None:
        if value is None:
            if self.null_allowed:
                return
            raise ConfigException(f"Configuration '{name}' values must not be null.")
        items = _list(name, value)
        if not items and not self.empty_allowed:
            valid = str(OneOf(self.values)) if self.values else "any non-empty value"
            raise ConfigException(f"Configuration '{name}' must not be empty. Valid values include: {valid}")
        if None in items:
            raise TypeError(f"{name}: a list must not hold null")
        if len(set(map(java_text, items))) != len(items):
            raise ConfigException(f"Configuration '{name}' values must not be duplicated.")
        for item in items:
            if item == "":
                raise ConfigException(f"Configuration '{name}' values must not be empty.")
            if self.values and isinstance(item, str):
                OneOf(self.values)(name, item)

    def __str__(self) -> str:
        return str(OneOf(self.values)) if self.values else ""


@dataclass(frozen=True, slots=True)
class ListSize:
    """See :func:`at_most_of_size`."""

    size: int

    def __call__(self, name: str, value: object) -> None:
        if len(_list(name, value)) > self.size:
            raise wrong_value(name, value, f"exceeds maximum list size of [{self.size}].")

    def __str__(self) -> str:
        return f"List containing maximum of {self.size} elements"


@dataclass(frozen=True, slots=True)
class NonNull:
    """See :func:`non_null`."""

    def __call__(self, name: str, value: object) -> None:
        if value is None:
            raise wrong_value(name, None, "entry must be non null")

    def __str__(self) -> str:
        return "non-null string"


@dataclass(frozen=True, slots=True)
class NonEmpty:
    """See :func:`non_empty`."""

    def __call__(self, name: str, value: object) -> None:
        if _text_or_none(name, value) == "":
            raise wrong_value(name, value, "String must be non-empty")

    def __str__(self) -> str:
        return "non-empty string"


@dataclass(frozen=True, slots=True)
class NonEmptyWithoutControlCharacters:
    """See :func:`non_empty_without_control_characters`."""

    def __call__(self, name: str, value: object) -> None:
        text = _text_or_none(name, value)
        if text is None:
            return
        if not text:
            raise wrong_value(name, value, "String may not be empty")
        found = [str(ord(char)) for char in text if char <= "\x1f" or "\x7f" <= char <= "\x9f"]
        if found:
            reason = f"String may not contain control sequences but had the following ASCII chars: {', '.join(found)}"
            raise wrong_value(name, value, reason)

    def __str__(self) -> str:
        return "non-empty string without ISO control characters"


@dataclass(frozen=True, slots=True)
class Regex:
    """See :func:`regex`."""

    def __call__(self, name: str, value: object) -> None:
        if value is None:
            raise wrong_value(name, None, f"Invalid regex: {_NO_REGEX}")
        try:
            compile_regex(str(value))
        except ValueError as error:
            raise wrong_value(name, value, f"Invalid regex: {error}") from error

    def __str__(self) -> str:
        return "valid regex"


@dataclass(frozen=True, slots=True)
class AllOf:
    """See :func:`all_of`."""

    validators: tuple[Validator, ...]

    def __call__(self, name: str, value: object) -> None:
        for validator in self.validators:
            validator(name, value)

    def __str__(self) -> str:
        return ", ".join(validator_text(validator) or "" for validator in self.validators)


@dataclass(frozen=True, slots=True)
class Described:
    """See :func:`described`."""

    check: Validator
    text: str

    def __call__(self, name: str, value: object) -> None:
        self.check(name, value)

    def __str__(self) -> str:
        return self.text


def _text_or_none(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name}: a string is needed, not {value!r}")
    return value


def _list(name: str, value: object) -> Sequence[object]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: a list is needed, not {value!r}")
    return cast("Sequence[object]", value)


def _joined(values: Sequence[str | None]) -> str:
    return ", ".join(map(java_text, values))
