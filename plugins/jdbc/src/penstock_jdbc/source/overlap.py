"""Rows of a window that were sent already: ``late.commits=overlap``.

Every pass begins a window before the newest time or number, and leaves out the rows that the passes before have sent. What is
remembered is gone with the task, so that the rows of one window come again after a restart.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from penstock_jdbc.source.rows import Row

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


class SeenRows:
    """The last ``most`` rows that were read, by digest. A window with more rows than that is cut to them."""

    def __init__(self, most: int, shown: str) -> None:
        self._most = most
        self._shown = shown
        self._seen: set[bytes] = set()
        self._read: deque[tuple[bytes, Any]] = deque(maxlen=most)
        self._floor: Any = None
        self._warned = False

    def unseen(self, rows: Sequence[Row], marks: Sequence[Any]) -> list[bool]:
        """Which of the rows of this pass were not sent before; ``marks`` tell where in the window each lies."""
        digests = [blake2b(repr(row).encode(), digest_size=_DIGEST_BYTES).digest() for row in rows]
        seen = self._seen
        self._read.extend(zip(digests, marks, strict=True))
        return [digest not in seen for digest in digests]

    def begin(self) -> None:
        """A pass begins."""
        self._read = deque(maxlen=self._most)

    def end(self) -> None:
        """The pass is through: only its rows can be in the next window."""
        self._note_forgotten()
        self._seen = {digest for digest, _ in self._read}

    def abandon(self) -> None:
        """The pass broke off: what it has sent is remembered beside what was."""
        self._seen.update(digest for digest, _ in self._read)

    @property
    def floor(self) -> Any:
        """The mark behind which all rows are remembered; None when none had to be forgotten. It never goes back."""
        return self._floor

    def _note_forgotten(self) -> None:
        if len(self._read) < self._most:
            return
        first = self._read[0][1]
        self._floor = first if self._floor is None else max(self._floor, first)
        if not self._warned:
            self._warned = True
            logger.warning(
                "The window of %s holds more than %d rows ('late.commits.overlap.max.rows'), so that it is cut to the last of "
                "them. Shorten it, or remember more",
                self._shown,
                self._most,
            )
