"""Every frame survives the wire, and what is no frame is refused."""

from __future__ import annotations

import socket
import typing

import msgspec
import pytest

from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import FoundDistribution, PluginDescriptor, PluginFailure, PluginIndex, load_target
from penstock.ids import TaskId
from penstock.log.address import LogAddress, LogKind
from penstock.states import State, TargetState
from penstock.tasks.link import OffsetEntry
from penstock.tasks.spec import WorkerSettings
from penstock.worker import frames, serverframes
from penstock.worker.frames import FRAMES_VERSION, HEADER, MAX_FRAME, FrameError, encode, sendable
from penstock.worker.stream import FrameStream

DESCRIPTOR = PluginDescriptor(PluginKind.SINK, "a.b:C", "org.acme.C", None, "acme")
INDEX = PluginIndex((DESCRIPTOR,), (PluginFailure("bad", None, None, "e"),), (), (FoundDistribution("acme", "1"),))
SETTINGS = WorkerSettings(
    props={"offset.flush.interval.ms": "200"},
    log=LogAddress(LogKind.SQLITE, "/somewhere/log.db", "FULL"),
    index=INDEX,
    worker_id="host:8083",
)
CONFIG: dict[str, str | None] = {"password": "${file:/run/secret:pw}", "null": None, "umlaut": "ü€😀"}
FAILURE = frames.Failure("org.apache.kafka.connect.errors.DataException", "no", "trace\n")

SAMPLES: list[msgspec.Struct] = [
    frames.Hello(SETTINGS, frames.Entries(call="x:y"), "host acme", "[a|worker] ", {"": 20, "a.b": 10}),
    frames.StartTask(3, TaskId("orders", 1), DESCRIPTOR, CONFIG, {"task": "1"}, TargetState.PAUSED, 7),
    frames.StartConnector(4, "orders", DESCRIPTOR, CONFIG, TargetState.STARTED, 8, 9),
    frames.Lease(10_000),
    frames.Transition(4, TargetState.STOPPED, 5),
    frames.Transition(4, TargetState.STARTED),
    frames.Stop(4, 5000),
    frames.Leave(),
    frames.OffsetsStored(4, 1, None),
    frames.OffsetsStored(4, 2, "Failed to flush"),
    frames.OffsetsRead(4, 3, [b"{}", None], None),
    frames.Call(6, None, "validate", {"config": CONFIG, "n": [1, 2.5, b"\x00", None, True]}, DESCRIPTOR),
    frames.Call(7, 4, "task_configs", {"max_tasks": 3}, DESCRIPTOR),
    frames.Levels({"": 30}),
    frames.Up(),
    frames.Ready(4, "1.0", 30_000),
    frames.Ready(4, None, None),
    frames.StateChanged(4, State.FAILED, "org.acme.X: y\n\tat z\n"),
    frames.Offsets(4, 1, [OffsetEntry(b'{"p":1}', b'{"o":2}'), OffsetEntry(b'{"p":2}', None)]),
    frames.ReadOffsets(4, 2, [b'{"p":1}']),
    frames.TopicActive(4, "topic"),
    frames.Reconfigure(4),
    frames.ErrorRaised(4, "trace"),
    frames.Beat(4, 12345),
    frames.Log(30, "a.b", "message\nof two lines", "[orders|task-1] ", 1700000000.25, "MainThread", "Traceback"),
    frames.Result(6, [{"name": "x"}, b"y", None], None),
    frames.Result(7, None, FAILURE),
    frames.Ended(4),
    serverframes.ForkChild(1),
    serverframes.ForkServer(2, "acme", ["a:B"]),
    serverframes.Signal(4711, 9),
    serverframes.Fit(),
    serverframes.Unfit("importing it left threads running: pool"),
    serverframes.Forked(1, 4711),
    serverframes.ForkFailed(1, "[Errno 11] Resource temporarily unavailable"),
    serverframes.Exited(4711, 139),
]
UNIONS = (
    (frames.ToChild, frames.TO_CHILD),
    (frames.ToWorker, frames.TO_WORKER),
    (serverframes.ToServer, serverframes.TO_SERVER),
    (serverframes.FromServer, serverframes.FROM_SERVER),
)


def decoder_of(frame: msgspec.Struct) -> msgspec.msgpack.Decoder[typing.Any]:
    (found,) = [decoder for union, decoder in UNIONS if type(frame) in typing.get_args(union)]
    return found


def pair(decoder: msgspec.msgpack.Decoder[typing.Any]) -> tuple[socket.socket, FrameStream[typing.Any]]:
    ours, theirs = socket.socketpair()
    return ours, FrameStream(theirs, decoder)


@pytest.mark.parametrize("frame", SAMPLES, ids=lambda frame: type(frame).__name__)
def test_a_frame_survives_the_wire(frame: msgspec.Struct) -> None:
    sender, stream = pair(decoder_of(frame))
    with sender:
        sender.sendall(encode(frame) * 2)
        assert list(stream.receive()) == [frame, frame]
    stream.close()


def test_every_frame_has_a_sample() -> None:
    sampled = {type(frame) for frame in SAMPLES}
    assert sampled == {kind for union, _ in UNIONS for kind in typing.get_args(union)}


def test_a_frame_that_comes_in_pieces_is_put_together() -> None:
    frame = frames.TopicActive(1, "x" * 1000)
    sender, stream = pair(frames.TO_WORKER)
    received = []
    with sender:
        for byte in encode(frame):
            sender.sendall(bytes([byte]))
            received += list(stream.receive())
    assert received == [frame]
    stream.close()


def test_another_version_is_refused() -> None:
    sender, stream = pair(frames.TO_WORKER)
    with sender:
        sender.sendall(HEADER.pack(1, FRAMES_VERSION + 1) + b"x")
        with pytest.raises(FrameError, match=r"^The peer speaks version 2 of the frames, this side version 1$"):
            list(stream.receive())
    stream.close()


def test_garbage_is_refused() -> None:
    sender, stream = pair(frames.TO_WORKER)
    with sender:
        sender.sendall(HEADER.pack(3, FRAMES_VERSION) + b"abc")
        with pytest.raises(FrameError, match=r"^A frame cannot be understood: "):
            list(stream.receive())
    stream.close()


def test_an_announced_giant_is_refused() -> None:
    sender, stream = pair(frames.TO_WORKER)
    with sender:
        sender.sendall(HEADER.pack(MAX_FRAME + 1, FRAMES_VERSION))
        with pytest.raises(
            FrameError, match=rf"^A frame of {MAX_FRAME + 1} bytes was announced; the limit is {MAX_FRAME}$"
        ):
            list(stream.receive())
    stream.close()


def test_what_is_no_plain_data_is_refused_where_it_is_sent() -> None:
    with pytest.raises(FrameError, match=r"^Result holds what cannot be sent: "):
        encode(frames.Result(1, object(), None))
    with pytest.raises(FrameError, match=r"^TopicActive of \d+ bytes is larger than a frame may be"):
        encode(frames.TopicActive(1, "x" * (MAX_FRAME + 1)))


def test_lone_surrogates_are_made_sendable() -> None:
    assert sendable("a\udcffb€") == "a\\udcffb€"
    assert encode(frames.ErrorRaised(1, sendable("\udcff")))


def test_what_the_socket_does_not_take_is_kept_and_sent_later() -> None:
    reader, stream = pair(frames.TO_CHILD)
    big = frames.TopicActive(1, "x" * 3_000_000)
    stream.send(big)
    assert stream.unsent > 0
    stream.send(frames.Up())
    received = FrameStream(reader, frames.TO_WORKER)
    got: list[object] = []
    while len(got) < 2:
        stream.flush()
        got += list(received.receive())
    assert got == [big, frames.Up()]
    assert stream.unsent == 0
    stream.close()
    received.close()


def test_the_end_of_the_peer_shows_after_its_last_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.worker.stream.READ_SIZE", 1000)
    sender, stream = pair(frames.TO_WORKER)
    sender.sendall(encode(frames.Up()) * 10_000)
    sender.close()
    assert len(list(stream.receive_all())) == 10_000
    list(stream.receive())
    assert stream.ended
    stream.send(frames.Up())
    assert stream.unsent == 0, "nothing is kept for a peer that is gone"
    stream.close()


def test_the_code_that_children_run_is_where_the_default_entries_say() -> None:
    entries = frames.Entries()
    assert [callable(load_target(target)) for target in (entries.task, entries.connector, entries.call)] == [True] * 3
