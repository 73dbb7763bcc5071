"""Names of files: a template with variables."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*(?::\s*(\w+)\s*=\s*(\w+)\s*)?\}\}")
_PARTITION_DIGITS, _OFFSET_DIGITS = 10, 20
_UNITS: Final[Mapping[str, str]] = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M"}
_NEEDED = ("topic", "partition", "start_offset")
_PARAMETERS: Final[Mapping[str, tuple[str | None, tuple[str, ...]]]] = {
    "topic": (None, ()),
    "partition": ("padding", ("true", "false")),
    "start_offset": ("padding", ("true", "false")),
    "timestamp": ("unit", tuple(_UNITS)),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A text, or a variable with the value of its parameter."""

    text: str = ""
    variable: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A parsed template."""

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str) -> NameTemplate:
        """Raises ValueError with a whole sentence."""
        parts: list[_Part] = []
        place = 0
        for match in _VARIABLE.finditer(text):
            parts.append(_Part(text=text[place : match.start()]))
            parts.append(_variable(*match.groups()))
            place = match.end()
        parts.append(_Part(text=text[place:]))
        _check(text, parts)
        return cls(tuple(part for part in parts if part.text or part.variable))

    def name(self, topic: str, partition: int, start_offset: int, timestamp_ms: int) -> str:
        """The path, without an extension, of a file that begins with this record."""
        return "".join(self._texts(topic, partition, str(start_offset), timestamp_ms))

    def pattern(self, topic: str, partition: int) -> re.Pattern[str]:
        """Matches the paths of this partition's files, without extension; the group ``start`` is their start offset."""
        found, captured = [], False
        for part in self.parts:
            if part.variable == "timestamp":
                found.append(r"\d+")
            elif part.variable == "start_offset":
                found.append(r"\d+" if captured else r"(?P<start>\d+)")
                captured = True
            else:
                found.append(re.escape(self._value(part, topic, partition, "", 0)))
        return re.compile("".join(found))

    def _texts(self, topic: str, partition: int, start: str, timestamp_ms: int) -> list[str]:
        return [self._value(part, topic, partition, start, timestamp_ms) for part in self.parts]

    @staticmethod
    def _value(part: _Part, topic: str, partition: int, start: str, timestamp_ms: int) -> str:
        padded = part.parameter == "true"
        match part.variable:
            case "topic":
                return topic
            case "partition":
                return str(partition).zfill(_PARTITION_DIGITS if padded else 0)
            case "start_offset":
                return start.zfill(_OFFSET_DIGITS if padded else 0)
            case "timestamp":
                moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=timestamp_ms)
                return moment.strftime(_UNITS[part.parameter])
            case _:
                return part.text


def _variable(name: str, parameter: str | None, value: str | None) -> _Part:
    if name not in _PARAMETERS:
        raise ValueError(f"There is no variable {{{{{name}}}}}; use {', '.join(_PARAMETERS)}")
    known, values = _PARAMETERS[name]
    if parameter is None and name != "timestamp":
        return _Part(variable=name)
    if parameter != known or value not in values:
        wanted = f"{{{{{name}:{known}=…}}}} with one of {', '.join(values)}" if known else f"{{{{{name}}}}}"
        raise ValueError(f"The variable {name} is written {wanted}")
    return _Part(variable=name, parameter=value or "")


def _check(text: str, parts: list[_Part]) -> None:
    missing = [name for name in _NEEDED if name not in {part.variable for part in parts}]
    if missing:
        raise ValueError(
            f"{', '.join(f'{{{{{name}}}}}' for name in missing)} must be in it, or files of different records would have one name"
        )
    if any("{{" in part.text or "}}" in part.text for part in parts):
        raise ValueError("A variable is not closed: it is written {{name}}")
    pieces = text.split("/")
    if "\0" in text or any(piece in ("", ".", "..") for piece in pieces) or pieces[-1].startswith("."):
        raise ValueError(
            "It must be a relative path without empty parts, '.' and '..', and its last name must not begin with a dot"
        )
    _check_apart(parts)


def _check_apart(parts: list[_Part]) -> None:
    """Numbers side by side could be read in more than one way: partition 1, offset 23 and partition 12, offset 3."""
    shown = [part for part in parts if part.text or part.variable]
    for left, right in itertools.pairwise(shown):
        fixed = left.parameter == "true" or left.variable == "timestamp"
        if left.variable and right.variable and not fixed:
            raise ValueError(f"There must be something between {{{{{left.variable}}}}} and {{{{{right.variable}}}}}")
