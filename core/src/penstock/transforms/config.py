"""Configuration keys and validators that several transformations share."""

from __future__ import annotations

from penstock.api import ConfigDef, ConfigException, ConfigType, Importance, Validator
from penstock.api.validators import described

REPLACE_NULL_WITH_DEFAULT_CONFIG = "replace.null.with.default"

_REPLACE_NULL = ConfigDef().define(
    REPLACE_NULL_WITH_DEFAULT_CONFIG,
    ConfigType.BOOLEAN,
    default=True,
    importance=Importance.MEDIUM,
    doc="Whether a null in a field that has a default is replaced by it. If false, it stays null.",
)

PAIRS = "list of colon-delimited pairs, e.g. <code>foo:bar,abc:xyz</code>"
"""What Connect says of a list of pairs."""


def with_replace_null(definition: ConfigDef) -> ConfigDef:
    """The definition with ``replace.null.with.default`` at its end."""
    return definition.including(_REPLACE_NULL)


def _check_list(_name: str, value: object) -> None:
    if not value:
        raise ValueError("Empty list")


non_empty_list: Validator = described(_check_list, "non-empty list")
"""A list, not null, with at least one item."""


def split_pair(text: str) -> list[str]:
    """The parts of a pair as Java's ``split(":")`` finds them: empty ones at the end are no parts."""
    parts = text.split(":")
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return [] if text and parts == [""] else parts


def bad_pair(pairs: object, pair: str) -> ConfigException:
    """What is wrong with a pair that has not two parts. Connect says ``renames`` whatever the key is called."""
    return ConfigException.of("renames", pairs, f"Invalid rename mapping: {pair}")
