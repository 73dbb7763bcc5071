"""What the worker says it is (design decision 12)."""

from __future__ import annotations

import re

from penstock import __version__

CONNECT_API = "4.3.1"
"""``version`` of ``GET /``: clients parse it and decide by it."""


def commit_of(version: str) -> str:
    """Our own version in the place of a commit id, whose hex digits clients expect: four for each of its three numbers,
    ``000000010000`` for 0.1.0."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return "".join(f"{number:04x}" for number in [*numbers, 0, 0, 0][:3])


COMMIT = commit_of(__version__)
"""``commit`` of ``GET /``."""
