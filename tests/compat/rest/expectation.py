"""Whether an answer is what was recorded: placeholders, Java's wording, and JSON compared piece by piece.

The language of the recordings: ``{{name}}`` is a variable of the run, ``<int>`` and the like stand for any value of a kind,
``<trace:LINE>`` for a stack trace of which LINE tells the message, ``<java:TEXT>`` for wording of the JVM.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ANYTHING = {
    "<any>": r"[\s\S]*",
    "<string>": r"[\s\S]+",
    "<int>": r"-?\d+",
    "<ts>": r"\d{12,14}",
    "<instant>": r"\d{4}-\d\d-\d\dT[0-9:.]+Z",
    "<hash>": r"[0-9a-f]{4,40}",
    "<doc>": r"[\s\S]*",
    "<uuid>": r"[0-9a-fA-F-]{36}",
}
_TIMESTAMP = 10**11
_RECORDED_VERSION = "4.3.1"
"""Of Connect's own plugins and of the API. Whose it is differs between implementations, so any version number will do:
also as a default and a recommended value of ``connector.plugin.version``."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one run. ``strict`` also compares exception classes, the JVM's wording and version numbers."""

    values: Mapping[str, str]
    strict: bool = False

    def fill(self, value: object) -> object:
        """``value`` with every ``{{name}}`` replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.fill(item) for key, item in value.items()}
        return value

    def text(self, value: str) -> str:
        """One string, filled."""
        return re.sub(r"\{\{(\w+)\}\}", lambda found: self.values.get(found[1], found[0]), value)

    def matches(self, expected: str, actual: object) -> bool:
        """Whether a recorded string, already filled, describes ``actual``."""
        trace = re.fullmatch(r"<trace:([\s\S]*)>", expected)
        if trace:
            return self._matches_trace(trace[1], actual)
        java = re.fullmatch(r"<java:([\s\S]*)>", expected)
        if java:
            return isinstance(actual, str) and (self._like(java[1], actual) if self.strict else actual != "")
        return isinstance(actual, str) and self._like(expected, actual)

    def _matches_trace(self, line: str, actual: object) -> bool:
        if not isinstance(actual, str) or not actual:
            return False
        if self.strict:
            return self._like(line, actual.split("\n", 1)[0].rstrip("\r"))
        _, colon, message = line.partition(": ")
        return not colon or re.search(self._pattern(message), actual) is not None

    def _like(self, template: str, actual: str) -> bool:
        return re.fullmatch(self._pattern(template), actual) is not None

    def _pattern(self, template: str) -> str:
        known = {**ANYTHING, "<worker_id>": re.escape(self.values.get("worker_id", ""))}
        parts = re.split("(" + "|".join(map(re.escape, known)) + ")", template)
        return "".join(known.get(part, re.escape(part)) for part in parts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How lists and objects compare: arrays in any order (``unordered``), more keys and items allowed (``subset``)."""

    variables: Variables
    unordered: bool = False
    subset: bool = False
    findings: list[str] = field(default_factory=list)

    def differences(self, expected: object, actual: object) -> list[str]:
        """Every difference, as ``path: what``."""
        self._compare(expected, actual, "$")
        return self.findings

    def _compare(self, expected: object, actual: object, path: str) -> None:
        if isinstance(expected, str):
            self._compare_text(expected, actual, path)
        elif isinstance(expected, dict):
            self._compare_object(expected, actual, path)
        elif isinstance(expected, list):
            self._compare_array(expected, actual, path)
        elif expected != actual or type(expected) is not type(actual):
            self.findings.append(f"{path}: expected {expected!r}, got {actual!r}")

    def _compare_text(self, expected: str, actual: object, path: str) -> None:
        if expected == "<any>":
            return
        if expected in ("<int>", "<ts>") and isinstance(actual, int) and not isinstance(actual, bool):
            if expected == "<ts>" and actual <= _TIMESTAMP:
                self.findings.append(f"{path}: expected {expected}, got {actual!r}")
            return
        if expected == _RECORDED_VERSION and not self.variables.strict:
            if not re.match(r"\d+\.\d+", str(actual)):
                self.findings.append(f"{path}: expected a version number, got {actual!r}")
            return
        if not self.variables.matches(expected, actual):
            self.findings.append(f"{path}: expected {expected!r}, got {actual!r}")

    def _compare_object(self, expected: Mapping[str, object], actual: object, path: str) -> None:
        if not isinstance(actual, dict):
            self.findings.append(f"{path}: expected object, got {actual!r}")
            return
        for key, value in expected.items():
            if key in actual:
                self._compare(value, actual[key], f"{path}.{key}")
            else:
                self.findings.append(f"{path}.{key}: missing")
        if not self.subset:
            self.findings.extend(f"{path}.{key}: unexpected {actual[key]!r}" for key in actual if key not in expected)

    def _compare_array(self, expected: list[object], actual: object, path: str) -> None:
        if not isinstance(actual, list):
            self.findings.append(f"{path}: expected array, got {actual!r}")
            return
        more_plugins = path.endswith(".recommended_values") and not self.variables.strict
        if self.subset or self.unordered or more_plugins:
            self._compare_bag(expected, actual, path, more=self.subset or more_plugins)
            return
        if len(expected) != len(actual):
            shown = json.dumps(actual)[:400]
            self.findings.append(f"{path}: length {len(expected)} expected, got {len(actual)}: {shown}")
        for index, (each, other) in enumerate(zip(expected, actual, strict=False)):
            self._compare(each, other, f"{path}[{index}]")

    def _compare_bag(self, expected: list[object], actual: list[object], path: str, *, more: bool) -> None:
        left = list(actual)
        for index, each in enumerate(expected):
            match = next((other for other in left if not self._apart(each, other, path, more=more)), None)
            if match is None and (each is not None or None not in left):
                self.findings.append(f"{path}[{index}]: no match for {each!r}")
            else:
                left.remove(match)
        if left and not more:
            self.findings.append(f"{path}: extra items {left!r}")

    def _apart(self, expected: object, actual: object, path: str, *, more: bool) -> bool:
        inner = Comparison(self.variables, self.unordered, self.subset or more)
        inner._compare(expected, actual, path)
        return bool(inner.findings)
