"""The sink task: the text of records, durability before offsets, and what is told when writing fails."""

from __future__ import annotations

import datetime as dt
import errno
import os
from decimal import Decimal
from pathlib import Path

import pytest

from penstock.api import (
    ConfigException,
    ConnectException,
    RetriableException,
    Schema,
    SchemaBuilder,
    SinkBatch,
    SinkSlice,
    SinkTask,
    Struct,
    TopicPartition,
)
from penstock_file.sink_task import FileStreamSinkTask
from tests.plugins.fakes import FakeSinkContext, batch_of, started_sink


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def started(path: Path | None, **options: str) -> tuple[FileStreamSinkTask, FakeSinkContext]:
    task = FileStreamSinkTask()
    props = {} if path is None else {"file": str(path)}
    return task, started_sink(task, props | {key.replace("_", "."): value for key, value in options.items()})


def test_lines_are_appended_in_one_write_a_batch(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out.write_bytes(b"old\n")
    task, _ = started(out)
    writes: list[int] = []
    real = os.write

    def noting(descriptor: int, data: bytes) -> int:
        writes.append(len(data))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", noting)

    task.put(batch_of("a", "b\nc", "", "ä", "x\r"))
    task.put(SinkBatch())
    task.stop()

    assert out.read_bytes() == "old\na\nb\nc\n\nä\nx\r\n".encode()
    assert writes == [13]


def test_an_empty_file_is_made_when_nothing_comes(out: Path) -> None:
    task, _ = started(out)
    task.stop()

    assert out.read_bytes() == b""


def test_text_is_as_java_prints_it(out: Path) -> None:
    inner = SchemaBuilder.struct().field("x", Schema.FLOAT64).build()
    schema = (
        SchemaBuilder.struct().field("a", Schema.INT32).field("n", inner).field("o", Schema.OPTIONAL_STRING).build()
    )
    value = Struct(schema).put("a", 1).put("n", Struct(inner).put("x", 1.0))
    task, _ = started(out)
    task.put(batch_of(value, schema=schema))
    task.put(batch_of(10000000000.0, schema=Schema.FLOAT32))
    task.put(batch_of("s", None, True, 1, 1.5, [1, "a", None], {"some_key": 0}, Decimal("1.50"), "last"))
    task.put(batch_of(dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)))
    task.stop()

    lines = out.read_text().splitlines()
    assert lines[:2] == ["Struct{a=1,n=Struct{x=1.0}}", "1.0E10"]
    assert lines[2:11] == ["s", "null", "true", "1", "1.5", "[1, a, null]", "{some_key=0}", "1.50", "last"]
    assert lines[11].startswith("Tue Nov 14 ")


def test_bytes_are_shown_by_identity_as_java_does(out: Path) -> None:
    task, _ = started(out)
    task.put(batch_of(b"a", schema=Schema.BYTES))
    task.stop()

    assert out.read_text().startswith("[B@")


def test_a_lone_surrogate_becomes_a_question_mark(out: Path) -> None:
    task, _ = started(out)
    task.put(batch_of("😀", "\ud83d", "a\ude00b"))
    task.stop()

    assert out.read_bytes() == "😀\n?\na?b\n".encode()


def test_slices_of_several_partitions_keep_their_order(out: Path) -> None:
    task, _ = started(out)
    parts = [
        SinkSlice(topic="t", kafka_partition=number, offsets=[0, 1], values=[f"{number}a", number], value_schema=None)
        for number in range(2)
    ]
    task.put(SinkBatch(parts))
    task.stop()

    assert out.read_text() == "0a\n0\n1a\n1\n"


@pytest.mark.parametrize(
    ("name", "cause"),
    [("", "Is a directory"), ("no/such/f", "No such file or directory")],
    ids=["directory", "missing"],
)
def test_a_file_that_cannot_be_made_is_told_as_connect_tells_it(tmp_path: Path, name: str, cause: str) -> None:
    path = tmp_path / name

    with pytest.raises(ConnectException) as failed:
        started(path)

    assert str(failed.value) == f"Couldn't find or create file '{path}' for FileStreamSinkTask"
    assert cause in str(failed.value.__cause__)


def test_flush_brings_to_disk_what_was_written_unless_that_is_switched_off(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    offsets = {TopicPartition("t", 0): 1}
    for fsync, times in (("true", 2), ("false", 0)):
        synced.clear()
        task, _ = started(out.with_name(fsync), file_fsync=fsync)
        task.put(batch_of("a"))
        assert SinkTask.pre_commit(task, offsets) == offsets
        task.pre_commit(offsets)
        task.stop()
        assert len(synced) == times  # the file, and once its directory


def test_a_failing_fsync_is_told_and_keeps_the_offsets(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, _ = started(out)
    task.put(batch_of("a"))

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    for _ in range(2):
        with pytest.raises(ConnectException, match=rf"^Couldn't bring file '{out}' to disk: Input/output error$"):
            task.pre_commit({TopicPartition("t", 0): 1})
    task.stop()


def test_a_full_disk_is_waited_for_and_leaves_no_part_of_the_batch(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, context = started(out)
    real, room = os.write, [3]

    def full(descriptor: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(RetriableException) as failed:
            task.put(batch_of("abcdef", "g"))
    assert str(failed.value) == (
        f"Couldn't write 2 records to file '{out}': No space left on device. They are tried again until there is room"
    )
    assert context.timeouts == [1000]
    assert out.read_bytes() == b""
    task.put(batch_of("abcdef", "g"))
    task.stop()

    assert out.read_bytes() == b"abcdef\ng\n"


def test_another_failure_ends_the_task(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, _ = started(out)

    def fail(descriptor: int, data: bytes) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(
        ConnectException, match=rf"^Couldn't write 1 records to file '{out}': Input/output error$"
    ) as failed:
        task.put(batch_of("a"))
    task.stop()

    assert not isinstance(failed.value, RetriableException)


@pytest.mark.parametrize("props", [{}, {"file": ""}])
def test_without_a_file_lines_go_to_standard_output(capfd: pytest.CaptureFixture[str], props: dict[str, str]) -> None:
    task = FileStreamSinkTask()
    started_sink(task, props)
    task.put(batch_of("a", None))
    task.flush({})
    task.stop()
    os.fstat(1)  # still open

    assert capfd.readouterr().out == "a\nnull\n"


def test_a_renamed_file_is_written_on_and_a_truncated_one_from_its_new_end(out: Path) -> None:
    task, _ = started(out)
    task.put(batch_of("aaaa"))
    os.truncate(out, 0)
    task.put(batch_of("b"))
    out.rename(out.with_name("moved"))
    task.put(batch_of("c"))
    task.stop()

    assert out.with_name("moved").read_bytes() == b"b\nc\n"
    assert not out.exists()


def test_a_stopped_task_says_so(out: Path) -> None:
    task, _ = started(out)
    task.stop()
    task.stop()

    with pytest.raises(ConnectException, match=rf"^The task was stopped; file '{out}' is closed$"):
        task.put(batch_of("a"))


def test_stop_without_start() -> None:
    task = FileStreamSinkTask()
    task.stop()

    assert task._output is None


def test_a_wrong_option_is_refused(out: Path) -> None:
    with pytest.raises(
        ConfigException, match=r"Invalid value maybe for configuration file\.fsync: Expected value to be"
    ):
        started(out, file_fsync="maybe")
