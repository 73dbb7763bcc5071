"""Time zones by the names that Java gives them in English, for dates that end in ``PST`` or ``Central European Time``.

The list was taken from Java 17. A name stands for the offset that its zone has today: what its clocks showed in other
times is not looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as one text names it: its offset from UTC, and its names.

    ``decides``: the name is that of standard or of daylight time only, so that it overrides what else the text says.
    """

    offset_ms: int
    short: str
    long: str
    decides: bool


UTC = Zone(0, "UTC", "Coordinated Universal Time", decides=False)


def find_zone(text: str, place: int) -> tuple[Zone, int] | None:
    """The first zone, in Java's order, with a name that stands at ``place`` in either case; and the place behind it."""
    lower = text[place:].lower()
    for name, zone in _names():
        if lower.startswith(name):
            return zone, place + len(name)
    return None


@cache
def _names() -> tuple[tuple[str, Zone], ...]:
    """Every name in lower case with its zone; of several zones with one name the first counts."""
    from importlib import resources  # imports much itself, and few patterns read names of zones

    found: dict[str, Zone] = {}
    text = resources.files(__package__).joinpath("java_zones.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        offset, saving, long, short, daylight_long, daylight_short = line.split("|")
        standard_ms, daylight_ms = int(offset) * 60_000, (int(offset) + int(saving)) * 60_000
        for name, other in ((long, daylight_long), (short, daylight_short)):
            found.setdefault(name.lower(), Zone(standard_ms, short, long, decides=name != other))
        for name in (daylight_long, daylight_short):
            found.setdefault(name.lower(), Zone(daylight_ms, daylight_short, daylight_long, decides=saving != "0"))
    return tuple(found.items())
