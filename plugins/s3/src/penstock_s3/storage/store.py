"""The seam to where objects are kept: S3, a local directory, later other clouds.

One contract suite (``tests/plugins/s3/storage/contract.py``) holds for every store. Calls block and may come from several
threads at once. Each raises :class:`StoreRetriableException` when it may help to ask again later and
:class:`StoreException` when not; a call that raised may have been carried out all the same (a lost answer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from penstock_s3.storage.body import Body


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as listed: size in bytes, ``etag`` without quotes, last change in ms since the epoch."""

    key: str
    size: int
    etag: str
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Part:
    """An uploaded part of a multipart upload; numbers begin with 1."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """A multipart upload that was neither completed nor aborted; begun in ms since the epoch."""

    key: str
    upload_id: str
    begun_ms: int


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold for a write to happen; nothing by default. At most one of the two."""

    absent: bool = False
    etag: str | None = None


ALWAYS = Precondition()
IF_ABSENT = Precondition(absent=True)


class ObjectStore(Protocol):
    """A bucket."""

    def check(self) -> None:
        """Raises ConnectException "Non-existent S3 bucket: NAME" when there is no such bucket (spec 9.5)."""

    def head(self, key: str) -> ObjectInfo | None:
        """What is there under this key, None for nothing. Raises ForbiddenException for 403."""

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        """Write a whole object at once, visible when this returns and durable; its etag. Raises PreconditionException, but
        not when the very same bytes are there: then an earlier answer was lost."""

    def begin_upload(self, key: str) -> str:
        """Begin a multipart upload; its id. Nothing is visible under ``key``."""

    def upload_part(self, key: str, upload_id: str, number: int, body: Body) -> Part:
        """Add a part, or replace that of the same number. Raises NoSuchUploadException."""

    def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[Part], precondition: Precondition = ALWAYS
    ) -> str:
        """Make the object of these parts visible, all or nothing; its etag. Repeatable: an upload that was completed before,
        by whomever, counts as completed now. Raises NoSuchUploadException, PreconditionException."""

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop an upload with its parts; one that is not there is no error."""

    def uploads(self, prefix: str) -> Iterator[PendingUpload]:
        """The multipart uploads under a prefix that are neither completed nor aborted."""

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Replace the tags of an object."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """The objects under a prefix in the order of their keys' bytes, beginning behind ``after``."""

    def open(self, key: str) -> BinaryIO:
        """Read an object from its beginning; to be closed by the caller. Raises NotThereException; reading may raise
        StoreRetriableException when the connection breaks off."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""

    def close(self) -> None:
        """Release connections. Idempotent."""


def read_all(store: ObjectStore, key: str) -> bytes:
    """A small object's bytes. Raises NotThereException."""
    with store.open(key) as stream:
        return stream.read()
