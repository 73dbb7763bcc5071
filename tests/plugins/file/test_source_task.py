"""The source task on real files: what grows, is cut, replaced, missing or badly encoded."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import ConnectException, Schema, SourceBatch
from penstock_file.source_task import LEAST_READ, FileStreamSourceTask
from tests.plugins.fakes import FakeOffsets, FakeSourceContext, started_source
from tests.plugins.file.test_lines import contents, java_lines


class Running:
    """A started task and its file."""

    def __init__(self, path: Path, offsets: FakeOffsets | None = None, **options: str) -> None:
        self.path = path
        self.task = FileStreamSourceTask()
        props = {"file": str(path), "topic": "t", **{key.replace("_", "."): value for key, value in options.items()}}
        self.context: FakeSourceContext = started_source(self.task, props, offsets)
        self.positions: list[object] = []

    def batches(self) -> list[SourceBatch]:
        """Poll until there is nothing new."""
        found = []
        waits = len(self.context.waits)
        while len(self.context.waits) == waits:
            batch = self.task.poll()
            if batch is not None:
                assert batch.source_offsets is not None
                self.positions += [offset["position"] for offset in batch.source_offsets if offset is not None]
                found.append(batch)
        return found

    def lines(self) -> list[object]:
        return [value for batch in self.batches() for value in batch.values]

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def stored(path: Path, position: object) -> FakeOffsets:
    offsets = FakeOffsets()
    offsets.stored.append(({"filename": str(path)}, {"position": position}))
    return offsets


def test_a_batch_is_as_connects_records_are(log: Path) -> None:
    log.write_bytes("ä\nb\r\nc".encode())
    batch = Running(log).batches()[0]

    record = batch.records()[0]

    assert (record.topic, record.value, record.value_schema, record.key, record.kafka_partition) == (
        "t", "ä", Schema.STRING, None, None,
    )  # fmt: skip
    assert record.source_partition == {"filename": str(log)}
    assert record.source_offset == {"position": 3}
    assert record.timestamp is not None
    assert record.timestamp > 1_700_000_000_000
    assert list(batch.values) == ["ä", "b"]
    assert batch.source_offsets is not None
    assert batch.source_offsets[-1] == {"position": 6}


def test_the_last_line_waits_until_it_ends(log: Path) -> None:
    log.write_bytes(b"a")
    running = Running(log)

    assert running.lines() == []
    running.append(b"b")
    assert running.lines() == []
    running.append(b"\n")
    assert running.lines() == ["ab"]
    running.append(b"c\nd\ne")
    assert running.lines() == ["c", "d"]
    running.append(b"f\n")
    assert running.lines() == ["ef"]
    assert running.positions == [3, 5, 7, 10]


def test_a_batch_holds_at_most_batch_size_lines_and_none_is_left_lying(log: Path) -> None:
    log.write_bytes(b"ab\n" * 10 + b"c\r\nd\re\n")
    running = Running(log, batch_size="7")

    batches = running.batches()

    assert [len(batch) for batch in batches] == [7, 6]
    assert running.positions == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 35, 37]


@pytest.mark.parametrize("size", ["0", "-5", "1"])
def test_a_batch_has_at_least_one_line(log: Path, size: str) -> None:
    log.write_bytes(b"a\nb\n")

    assert [len(batch) for batch in Running(log, batch_size=size).batches()] == [1, 1]


def test_poll_waits_only_when_there_is_nothing_and_then_ever_longer_up_to_a_second(log: Path) -> None:
    log.write_bytes(b"x\n" * 100_000)
    running = Running(log)
    running.lines()
    assert running.context.waits == [0.05]

    for _ in range(6):
        running.task.poll()
    assert running.context.waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]

    running.append(b"y\n")
    assert running.lines() == ["y"]
    assert running.context.waits[-1] == 0.05


@settings(max_examples=60, deadline=None)
@given(
    written=st.lists(contents, max_size=6),
    batch_size=st.integers(0, 5),
    restarts=st.lists(st.integers(0, 30), max_size=4),
)
def test_any_growth_batch_size_and_restart_gives_every_line_once_in_order(
    written: list[bytes], batch_size: int, restarts: list[int]
) -> None:
    expected = [line.decode("utf-8", "penstock_file.java_replace") for line, _ in java_lines(b"".join(written))]
    with tempfile.TemporaryDirectory() as folder:
        path, offsets, seen = Path(folder, "f"), FakeOffsets(), list[object]()
        path.touch()
        running = Running(path, offsets, batch_size=str(batch_size))
        for data in written:
            running.append(data)
            for value, position in zip(running.lines(), running.positions, strict=True):
                seen.append(value)
                offsets.stored.append(({"filename": str(path)}, {"position": position}))
                if len(seen) in restarts:
                    break  # killed here: what was polled behind this record is lost with the task
            running.task.stop()
            running = Running(path, offsets, batch_size=str(batch_size))
        seen += running.lines()
        running.task.stop()

    assert seen == expected


def test_a_line_of_ten_megabytes(log: Path) -> None:
    log.write_bytes(b"0123456789" * 1_000_000 + b"\nend\n")
    running = Running(log)

    first, last = running.lines()

    assert isinstance(first, str)
    assert len(first) == 10_000_000
    assert last == "end"
    assert running.positions == [10_000_001, 10_000_005]


def test_a_read_is_fitted_to_the_lines_so_that_batches_are_full(log: Path) -> None:
    log.write_bytes(b"123456789\n" * 200_000)

    sizes = [len(batch) for batch in Running(log).batches()]

    assert sum(sizes) == 200_000
    assert sum(size > 1500 for size in sizes) > 0.9 * len(sizes)
    assert LEAST_READ < 2000 * 10


class TestResuming:
    def test_goes_on_at_the_stored_position(self, log: Path) -> None:
        log.write_bytes("ä\nb\nc\n".encode())

        assert Running(log, stored(log, 3)).lines() == ["b", "c"]

    def test_a_position_within_a_line_is_told_and_taken_as_java_takes_it(
        self, log: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        log.write_bytes("ä\nö\n".encode())

        assert Running(log, stored(log, 4)).lines() == ["\ufffd"]
        assert caplog.messages[0] == (
            f"File {log} is read from position 4, as stored, but no line begins there, so the first one may be a part of one. The "
            "file was replaced, or the position counts characters, as Kafka Connect's does. To read the file from its beginning, "
            "reset the connector's offsets"
        )

    def test_a_position_behind_a_line_end_is_not_remarked_on(self, log: Path, caplog: pytest.LogCaptureFixture) -> None:
        log.write_bytes(b"a\rb\n")

        assert Running(log, stored(log, 2)).lines() == ["b"]
        assert Running(log, stored(log, 4)).lines() == []
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    @pytest.mark.parametrize("offset", [None, {"position": None}, {"other": 1}])
    def test_begins_at_the_beginning_without_a_position(self, log: Path, offset: dict[str, object] | None) -> None:
        log.write_bytes(b"a\n")
        offsets = FakeOffsets()
        offsets.stored.append(({"filename": str(log)}, offset))

        assert Running(log, offsets).lines() == ["a"]

    @pytest.mark.parametrize("position", ["4", 1.5, True, 1 << 63])
    def test_refuses_a_position_of_another_type(self, log: Path, position: object) -> None:
        log.write_bytes(b"a\nb\n")

        with pytest.raises(ConnectException, match=r"^Offset position is the incorrect type$"):
            Running(log, stored(log, position)).task.poll()

    def test_reads_the_stored_position_once(self, log: Path) -> None:
        log.write_bytes(b"a\n")
        offsets = stored(log, 0)
        running = Running(log, offsets)
        running.lines()
        os.replace(_other(log, b"b\n"), log)
        running.lines()

        assert offsets.reads == 1


def _other(log: Path, data: bytes) -> Path:
    path = log.with_name("other")
    path.write_bytes(data)
    return path


class TestMissing:
    def test_is_waited_for_and_told_once(self, log: Path, caplog: pytest.LogCaptureFixture) -> None:
        running = Running(log)

        for _ in range(3):
            assert running.lines() == []
        assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
            f"Couldn't find file {log} for FileStreamSourceTask, sleeping to wait for it to be created"
        ]
        log.write_bytes(b"a\n")
        assert running.lines() == ["a"]

    def test_a_missing_folder_is_waited_for_too(self, tmp_path: Path) -> None:
        running = Running(tmp_path / "absent" / "deeper" / "in.txt")

        assert running.lines() == []

    def test_a_file_that_appears_is_read_from_the_stored_position(self, log: Path) -> None:
        running = Running(log, stored(log, 4))
        assert running.lines() == []
        log.write_bytes(b"c\nd\ne\n")

        assert running.lines() == ["e"]

    def test_a_deleted_file_is_told_once_and_its_successor_read_from_the_beginning(
        self, log: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        log.write_bytes(b"a\n")
        running = Running(log)
        running.lines()
        log.unlink()
        for _ in range(3):
            assert running.lines() == []
        warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        assert warnings == [f"File {log} was renamed or deleted, waits for a new file of that name"]

        log.write_bytes(b"new\nnewer\n")
        assert running.lines() == ["new", "newer"]
        assert running.positions == [2, 4, 10]


class TestTruncated:
    def test_is_told_and_read_again_from_the_beginning(self, log: Path, caplog: pytest.LogCaptureFixture) -> None:
        log.write_bytes(b"aaa\nbbb\nunfinished")
        running = Running(log)
        assert running.lines() == ["aaa", "bbb"]

        log.write_bytes(b"c\n")

        assert running.lines() == ["c"]
        assert running.positions == [4, 8, 2]
        assert (
            f"File {log} is shorter than what was read of it: 2 bytes, read to position 18. It was truncated or replaced, so "
            "it is read again from its beginning; the 10 bytes of its unfinished last line are dropped"
        ) in caplog.messages

    def test_to_nothing(self, log: Path) -> None:
        log.write_bytes(b"aaa\n")
        running = Running(log)
        running.lines()
        os.truncate(log, 0)
        assert running.lines() == []
        running.append(b"b\n")

        assert running.lines() == ["b"]

    def test_while_stopped(self, log: Path, caplog: pytest.LogCaptureFixture) -> None:
        log.write_bytes(b"aaa\nb")
        running = Running(log, stored(log, 12))

        assert running.lines() == ["aaa"]
        assert (
            f"File {log} is shorter than what was read of it: 5 bytes, read to position 12. It was truncated or replaced, so "
            "it is read again from its beginning"
        ) in caplog.messages

    def test_a_rewrite_of_equal_size_goes_unseen(self, log: Path) -> None:
        log.write_bytes(b"aaa\nbbb\n")
        running = Running(log)
        running.lines()
        log.write_bytes(b"xxx\nyyy\n")
        assert running.lines() == []
        running.append(b"z\n")

        assert running.lines() == ["z"]


class TestReplaced:
    def test_the_old_file_is_finished_before_the_new_one(self, log: Path) -> None:
        log.write_bytes(b"a\n")
        running = Running(log)
        running.lines()
        with log.open("ab") as old:
            log.rename(log.with_name("log.1"))
            assert running.lines() == []
            old.write(b"b\n")
            old.flush()
            assert running.lines() == ["b"]
            log.touch()
            old.write(b"c\n")
            old.flush()
            assert running.lines() == ["c"]  # the new file is there but empty: the writer is still at the old one
            old.write(b"d\n")
            old.flush()
        log.write_bytes(b"e\n")

        assert running.lines() == ["d", "e"]
        assert running.positions == [2, 4, 6, 8, 2]

    def test_an_unfinished_last_line_of_the_old_file_is_handed_out(self, log: Path) -> None:
        log.write_bytes(b"a\ntail")
        running = Running(log)
        assert running.lines() == ["a"]
        os.replace(_other(log, b"new\n"), log)

        assert running.lines() == ["tail", "new"]
        assert running.positions == [2, 0, 4]  # after the tail a restart begins with the new file

    def test_what_was_written_to_the_old_file_at_the_last_moment_is_read(self, log: Path) -> None:
        log.write_bytes(b"a\n")
        running = Running(log)
        running.lines()
        with log.open("ab") as old:
            os.replace(_other(log, b"new\n"), log)
            old.write(b"late\n")

        assert running.lines() == ["late", "new"]

    def test_by_a_directory_it_fails(self, log: Path) -> None:
        log.write_bytes(b"a\n")
        running = Running(log)
        running.lines()
        log.unlink()
        log.mkdir()

        with pytest.raises(ConnectException, match="it is a directory"):
            running.lines()

    def test_through_a_symbolic_link(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "1").write_bytes(b"a\n")
        (tmp_path / "2").write_bytes(b"b\n")
        log.symlink_to("1")
        running = Running(log)
        assert running.lines() == ["a"]
        log.unlink()
        log.symlink_to("2")

        assert running.lines() == ["b"]


class TestEncoding:
    def test_faults_are_replaced_and_told_by_default(self, log: Path, caplog: pytest.LogCaptureFixture) -> None:
        log.write_bytes(b"a\xff\xfeb\n\xc3\nx\xe2\x82\n")

        assert Running(log).lines() == ["a\ufffd\ufffdb", "\ufffd", "x\ufffd"]
        assert f"File '{log}', byte 1: 0xff is not UTF-8 text (invalid start byte)." in caplog.text

    def test_strict_hands_out_what_is_good_and_then_fails_at_every_poll(self, log: Path) -> None:
        log.write_bytes(b"one\ntwo\nb\xe4d\nfour\n")
        running = Running(log, file_encoding_errors="strict")

        batch = running.task.poll()
        assert batch is not None
        assert list(batch.values) == ["one", "two"]
        for _ in range(2):
            with pytest.raises(ConnectException, match=rf"^File '{log}', byte 9: 0xe4 is not UTF-8 text"):
                running.task.poll()

    def test_another_encoding(self, log: Path) -> None:
        log.write_bytes("für 5 €\n".encode("windows-1252"))
        running = Running(log, file_encoding="windows-1252")

        assert running.lines() == ["für 5 €"]
        assert running.positions == [8]


class TestOddFiles:
    def test_a_directory_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(
            ConnectException,
            match=rf"^Couldn't read file '{tmp_path}' for FileStreamSourceTask: it is a directory. Let 'file' name a file$",
        ):
            Running(tmp_path).task.poll()

    def test_an_unreadable_file_is_refused(self, log: Path) -> None:
        log.write_bytes(b"a\n")

        with pytest.raises(
            ConnectException, match=rf"^Couldn't read file '{log}/below' for FileStreamSourceTask: Not a directory$"
        ):
            Running(log / "below").task.poll()

    def test_a_named_pipe_is_read_as_its_writers_come_and_go(self, log: Path) -> None:
        os.mkfifo(log)
        running = Running(log, stored(log, 100))
        assert running.lines() == []
        for line in (b"a\n", b"b\n"):
            with log.open("wb", buffering=0) as pipe:
                assert running.lines() == []
                pipe.write(line)
                assert running.lines() == [line.decode().strip()]
            assert running.lines() == []

    def test_a_file_that_was_stopped_is_closed(self, log: Path) -> None:
        log.write_bytes(b"a\n")
        before = set(os.listdir("/proc/self/fd"))
        running = Running(log)
        running.lines()
        assert len(os.listdir("/proc/self/fd")) == len(before) + 1
        running.task.stop()
        running.task.stop()

        assert set(os.listdir("/proc/self/fd")) == before

    def test_stop_without_start(self) -> None:
        before = set(os.listdir("/proc/self/fd"))
        FileStreamSourceTask().stop()

        assert set(os.listdir("/proc/self/fd")) == before


class TestStandardInput:
    @pytest.fixture
    def pipe(self) -> Iterator[int]:
        """The end to write to; the other one is standard input."""
        saved = os.dup(0)
        read, write = os.pipe()
        os.dup2(read, 0)
        os.close(read)
        yield write
        os.dup2(saved, 0)
        os.close(saved)

    @pytest.mark.parametrize("props", [{}, {"file": ""}])
    def test_lines_come_without_positions(self, pipe: int, props: dict[str, str]) -> None:
        task = FileStreamSourceTask()
        context = started_source(task, {"topic": "t", **props})
        assert task.poll() is None
        assert context.waits == [0.05]
        os.write(pipe, b"a\nb\nc")

        batch = task.poll()

        assert batch is not None
        assert list(batch.values) == ["a", "b"]
        assert batch.source_partition == {"filename": None}
        assert batch.records()[-1].source_offset == {"position": None}
        os.write(pipe, b"\n")
        os.close(pipe)
        batch = task.poll()
        assert batch is not None
        assert list(batch.values) == ["c"]
        assert task.poll() is None
        task.stop()
        os.fstat(0)  # still open

    def test_closed_standard_input_is_told(self) -> None:
        saved = os.dup(0)
        os.close(0)
        try:
            task = FileStreamSourceTask()
            started_source(task, {"topic": "t"})
            with pytest.raises(
                ConnectException,
                match=r"^Couldn't read standard input for FileStreamSourceTask: Bad file descriptor. Set 'file' to read a file",
            ):
                task.poll()
        finally:
            os.dup2(saved, 0)
            os.close(saved)
