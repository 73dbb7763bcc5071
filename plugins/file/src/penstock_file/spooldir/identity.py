"""Is this the file of which an offset tells, or another one under the same name?

SpoolDir knows files by name only: it skips the first records of a new file because an older one had the same name. So beside
SpoolDir's ``offset`` stands what the file looked like: its inode, size and time of change, and fingerprints of its first and of
its last kilobyte. SpoolDir reads over them, and an offset without them is one that it stored: then the name must do.
"""

from __future__ import annotations

import enum
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock.api import ConnectException
from penstock_file.spooldir.names import Identity

OFFSET: Final = "offset"
FILE_NAME: Final = "fileName"
INODE: Final = "inode"
HEAD: Final = "head"
_SIZE, _MODIFIED, _TAIL, _FINISHED = "size", "modified", "tail", "finished"
_LOOKED_AT = 1024
"""Bytes at the beginning and the end that a fingerprint covers."""


@dataclass(frozen=True, slots=True)
class FileLook:
    """What tells a file from others, as it was when it was opened."""

    inode: int
    size: int
    modified_ns: int
    head: str
    tail: str

    @classmethod
    def of(cls, descriptor: int) -> FileLook:
        """Look at an open file. Raises OSError."""
        about = os.fstat(descriptor)
        size = about.st_size
        return cls(about.st_ino, size, about.st_mtime_ns, head_of(descriptor, size), tail_of(descriptor, size))

    def at_end(self, descriptor: int, read: int) -> FileLook:
        """The look of a file of which ``read`` bytes were read to the end. Raises OSError.

        What was added since is not a part of it, so that it is known as a file that has grown.
        """
        about = os.fstat(descriptor)
        if (about.st_size, about.st_mtime_ns) == (self.size, self.modified_ns):
            return self
        modified_ns = about.st_mtime_ns if about.st_size == read else self.modified_ns
        return FileLook(self.inode, read, modified_ns, head_of(descriptor, read), tail_of(descriptor, read))

    def is_of(self, about: os.stat_result) -> bool:
        """Whether the file is as it was."""
        return (about.st_ino, about.st_size, about.st_mtime_ns) == (self.inode, self.size, self.modified_ns)

    def fields(self) -> dict[str, object]:
        """What is stored beside ``offset``."""
        return {
            INODE: self.inode,
            _SIZE: self.size,
            _MODIFIED: self.modified_ns,
            HEAD: self.head,
            _TAIL: self.tail,
        }


def head_of(descriptor: int, size: int) -> str:
    """A fingerprint of the beginning of a file that has ``size`` bytes."""
    return _digest(descriptor, 0, min(size, _LOOKED_AT))


def tail_of(descriptor: int, size: int) -> str:
    """A fingerprint of what lies before byte ``size``."""
    start = max(0, size - _LOOKED_AT)
    return _digest(descriptor, start, size - start)


def _digest(descriptor: int, start: int, count: int) -> str:
    return hashlib.blake2b(os.pread(descriptor, count, start), digest_size=8).hexdigest()


class Verdict(enum.Enum):
    """What an offset tells of a file."""

    NONE = enum.auto()
    """Nothing is stored: the file is new."""
    UNKNOWN = enum.auto()
    """SpoolDir stored it, which knows names only."""
    SAME = enum.auto()
    GROWN = enum.auto()
    """The same, with more at its end."""
    OTHER = enum.auto()
    """Another file, or the same with another content."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored offset. ``record`` is the number of the last record that is durable, as SpoolDir counts."""

    record: int | None
    fields: Mapping[str, object]

    @classmethod
    def read(cls, offset: Mapping[str, object] | None, where: str) -> Stored:
        """Raises ConnectException for an offset that is no number."""
        record = None if offset is None else offset.get(OFFSET)
        if record is not None and (not isinstance(record, int) or isinstance(record, bool)):
            raise ConnectException(
                f"The stored offset of {where} has {record!r} as its '{OFFSET}', which is no number. Reset the connector's "
                "offsets, or set this one to the number of records that are done"
            )
        return cls(record, offset or {})

    @property
    def finished(self) -> bool:
        """Whether the record was the last one of its file."""
        return self.fields.get(_FINISHED) is True

    @property
    def size(self) -> int:
        """How much of the file there was."""
        size = self.fields.get(_SIZE)
        return size if isinstance(size, int) else 0

    def verdict(self, descriptor: int, look: FileLook, *, finished_files_leave: bool, is_left: bool) -> Verdict:
        """Compare with an open file; ``is_left`` when it is known that the file was not cleaned up. Raises OSError.

        Where it may be either, it is taken for another one: records come twice then, but none is lost.
        """
        fields = self.fields
        if self.record is None:
            return Verdict.NONE
        size = self.size
        if HEAD not in fields:
            return Verdict.UNKNOWN
        if (
            look.size < size
            or head_of(descriptor, size) != fields[HEAD]
            or tail_of(descriptor, size) != fields.get(_TAIL)
        ):
            return Verdict.OTHER
        if self.finished and finished_files_leave and look.inode != fields.get(INODE):
            # A finished file is still here only if a kill came before it was moved. So the same name was used again.
            return Verdict.OTHER
        if look.size > size:
            # The inode of a file that was deleted may be that of a new one, which may begin in the same way.
            may_be_new = self.finished and finished_files_leave and not is_left
            return Verdict.OTHER if may_be_new else Verdict.GROWN
        return Verdict.SAME if look.modified_ns == fields.get(_MODIFIED) else Verdict.OTHER

    def is_of(self, look: FileLook) -> bool:
        """Whether the offset was stored for a file that looked exactly like this."""
        return {name: self.fields.get(name) for name in look.fields()} == look.fields()


def partition_of(identity: Identity, relative: str, inode: int) -> dict[str, object]:
    """The source partition of a file."""
    return {INODE: inode} if identity is Identity.INODE else {FILE_NAME: relative}


def offset_of(record: int, look: FileLook, relative: str, *, finished: bool) -> dict[str, object]:
    """What is stored for a record."""
    offset: dict[str, object] = {OFFSET: record, FILE_NAME: relative, **look.fields()}
    if finished:
        offset[_FINISHED] = True
    return offset
