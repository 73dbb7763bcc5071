"""Reading the JDBC recordings: files, placeholders, deviations, counts.

``PENSTOCK_JDBC_VECTORS`` names another directory than the project's copy.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.recordings import COUNTS

Json = dict[str, Any]

_HERE = Path(__file__).parent
_SHOWN = 10


def directory() -> Path:
    """Where the recordings are."""
    return Path(os.environ.get("PENSTOCK_JDBC_VECTORS") or _HERE / "vectors")


@cache
def _lines(file: str) -> tuple[str, ...]:
    path = directory() / file
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()


def vectors(file: str, databases: Iterable[str] | None = None) -> list[Json]:
    """The vectors of one file, those of ``databases`` alone where they are named."""
    found = [json.loads(line) for line in _lines(file)]
    wanted = None if databases is None else set(databases)
    return [vector for vector in found if wanted is None or vector.get("db") in wanted]


def filled(value: Any, placeholders: Mapping[str, str]) -> Any:
    """``value`` with every placeholder (``@DB@``) replaced, in keys too."""
    if isinstance(value, str):
        for token, text in placeholders.items():
            value = value.replace(token, text)
        return value
    if isinstance(value, list):
        return [filled(item, placeholders) for item in value]
    if isinstance(value, dict):
        return {filled(key, placeholders): filled(item, placeholders) for key, item in value.items()}
    return value


@cache
def deviations() -> tuple[tuple[str, str], ...]:
    """(pattern of ids, reason) of every ``[[jdbc]]`` entry of ``deviations.toml``."""
    text = (_HERE.parent / "deviations.toml").read_text(encoding="utf-8")
    return tuple((entry["ids"], entry["reason"]) for entry in tomllib.loads(text).get("jdbc", []))


def deviation_of(identity: str) -> str | None:
    """The pattern that says that this vector is answered otherwise on purpose."""
    return next((ids for ids, _ in deviations() if fnmatchcase(identity, ids)), None)


@dataclass
class Tally:
    """Counts how the vectors of one file came out, and asserts at the end. A deviation must differ, else it is not needed."""

    file: str
    counts: Counter[str] = field(default_factory=lambda: Counter(passed=0, deviations=0, failed=0))
    _told: list[str] = field(default_factory=list)

    def add(self, identity: str, difference: str | None) -> None:
        """``difference`` says how the answer differs from the recording; None: it doesn't."""
        pattern = deviation_of(identity)
        if difference is None:
            self.counts["passed"] += 1
            if pattern == identity:
                self._told.append(f"{identity}\nno longer deviates; take it out of deviations.toml")
        elif pattern is not None:
            self.counts["deviations"] += 1
        else:
            self.counts["failed"] += 1
            self._told.append(f"{identity}\n{difference}")

    def report(self, record_property: Callable[[str, object], None]) -> None:
        """Tell the counts to the summary, and fail for what differs."""
        record_property(COUNTS, (f"jdbc/{self.file}", dict(self.counts)))
        assert not self._told, f"{len(self._told)} of {self.file}:\n" + "\n".join(self._told[:_SHOWN])
