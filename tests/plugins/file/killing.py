"""A kill before the n-th call into the operating system, for every n."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

CALLS: tuple[tuple[object, str], ...] = (
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (Path, "rmdir"),
    (Path, "open"),
    (os, "open"),
    (os, "close"),
    (os, "write"),
    (os, "fsync"),
    (os, "pread"),
    (os, "stat"),
    (fcntl, "flock"),
    (shutil, "copy2"),
)


class Killed(BaseException):
    """Nothing of the program catches this."""


@contextmanager
def killed_before_call(number: int) -> Iterator[None]:
    """Raise Killed instead of call ``number`` (from 0), and of every later one: the dead make no calls."""
    made = 0

    def deadly(whole: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            nonlocal made
            made += 1
            if made > number:
                raise Killed
            return whole(*args, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in CALLS:
            patch.setattr(owner, name, deadly(getattr(owner, name)))
        yield


def close_files_below(directory: Path) -> None:
    """Close what a killed ``open`` left without an owner, as the operating system does."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{name}").startswith(f"{directory}/"):
                os.close(int(name))
