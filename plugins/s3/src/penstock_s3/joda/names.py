"""The names of months, days, eras and zones as a JVM gives them to Joda-Time; the tables are made by ``tools/joda_names``.

The texts are those of CLDR in the version that Java 17 holds (its notice: ``data/NOTICE.txt``).
"""

from __future__ import annotations

import functools
import gzip
import json
import zoneinfo
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

_ROOT: Final = ""
_OWN_NAMES: Final = frozenset({"GMT", "UT", "Z"})
_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Names of one language: January and Monday first, BC before AD, morning before afternoon."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    eras: tuple[str, ...]
    halves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZoneNames:
    """Names of one zone in one language."""

    standard: str
    standard_short: str
    summer: str
    summer_short: str


def language_of(locale: str) -> str:
    """The language that the original makes of the key ``locale``, which is handed to Java's ``new Locale(language)``: the
    whole text counts as a language, so that ``en-US`` is an unknown one (spec 20)."""
    return locale.lower()


@functools.lru_cache(maxsize=16)
def texts(locale: str) -> Texts:
    """The names of a locale's language; those of no language in particular where it is unknown."""
    table = _table("texts")
    found = table.get(language_of(locale)) or table[_ROOT]
    return Texts(*(tuple(part) for part in found))


def zone_names(locale: str, zone_id: str) -> ZoneNames | None:
    """The names of a zone by its canonical id; None where a JVM has none, and Joda-Time prints the offset."""
    place = _zone_groups().get(zone_id)
    table = _table("zone_names")
    root = None if place is None else table["root"][place]
    language = table["languages"].get(language_of(locale))
    own = root if place is None or language is None else language[place]
    found = root if own is None else own
    return ZoneNames(*found) if found else None


def canonical_id(name: str) -> str | None:
    """The id under which a zone of the tz database is known: ``Etc/UTC`` for ``Zulu``. None where there is no such zone;
    zones that are newer than the tables are their own."""
    known: str | None = _table("zone_ids").get(name)
    if known is not None or name in _OWN_NAMES:
        return known or "UTC"
    return name if "/" in name and name in zoneinfo.available_timezones() - _NO_ZONES else None


def standard_offsets(zone_id: str) -> list[tuple[int, int]]:
    """From which instant on which offset is standard time in a zone, both in ms; empty for zones newer than the tables."""
    found: list[tuple[int, int]] = _table("standard_offsets").get(zone_id, [])
    return found


@functools.cache
def _zone_groups() -> dict[str, int]:
    return {name: place for place, names in enumerate(_table("zone_names")["groups"]) for name in names}


@functools.cache
def _table(name: str) -> dict[str, Any]:
    packed = resources.files("penstock_s3.joda").joinpath("data", f"{name}.json.gz").read_bytes()
    table: dict[str, Any] = json.loads(gzip.decompress(packed))
    return table
