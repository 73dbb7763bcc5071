"""Directories by template: ``{{topic}}/{{field:country|none}}/{{ts:yyyy-MM-dd}}`` (spec 17.5), and Aiven's names (spec 13).

``{{name}}`` or ``{{name:argument}}``; after ``|`` stands what a null becomes, else ``null``. Variables: ``topic``,
``partition``, ``schema`` (the value's), ``ts:<pattern of Joda-Time>``, ``timestamp:unit=…``, ``key``, ``key:path``,
``field:path`` (of the value; maps too), ``header:name``, ``hash:<buckets>`` (of the key).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from penstock.api import ConfigException, SinkSlice
from penstock_s3.partition.partitioner import NOT_FOUND, Encoded
from penstock_s3.partition.variables import Surroundings, Variable, variable

_VARIABLE: Final = re.compile(r"\{\{(?P<inside>.*?)\}\}", re.DOTALL)
_MOST_KEPT: Final = 10_000
TIME_VARIABLES: Final = frozenset({"ts", "timestamp"})


@dataclass(frozen=True, slots=True)
class Named:
    """A variable as it stands in a template: its name, its argument, and what null becomes."""

    name: str
    argument: str
    null: str | None


def parts_of(template: str) -> list[str | Named]:
    """Texts and variables in order. Raises ConfigException for braces that are never closed."""
    parts: list[str | Named] = []
    end = 0
    for found in _VARIABLE.finditer(template):
        if found.start() > end:
            parts.append(template[end : found.start()])
        inside, bar, null = found["inside"].partition("|")
        name, _, argument = inside.partition(":")
        parts.append(Named(name.strip(), argument.strip(), null.strip() if bar else None))
        end = found.end()
    rest = template[end:]
    if "{{" in rest:
        raise ConfigException(f"The template {template!r} opens a variable that it does not close with }}}}")
    return [*parts, rest] if rest else parts


def goes_by_time(template: str) -> bool:
    """Whether records have a time under this template, which ``rotate.interval.ms`` then goes by."""
    return any(isinstance(part, Named) and part.name in TIME_VARIABLES for part in parts_of(template))


class TemplatePartitioner:
    """Fills a template for each record."""

    def __init__(
        self, template: str, around: Surroundings, special: Callable[[Named], str | None] | None = None
    ) -> None:
        """``special`` gives a text for variables that somebody else fills. Raises ConfigException for a template that is
        wrong."""
        if not template.strip():
            raise ConfigException("partition.template is empty; say {{topic}}/{{partition}}, for example")
        fill: list[str] = []
        self._variables: list[Variable] = []
        for part in parts_of(template):
            text = part if isinstance(part, str) else special(part) if special is not None else None
            if text is not None:
                fill.append(text.replace("%", "%%"))
            else:
                assert isinstance(part, Named)
                null = around.null if part.null is None else part.null
                fill.append("%s")
                self._variables.append(variable(part.name, part.argument, replace(around, null=null)))
        self._format = "".join(fill)
        self._known: dict[tuple[str, ...], str] = {}
        self.time_based = goes_by_time(template)

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """Column by column; rows of equal texts share one path."""
        texts = [make(part, now_ms) for make in self._variables]
        if not texts:
            path = self._format % ()
            return Encoded([path] * len(part), only=path)
        errors: dict[int, Exception] = {}
        times = None
        for each in texts:
            errors = {**each.errors, **errors}
            times = times if each.times is None else each.times
        paths = self._filled(list(zip(*(each.column for each in texts), strict=True)))
        if errors:
            paths = [NOT_FOUND if place in errors else path for place, path in enumerate(paths)]
            return Encoded(paths, None, times, errors)
        return Encoded(paths, paths[0] if paths and paths.count(paths[0]) == len(paths) else None, times)

    def _filled(self, rows: list[tuple[str, ...]]) -> list[str]:
        known = self._known
        if len(known) > _MOST_KEPT:
            known.clear()
        for row in set(rows).difference(known):
            known[row] = self._format % row
        return [known[row] for row in rows]
