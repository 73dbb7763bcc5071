"""A bucket in memory: the same contract as the others, for tests that make many."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import BinaryIO

from penstock.api import ConnectException
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import NoSuchUploadException, NotThereException, PreconditionException
from penstock_s3.storage.store import ALWAYS, ObjectInfo, Part, PendingUpload, Precondition


class MemoryStore:
    """An :class:`ObjectStore`. ``bucket`` None: there is no such bucket."""

    def __init__(self, bucket: str | None = "bucket", asked: str = "bucket") -> None:
        self._bucket = bucket
        self._asked = asked
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self._lock = threading.RLock()
        self._numbers = count(1)

    def check(self) -> None:
        if self._bucket is None:
            raise ConnectException(f"Non-existent S3 bucket: {self._asked}")

    def head(self, key: str) -> ObjectInfo | None:
        found = self._objects.get(key)
        return None if found is None else ObjectInfo(key, len(found[0]), found[1], 0)

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        data = body.read()
        with self._lock:
            there = self._objects.get(key)
            met = precondition == ALWAYS or (
                there is None if precondition.absent else there is not None and there[1] == precondition.etag
            )
            if not met and (there is None or there[0] != data):
                raise PreconditionException(f"{key} is {'absent' if there is None else there[1]}")
            self._objects[key] = (data, f"{_md5(data)}.{next(self._numbers)}")
            return self._objects[key][1]

    def begin_upload(self, key: str) -> str:
        upload_id = f"upload-{next(self._numbers)}"
        self._uploads[upload_id] = (key, {})
        return upload_id

    def upload_part(self, key: str, upload_id: str, number: int, body: Body) -> Part:
        data = body.read()
        self._upload(upload_id)[1][number] = data
        return Part(number, _md5(data), len(data))

    def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[Part], precondition: Precondition = ALWAYS
    ) -> str:
        with self._lock:
            if upload_id not in self._uploads and self._holds(key, parts):
                return self._objects[key][1]
            found = self._upload(upload_id)[1]
            etag = self.put(key, Body.of(b"".join(found[part.number] for part in parts)), precondition)
            del self._uploads[upload_id]
            return etag

    def abort_upload(self, key: str, upload_id: str) -> None:
        self._uploads.pop(upload_id, None)

    def uploads(self, prefix: str) -> Iterator[PendingUpload]:
        for upload_id, (key, _) in list(self._uploads.items()):
            if key.startswith(prefix):
                yield PendingUpload(key, upload_id, 0)

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        assert key in self._objects

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        for key in sorted(self._objects, key=str.encode):
            info = self.head(key)
            if key.startswith(prefix) and key.encode() > after.encode() and info is not None:
                yield info

    def open(self, key: str) -> BinaryIO:
        if key not in self._objects:
            raise NotThereException(f"There is no object {key}")
        return io.BytesIO(self._objects[key][0])

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    def close(self) -> None:
        """Nothing is open."""

    def _upload(self, upload_id: str) -> tuple[str, dict[int, bytes]]:
        if upload_id not in self._uploads:
            raise NoSuchUploadException(f"There is no upload {upload_id}")
        return self._uploads[upload_id]

    def _holds(self, key: str, parts: Sequence[Part]) -> bool:
        data = self._objects.get(key, (b"", ""))[0]
        if key not in self._objects or len(data) != sum(part.size for part in parts):
            return False
        for part in parts:
            if _md5(data[: part.size]) != part.etag:
                return False
            data = data[part.size :]
        return True


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
