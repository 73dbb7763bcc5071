"""Trying a request again: pauses that grow, with full jitter (spec 2.4, 9.2)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from penstock_s3.config.settings import RetrySettings
from penstock_s3.storage.errors import StoreRetriableException

logger = logging.getLogger(__name__)

T = TypeVar("T")

Wait = Callable[[float], bool]
"""Sleeps for some seconds, or shorter when the task is to stop, and then answers True."""


class Retrying:
    """Runs requests. From any thread."""

    def __init__(self, settings: RetrySettings, wait: Wait) -> None:
        self._settings = settings
        self._wait = wait

    def run(self, attempt: Callable[[], T]) -> T:
        """The first answer. Raises the last StoreRetriableException when attempts are used up or the task stops."""
        number = 0
        while True:
            number += 1
            try:
                return attempt()
            except StoreRetriableException as error:
                if number >= self._settings.attempts:
                    raise
                pause = self._pause_s(number)
                logger.warning("%s; attempt %d follows in %.2f s", error, number + 1, pause)
                if self._wait(pause):
                    raise

    def _pause_s(self, number: int) -> float:
        most = min(self._settings.max_backoff_ms, self._settings.backoff_ms * 2.0 ** min(number - 1, 60))
        return random.uniform(0, most) / 1000
