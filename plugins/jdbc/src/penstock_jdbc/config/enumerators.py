"""Keys that take one of a few names, in all lower or all upper case (spec jdbc 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api import ConfigException, Recommender, recommenders


@dataclass(frozen=True, slots=True)
class Enumerator:
    """A validator: one of ``names``, as written or in capitals, never mixed. In a list every item is asked, and
    there must be one."""

    names: tuple[str, ...]
    null_allowed: bool = False

    def __call__(self, name: str, value: object) -> None:
        if value is None and self.null_allowed:
            return
        if value == []:
            known = ", ".join(map(str.lower, self.names))
            raise ConfigException.of(name, value, f"At least one value must be specified. Valid values are: [{known}]")
        items = value if isinstance(value, list) else [value]
        allowed = {*self.names, *map(str.lower, self.names), *map(str.upper, self.names)}
        for item in items:
            if item not in allowed:
                raise ConfigException.of(name, item, "Invalid enumerator")

    def __str__(self) -> str:
        return "[" + ", ".join(spelling for name in self.names for spelling in (name.lower(), name.upper())) + "]"


def lower_names(names: Sequence[str]) -> Recommender:
    """Recommends the names in lower case."""
    return recommenders.values(*(name.lower() for name in names))
