"""What Java's PostgreSQL driver makes of infinite timestamps, and takes for them: milliseconds since the epoch, in any zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POSITIVE_INFINITY_MS: Final = 9_223_372_036_825_200_000
NEGATIVE_INFINITY_MS: Final = -9_223_372_036_832_400_000
INFINITIES: Final[Mapping[int, str]] = {POSITIVE_INFINITY_MS: "infinity", NEGATIVE_INFINITY_MS: "-infinity"}
"""As PostgreSQL reads and writes them."""
