"""Source offsets of children: they ask, the worker's offset store answers, and the answer travels back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import msgspec

from penstock.tasks.link import OffsetEntry
from penstock.worker.frames import Offsets, OffsetsRead, OffsetsStored, ReadOffsets, sendable
from penstock.worker.loop import EventLoop


class OffsetStore(Protocol):
    """The worker's offset store, as far as children need it. Any thread; returns at once. ``penstock.storage`` has them."""

    def set(self, connector: str, entries: Sequence[OffsetEntry]) -> Future[None]:
        """Store; done when the log has them (sets of one connector in order), failed with a ConnectException."""

    def get(self, connector: str, partitions: Sequence[bytes]) -> Future[list[bytes | None]]:
        """Read, after everything that was set before."""


Reply = Callable[[msgspec.Struct], None]


class OffsetDesk:
    """Serves OFFSETS and READ_OFFSETS frames. The store completes its futures on threads of its own; replies are sent on
    the supervisor's."""

    def __init__(self, loop: EventLoop, store: OffsetStore) -> None:
        self._loop = loop
        self._store = store

    def serve(self, connector: str, frame: Offsets | ReadOffsets, reply: Reply) -> None:
        """Pass the request on; ``reply`` is called later, and may find that the child is gone."""
        if isinstance(frame, Offsets):
            stored = self._store.set(connector, frame.entries)
            stored.add_done_callback(lambda done: self._answer(reply, _stored(frame, done)))
        else:
            read = self._store.get(connector, frame.partitions)
            read.add_done_callback(lambda done: self._answer(reply, _read(frame, done)))

    def _answer(self, reply: Reply, answer: msgspec.Struct) -> None:
        self._loop.post(lambda: reply(answer))


def _stored(frame: Offsets, done: Future[None]) -> OffsetsStored:
    return OffsetsStored(frame.lane, frame.seq, _error(done))


def _read(frame: ReadOffsets, done: Future[list[bytes | None]]) -> OffsetsRead:
    error = _error(done)
    return OffsetsRead(frame.lane, frame.seq, done.result() if error is None else [], error)


def _error(done: Future[Any]) -> str | None:
    error = done.exception()
    return None if error is None else sendable(str(error) or repr(error))
