"""Config providers: where ``${provider:path:key}`` references are looked up (spec 2.5)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from penstock.api.plugin import Configurable


@dataclass(frozen=True, slots=True)
class ConfigData:
    """What a provider found: values by key, and for how many milliseconds they hold (None: until told otherwise)."""

    data: Mapping[str, str]
    ttl_ms: int | None = None


class ConfigProvider(Configurable, ABC):
    """Looks up secrets and other values. Called in the children that need them, never in the worker (design 13)."""

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002  # Connect's signature
        """Take the keys of ``config.providers.<name>.param.`` without their prefix. Raises ConfigException."""
        return

    @abstractmethod
    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        """The values under ``path``, all of them or only ``keys``; missing keys are left out. Raises ConfigException."""

    def close(self) -> None:
        """Release what was taken."""
        return
