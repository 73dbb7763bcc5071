"""Exactly once in every rotation mode, by a small object for each topic partition (spec 6).

``<topics.dir>/.state/<connector>/<topic>/<partition>.json`` holds the offset up to which everything is visible, and the uploads
of a rotation under way. A rotation is: every byte into the store, unseen, as multipart uploads; the manifest with these uploads,
written only if nobody else wrote it since (*this decides*); completing them; the manifest without them. Whoever finds uploads
in a manifest completes them: a rotation once decided is carried through, by its owner or the next. A new owner writes the
manifest first, with a higher epoch; from then on a former owner that still lives can decide nothing.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.api import ConnectException, TopicPartition
from penstock_s3.config.settings import SinkSettings
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import NoSuchUploadException, NotThereException, PreconditionException
from penstock_s3.storage.store import IF_ABSENT, ObjectStore, Part, Precondition, read_all
from penstock_s3.storage.uploading import StagedObject

logger = logging.getLogger(__name__)

_VERSION = 1
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Pending:
    """A rotation that was decided: these uploads become visible, and ``next_offset`` is committed."""

    next_offset: int
    uploads: tuple[StagedObject, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What a manifest says. ``committed`` None: nothing was written yet. ``owner`` is for who reads it."""

    epoch: int
    owner: str
    committed: int | None
    pending: Pending | None = None

    def to_bytes(self) -> bytes:
        """As JSON."""
        pending = self.pending and {
            "next_offset": self.pending.next_offset,
            "uploads": [
                {
                    "key": upload.key,
                    "upload_id": upload.upload_id,
                    "parts": [[part.number, part.etag, part.size] for part in upload.parts],
                }
                for upload in self.pending.uploads
            ],
        }
        fields = {"epoch": self.epoch, "owner": self.owner, "committed": self.committed, "pending": pending}
        return json.dumps({"version": _VERSION, **fields}, indent=1).encode()

    @classmethod
    def from_bytes(cls, key: str, data: bytes) -> State:
        """Raises ConnectException for what no manifest is."""
        try:
            fields: Any = json.loads(data)
            if fields["version"] != _VERSION:
                raise ConnectException(
                    f"The manifest {key} has version {fields['version']}; this version of penstock-s3 reads {_VERSION}. "
                    "Use the version that wrote it"
                )
            pending = fields["pending"] and Pending(
                fields["pending"]["next_offset"], tuple(_upload(upload) for upload in fields["pending"]["uploads"])
            )
            return cls(fields["epoch"], fields["owner"], fields["committed"], pending)
        except (ValueError, KeyError, TypeError) as error:
            raise ConnectException(
                f"The manifest {key} cannot be read: {error!r}. Restore it from a version or backup; without it, delete it "
                "and set the connector's offsets to the end of what is in the bucket"
            ) from error


def manifest_key(root: str, settings: SinkSettings, partition: TopicPartition) -> str:
    """Where the manifest of a topic partition is; ``root`` is what all keys begin with."""
    names = (".state", settings.connector, partition.topic, f"{partition.partition}.json")
    return root + settings.naming.directory_delim.join(names)


def check_preconditions(store: ObjectStore, root: str, settings: SinkSettings) -> None:
    """Raises ConnectException for a store that does not keep to If-Match and If-None-Match: without them two owners of a
    topic partition would not hear of each other."""
    key = manifest_key(root, settings, TopicPartition(f"check-{uuid.uuid4().hex}", 0))
    for precondition, header in ((IF_ABSENT, "If-None-Match"), (Precondition(etag="0" * 32), "If-Match")):
        store.put(key, Body.of(uuid.uuid4().bytes))
        try:
            store.put(key, Body.of(uuid.uuid4().bytes), precondition)
        except PreconditionException:
            continue
        raise ConnectException(
            f"s3.exactly.once.manifest needs a store that keeps to {header}, and this one writes whatever that says. Use "
            "another store, or settings that are exactly once without a manifest (flush.size, a deterministic partitioner)"
        )
    store.delete(key)


class Manifest:
    """The manifest of one topic partition, in the hands of one owner. On the task's thread."""

    def __init__(self, store: ObjectStore, key: str, partition: TopicPartition, owner: str) -> None:
        self._store = store
        self._key = key
        self._partition = partition
        self._owner = owner
        self._state: State | None = None
        self._etag: str | None = None
        self._unsure = False

    @property
    def unsure(self) -> bool:
        """Whether a decision may have reached the store although it was not heard of: then its uploads must not be aborted."""
        return self._unsure

    @property
    def decided(self) -> bool:
        """Whether it names uploads that are to become visible: they must not be aborted either."""
        return self._state is not None and self._state.pending is not None

    @property
    def committed(self) -> int | None:
        """The offset up to which everything is visible; None before anything was."""
        return None if self._state is None else self._state.committed

    @property
    def taken(self) -> bool:
        """Whether :meth:`take` was done."""
        return self._state is not None

    def take(self) -> None:
        """Become the owner: carry through what was decided, then let nobody else decide. May be repeated after a failure.

        Raises StoreRetriableException; ConnectException when the manifest is damaged or others take it all the time."""
        for _ in range(_TRIES):
            found = self._read()
            committed = None if found is None else self._carried_through(found[0])
            epoch = 1 if found is None else found[0].epoch + 1
            mine = State(epoch, self._owner, committed)
            try:
                precondition = IF_ABSENT if found is None else Precondition(etag=found[1])
                self._etag = self._store.put(self._key, Body.of(mine.to_bytes()), precondition)
            except PreconditionException:
                continue  # a former owner decided something meanwhile, or a later one came
            self._state = mine
            return
        raise ConnectException(
            f"The manifest {self._key} was changed by others {_TRIES} times in a row; who else writes it?"
        )

    def let_go(self) -> None:
        """The files of a decision were given up: what stands in the store counts, and the next :meth:`take` carries it through."""
        self._state, self._unsure = None, False

    def decide(self, next_offset: int, uploads: Sequence[StagedObject]) -> None:
        """From now on these uploads will become visible, whatever happens. Raises ConnectException when another owner took
        over, StoreRetriableException when it is not known: then call again with the same."""
        self._write(replace(self._mine, pending=Pending(next_offset, tuple(uploads))))

    def carried_out(self) -> None:
        """They are visible. Raises as above."""
        if self._mine.pending is not None:
            self._write(replace(self._mine, committed=self._mine.pending.next_offset, pending=None))

    @property
    def _mine(self) -> State:
        assert self._state is not None, "the manifest was taken"
        return self._state

    def _write(self, state: State) -> None:
        if state == self._state:
            return
        assert self._etag is not None
        self._unsure = True
        try:
            self._etag = self._store.put(self._key, Body.of(state.to_bytes()), Precondition(etag=self._etag))
        except PreconditionException as error:
            self._unsure = False
            raise ConnectException(
                f"Another task has taken over {self._partition} (the manifest {self._key} is not that of {self._owner}, epoch "
                f"{state.epoch}, any more). This task writes nothing more of it, so that nothing is there twice"
            ) from error
        self._state, self._unsure = state, False

    def _read(self) -> tuple[State, str] | None:
        """The manifest as it is, with its etag: read between two looks that see the same."""
        while True:
            info = self._store.head(self._key)
            if info is None:
                return None
            try:
                data = read_all(self._store, self._key)
            except NotThereException:
                continue
            again = self._store.head(self._key)
            if again is not None and again.etag == info.etag:
                return State.from_bytes(self._key, data), info.etag

    def _carried_through(self, found: State) -> int | None:
        """Complete what was decided; the offset that is committed then."""
        if found.pending is None:
            return found.committed
        logger.info(
            "%s: completing %d objects that epoch %d (%s) had decided to write",
            self._partition,
            len(found.pending.uploads),
            found.epoch,
            found.owner,
        )
        try:
            for upload in found.pending.uploads:
                self._store.complete_upload(upload.key, upload.upload_id, upload.parts)
        except NoSuchUploadException:
            return self._taken_back(found, found.pending)
        return found.pending.next_offset

    def _taken_back(self, found: State, pending: Pending) -> int | None:
        """Somebody aborted an upload (a lifecycle rule?): what became visible of its rotation goes, and all is read again."""
        logger.warning(
            "%s: an upload of a rotation under way was aborted by somebody; the other objects of that rotation are removed, "
            "and its records are written again from offset %s",
            self._partition,
            found.committed,
        )
        for upload in pending.uploads:
            try:
                self._store.complete_upload(upload.key, upload.upload_id, upload.parts)
            except NoSuchUploadException:
                continue
            self._store.delete(upload.key)
        return found.committed


def _upload(fields: Any) -> StagedObject:
    parts = tuple(Part(number, etag, size) for number, etag, size in fields["parts"])
    return StagedObject(fields["key"], fields["upload_id"], parts)
