"""A file remembers from where on all of its bytes were written here, in an extended attribute."""

from __future__ import annotations

import contextlib
import os
import sys

MARK = "user.penstock.written.from"


def read_mark(descriptor: int) -> int | None:
    """The position of the mark; None when the file has none or its file system keeps no attributes."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):  # not there, or not ours
            return int(os.getxattr(descriptor, MARK))
    return None


def write_mark(descriptor: int, size: int) -> int | None:
    """Set the mark to ``size`` and return it; None when the file system keeps no attributes."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # the file system keeps no attributes
            os.setxattr(descriptor, MARK, str(size).encode())
            return size
    return None
