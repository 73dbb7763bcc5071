"""One object being written: buffered, then sent in one request or in parts (spec 9.1; design of section 12).

An object that fits in a part is sent with one PutObject when it is finished. A larger one becomes a multipart upload
whose full parts are sent by a few threads while the task goes on encoding.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from penstock_s3.storage.buffers import BufferPool, PartBuffer
from penstock_s3.storage.errors import StoreException
from penstock_s3.storage.store import ALWAYS, ObjectStore, Part, Precondition

MOST_PARTS = 10_000
PARTS_IN_FLIGHT = 2
"""Parts of one task that are sent at the same time, and are in memory for that."""


class FileState(enum.Enum):
    """Where an object stands."""

    BUFFERING = enum.auto()
    """Nothing was sent."""
    UPLOADING = enum.auto()
    """A multipart upload was begun."""
    STAGED = enum.auto()
    """The store has every part, and shows none."""
    VISIBLE = enum.auto()
    DROPPED = enum.auto()


_NEXT = {
    FileState.BUFFERING: {FileState.UPLOADING, FileState.VISIBLE, FileState.DROPPED},
    FileState.UPLOADING: {FileState.STAGED, FileState.DROPPED},
    FileState.STAGED: {FileState.VISIBLE, FileState.DROPPED},
    FileState.VISIBLE: set(),
    FileState.DROPPED: set(),
}


@dataclass(frozen=True, slots=True)
class StagedObject:
    """A multipart upload that only needs to be completed, by whomever."""

    key: str
    upload_id: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of the object."""
        return sum(part.size for part in self.parts)


class PartThreads:
    """The threads that send parts for a task, made at the first need."""

    def __init__(self, count: int = PARTS_IN_FLIGHT) -> None:
        self._count = count
        self._executor: ThreadPoolExecutor | None = None
        self._flying: set[Future[Part]] = set()
        self._lock = threading.Lock()

    def submit(self, store: ObjectStore, staged: tuple[str, str, int], part: PartBuffer) -> Future[Part]:
        """Send a part; waits while as many are under way as may be. ``staged`` is key, upload and number."""
        with self._lock:
            while len(self._flying) >= self._count:
                self._flying = wait(self._flying, return_when=FIRST_COMPLETED).not_done
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self._count, thread_name_prefix="s3-parts")
            sending = self._executor.submit(store.upload_part, *staged, part.body())
            self._flying.add(sending)
            return sending

    def close(self) -> None:
        """Wait for what is under way. Idempotent."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None


class ObjectFile:
    """An object on its way. On the task's thread; :meth:`stage` and :meth:`finish` from any one thread while the task waits.

    A call that raises :class:`StoreRetriableException` may be repeated: nothing that was written is lost, and what the
    store has already is not sent again.
    """

    def __init__(self, store: ObjectStore, pool: BufferPool, threads: PartThreads, key: str, part_size: int) -> None:
        self.key = key
        self.state = FileState.BUFFERING
        self.size = 0
        self._store = store
        self._threads = threads
        self._part_size = part_size
        self._buffer = pool.buffer(part_size)
        self._upload_id: str | None = None
        self._staged: StagedObject | None = None
        self._sending: dict[int, tuple[PartBuffer, Future[Part]]] = {}
        self._sent: dict[int, Part] = {}
        self._next_number = 1

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Take all of ``data``; never waits for the store."""
        self.size += len(data)
        return self._buffer.write(data)

    @property
    def waiting(self) -> int:
        """Bytes that the store does not have."""
        return self._buffer.size

    def send_full_parts(self) -> None:
        """Send what fills parts, if something stands behind them. Raises what the store raises."""
        if self._buffer.size <= self._part_size or not self._buffer.full_parts:
            return
        self._collect(block=False)
        self._send(self._buffer.parts[: self._buffer.full_parts])

    def stage(self) -> StagedObject:
        """Have everything in the store, unseen."""
        if self._staged is None:
            self._send(self._buffer.parts if self._buffer.size or not self._sent else ())
            self._collect(block=True)
            assert self._upload_id is not None
            parts = tuple(self._sent[number] for number in sorted(self._sent))
            self._staged = StagedObject(self.key, self._upload_id, parts)
            self._move(FileState.STAGED)
        return self._staged

    def finish(self, precondition: Precondition = ALWAYS) -> None:
        """Make the object visible and durable. Raises PreconditionException; StoreException when the upload is lost."""
        if self.state is FileState.VISIBLE:
            return
        if self.state is FileState.BUFFERING and len(self._buffer.parts) == 1:
            self._put(precondition)
        else:
            staged = self.stage()
            self._store.complete_upload(staged.key, staged.upload_id, staged.parts, precondition)
            self._move(FileState.VISIBLE)

    def drop(self, *, abort: bool = True) -> None:
        """Give up what was not made visible; without ``abort`` its upload stays for somebody else to complete. Raises what
        the store raises for the upload; memory is free all the same."""
        if self.state in (FileState.VISIBLE, FileState.DROPPED):
            return
        self._move(FileState.DROPPED)
        wait([sending for _, sending in self._sending.values()])
        self._sending.clear()
        self._buffer.clear()
        if self._upload_id is not None and abort:
            self._store.abort_upload(self.key, self._upload_id)

    def release(self) -> None:
        """Free the memory of an object that is visible, or that somebody else finishes. On the task's thread."""
        self._buffer.clear()

    def _put(self, precondition: Precondition) -> None:
        self._store.put(self.key, self._buffer.parts[0].body(), precondition)
        self._move(FileState.VISIBLE)

    def _send(self, parts: Sequence[PartBuffer]) -> None:
        if self.state is FileState.BUFFERING:
            self._upload_id = self._store.begin_upload(self.key)
            self._move(FileState.UPLOADING)
        assert self._upload_id is not None
        under_way = {id(part) for part, _ in self._sending.values()}
        for part in parts:
            if id(part) not in under_way:
                self._submit(self._next_number, part)
                self._next_number += 1

    def _submit(self, number: int, part: PartBuffer) -> None:
        assert self._upload_id is not None
        if number > MOST_PARTS:
            raise StoreException(
                f"{self.key} has more than {MOST_PARTS} parts of {self._part_size} bytes, which S3 does not take. Raise "
                "'s3.part.size', or lower 'flush.size'"
            )
        part.pinned = True
        self._sending[number] = part, self._threads.submit(self._store, (self.key, self._upload_id, number), part)

    def _collect(self, *, block: bool) -> None:
        """Take note of parts that were sent, of failed ones by sending them once more later. Raises the first failure."""
        failure: BaseException | None = None
        for number, (part, sending) in sorted(self._sending.items()):
            if not block and not sending.done():
                continue
            error = sending.exception()
            if error is None:
                self._sent[number] = sending.result()
                del self._sending[number]
                self._buffer.drop(part)
            else:
                failure = failure or error
        if failure is None:
            return
        for number, (part, sending) in sorted(self._sending.items()):
            if sending.done() and sending.exception() is not None:
                self._submit(number, part)
        raise failure

    def _move(self, state: FileState) -> None:
        assert state in _NEXT[self.state], f"{self.key}: {self.state.name} → {state.name}"
        self.state = state
