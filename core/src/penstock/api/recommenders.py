"""Ready-made recommenders for configuration keys (spec 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.config_key import Recommender

Values = Callable[[str, Mapping[str, object]], Sequence[object]]
Condition = Callable[[Mapping[str, object]], bool]


def values(*choices: object) -> Recommender:
    """Always these values, of the key's type."""
    return Recommended(lambda _name, _parsed: choices)


def values_from(function: Values) -> Recommender:
    """The values that ``function(name, parsed)`` returns."""
    return Recommended(function)


def visible_if(condition: Condition, *choices: object) -> Recommender:
    """These values, for a key that matters only where ``condition(parsed)`` holds."""
    return Recommended(lambda _name, _parsed: choices, condition)


@dataclass(frozen=True, slots=True)
class Recommended:
    """A recommender made of two functions; the key is visible unless ``condition`` says otherwise."""

    function: Values
    condition: Condition | None = None

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:
        """What the function recommends."""
        return list(self.function(name, parsed))

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:  # noqa: ARG002  # the contract's name
        """Whether the condition holds."""
        return self.condition is None or self.condition(parsed)
