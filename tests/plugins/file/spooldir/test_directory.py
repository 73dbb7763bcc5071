"""Which files a task finds, in which order, and where they go."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

import pytest

from penstock.api import SourceRecord
from penstock_file.spooldir.directory import task_of
from penstock_file.spooldir.glob import compile_glob
from tests.plugins.file.spooldir.spool import Spool, set_time

PATTERN = "input.file.pattern"


def names(records: list[SourceRecord]) -> list[object]:
    return [record.value for record in records]


def test_names_must_match_as_a_whole_and_flags_never_do(tmp_path: Path) -> None:
    spool = Spool(tmp_path, **{PATTERN: r"^.*\.csv.*$"})
    for name in ("a.csv", "b.txt", "c.csv.PROCESSING", "d.csvx"):
        spool.write(name, f"{name}\n")
    assert spool.values() == ["a.csv", "d.csvx"]


@pytest.mark.parametrize(
    ("attributes", "order"),
    [
        ("NameAsc", "abc"),
        ("NameDesc", "cba"),
        ("LengthAsc,NameDesc", "cba"),
        ("LengthDesc,NameAsc", "abc"),
        ("LastModifiedAsc", "bca"),
        ("LastModifiedDesc", "acb"),
    ],
)
def test_files_come_in_order(tmp_path: Path, attributes: str, order: str) -> None:
    spool = Spool(tmp_path, files_sort_attributes=attributes)
    for name, length, ms in (("b", 3, 1_000), ("a", 4, 3_000), ("c", 2, 2_000)):
        set_time(spool.write(name, name + "x" * (length - 2) + "\n"), ms)
    assert "".join(str(value)[0] for value in spool.values()) == order


def test_a_file_must_have_been_left_alone_for_a_while(tmp_path: Path) -> None:
    spool = Spool(tmp_path, file_minimum_age_ms="60000")
    path = spool.write("f", "1\n")
    assert spool.values() == []
    set_time(path, int(path.stat().st_mtime * 1000) - 61_000)
    assert spool.values() == ["1"]


def test_a_name_that_is_no_text_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    with open(os.fsencode(spool.input) + b"/\xe4.csv", "w") as file:
        file.write("1\n")
    spool.write("ä.csv", "2\n")
    assert spool.values() == ["2"]
    assert spool.values() == []
    told = f"The name '\\udce4.csv' in {spool.input} is no UTF-8 text. Rename it; until then it is left out"
    assert caplog.messages.count(told) == 1


def test_files_of_before_1970_have_the_first_time_that_there_is(tmp_path: Path) -> None:
    spool = Spool(tmp_path, timestamp_mode="FILE_TIME")
    set_time(spool.write("f", "1\n"), -5_000)
    assert [record.timestamp for record in spool.records()] == [0]


def test_files_that_come_while_others_are_read_are_not_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("b", "b\n")
    spool.batches()
    spool.write("a", "a\n")
    assert spool.values() == ["a"]


def test_directories_are_walked_only_if_asked_for(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("x/f", "1\n")
    assert spool.values() == []
    spool.restart(input_path_walk_recursively="true")
    assert spool.values() == ["1"]


class TestRecursive:
    def spool(self, root: Path, **options: str) -> Spool:
        spool = Spool(root, input_path_walk_recursively="true", **options)
        spool.write("x/y/f", "1\n")
        spool.write("f", "2\n")
        return spool

    def test_places_are_kept_and_empty_directories_removed(self, tmp_path: Path) -> None:
        spool = self.spool(tmp_path)
        records = spool.records()
        assert [record.source_partition for record in records] == [{"fileName": "f"}, {"fileName": "x/y/f"}]
        spool.commit()
        assert spool.tree()["finished"] == ["f", "x/y/f"]
        assert list(spool.input.iterdir()) == []

    def test_directories_may_stay(self, tmp_path: Path) -> None:
        spool = self.spool(tmp_path, cleanup_policy_maintain_relative_path="true", cleanup_policy="DELETE")
        spool.finish()
        assert spool.tree() == {"in": [], "finished": [], "error": []}
        assert (spool.input / "x" / "y").is_dir()

    def test_directories_with_something_in_them_stay(self, tmp_path: Path) -> None:
        spool = self.spool(tmp_path, **{PATTERN: "f"})
        spool.write("x/other", "")
        spool.finish()
        assert spool.tree()["in"] == ["x/other"]
        assert not (spool.input / "x" / "y").exists()

    def test_files_that_are_done_are_not_found_again_below_the_input(self, tmp_path: Path) -> None:
        inside = tmp_path / "in" / "finished"
        inside.mkdir(parents=True)
        spool = self.spool(tmp_path, finished_path=str(inside))
        assert sorted(map(str, spool.finish())) == ["1", "2"]
        assert spool.values() == []
        assert (inside / "x" / "y" / "f").exists()

    def test_a_directory_that_may_not_be_looked_into_is_told_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        spool = self.spool(tmp_path)
        scan = os.scandir

        def refusing(path: str | Path) -> object:
            if Path(path).name == "y":
                raise PermissionError(errno.EACCES, "Permission denied")
            return scan(path)

        monkeypatch.setattr(os, "scandir", refusing)
        assert spool.values() == ["2"]
        assert spool.values() == []
        told = f"Could not look into {spool.input / 'x' / 'y'}: Permission denied. It is left out"
        assert caplog.messages.count(told) == 1

    def test_a_glob_chooses_among_paths(self, tmp_path: Path) -> None:
        spool = self.spool(tmp_path, **{"input.file.glob": "x/**/f"})
        assert spool.values() == ["1"]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "x/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("in/**", "in/x/y", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a-c]x", "/x", False),
        ("[]x", "[]x", True),
        ("a.b", "axb", False),
    ],
)
def test_globs(pattern: str, path: str, matches: bool) -> None:
    assert (compile_glob(pattern).fullmatch(path) is not None) == matches


class TestTasks:
    @pytest.mark.parametrize("count", [1, 2, 3, 7, 16])
    def test_every_file_belongs_to_exactly_one_task(self, tmp_path: Path, count: int) -> None:
        spools = []
        for index in range(count):
            spools.append(Spool(tmp_path, **{"task.index": str(index), "task.count": str(count)}))
        expected = sorted(str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))) for number in range(60))
        for name in expected:
            spools[0].write(name, f"{name}\n")

        found = [str(value) for spool in spools for value in spool.finish()]

        assert sorted(found) == expected
        assert spools[0].tree()["finished"] == expected

    def test_names_fall_to_the_tasks_that_spooldir_gives_them_to(self) -> None:
        def adler(name: str) -> int:
            """Guava's ``Hashing.adler32().hashUnencodedChars(name).asInt()``, made positive."""
            low, high = 1, 0
            for char in name:
                for byte in (ord(char) & 0xFF, ord(char) >> 8):
                    low = (low + byte) % 65_521
                    high = (high + low) % 65_521
            number = high << 16 | low
            return abs(number - (1 << 32) if number >= 1 << 31 else number)

        assert adler("a") == 0x00C40062
        for name in ("a", "data.csv", "ü", "\u4e2d" * 40, "x" * 200):
            assert [task_of(name, count) for count in (3, 1 << 40)] == [adler(name) % 3, adler(name)]

    def test_long_series_of_names_are_divided_well(self) -> None:
        for count in (2, 3, 4, 8):
            shares = [0] * count
            for number in range(1000):
                shares[task_of(f"orders-2024-{number:05d}.csv", count)] += 1
            assert min(shares) > 0.4 * 1000 / count, shares


class TestPolicies:
    def test_by_date(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = Spool(tmp_path, cleanup_policy="MOVEBYDATE")
        set_time(spool.write("f", "1\n"), 1_443_627_000_000)
        spool.finish()
        assert spool.tree()["finished"] in (["2015-09-30/f"], ["2015-10-01/f"])  # the day of the machine's time zone

    def test_delete_needs_no_directory_for_finished_files(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, cleanup_policy="DELETE", finished_path="")
        spool.write("f", "1\n")
        assert spool.finish() == ["1"]
        assert spool.tree()["in"] == []

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        (spool.finished / "f").write_text("a\n")
        (spool.finished / "f.1").write_text("b\n")
        spool.write("f", "c\n")
        spool.finish()
        assert [path.read_text() for path in sorted(spool.finished.iterdir())] == ["a\n", "b\n", "c\n"]

    def test_another_file_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = Spool(tmp_path)
        path = spool.write("f", "1\n")
        set_time(path, 5_000)
        rename, sync, unlink = Path.rename, os.fsync, Path.unlink
        done: list[str] = []

        def across(source: Path, target: Path) -> Path:
            if source == path:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            done.append(f"name {target.name}")
            return rename(source, target)

        def synced(descriptor: int) -> None:
            done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
            sync(descriptor)

        def removed(removed: Path, missing_ok: bool = False) -> None:
            done.append(f"remove {removed.name}")
            unlink(removed, missing_ok)

        monkeypatch.setattr(Path, "rename", across)
        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(Path, "unlink", removed)
        assert spool.finish() == ["1"]
        assert spool.tree() == {"in": [], "finished": ["f"], "error": []}
        assert (spool.finished / "f").stat().st_mtime == 5
        # A copy gets its name only when it is whole, and the file goes only when that name is on disk.
        assert done[:4] == ["sync f.penstock-copy", "name f", "sync finished", "remove f"]

    def test_a_kill_between_copy_and_removal_leaves_no_second_copy(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        spool.write("f", "1\n")
        spool.values()
        spool.commit(1)
        spool.write("f", "1\n")
        spool.restart()
        spool.finish()
        assert spool.tree()["finished"] == ["f"]


class TestHeaders:
    def test_they_tell_of_the_file(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, input_path_walk_recursively="true")
        path = spool.write("x/data.tar.txt", "1\n2\n")
        set_time(path, 1_443_627_000_123)
        _, record = spool.records()

        assert [(header.key, header.schema.type.name if header.schema else None) for header in record.headers] == [
            ("file.name", "STRING"),
            ("file.name.without.extension", "STRING"),
            ("file.path", "STRING"),
            ("file.parent.dir.name", "STRING"),
            ("file.length", "INT64"),
            ("file.offset", "INT64"),
            ("file.last.modified", "INT64"),
            ("file.relative.path", "STRING"),
        ]
        told = {header.key: header.value for header in record.headers}
        assert str(told.pop("file.last.modified")) == "2015-09-30 15:30:00.123000+00:00"
        assert told == {
            "file.name": "data.tar.txt",
            "file.name.without.extension": "data.tar",
            "file.path": str(path),
            "file.parent.dir.name": "x",
            "file.length": 4,
            "file.offset": 2,
            "file.relative.path": "x",
        }

    def test_they_may_be_left_out(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, **{"file.headers": "none"})
        spool.write("f", "1\n")
        assert not spool.records()[0].has_headers
