"""The rotating sink: every record in one file, whole files only, and the same files however often records come."""

from __future__ import annotations

import errno
import fcntl
import gzip
import importlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import (
    ConnectException,
    Schema,
    SchemaBuilder,
    SinkBatch,
    SinkRecord,
    SinkSlice,
    Struct,
    TopicPartition,
)
from penstock.testing import SinkConnectorContract
from penstock_file.output import write_all
from penstock_file.rotating.connector import DirectorySinkConnector
from penstock_file.rotating.task import DirectorySinkTask
from tests.plugins.fakes import FakeSinkContext

T0 = TopicPartition("t", 0)
WRITE_ALL = "penstock_file.rotating.part_file.write_all"


class Sink:
    """A task on a topic of which records come again from what was committed."""

    def __init__(self, directory: Path, **options: str) -> None:
        self.directory = directory
        self.props = {
            "directory": str(directory),
            "rotate.records": "3",
            "rotate.interval.ms": "0",
            "file.format": "raw",
            **options,
        }
        self.committed: dict[TopicPartition, int] = {}
        self.start()

    def start(self) -> None:
        self.task = DirectorySinkTask()
        self.context = FakeSinkContext()
        self.task.initialize(self.context)
        self.task.use_config(self.props)
        self.task.start(self.props)

    def put(
        self, first: int, *values: object, schema: Schema | None = None, offsets: Sequence[int] | None = None
    ) -> None:
        part = SinkSlice(
            topic="t",
            kafka_partition=0,
            offsets=offsets or range(first, first + len(values)),
            values=list(values),
            value_schema=schema,
            timestamps=[1_443_627_000_000 + number for number in range(len(values))],
        )
        self.task.put(SinkBatch([part]))

    def commit(self, delivered: int) -> int | None:
        self.committed.update(self.task.pre_commit({T0: delivered}))
        return self.committed.get(T0)

    def kill(self) -> None:
        """Nothing is closed in good order; the system lets go of the locks."""
        for opened in self.task._open.values():
            opened.file._close()
        self.start()

    def files(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.directory)): path.read_text()
            for path in sorted(self.directory.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def hidden(self) -> list[str]:
        return sorted(path.name for path in self.directory.rglob(".*"))


def test_files_are_named_by_their_first_record_and_finished_by_number(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.put(0, "a", "b")
    assert (sink.files(), len(sink.hidden()), sink.commit(2)) == ({}, 1, 0)
    sink.put(2, "c", "d", "e", "f", "g")
    assert sink.files() == {"t-0-0.txt": "a\nb\nc\n", "t-0-3.txt": "d\ne\nf\n"}
    assert sink.commit(7) == 6


def test_files_are_finished_by_size(tmp_path: Path) -> None:
    sink = Sink(tmp_path, **{"rotate.records": "0", "rotate.bytes": "5"})
    sink.put(0, "aa", "b", "c", "dddddddd", "e")
    assert sink.files() == {"t-0-0.txt": "aa\nb\n", "t-0-2.txt": "c\ndddddddd\n"}


def test_files_are_finished_by_age_also_when_nothing_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    sink = Sink(tmp_path, **{"rotate.interval.ms": "60000", "rotate.records": "0"})
    sink.put(0, "a")
    now = 159.0
    sink.task.put(SinkBatch())
    assert sink.files() == {}
    now = 160.0
    sink.task.put(SinkBatch())
    assert (sink.files(), sink.commit(1)) == ({"t-0-0.txt": "a\n"}, 1)


def test_names_follow_the_template(tmp_path: Path) -> None:
    template = "{{topic}}/{{timestamp:unit=yyyy}}/{{timestamp:unit=MM}}{{timestamp:unit=dd}}-{{timestamp:unit=HH}}{{timestamp:unit=mm}}/p{{partition:padding=true}}_{{ start_offset : padding = true }}"
    sink = Sink(tmp_path, **{"file.name.template": template})
    sink.put(7, "a", "b", "c")
    assert list(sink.files()) == ["t/2015/0930-1530/p0000000000_00000000000000000007.txt"]


def test_values_as_json(tmp_path: Path) -> None:
    schema = SchemaBuilder.struct().field("n", Schema.INT32).field("s", Schema.OPTIONAL_STRING).build()
    sink = Sink(tmp_path, **{"file.format": "jsonl"})
    sink.put(0, Struct(schema, {"n": 1, "s": "ü\n"}), Struct(schema, {"n": 2}), schema=schema)
    sink.put(2, None)
    (text,) = sink.files().values()
    assert [json.loads(line) for line in text.splitlines()] == [{"n": 1, "s": "ü\n"}, {"n": 2, "s": None}, None]


def test_values_as_they_are(tmp_path: Path) -> None:
    sink = Sink(tmp_path, **{"rotate.records": "6"})
    sink.put(0, "ü", b"\xc3\xbc", None, 1e10, True, {"k": [1]})
    assert list(sink.files().values()) == ["ü\nü\nnull\n1.0E10\ntrue\n{k=[1]}\n"]


@pytest.mark.parametrize(("compression", "extension"), [("gzip", ".gz"), ("zstd", ".zst")])
def test_packed_files_are_the_same_whatever_batches_came(tmp_path: Path, compression: str, extension: str) -> None:
    unpack = (
        gzip.decompress
        if compression == "gzip"
        else lambda data: zstandard.ZstdDecompressor().stream_reader(data).read()
    )
    lines = [f"{number * 7919 % 100_003} some text" for number in range(40_000)]
    contents = []
    for size in (40_000, 777):
        sink = Sink(tmp_path, **{"rotate.records": "40000", "file.compression": compression})
        for start in range(0, len(lines), size):
            sink.put(start, *lines[start : start + size])
        contents.append((tmp_path / f"t-0-0.txt{extension}").read_bytes())
    assert unpack(contents[0]).decode().splitlines() == lines
    assert contents[0] == contents[1]


def test_a_missing_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(
        ConnectException, match=r"^file\.compression=zstd needs a library: pip install 'penstock-file\[zstd\]'$"
    ):
        Sink(tmp_path, **{"file.compression": "zstd"}).put(0, "a")


class TestKills:
    @settings(max_examples=150, deadline=None)
    @given(
        batches=st.lists(st.integers(1, 4), min_size=1, max_size=10),
        kills=st.lists(st.integers(0, 9), max_size=3),
        commits=st.lists(st.integers(0, 9), max_size=5),
        cuts=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    )
    def test_every_record_is_in_one_file_and_in_order(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        batches: list[int],
        kills: list[int],
        commits: list[int],
        cuts: list[int],
    ) -> None:
        """Also when files are cut elsewhere after each kill, as by their age."""
        sink = Sink(tmp_path_factory.mktemp("sink"))
        total, place, step = sum(batches), 0, 0
        turns = iter(cuts)
        while place < total:
            size = batches[step % len(batches)]
            count = min(size, total - place)
            sink.put(place, *(f"{number}" for number in range(place, place + count)))
            place += count
            if step in commits:
                sink.commit(place)
            if step in kills:
                sink.props["rotate.records"] = str(next(turns, 3))
                sink.kill()
                place = sink.committed.get(T0, 0)
            step += 1
        for where in list(sink.task._open):
            sink.task._finish(where)
        files = {int(name.split("-")[2].split(".")[0]): text for name, text in sink.files().items()}
        rows = [line for start in sorted(files) for line in files[start].splitlines()]

        assert rows == [str(number) for number in range(total)]
        assert sink.commit(total) == total
        assert all(text.startswith(f"{start}\n") for start, text in files.items())

    def test_the_same_files_come_again_byte_for_byte(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path, **{"file.compression": "gzip"})
        sink.put(0, *"abcdef")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        sink.kill()
        sink.put(0, *"abcdef")
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_hidden_files_of_killed_tasks_are_removed_and_others_are_not(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path, **{"file.name.template": "x/{{topic}}-{{partition}}-{{start_offset}}"})
        sink.put(0, "a")
        (tmp_path / "x" / ".t-1-0.txt.1-a.part").touch()
        (tmp_path / "x" / ".other.part").touch()
        living = sink.task
        sink.start()
        sink.put(0, "a")
        assert len(sink.hidden()) == 4  # the lock of the living one is held
        for opened in living._open.values():
            opened.file._close()
        sink.kill()
        sink.put(0, "a")
        assert len(sink.hidden()) == 3
        assert {".t-1-0.txt.1-a.part", ".other.part"} < set(sink.hidden())

    def test_without_locks_hidden_files_stay(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def lockless(descriptor: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", lockless)
        sink = Sink(tmp_path)
        sink.put(0, "a")
        sink.kill()
        sink.put(0, *"abc")
        assert (sink.files(), len(sink.hidden())) == ({"t-0-0.txt": "a\nb\nc\n"}, 1)

    def test_a_file_with_records_that_are_in_another_now_is_removed(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        sink = Sink(tmp_path, **{"rotate.records": "2"})
        sink.put(0, *"abcd")
        sink.props["rotate.records"] = "4"
        sink.kill()
        sink.put(0, *"abcd")
        assert sink.files() == {"t-0-0.txt": "a\nb\nc\nd\n"}
        assert (
            f"Removing {tmp_path}/t-0-2.txt: its records were never committed and are in {tmp_path}/t-0-0.txt now"
            in caplog.messages
        )


class TestRewinds:
    def test_a_runtime_that_goes_back_makes_no_duplicates(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path)
        sink.put(0, "a", "b")
        sink.put(0, "a", "b", "c", "d")
        sink.put(3, "d", "e", "f")
        assert sink.files() == {"t-0-0.txt": "a\nb\nc\n", "t-0-3.txt": "d\ne\nf\n"}

    def test_records_that_overlap_are_written_once(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path)
        sink.put(0, "a", "b")
        sink.put(1, "b", "c")
        assert sink.files() == {"t-0-0.txt": "a\nb\nc\n"}

    def test_offsets_may_have_gaps(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path)
        sink.put(0, "a", "b", "c", "d", offsets=[2, 5, 9, 40])
        assert (sink.files(), sink.commit(41)) == ({"t-0-2.txt": "a\nb\nc\n"}, 10)

    def test_partitions_that_go_leave_nothing(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path)
        sink.put(0, "a")
        sink.task.close([T0])
        assert (sink.hidden(), sink.task.pre_commit({T0: 1})) == ([], {})

    def test_a_renamed_topic_keeps_the_names_of_where_records_were_read(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path)
        for topic in ("one", "two"):
            part = SinkSlice(
                topic="both",
                kafka_partition=0,
                offsets=range(3),
                values=list("abc"),
                originals=TopicPartition(topic, 0),
            )
            sink.task.put(SinkBatch([part]))
        assert list(sink.files()) == ["one-0-0.txt", "two-0-0.txt"]
        assert sink.task.pre_commit({TopicPartition("one", 0): 3}) == {TopicPartition("one", 0): 3}


class TestErrors:
    def test_a_full_disk_is_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        sink = Sink(tmp_path)
        sink.put(0, *"abcd")
        monkeypatch.setattr(WRITE_ALL, _failing(errno.ENOSPC))
        sink.put(4, "e", "f", "g", "h")

        assert sink.context.rewinds == [{T0: 3}]
        assert sink.context.waits == [1.0]
        assert (
            f"Couldn't write to {tmp_path}: No space left on device. Records are tried again until there is room"
            in caplog.messages
        )
        monkeypatch.setattr(WRITE_ALL, write_all)
        sink.put(3, *"defgh")
        assert sink.files() == {"t-0-0.txt": "a\nb\nc\n", "t-0-3.txt": "d\ne\nf\n"}
        assert len(sink.hidden()) == 1

    def test_a_batch_that_was_written_in_part_goes_on_behind_its_finished_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sink = Sink(tmp_path)
        calls = iter(range(9))

        def second_fails(descriptor: int, data: bytes) -> None:
            if next(calls) == 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write_all(descriptor, data)

        monkeypatch.setattr(WRITE_ALL, second_fails)
        sink.put(0, *"abcdefg")
        assert (sink.context.rewinds, sink.commit(7)) == ([{T0: 3}], 3)

    def test_other_errors_fail_the_task(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        sink = Sink(tmp_path)
        monkeypatch.setattr(WRITE_ALL, _failing(errno.EIO))
        with pytest.raises(ConnectException, match=f"^Couldn't write to {tmp_path}: Input/output error$"):
            sink.put(0, *"abc")

    def test_a_record_that_cannot_be_written_fails_the_task_or_is_reported(self, tmp_path: Path) -> None:
        sink = Sink(tmp_path, **{"file.format": "jsonl"})
        with pytest.raises(ConnectException) as failure:
            sink.put(0, "a", object(), "b")
        assert str(failure.value).startswith("Couldn't write the record of t-0, offset 1: ")
        assert str(failure.value).endswith(". Set errors.tolerance=all to leave such records out")

        reported: list[int] = []

        class Reporter:
            def report(self, record: SinkRecord, error: BaseException) -> Future[None]:
                reported.append(record.kafka_offset)
                done: Future[None] = Future()
                done.set_result(None)
                return done

        sink.kill()
        sink.context.errant_record_reporter = Reporter()
        sink.put(0, "a", object(), "b", object())
        assert (reported, sink.files(), sink.commit(4)) == ([1, 3], {}, 0)
        sink.put(4, "c", object())
        assert (list(sink.files().values()), sink.commit(6)) == (['"a"\n"b"\n"c"\n'], 6)


def _failing(number: int) -> object:
    def fail(descriptor: int, data: bytes) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("fsync", ["true", "false"])
def test_files_are_on_disk_before_they_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: str) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        done.append("fsync")
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    Sink(tmp_path, **{"file.fsync": fsync}).put(0, *"abc")
    assert done == (["fsync", "rename", "fsync"] if fsync == "true" else ["rename"])


def test_directories_of_the_template_are_on_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is lost with the directory that is not in its parent yet when the power goes."""
    synced: list[Path] = []
    sync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    Sink(tmp_path, **{"file.name.template": "{{topic}}/{{partition}}/{{start_offset}}"}).put(0, *"abc")
    assert synced[1:] == [tmp_path / "t" / "0", tmp_path / "t", tmp_path]


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("directory", "relative", "Invalid value relative for configuration directory: This must be the absolute path of a directory"),
        ("directory", "/no/such", "Invalid value /no/such for configuration directory: '/no/such' must be a directory that exists and is writable where the worker runs"),
        ("file.name.template", "x", "{{topic}}, {{partition}}, {{start_offset}} must be in it, or files of different records would have one name"),
        ("file.name.template", "{{topic}}{{partition}}-{{start_offset}}", "There must be something between {{topic}} and {{partition}}"),
        ("file.name.template", "{{topic}}-{{partition}}-{{start_offset}}/", "It must be a relative path without empty parts, '.' and '..', and its last name must not begin with a dot"),
        ("file.name.template", "../{{topic}}-{{partition}}-{{start_offset}}", "It must be a relative path without empty parts"),
        ("file.name.template", "{{topic}}-{{partition}}-{{start_offset}}-{{key}}", "There is no variable {{key}}; use topic, partition, start_offset, timestamp"),
        ("file.name.template", "{{topic}}-{{partition}}-{{start_offset:pad=true}}", "The variable start_offset is written {{start_offset:padding=…}} with one of true, false"),
        ("file.name.template", "{{topic}}-{{partition}}-{{start_offset}}-{{timestamp}}", "The variable timestamp is written {{timestamp:unit=…}} with one of yyyy, MM, dd, HH, mm"),
        ("file.name.template", "{{topic}}-{{partition}}-{{start_offset}}-{{topic", "A variable is not closed: it is written {{name}}"),
        ("rotate.records", "0", "No file would ever be finished: set one of rotate.records, rotate.bytes and rotate.interval.ms"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path: Path, key: str, value: str, error: str) -> None:
    props = {"directory": str(tmp_path), "rotate.interval.ms": "0", key: value}
    (found,) = [value.errors for value in DirectorySinkConnector().validate(props) if value.errors]
    assert error in found[0]


class TestDirectorySink(SinkConnectorContract):
    connector = DirectorySinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        return {"directory": str(tmp_path), "topics": "lines", "rotate.records": "1"}

    @pytest.fixture
    def records(self) -> list[object]:
        return ["a", "b", "ü"]

    def written(self, config: Mapping[str, str]) -> int:
        return sum(len(path.read_text().splitlines()) for path in Path(config["directory"]).iterdir())
