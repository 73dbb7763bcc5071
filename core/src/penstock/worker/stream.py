"""A non-blocking stream of frames over a socket; the same class at both ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from penstock.worker.frames import FRAMES_VERSION, HEADER, MAX_FRAME, FrameError, encode

Received = TypeVar("Received")

READ_SIZE = 256 * 1024
"""Bytes taken at one turn, so that one busy child leaves room for the others."""


class FrameStream(Generic[Received]):
    """Belongs to one thread. Nothing here waits: what cannot be sent now is kept, and ``unsent`` tells how much that is."""

    def __init__(self, sock: socket.socket, decoder: msgspec.msgpack.Decoder[Received]) -> None:
        sock.setblocking(False)
        self.socket = sock
        self._decoder = decoder
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self.ended = False
        """Whether the peer closed its end, or died."""

    @property
    def unsent(self) -> int:
        """Bytes that wait for the peer to read."""
        return len(self._outgoing)

    def send(self, frame: msgspec.Struct) -> None:
        """Send as much as the socket takes and keep the rest. Raises :class:`FrameError` for what cannot be encoded."""
        self.send_encoded(encode(frame))

    def send_encoded(self, data: bytes) -> None:
        """As :meth:`send`, for a frame that was encoded before."""
        self._outgoing += data
        self.flush()

    def flush(self) -> None:
        """Send more of what is kept. Once the peer is gone, everything is dropped."""
        try:
            while self._outgoing:
                del self._outgoing[: self.socket.send(self._outgoing)]
        except BlockingIOError:
            return
        except OSError:  # the peer closed its end; reading tells the rest
            self._outgoing.clear()

    def receive(self) -> Iterator[Received]:
        """The frames that are there, from one turn's reading. Sets ``ended`` at the end of the stream. Raises
        :class:`FrameError` for anything that is no frame of this version."""
        try:
            data = self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:  # a reset is an end like any other
            data = b""
        if not data:
            self.ended = True
            return
        self._incoming += data
        yield from self._frames()

    def receive_all(self) -> Iterator[Received]:
        """Everything that a peer which died had sent: a socket keeps what was written to it."""
        while not self.ended and self._readable():
            yield from self.receive()

    def close(self) -> None:
        """Close the socket; the peer sees the end."""
        with suppress(OSError):  # closing is all that is left to do with it
            self.socket.close()
        self.ended = True

    def _readable(self) -> bool:
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _frames(self) -> Iterator[Received]:
        buffer = self._incoming
        while len(buffer) >= HEADER.size:
            length, version = HEADER.unpack_from(buffer)
            if version != FRAMES_VERSION:
                raise FrameError(f"The peer speaks version {version} of the frames, this side version {FRAMES_VERSION}")
            if length > MAX_FRAME:
                raise FrameError(f"A frame of {length} bytes was announced; the limit is {MAX_FRAME}")
            end = HEADER.size + length
            if len(buffer) < end:
                return
            body = bytes(buffer[HEADER.size : end])
            del buffer[:end]
            try:
                frame = self._decoder.decode(body)
            except msgspec.MsgspecError as error:
                raise FrameError(f"A frame cannot be understood: {error}") from error
            yield frame
