"""Closing several things so that one failure does not leave the others open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)


def close_all(closes: Sequence[tuple[str, Callable[[], None]]]) -> None:
    """Call each (name, close) in order; what one raises is logged, and the next is closed."""
    for name, close in closes:
        try:
            close()
        except Exception:
            logger.exception("Could not close the %s of the task", name)
