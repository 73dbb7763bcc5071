"""Rows of a window that were sent already: ``late.commits=overlap``.

Every pass begins a window before the newest time or number, and leaves out the rows that the passes before have sent. What is
remembered is gone with the task, so that the rows of one window come again after a restart.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from penstock_jdbc.source.rows import Row

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


class SeenRows:
    """The last ``most`` rows that were read, by digest. A window with more rows than that is cut to them.

    They are counted: of two equal rows, one may be late.
    """

    def __init__(self, most: int, shown: str) -> None:
        self._most = most
        self._shown = shown
        self._sent: Counter[bytes] = Counter()
        self._expected: Counter[bytes] = Counter()
        self._read: deque[tuple[bytes, Any]] = deque(maxlen=most)
        self._floor: Any = None
        self._warned = False

    def unseen(self, rows: Sequence[Row], marks: Sequence[Any]) -> list[bool]:
        """Which of the rows of this pass were not sent before; ``marks`` tell where in the window each lies."""
        digests = [blake2b(repr(row).encode(), digest_size=_DIGEST_BYTES).digest() for row in rows]
        self._read.extend(zip(digests, marks, strict=True))
        return [not self._take(digest) for digest in digests]

    def begin(self) -> None:
        """A pass begins."""
        self._read = deque(maxlen=self._most)
        self._expected = self._sent.copy()

    def end(self) -> None:
        """The pass is through: only its rows can be in the next window."""
        if len(self._read) == self._most:
            first = self._read[0][1]
            self._floor = first if self._floor is None else max(self._floor, first)
        self._sent = Counter(digest for digest, _ in self._read)

    def abandon(self) -> None:
        """The pass broke off: what it has sent is remembered beside what was."""
        self._sent |= Counter(digest for digest, _ in self._read)

    def window_from(self, begin: Any) -> Any:
        """Where the next pass begins, when the window would at ``begin``: not before what is remembered."""
        if self._floor is None or self._floor <= begin:
            return begin
        if not self._warned:
            self._warned = True
            logger.warning(
                "The window of %s holds more than %d rows ('late.commits.overlap.max.rows'), so that it is cut to the last of "
                "them. Shorten it, or remember more",
                self._shown,
                self._most,
            )
        return self._floor

    def _take(self, digest: bytes) -> bool:
        left = self._expected.get(digest, 0)
        if left:
            self._expected[digest] = left - 1
        return left > 0
