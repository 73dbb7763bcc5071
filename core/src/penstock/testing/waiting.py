"""Waiting for what other threads do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 10.0
"""How long tests wait for what should come soon, before they fail."""
_PAUSE_S = 0.01


def eventually(holds: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until ``holds`` answers true. Raises AssertionError telling ``what`` never came."""
    __tracebackhide__ = True
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"within {timeout_s:g} s: {what}, but it never was so")
        time.sleep(_PAUSE_S)
