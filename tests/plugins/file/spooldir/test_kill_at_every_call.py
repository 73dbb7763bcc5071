"""A kill before each call into the operating system while files are read, stored, moved: nothing is lost, nothing comes twice
that was stored, and every file ends where it belongs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from penstock.api import ConnectException
from penstock_file.spooldir import tasks
from tests.plugins.file.killing import Killed, close_files_below, killed_before_call
from tests.plugins.file.spooldir.spool import WITH_SCHEMAS, Spool

FILES = {"a.csv": "1,a\n2,b\n3,c\n", "b.csv": "4,d\n", "sub/c.csv": "5,e\n6,f\nx,bad\n", "d.csv": ""}


class World:
    """The log and the offsets outlive a kill; a record counts as in the log once its offset is stored."""

    def __init__(self, root: Path, **options: str) -> None:
        self.spool = Spool(
            root,
            tasks.SpoolDirCsvSourceTask,
            **{
                **WITH_SCHEMAS,
                "batch.size": "2",
                "halt.on.error": "false",
                "input.path.walk.recursively": "true",
                **options,
            },
        )
        for name, content in FILES.items():
            self.spool.write(name, content)
        self.log: list[int] = []

    def run(self) -> None:
        """A task's life: read, store, clean up, until nothing is left to do."""
        self.spool.restart()
        for _ in range(12):
            for batch in self.spool.batches():
                pending = [record.value.values[0] for record in batch.records()]  # type: ignore[attr-defined]  # structs
                for record, value in zip(self.spool._unstored, pending, strict=True):
                    self.spool.offsets.stored.append((record.source_partition or {}, record.source_offset))
                    self.log.append(value)
                self.spool._unstored = []
            self.spool.task.commit()
            self.spool.task._next_look = 0.0

    def bury(self) -> None:
        """What the operating system does for the dead."""
        task = self.spool.task
        readings = [task._reading, *(reading for reading, _ in getattr(task, "_waiting", {}).values())]
        for reading in readings:
            if reading is not None:
                reading.close()
        close_files_below(self.spool.input.parent)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files of the dead
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("policy", ["MOVE", "DELETE", "NONE", "MOVEBYDATE"])
def test_a_kill_before_any_call_loses_nothing(tmp_path: Path, policy: str) -> None:
    number = 0
    while True:
        home = tmp_path / str(number)
        home.mkdir()
        world = World(home, cleanup_policy=policy)
        try:
            with killed_before_call(number):
                world.run()
        except Killed:
            world.bury()
            world.run()
            survived = False
        else:
            survived = True

        assert sorted(world.log) == [1, 2, 3, 4, 5, 6], number
        tree = world.spool.tree()
        kept = sorted(name for name in FILES if not name.startswith("sub"))
        assert tree["error"] == ["sub/c.csv"], number
        assert tree["in"] == (kept if policy == "NONE" else []), number
        assert [name.rpartition("/")[2] for name in tree["finished"]] == (kept if policy.startswith("MOVE") else []), (
            number
        )
        if survived:
            break
        number += 1
    assert number > 40


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_same_to_another_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def across(source: Path, target: Path) -> Path:
        if "in" in source.parts and "in" not in target.parts:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", across)
    for number in range(1000):
        home = tmp_path / str(number)
        home.mkdir()
        world = World(home)
        try:
            with killed_before_call(number):
                world.run()
        except Killed:
            world.bury()
            world.run()
        else:
            break
        finished = [name for name in world.spool.tree()["finished"] if not name.endswith(".penstock-copy")]
        assert (sorted(world.log), finished) == ([1, 2, 3, 4, 5, 6], ["a.csv", "b.csv", "d.csv"]), number
    assert number > 60


def test_the_bad_record_is_really_one(tmp_path: Path) -> None:
    world = World(tmp_path, halt_on_error="true")
    with pytest.raises(ConnectException, match="Could not parse 'x' to 'Long'"):
        world.run()
