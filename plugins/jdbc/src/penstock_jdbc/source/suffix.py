"""What ``query.suffix`` may do to a mode (spec jdbc 6.1)."""

from __future__ import annotations

import logging
import re

from penstock_jdbc.source.mode import Mode

logger = logging.getLogger(__name__)

_LIMIT = re.compile(r"\blimit\s+\S|\bfetch\s+(first|next)\b", re.IGNORECASE)


def warn_of_limit(mode: Mode, suffix: str) -> None:
    """Warn of a limit in timestamp mode: rows that share the time of the last one within it are taken for read."""
    if mode is Mode.TIMESTAMP and _LIMIT.search(suffix):
        logger.warning(
            "'query.suffix' is '%s': in mode timestamp a limit may fall among rows of one time, and the rest of those is never "
            "read. Use mode timestamp+incrementing, or leave the limit out",
            suffix,
        )
