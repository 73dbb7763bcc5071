"""Versions that a config may require of a plugin: Maven's ranges, as Connect reads them (KIP-891).

Versions compare as Maven compares them (``ComparableVersion``), as far as plugins' versions go: numbers by value, the
qualifiers alpha, beta, milestone, rc, snapshot before the release, sp after it, other words by their letters after that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.api.exceptions import ConfigException

_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_ALIASES = {"a": "alpha", "b": "beta", "m": "milestone", "cr": "rc", "ga": "", "final": "", "release": ""}
_PART = re.compile(r"\d+|[a-z]+")


@dataclass(frozen=True, slots=True)
class Bounds:
    """One interval; None is no bound on that side."""

    low: str | None
    high: str | None
    low_included: bool
    high_included: bool

    def __contains__(self, version: object) -> bool:
        key = _key(str(version))
        if self.low is not None and (key < _key(self.low) or (key == _key(self.low) and not self.low_included)):
            return False
        return self.high is None or key < _key(self.high) or (key == _key(self.high) and self.high_included)

    def __str__(self) -> str:
        left, right = "[" if self.low_included else "(", "]" if self.high_included else ")"
        return f"{left}{self.low or ''},{self.high or ''}{right}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a version must lie in: any of the intervals."""

    ranges: tuple[Bounds, ...]

    def __contains__(self, version: object) -> bool:
        return any(version in bounds for bounds in self.ranges)

    def __str__(self) -> str:
        return ",".join(map(str, self.ranges))


def version_requirement(text: str | None) -> Requirement | None:
    """What the value of a ``plugin.version`` key asks for; None when any version will do (null, ``latest``). A bare version
    means exactly that one. Raises :class:`ConfigException` for what is no range."""
    if text is None or text == "latest":
        return None
    spec = text.strip()
    if not spec.startswith(("[", "(")):
        if "," in spec:
            raise ConfigException(f"Only fully-qualified sets allowed in multiple set scenario: {spec}")
        return Requirement((Bounds(spec, spec, low_included=True, high_included=True),))
    ranges = []
    rest = spec
    while rest.startswith(("[", "(")):
        end = min((place for place in (rest.find(")"), rest.find("]")) if place >= 0), default=-1)
        if end < 0:
            raise ConfigException(f"Unbounded range: {spec}")
        ranges.append(_bounds(rest[: end + 1]))
        rest = rest[end + 1 :].strip().removeprefix(",").strip()
    if rest:
        raise ConfigException(f"Only fully-qualified sets allowed in multiple set scenario: {spec}")
    return Requirement(tuple(ranges))


def _bounds(text: str) -> Bounds:
    low_included, high_included = text.startswith("["), text.endswith("]")
    inside = text[1:-1].strip()
    if "," not in inside:
        if not (low_included and high_included):
            raise ConfigException(f"Single version must be surrounded by []: {text}")
        return Bounds(inside, inside, low_included=True, high_included=True)
    low, _, high = (part.strip() for part in inside.partition(","))
    if low and low == high:
        raise ConfigException(f"Range cannot have identical boundaries: {text}")
    if low and high and _key(high) < _key(low):
        raise ConfigException(f"Range defies version ordering: {text}")
    return Bounds(low or None, high or None, low_included, high_included)


def _key(version: str) -> tuple[tuple[int, int, str], ...]:
    parts: list[tuple[int, int, str]] = []
    for word in _PART.findall(version.lower()):
        if word.isdigit():
            parts.append((2, int(word), ""))
        else:
            _drop_zeros(parts)
            name = _ALIASES.get(word, word)
            known = name in _QUALIFIERS
            parts.append((0, _QUALIFIERS.index(name) - _QUALIFIERS.index(""), "") if known else (1, 0, name))
    _drop_zeros(parts)
    return (*parts, (0, 0, ""))


def _drop_zeros(parts: list[tuple[int, int, str]]) -> None:
    """1.0 is 1, and 1.0-rc is 1-rc."""
    while parts and parts[-1] in ((2, 0, ""), (0, 0, "")):
        parts.pop()


def check_installed(plugin: str, installed: str | None, wanted: str | None) -> None:
    """Raises :class:`ConfigException`, in Connect's words, unless the installed version is what ``wanted`` asks for. A
    plugin without a version is anything."""
    requirement = version_requirement(wanted)
    if requirement is not None and installed is not None and installed not in requirement:
        raise ConfigException(
            f"Plugin {plugin} not found that matches the version range {requirement}, available versions: [{installed}]"
        )
