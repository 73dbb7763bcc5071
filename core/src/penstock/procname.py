"""Names that ``ps``, ``top`` and a kill by hand can tell processes by."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_NAME = 15
_LONGEST = 15
"""Bytes that Linux keeps."""


def name_process(name: str) -> None:
    """Name this process after its work (Linux; nothing elsewhere). Called on its main thread. What is too long is cut."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_LONGEST], 0, 0, 0)
