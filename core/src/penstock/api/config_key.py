"""One key of a configuration, and what validation says about its value."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from penstock.api.config_types import ClassLookup, ConfigType, Importance, Width, parse_value, wrong_value
from penstock.api.exceptions import ConfigException


class Required(enum.Enum):
    """The default of a key that has none: it must be given."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED

Validator: TypeAlias = Callable[[str, object], None]
"""Called with a key's name and its parsed value, which may be None. Raises :class:`ConfigException` with a whole sentence, or
``ValueError`` with the reason only, which then stands in Connect's wording "Invalid value V for configuration K: reason".
Its ``str()`` describes it. Ready-made ones: :mod:`penstock.api.validators`."""


class Recommender(Protocol):
    """Suggests values, and says whether the key matters at all, from the values of the other keys.

    ``parsed`` holds the parsed values of the keys seen so far; a key that could not be parsed is None. Both methods may raise
    :class:`ConfigException`; its text becomes an error of the key. Ready-made ones: :mod:`penstock.api.recommenders`.
    """

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:
        """The values to choose from; empty when there is nothing to recommend."""

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:
        """Whether a form should show this key."""


@dataclass(slots=True)
class ConfigValue:
    """What validation found for one key. Authors add errors of their own in ``Connector.validate``."""

    name: str
    value: object = None
    recommended_values: list[object] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    visible: bool = True

    def add_error(self, message: str) -> None:
        """Add one message; each counts as one error."""
        self.errors.append(message)


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """The definition of one key.

    ``default`` :data:`REQUIRED` means that the key must be given; None is a default like others. A default is parsed and
    checked when the key is made: :class:`ConfigException` then says what is wrong with it.
    """

    name: str
    type: ConfigType
    default: object = REQUIRED
    importance: Importance = Importance.HIGH
    doc: str = ""
    validator: Validator | None = None
    group: str | None = None
    order: int = -1
    width: Width = Width.NONE
    display_name: str = ""
    dependents: Sequence[str] = ()
    recommender: Recommender | None = None
    internal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "dependents", tuple(self.dependents))
        object.__setattr__(self, "display_name", self.display_name or self.name)
        if self.default is not REQUIRED:
            object.__setattr__(self, "default", parse_value(self.name, self.default, self.type))
            self.check(self.default)

    @property
    def required(self) -> bool:
        """Whether the key must be given."""
        return self.default is REQUIRED

    def read(self, props: Mapping[str, object], classes: ClassLookup | None) -> object:
        """The value in ``props``, parsed but not checked, else the default. Raises :class:`ConfigException`."""
        if self.name in props:
            return parse_value(self.name, props[self.name], self.type, classes)
        if self.default is REQUIRED:
            raise ConfigException(f'Missing required configuration "{self.name}" which has no default value.')
        if self.type is ConfigType.CLASS and isinstance(self.default, str):
            return parse_value(self.name, self.default, self.type, classes)
        return list(self.default) if isinstance(self.default, list) else self.default

    def check(self, value: object) -> None:
        """Run the validator. Raises :class:`ConfigException`."""
        if self.validator is None:
            return
        try:
            self.validator(self.name, value)
        except ValueError as error:
            raise wrong_value(self.name, value, str(error)) from error
