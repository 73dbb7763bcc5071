"""Reads ``deviations.toml``: what is answered differently on purpose."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Deviation:
    """``maybe``: the step may be as recorded, depending on time. ``only_runtime``: it can only differ where connectors run.
    ``lacks``: it is not meant to differ; ``reason`` is what is not built yet."""

    reason: str
    maybe: bool = False
    only_runtime: bool = False
    lacks: bool = False


def deviations(scenario: str) -> dict[int, Deviation]:
    """The deviations of a scenario by step."""
    listed = tomllib.loads((HERE / "deviations.toml").read_text())["deviation"]
    return {
        step: Deviation(
            entry["reason"], entry.get("maybe", False), entry.get("only_runtime", False), entry.get("lacks", False)
        )
        for entry in listed
        if entry["scenario"] == scenario
        for step in entry["steps"]
    }


def scenarios(mode: str) -> list[Path]:
    """The recorded scenarios of a mode, by name."""
    return sorted((HERE / mode).glob("*.json"))
