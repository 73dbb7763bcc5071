"""What the resources work with, wired by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.herder.requests import Herder
from penstock.rest.catalog import PluginCatalog
from penstock.rest.log_levels import LogLevels
from penstock.rest.settings import RestSettings
from penstock.rest.waiting import Waiter


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything behind the API. ``catalog`` tells what discovery found, ``levels`` reads and sets log levels, ``is_ready``
    whether start-up is complete: it decides what a herder's silence means (spec 1.6)."""

    herder: Herder
    settings: RestSettings
    levels: LogLevels
    catalog: PluginCatalog
    is_ready: Callable[[], bool]

    @property
    def waiter(self) -> Waiter:
        """Waits for the herder as long as a request may take."""
        return Waiter(self.herder, self.settings.request_timeout_s)
