"""Which files of a directory a task reads next."""

from __future__ import annotations

import logging
import os
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from penstock_file.spooldir.names import FileAttribute
from penstock_file.spooldir.settings import FileChoice

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as it was when the directory was looked at. ``folder`` is where it lies below the input path, "" for directly."""

    path: Path
    folder: str
    size: int
    modified_ns: int
    inode: int

    @property
    def name(self) -> str:
        """The name without directories."""
        return self.path.name

    @property
    def relative(self) -> str:
        """The path below the input path, with ``/``."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def modified_ms(self) -> int:
        """When it was last changed, in milliseconds since the epoch."""
        return self.modified_ns // 1_000_000

    @property
    def state(self) -> tuple[int, int, int]:
        """What changes when the file does."""
        return self.inode, self.size, self.modified_ns


_SORT_KEYS: Final[Mapping[FileAttribute, tuple[Callable[[FoundFile], object], bool]]] = {
    FileAttribute.NAME_ASC: (lambda file: file.name, False),
    FileAttribute.NAME_DESC: (lambda file: file.name, True),
    FileAttribute.LENGTH_ASC: (lambda file: file.size, False),
    FileAttribute.LENGTH_DESC: (lambda file: file.size, True),
    FileAttribute.LAST_MODIFIED_ASC: (lambda file: file.modified_ns, False),
    FileAttribute.LAST_MODIFIED_DESC: (lambda file: file.modified_ns, True),
}


def task_of(name: str, count: int) -> int:
    """Which of ``count`` tasks a file of this name belongs to; the same as in SpoolDir: Adler-32 of the UTF-16 name."""
    signed = zlib.adler32(name.encode("utf-16-le", "surrogatepass"))
    return abs(signed - (1 << 32) if signed >= 1 << 31 else signed) % count


class Directory:
    """Looks for files. ``others`` are directories that may lie inside of the input path and aren't input."""

    def __init__(self, choice: FileChoice, others: Collection[Path], now_ns: Callable[[], int] = time.time_ns) -> None:
        self._choice = choice
        self._others = frozenset(os.path.realpath(path) for path in others)
        self._now_ns = now_ns
        self._told_closed: set[Path] = set()
        self._told_odd: set[str] = set()

    def files(self) -> list[FoundFile]:
        """The files of this task, old enough, in the order in which they are to be read. Raises OSError."""
        choice = self._choice
        oldest_change = self._now_ns() - choice.minimum_age_ms * 1_000_000
        found = [file for file in self._walk(choice.input_path, "") if file.modified_ns <= oldest_change]
        found.sort(key=lambda file: file.relative)
        for attribute in reversed(choice.sort):
            key, descending = _SORT_KEYS[attribute]
            found.sort(key=key, reverse=descending)  # type: ignore[arg-type]  # the items of one key compare
        return found

    def any_files(self, count: int) -> list[FoundFile]:
        """The first files, by name, that any task would read now. Raises OSError."""
        oldest_change = self._now_ns() - self._choice.minimum_age_ms * 1_000_000
        found = self._walk(self._choice.input_path, "", every_task=True)
        return sorted((file for file in found if file.modified_ns <= oldest_change), key=lambda file: file.relative)[
            :count
        ]

    def leftover_flags(self) -> list[Path]:
        """Flags of this task's files that stand beside no file: what a kill leaves between moving a file and its flag."""
        return [
            path
            for path in self._flags(self._choice.input_path)
            if not _without_extension(path, self._extension).exists()
        ]

    @property
    def _extension(self) -> str:
        return self._choice.extension

    def _walk(self, directory: Path, folder: str, *, every_task: bool = False) -> Iterator[FoundFile]:
        inner: list[str] = []
        with os.scandir(directory) as entries:
            for entry in entries:
                if not self._is_text(entry.name):
                    continue
                if self._choice.recursive and entry.is_dir(follow_symlinks=False):
                    inner.append(entry.name)
                elif self._wanted(entry.name, folder, every_task=every_task):
                    file = _looked_at(entry, folder)
                    if file is not None:
                        yield file
        for name in sorted(inner):
            if os.path.realpath(directory / name) not in self._others:
                yield from self._walk_inner(
                    directory / name, f"{folder}/{name}" if folder else name, every_task=every_task
                )

    def _is_text(self, name: str) -> bool:
        """Names go into offsets, headers and logs, so they must be text."""
        try:
            name.encode()
        except UnicodeEncodeError:
            if name not in self._told_odd:
                self._told_odd.add(name)
                logger.warning(
                    "The name %s in %s is no UTF-8 text. Rename it; until then it is left out",
                    ascii(name),
                    self._choice.input_path,
                )
            return False
        return True

    def _walk_inner(self, directory: Path, folder: str, *, every_task: bool) -> Iterator[FoundFile]:
        """One that cannot be looked into does not keep the others from being read."""
        try:
            yield from self._walk(directory, folder, every_task=every_task)
        except FileNotFoundError:
            return  # removed meanwhile
        except PermissionError as error:
            if directory not in self._told_closed:
                self._told_closed.add(directory)
                logger.warning("Could not look into %s: %s. It is left out", directory, error.strerror)

    def _wanted(self, name: str, folder: str, *, every_task: bool) -> bool:
        choice = self._choice
        if name.endswith(choice.extension) or not choice.pattern.fullmatch(name):
            return False
        if choice.glob is not None and not choice.glob.fullmatch(f"{folder}/{name}" if folder else name):
            return False
        return every_task or choice.task_count == 1 or task_of(name, choice.task_count) == choice.task_index

    def _flags(self, directory: Path) -> Iterator[Path]:
        for root, folders, names in os.walk(directory):
            if not self._choice.recursive:
                folders.clear()
            for name in names:
                base = name.removesuffix(self._extension)
                if base and base != name and self._choice.pattern.fullmatch(base) and self._is_ours(base):
                    yield Path(root, name)

    def _is_ours(self, name: str) -> bool:
        return self._choice.task_count == 1 or task_of(name, self._choice.task_count) == self._choice.task_index


def _without_extension(path: Path, extension: str) -> Path:
    return path.with_name(path.name.removesuffix(extension))


def _looked_at(entry: os.DirEntry[str], folder: str) -> FoundFile | None:
    try:
        if not entry.is_file():
            return None
        about = entry.stat()
    except FileNotFoundError:
        return None  # removed meanwhile
    return FoundFile(Path(entry.path), folder, about.st_size, about.st_mtime_ns, about.st_ino)
