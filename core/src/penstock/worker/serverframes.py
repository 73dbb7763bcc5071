"""What the worker and its forkservers say to each other; on the wire as the other frames are."""

from __future__ import annotations

import msgspec


class Request(msgspec.Struct, frozen=True, array_like=True):
    """The base of what the worker asks."""


class ForkChild(Request, frozen=True, tag="FORK_CHILD"):
    """Fork a child. Three file descriptors come along: its frame socket, its output pipe, its file for stacks."""

    token: int


class ForkServer(Request, frozen=True, tag="FORK_SERVER"):
    """Fork a server of distribution ``name`` that has ``targets`` imported. Two file descriptors come along: its socket, its output pipe."""

    token: int
    name: str
    targets: list[str]


class Signal(Request, frozen=True, tag="SIGNAL"):
    """Send a signal to a child of this server, which has not been reaped: so it reaches no stranger with the same pid."""

    pid: int
    signum: int


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The base of what a server tells."""


class Fit(Reply, frozen=True, tag="FIT"):
    """Everything is imported, and forking is safe."""


class Unfit(Reply, frozen=True, tag="UNFIT"):
    """This server must not fork; it ends."""

    reason: str


class Forked(Reply, frozen=True, tag="FORKED"):
    """The child or server ``token`` has this process id."""

    token: int
    pid: int


class ForkFailed(Reply, frozen=True, tag="FORK_FAILED"):
    """There is no child ``token``: the machine has no room for another process."""

    token: int
    error: str


class Exited(Reply, frozen=True, tag="EXITED"):
    """A child or server ended, with what ``waitpid`` gave."""

    pid: int
    status: int


ToServer = ForkChild | ForkServer | Signal
FromServer = Fit | Unfit | Forked | ForkFailed | Exited

TO_SERVER: msgspec.msgpack.Decoder[ToServer] = msgspec.msgpack.Decoder(ToServer)
FROM_SERVER: msgspec.msgpack.Decoder[FromServer] = msgspec.msgpack.Decoder(FromServer)
