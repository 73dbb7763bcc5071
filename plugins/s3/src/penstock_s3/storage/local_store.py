"""A directory that stands for a bucket (``store.url=file:///DIR``): for trying out, for tests, for a mounted file system.

Objects are files under ``DIR/BUCKET``; what is unfinished lies in ``DIR/BUCKET/.penstock`` on the same file system. A file
appears whole by a rename or link, after fsync, so that neither kill -9 nor a power cut shows half an object. One lock keeps
writes with a precondition apart, also between processes. Tags are not kept.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from penstock.api import ConnectException
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import (
    NoSuchUploadException,
    NotThereException,
    PreconditionException,
    StoreException,
    StoreRetriableException,
)
from penstock_s3.storage.local_names import INSIDE, key_of, path_of
from penstock_s3.storage.store import ALWAYS, ObjectInfo, Part, PendingUpload, Precondition

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EAGAIN, errno.ETIMEDOUT})
_BLOCK = 1 << 20


class LocalStore:
    """An :class:`ObjectStore`. ``fsync`` False leaves durability to the operating system (tests)."""

    def __init__(self, root: Path, bucket: str, *, fsync: bool = True) -> None:
        self._bucket = bucket
        self._root = root / bucket
        self._inside = self._root / INSIDE
        self._fsync = fsync

    def check(self) -> None:
        if not self._bucket or not self._root.is_dir():
            raise ConnectException(f"Non-existent S3 bucket: {self._bucket}")

    def head(self, key: str) -> ObjectInfo | None:
        path = self._path(key)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return None if path.is_dir() else _info(key, status)

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        with self._translated(f"write {key}"):
            written = self._inside / f"put-{uuid.uuid4().hex}"
            self._write(written, body)
            return self._show(written, key, precondition)

    def begin_upload(self, key: str) -> str:
        upload_id = uuid.uuid4().hex
        with self._translated(f"begin an upload of {key}"):
            begun = json.dumps({"key": key, "begun_ms": time.time_ns() // 1_000_000})
            self._write(self._inside / "uploads" / upload_id / "begun.json", Body.of(begun.encode()))
        return upload_id

    def upload_part(self, key: str, upload_id: str, number: int, body: Body) -> Part:
        folder = self._upload(key, upload_id)
        with self._translated(f"upload part {number} of {key}"):
            written = folder / f"{number:05d}.{uuid.uuid4().hex}"
            digest = self._write(written, body)
            written.replace(folder / f"{number:05d}.part")
        return Part(number, digest, body.size)

    def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[Part], precondition: Precondition = ALWAYS
    ) -> str:
        try:
            folder = self._upload(key, upload_id)
        except NoSuchUploadException:
            if self._holds(self._path(key), parts):
                return _info(key, self._path(key).stat()).etag
            raise
        with self._translated(f"complete {key}"):
            whole = folder / f"whole.{uuid.uuid4().hex}"
            self._write(whole, Body([_FilePart(folder / f"{part.number:05d}.part", part.size) for part in parts]))
            etag = self._show(whole, key, precondition)
            shutil.rmtree(folder, ignore_errors=True)
            return etag

    def abort_upload(self, key: str, upload_id: str) -> None:  # noqa: ARG002  # the id says it all
        shutil.rmtree(self._inside / "uploads" / upload_id, ignore_errors=True)

    def uploads(self, prefix: str) -> Iterator[PendingUpload]:
        for begun in sorted((self._inside / "uploads").glob("*/begun.json")):
            with contextlib.suppress(FileNotFoundError):  # completed meanwhile
                found = json.loads(begun.read_bytes())
                if found["key"].startswith(prefix):
                    yield PendingUpload(found["key"], begun.parent.name, found["begun_ms"])

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """A directory keeps no tags."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        found: list[ObjectInfo] = []
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root and INSIDE in folders:
                folders.remove(INSIDE)
            for name in names:
                path = Path(folder, name)
                key = key_of(path.relative_to(self._root))
                if key.startswith(prefix) and key.encode() > after.encode():
                    with contextlib.suppress(FileNotFoundError):
                        found.append(_info(key, path.stat()))
        yield from sorted(found, key=lambda info: info.key.encode())

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotThereException(f"There is no object {key} in {self._root}") from error

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._path(key).unlink()

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, key: str) -> Path:
        return self._root / path_of(key)

    def _upload(self, key: str, upload_id: str) -> Path:
        folder = self._inside / "uploads" / upload_id
        if not folder.is_dir():
            raise NoSuchUploadException(f"There is no upload {upload_id} of {key} in {self._root}")
        return folder

    def _write(self, path: Path, body: Body) -> str:
        """A new file with these bytes, durable; their MD5."""
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.md5(usedforsecurity=False)
        with path.open("wb") as out:
            for chunk in body:
                out.write(chunk)
                digest.update(chunk)
            out.flush()
            if self._fsync:
                os.fsync(out.fileno())
        return digest.hexdigest()

    def _show(self, written: Path, key: str, precondition: Precondition) -> str:
        path = self._path(key)
        self._make_folders(path.parent)
        if precondition == ALWAYS:
            written.replace(path)
        else:
            with self._locked():
                self._check(path, key, written, precondition)
                written.replace(path)
        self._sync(path.parent)
        return _info(key, path.stat()).etag

    def _check(self, path: Path, key: str, written: Path, precondition: Precondition) -> None:
        found = _info(key, path.stat()) if path.exists() else None
        met = found is None if precondition.absent else found is not None and found.etag == precondition.etag
        if met or (found is not None and _same(path, written)):
            return
        written.unlink()
        wanted = "to be absent" if precondition.absent else f"with the etag {precondition.etag}"
        raise PreconditionException(f"{key} was expected {wanted}, but there is {found}")

    def _make_folders(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for each in missing:
            self._sync(each.parent)

    def _sync(self, folder: Path) -> None:
        if not self._fsync:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _holds(self, path: Path, parts: Sequence[Part]) -> bool:
        """Whether the file's bytes are those of the parts."""
        if not path.is_file() or path.stat().st_size != sum(part.size for part in parts):
            return False
        with path.open("rb") as stream:
            return all(hashlib.md5(stream.read(p.size), usedforsecurity=False).hexdigest() == p.etag for p in parts)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._inside / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # goes with a process that dies
            yield

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            told = f"Could not {what} in {self._root}: {error.strerror}"
            if error.errno in _FULL:
                raise StoreRetriableException(told) from error
            raise StoreException(told) from error


class _FilePart:
    """A part on disk as a chunk."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self.size = size

    def read(self) -> bytes:
        return self._path.read_bytes()


def _info(key: str, status: os.stat_result) -> ObjectInfo:
    etag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
    return ObjectInfo(key, status.st_size, etag, status.st_mtime_ns // 1_000_000)


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(_BLOCK):
            if block != right.read(_BLOCK):
                return False
    return True
