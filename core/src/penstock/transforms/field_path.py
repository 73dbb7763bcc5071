"""Paths to fields inside structs and maps (KIP-821; spec 6.2, ExtractField).

``V1`` knows top-level fields only. In ``V2`` dots lead into nested ones; backticks around a name make its dots part of it, and
a backslash before a closing backtick makes that backtick part of it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigException, ConfigType, DataException, Field, Importance, Schema, Struct
from penstock.api.validators import one_of_ignoring_case
from penstock.transforms.requirements import require_map_or_none, require_struct_or_none

FIELD_SYNTAX_VERSION_CONFIG = "field.syntax.version"

_PURPOSE = "nested field access"


class FieldSyntaxVersion(enum.Enum):
    """How a path is written."""

    V1 = "V1"
    V2 = "V2"


def with_field_syntax(definition: ConfigDef) -> ConfigDef:
    """The definition with ``field.syntax.version`` at its end."""
    return definition.define(
        FIELD_SYNTAX_VERSION_CONFIG,
        ConfigType.STRING,
        default=FieldSyntaxVersion.V1.value,
        importance=Importance.HIGH,
        validator=one_of_ignoring_case(*(version.value for version in FieldSyntaxVersion)),
        doc="How fields are named. V1: only fields of the top level, whose names may hold dots. V2: dots lead into nested "
        "fields, as in <code>address.city</code>; a name that holds dots stands in backticks, as in "
        "<code>`foo.bar`.baz</code>.",
    )


class FieldPath:
    """A parsed path. ``steps`` are the names on the way. Raises ConfigException for backticks that do not close."""

    __slots__ = ("_last", "_way", "steps")

    def __init__(self, text: str, version: FieldSyntaxVersion) -> None:
        self.steps = (text,) if version is FieldSyntaxVersion.V1 else tuple(_parse(text))
        self._way, self._last = self.steps[:-1], self.steps[-1] if self.steps else ""

    def field_of(self, schema: Schema) -> Field | None:
        """The field in a struct schema, or None. Raises DataException when the path leads through what is no struct."""
        current = schema
        for step in self._way:
            field = current.field(step)
            if field is None:
                return None
            current = field.schema
        return current.field(self._last)

    def value_in_struct(self, struct: Struct, *, defaults: bool) -> object:
        """The value, or None when the way or the field is missing. ``defaults`` is for the last field: those on the way are
        always replaced by their defaults. Raises DataException when the path leads through what is no struct."""
        current = struct
        for step in self._way:
            if step not in current.schema.index_by_name:
                return None
            inner = require_struct_or_none(current.get(step), _PURPOSE)
            if inner is None:
                return None
            current = inner
        if self._last not in current.schema.index_by_name:
            return None
        return current.get(self._last) if defaults else current.get_without_default(self._last)

    def value_in_map(self, value: Mapping[object, object]) -> object:
        """The value, or None when the way or the key is missing. Raises DataException when the path leads through what is
        no map, or has no steps."""
        if not self.steps:
            raise DataException(
                "The path of the field is empty: with field.syntax.version V2 it needs at least one name"
            )
        current = value
        for step in self._way:
            inner = require_map_or_none(current.get(step), _PURPOSE)
            if inner is None:
                return None
            current = inner
        return current.get(self._last)


def _parse(path: str) -> list[str]:
    steps: list[str] = []
    place = 0
    while place < len(path):
        if path[place] == "`":
            step, place = _quoted(path, place)
        else:
            dot = path.find(".", place)
            end = len(path) if dot < 0 else dot
            step, place = path[place:end], end + 1
        steps.append(step)
    if path.endswith("."):
        steps.append("")
    return steps


def _quoted(path: str, opening: int) -> tuple[str, int]:
    """The name in backticks that begins at ``opening``, and where the next step begins. A backtick closes the name only at
    the end of the path or before a dot, and there only without a backslash before it."""
    name: list[str] = []
    start = place = opening + 1
    while True:
        place = path.find("`", place)
        escaped = place > 0 and path[place - 1] == "\\"
        if place < 0 or (place == len(path) - 1 and escaped):
            raise ConfigException(
                f"Incomplete backtick pair in path: [{path}], consider adding a backslash before backtick at position "
                f"{opening} to escape it"
            )
        at_end = place == len(path) - 1
        if at_end or (path[place + 1] == "." and not escaped):
            name.append(path[start:place])
            return "".join(name), place + (1 if at_end else 2)
        if path[place + 1] == ".":
            name.append(path[start : place - 1] + "`")
            start = place + 1
        place += 1
