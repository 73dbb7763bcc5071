"""What worker and child say to each other: plain data in msgpack, one struct a sentence (design section 4).

A child runs one or several *lanes*: the task it was made for, or the connector instances it hosts. The worker never uses a
lane number twice, so what a stopped connector still says can never be taken for its successor's.
On the wire a frame is a length (4 bytes, big-endian), the protocol's version (1 byte) and the encoded struct.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from penstock.discovery.plugins import PluginDescriptor
from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.tasks.link import OffsetEntry
from penstock.tasks.spec import WorkerSettings

FRAMES_VERSION = 1
"""Raised whenever a frame changes its meaning. A child of another version is refused, never misread."""

MAX_FRAME = 64 * 1024 * 1024
"""Bytes of one frame. Larger ones are taken for garbage: the peer's memory must not be at the mercy of a broken length."""

HEADER = struct.Struct(">IB")


class FrameError(Exception):
    """What arrived is no frame of this version."""


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """The base of all frames: arrays whose first item is the frame's name."""


class Entries(Frame, frozen=True):
    """Where a child finds the code that it runs, as ``"module:name"``: ``tasks.runner.run_task``,
    ``tasks.connector.ConnectorRunner``, ``tasks.plugin_calls.answer``."""

    task: str = "penstock.tasks.runner:run_task"
    connector: str = "penstock.tasks.connector:ConnectorRunner"
    call: str = "penstock.tasks.plugin_calls:answer"


class Failure(Frame, frozen=True):
    """An exception that crossed: its Connect name (or Python class), its text, and its whole trace."""

    kind: str
    message: str
    trace: str


# ---- worker to child


class Hello(Frame, frozen=True, tag="HELLO"):
    """The first frame: what every lane of this process shares. ``title`` is its name in ``ps``, ``context`` the log context
    of what it prints, ``levels`` are logging levels by logger name, "" being the root's."""

    settings: WorkerSettings
    entries: Entries
    title: str
    context: str
    levels: dict[str, int]


class StartTask(Frame, frozen=True, tag="START_TASK"):
    """Run a task on the main thread, then exit. Configs are raw (design decision 13)."""

    lane: int
    task: TaskId
    descriptor: PluginDescriptor
    connector_config: dict[str, str | None]
    task_config: dict[str, str | None]
    target: TargetState
    generation: int


class StartConnector(Frame, frozen=True, tag="START_CONNECTOR"):
    """Run a connector instance on a thread of its own, and bring it to ``target``: RESULT ``call`` tells when it is there.
    The config is raw."""

    lane: int
    name: str
    descriptor: PluginDescriptor
    config: dict[str, str | None]
    target: TargetState
    generation: int
    call: int


class Lease(Frame, frozen=True, tag="LEASE"):
    """The worker is entitled to run this child for so many ms from now. Never sent by a worker that needs no leases."""

    valid_for_ms: int


class Transition(Frame, frozen=True, tag="TRANSITION"):
    """Want another state. With ``call``, RESULT tells when a connector has reached it."""

    lane: int
    target: TargetState
    call: int | None = None


class Stop(Frame, frozen=True, tag="STOP"):
    """End the lane within so many ms from now."""

    lane: int
    deadline_ms: int


class Leave(Frame, frozen=True, tag="LEAVE"):
    """End the process: it hosts nothing any more."""


class OffsetsStored(Frame, frozen=True, tag="OFFSETS_STORED"):
    """The offset store has the entries of OFFSETS ``seq``, or could not take them (``error``)."""

    lane: int
    seq: int
    error: str | None


class OffsetsRead(Frame, frozen=True, tag="OFFSETS_READ"):
    """The answer to READ_OFFSETS ``seq``."""

    lane: int
    seq: int
    values: list[bytes | None]
    error: str | None


class Call(Frame, frozen=True, tag="CALL"):
    """A question to a plugin; RESULT ``call`` is the answer. With a lane it goes to that connector instance, else to a fresh
    thread and an instance of its own."""

    call: int
    lane: int | None
    name: str
    arguments: dict[str, Any]
    descriptor: PluginDescriptor


class Levels(Frame, frozen=True, tag="LEVELS"):
    """Logging levels from now on, as in HELLO."""

    levels: dict[str, int]


# ---- child to worker


class Up(Frame, frozen=True, tag="UP"):
    """The child's first frame: it reads."""


class Ready(Frame, frozen=True, tag="READY"):
    """The plugin was made: its version, and for how many ms resolved references hold."""

    lane: int
    version: str | None
    config_ttl_ms: int | None


class StateChanged(Frame, frozen=True, tag="STATE"):
    """The reported state."""

    lane: int
    state: State
    trace: str | None


class Offsets(Frame, frozen=True, tag="OFFSETS"):
    """Store these source offsets."""

    lane: int
    seq: int
    entries: list[OffsetEntry]


class ReadOffsets(Frame, frozen=True, tag="READ_OFFSETS"):
    """Read the stored offsets of source partitions (JSON)."""

    lane: int
    seq: int
    partitions: list[bytes]


class TopicActive(Frame, frozen=True, tag="TOPIC_ACTIVE"):
    """A topic was used for the first time (KIP-558)."""

    lane: int
    topic: str


class Reconfigure(Frame, frozen=True, tag="RECONFIGURE_REQUESTED"):
    """The connector asks for new task configs."""

    lane: int


class ErrorRaised(Frame, frozen=True, tag="ERROR_RAISED"):
    """The connector raised an error through its context."""

    lane: int
    trace: str


class Beat(Frame, frozen=True, tag="BEAT"):
    """A lane's loop made progress; sent at most once a second."""

    lane: int
    progress: int


class Log(Frame, frozen=True, tag="LOG"):
    """A log record, formatted; the worker writes it. ``created`` is seconds since the epoch."""

    level: int
    logger: str
    message: str
    context: str
    created: float
    thread: str
    trace: str | None


class Result(Frame, frozen=True, tag="RESULT"):
    """The answer to CALL or TRANSITION ``call``: plain data, or why there is none."""

    call: int
    value: Any
    failure: Failure | None


class Ended(Frame, frozen=True, tag="ENDED"):
    """The lane's runner returned: nothing more will come of it."""

    lane: int


ToChild = (
    Hello | StartTask | StartConnector | Lease | Transition | Stop | Leave | OffsetsStored | OffsetsRead | Call | Levels
)
ToWorker = (
    Up
    | Ready
    | StateChanged
    | Offsets
    | ReadOffsets
    | TopicActive
    | Reconfigure
    | ErrorRaised
    | Beat
    | Log
    | Result
    | Ended
)

TO_CHILD: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild)
TO_WORKER: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_ENCODER = msgspec.msgpack.Encoder()


def sendable(text: str) -> str:
    """The text, with lone surrogates (parts of undecodable file names, mostly) written as escapes: they have no bytes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def encode(frame: msgspec.Struct) -> bytes:
    """The bytes of a frame. Raises :class:`FrameError` when it is too large, or holds what is no plain data."""
    try:
        body = _ENCODER.encode(frame)
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError(f"{type(frame).__name__} holds what cannot be sent: {error}") from error
    if len(body) > MAX_FRAME:
        raise FrameError(
            f"{type(frame).__name__} of {len(body)} bytes is larger than a frame may be ({MAX_FRAME} bytes)"
        )
    return HEADER.pack(len(body), FRAMES_VERSION) + body
