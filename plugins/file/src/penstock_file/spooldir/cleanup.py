"""What becomes of a file that is done. Each step may be the last before a kill: the next start does the rest.

A file leaves ``input.path`` only when the offsets of all its records are stored. If it comes to light again there, because a
kill came before the move, its stored offset says that nothing is left to read, and it is moved then.
"""

from __future__ import annotations

import errno
import filecmp
import itertools
import logging
import os
import shutil
import time
from pathlib import Path

from penstock_file.output import sync_directory
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.names import CleanupPolicy
from penstock_file.spooldir.settings import Cleaning

logger = logging.getLogger(__name__)

_UNFINISHED = ".penstock-copy"


class Cleaner:
    """Moves or deletes files. Raises OSError; it may be asked again for the same file then."""

    def __init__(self, cleaning: Cleaning) -> None:
        self._cleaning = cleaning

    def finished(self, file: FoundFile) -> None:
        """The file was read to its end."""
        match self._cleaning.policy:
            case CleanupPolicy.NONE:
                return
            case CleanupPolicy.DELETE:
                logger.info("Deleting %s", file.path)
                file.path.unlink(missing_ok=True)
            case CleanupPolicy.MOVE:
                assert self._cleaning.finished_path is not None
                self._move(file, self._cleaning.finished_path)
            case CleanupPolicy.MOVEBYDATE:
                assert self._cleaning.finished_path is not None
                day = time.strftime("%Y-%m-%d", time.localtime(file.modified_ms / 1000))
                self._move(file, self._cleaning.finished_path / day)

    def failed(self, file: FoundFile) -> None:
        """There is something in the file that cannot be read."""
        self._move(file, self._cleaning.error_path)

    def _move(self, file: FoundFile, directory: Path) -> None:
        target_directory = directory / file.folder if file.folder else directory
        target_directory.mkdir(parents=True, exist_ok=True)
        try:
            target = _free_name(file, target_directory)
            logger.info("Moving %s to %s", file.path, target)
            try:
                file.path.rename(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _move_to_another_device(file.path, target)
        except FileNotFoundError:
            logger.warning(
                "%s was removed by somebody else before it could be moved to %s", file.path, target_directory
            )

    def tidy(self, file: FoundFile) -> None:
        """Remove the directories that the file and its flag have left empty."""
        if self._cleaning.keep_directories or not file.folder:
            return
        folder = file.path.parent
        while folder not in {self._cleaning.input_path, folder.parent}:
            try:
                folder.rmdir()
            except OSError:
                return  # there is something left in it, such as the flag of another file
            logger.info("Removed the empty directory %s", folder)
            folder = folder.parent


def _free_name(file: FoundFile, directory: Path) -> Path:
    """A name in the directory that overwrites nothing, except what has the same content. Raises FileNotFoundError."""
    for number in itertools.count():
        target = directory / (f"{file.name}.{number}" if number else file.name)
        try:
            there = target.stat()
        except FileNotFoundError:
            return target
        if there.st_size == file.size and filecmp.cmp(file.path, target, shallow=False):
            return target
    raise AssertionError("there are enough numbers")


def _move_to_another_device(source: Path, target: Path) -> None:
    """Copy, bring the copy to disk, give it its name, and only then remove the file."""
    copy = target.with_name(target.name + _UNFINISHED)
    shutil.copy2(source, copy)
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    copy.rename(target)
    sync_directory(target.parent)
    source.unlink()
