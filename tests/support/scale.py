"""One size parameter for every test that has sizes: 1 is what "soak" runs, a twentieth what CI runs."""

from __future__ import annotations

import os

SCALE = float(os.environ.get("PENSTOCK_SCALE", "0.05"))


def scaled(full: float, at_least: float) -> int:
    """``full`` at scale 1, less below, never less than ``at_least``."""
    return max(int(at_least), round(full * SCALE))
