"""From found to cleaned up: nothing leaves before it is stored, nothing is read twice or skipped after a kill."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

import pytest

from penstock.api import ConnectException, RetriableException, SourceRecord, Struct
from penstock_file.spooldir import opening, tasks
from penstock_file.spooldir.task import SpoolDirTask
from tests.plugins.file.spooldir.spool import WITH_SCHEMAS, Spool, set_time


def test_a_file_is_moved_only_when_all_its_offsets_are_stored(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("a.txt", "1\n2\n3\n")

    assert spool.values() == ["1", "2", "3"]
    assert spool.tree() == {"in": ["a.txt", "a.txt.PROCESSING"], "finished": [], "error": []}
    spool.commit(2)
    assert spool.tree()["in"] == ["a.txt", "a.txt.PROCESSING"]
    spool.commit()
    assert spool.tree() == {"in": [], "finished": ["a.txt"], "error": []}


def test_a_kill_between_any_two_records_loses_and_repeats_none(tmp_path: Path) -> None:
    for stored in range(8):
        spool = Spool(tmp_path, batch_size="2")
        spool.write("f", "".join(f"{number}\n" for number in range(7)))
        first = spool.values()
        spool.commit(stored)
        spool.restart()

        assert [*first[:stored], *spool.finish()] == [str(number) for number in range(7)], stored
        assert spool.tree() == {"in": [], "finished": ["f"], "error": []}
        (spool.finished / "f").unlink()


def test_a_kill_between_moving_a_file_and_its_flag_leaves_a_flag_that_the_next_start_removes(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("gone.PROCESSING", "")
    kept = spool.write("there", "x\n")
    spool.write("there.PROCESSING", "")

    spool.restart()

    assert not (spool.input / "gone.PROCESSING").exists()
    assert spool.finish() == ["x"]
    assert not kept.exists()


def test_a_flag_that_a_killed_task_left_keeps_nobody_from_reading_the_rest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, batch_size="1")
    spool.write("f", "1\n2\n")
    spool.batches()
    spool.commit()
    assert spool.tree()["in"] == ["f", "f.PROCESSING"]

    spool.restart()

    assert spool.finish() == ["2"]


def test_a_flag_that_a_living_task_holds_is_respected(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    spool.write("f", "1\n")
    with (spool.input / "f.PROCESSING").open("w") as flag:
        fcntl.flock(flag, fcntl.LOCK_EX)
        assert spool.values() == []
        assert spool.values() == []
    busy = f"{spool.input / 'f'} is being read by another task; it is tried again until that lets go of it"
    assert caplog.messages.count(busy) == 1
    assert spool.finish() == ["1"]


def test_without_locks_flags_are_taken_over_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lockless(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", lockless)
    spool = Spool(tmp_path)
    spool.write("f", "1\n")
    spool.write("f.PROCESSING", "")
    assert spool.finish() == ["1"]
    assert spool.tree() == {"in": [], "finished": ["f"], "error": []}


def test_a_new_file_with_the_name_of_a_finished_one_is_read_from_its_beginning(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("daily", "1\n2\n3\n")
    spool.finish()
    spool.write("daily", "4\n5\n6\n7\n")

    assert spool.finish() == ["4", "5", "6", "7"]
    assert spool.tree()["finished"] == ["daily", "daily.1"]


@pytest.mark.parametrize("identity", ["name", "inode"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_file_that_begins_like_one_deleted_and_has_its_inode_is_another(
    tmp_path: Path, identity: str, restart: bool
) -> None:
    """File systems give inodes of deleted files away at once."""
    spool = Spool(tmp_path, **{"cleanup.policy": "DELETE", "file.identity": identity})
    path = spool.write("daily", "1\n2\n")
    same_inode = tmp_path / "link"
    same_inode.hardlink_to(path)
    assert spool.finish() == ["1", "2"]
    if restart:
        spool.restart()
    with same_inode.open("a") as file:
        file.write("3\n")
    path.hardlink_to(same_inode)

    assert spool.finish() == ["1", "2", "3"]


def test_what_was_added_to_a_file_that_a_kill_left_is_read_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path, **{"cleanup.policy": "DELETE"})
    spool.write("f", "1\n")
    assert spool.values() == ["1"]
    cleaned = spool.task.commit
    spool.task.commit = lambda: None  # type: ignore[method-assign]  # killed before it
    spool.commit()
    spool.task.commit = cleaned  # type: ignore[method-assign]
    spool.restart()
    spool.write("f", "2\n", append=True)

    assert spool.finish() == ["2"]
    assert spool.tree()["in"] == []


def test_the_same_content_dropped_again_is_read_again_and_overwrites_its_copy(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    set_time(spool.write("daily", "1\n"), 1_000)
    spool.finish()
    set_time(spool.write("daily", "1\n"), 2_000)

    assert spool.finish() == ["1"]
    assert spool.tree()["finished"] == ["daily"]


def test_a_file_that_another_takes_the_place_of_while_it_waits_is_not_moved_in_its_stead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path)
    path = spool.write("f", "old\n")
    assert spool.values() == ["old"]
    new = spool.write("new.PROCESSING", "new one\n")
    new.rename(path)

    spool.commit()

    assert f"{path} was changed after it was read to its end. It is looked at again" in caplog.text
    assert spool.finish() == ["new one"]
    assert (spool.finished / "f").read_text() == "new one\n"


def test_what_is_added_before_the_move_is_read_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("f", "1\n2\n")
    assert spool.values() == ["1", "2"]
    spool.write("f", "3\n", append=True)
    spool.commit()
    assert spool.tree()["in"] == ["f"]

    assert spool.finish() == ["3"]
    assert (spool.finished / "f").read_text() == "1\n2\n3\n"


def test_a_file_that_vanishes_is_told_and_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    path = spool.write("f", "1\n")
    spool.values()
    path.unlink()
    spool.commit()

    assert f"{path} was removed by somebody else before it could be cleaned up" in caplog.text
    assert spool.tree()["in"] == []


def test_an_empty_file_is_moved_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("f", "")

    assert spool.finish() == []
    assert spool.tree()["finished"] == ["f"]


def test_dropped_records_are_not_waited_for(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("f", "1\n2\n3\n")
    records = spool.records()
    for record in records[1:]:
        spool.task.record_dropped(record)
    spool.task.record_dropped(SourceRecord("status", 1))
    spool.task.commit()
    assert spool.tree()["in"] == ["f", "f.PROCESSING"]

    spool.commit(1)

    assert spool.tree()["finished"] == ["f"]


def test_dropped_records_of_a_file_that_grew_meanwhile_are_not_waited_for(tmp_path: Path) -> None:
    spool = Spool(tmp_path, batch_size="1", file_buffer_size_bytes="2")
    spool.write("f", "1\n2\n")
    spool.batches()
    spool.commit()
    spool.write("f", "3\n", append=True)
    for _ in range(2):
        for batch in spool.batches():
            spool.task.record_dropped(batch.record(0))
    spool.records()

    spool.task.commit()

    assert (spool.finished / "f").read_text() == "1\n2\n3\n"


def test_a_file_of_dropped_records_only_is_moved(tmp_path: Path) -> None:
    spool = Spool(tmp_path, batch_size="1")
    spool.write("f", "1\n2\n")
    for _ in range(2):
        for batch in spool.batches():
            spool.task.record_dropped(batch.record(0))
    spool.records()

    spool.task.commit()

    assert spool.tree()["finished"] == ["f"]


class TestErrors:
    def bad(self, root: Path, **options: str) -> Spool:
        spool = Spool(root, tasks.SpoolDirCsvSourceTask, **{**WITH_SCHEMAS, **options})
        spool.write("a", "1,x\n2,y\nthree,z\n4,z\n")
        spool.write("b", "5,v\n")
        return spool

    def test_a_task_that_halts_sends_what_is_before_and_moves_the_file_once_that_is_stored(
        self, tmp_path: Path
    ) -> None:
        spool = self.bad(tmp_path)
        (batch,) = spool.batches()
        assert [value.values for value in batch.values if isinstance(value, Struct)] == [[1, "x"], [2, "y"]]

        with pytest.raises(ConnectException) as failure:
            spool.task.poll()

        assert str(failure.value) == (
            f"Could not read {spool.input / 'a'}: Exception thrown while parsing data for 'id'. linenumber=3: Could not parse "
            f"'three' to 'Long'. The records before that were sent, and the file goes to {spool.error}. Repair it and put it back, "
            "or set 'halt.on.error' to false to go on with other files"
        )
        spool.commit(1)
        assert spool.tree()["error"] == []
        spool.commit()
        assert spool.tree() == {"in": ["b"], "finished": [], "error": ["a"]}
        spool.restart()
        assert spool.rows() == [[5, "v"]]

    def test_a_killed_task_comes_to_the_same_record_again(self, tmp_path: Path) -> None:
        spool = self.bad(tmp_path)
        spool.batches()
        spool.commit()
        spool.restart()

        with pytest.raises(ConnectException, match="linenumber=3"):
            spool.task.poll()

    def test_a_task_that_does_not_halt_goes_on_with_the_next_file(self, tmp_path: Path) -> None:
        spool = self.bad(tmp_path, halt_on_error="false")

        assert spool.rows() == [[1, "x"], [2, "y"], [5, "v"]]
        spool.commit()
        assert spool.tree() == {"in": [], "finished": ["b"], "error": ["a"]}
        assert spool.rows() == []

    def test_a_file_that_may_not_be_opened_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = Spool(tmp_path)
        spool.write("f", "1\n")
        whole = Path.open

        def refusing(path: Path, *args: object, **options: object) -> object:
            if path.name == "f":
                raise PermissionError(13, "Permission denied")
            return whole(path, *args, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", refusing)

        with pytest.raises(ConnectException, match="it cannot be opened: Permission denied"):
            spool.task.poll()
        spool.task.commit()
        assert spool.tree()["error"] == ["f"]

    def test_a_disk_that_fails_for_a_while_costs_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = Spool(tmp_path, batch_size="2", file_buffer_size_bytes="4")
        spool.write("f", "1\n2\n3\n4\n5\n6\n")
        seen = [value for batch in spool.batches() for value in batch.values]
        whole = opening.read_bytes
        failures = iter([True])

        def failing(*args: object) -> bytes:
            if next(failures, False):
                raise OSError(5, "Input/output error")
            return whole(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(opening, "read_bytes", failing)
        with pytest.raises(RetriableException, match=r"Could not read from .*: \[Errno 5\] Input/output error"):
            spool.task.poll()

        assert [*seen, *spool.values()] == ["1", "2", "3", "4", "5", "6"]
        spool.commit()
        assert spool.tree()["finished"] == ["f"]

    def test_a_move_that_fails_is_tried_again(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        spool = Spool(tmp_path)
        spool.write("f", "1\n")
        spool.finished.rmdir()
        spool.finished.write_text("in the way")
        assert spool.finish() == ["1"]
        assert f"Could not clean up {spool.input / 'f'}, will try again" in caplog.text
        assert spool.values() == []
        spool.finished.unlink()

        spool.task.commit()

        assert (spool.finished / "f").read_text() == "1\n"

    def test_a_directory_that_is_away_is_told_and_tried_again(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        spool.input.rmdir()
        with pytest.raises(RetriableException, match="Could not read from"):
            spool.task.poll()
        assert spool.context.waits == [1.0]
        spool.input.mkdir()
        spool.write("f", "1\n")
        assert spool.finish() == ["1"]

    @pytest.mark.parametrize("offset", ["4", 1.5, True])
    def test_a_stored_offset_that_is_no_number_is_refused(self, tmp_path: Path, offset: object) -> None:
        spool = Spool(tmp_path)
        spool.write("f", "1\n")
        spool.offsets.stored.append(({"fileName": "f"}, {"offset": offset}))

        with pytest.raises(ConnectException) as failure:
            spool.task.poll()
        assert str(failure.value) == (
            f"The stored offset of f has {offset!r} as its 'offset', which is no number. Reset the connector's offsets, or set this "
            "one to the number of records that are done"
        )


class TestLeavingFilesInPlace:
    def test_each_is_read_once_also_after_a_restart(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, cleanup_policy="NONE")
        spool.write("a", "1\n")
        spool.write("b", "")
        assert spool.finish() == ["1"]
        assert spool.values() == []
        spool.restart()
        assert spool.values() == []
        assert spool.tree()["in"] == ["a", "b", "b.PROCESSING"]
        spool.task.commit()
        assert spool.tree()["in"] == ["a", "b"]

    def test_what_is_added_is_read_on(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, cleanup_policy="NONE")
        spool.write("a", "1\n2\n")
        spool.finish()
        spool.write("a", "3\n", append=True)
        assert spool.finish() == ["3"]
        spool.restart()
        spool.write("a", "4\n", append=True)
        assert spool.finish() == ["4"]

    def test_a_last_line_that_goes_on_makes_the_file_be_read_again(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        spool = Spool(tmp_path, cleanup_policy="NONE")
        path = spool.write("a", "1\n2")
        assert spool.finish() == ["1", "2"]
        spool.write("a", "3\n", append=True)

        assert spool.finish() == ["1", "23"]
        assert (
            f"{path} is not the file of which the stored offset tells, or was changed. It is read from its beginning"
            in caplog.text
        )

    def test_another_content_is_read_from_its_beginning(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, cleanup_policy="NONE")
        set_time(spool.write("a", "1\n2\n"), 1_000)
        spool.finish()
        set_time(spool.write("a", "1\n3\n"), 2_000)
        assert spool.finish() == ["1", "3"]
        spool.write("a", "4\n")
        assert spool.finish() == ["4"]


class TestHolding:
    def test_a_last_line_waits_for_its_end(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, **{"file.last.line": "hold"})
        spool.write("f", "1\n2")
        assert spool.finish() == ["1"]
        assert spool.values() == []
        assert spool.tree() == {"in": ["f"], "finished": [], "error": []}
        spool.write("f", "3\n4", append=True)
        assert spool.finish() == ["23"]
        spool.write("f", "5\n", append=True)
        assert spool.finish() == ["45"]
        assert spool.tree()["finished"] == ["f"]

    def test_offsets_that_are_not_stored_yet_are_gone_on_from(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, **{"file.last.line": "hold"})
        spool.write("f", "1\n2")
        assert spool.values() == ["1"]
        spool.write("f", "\n", append=True)
        assert spool.values() == ["2"]

    def test_it_is_taken_after_a_while(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = Spool(tmp_path, **{"file.last.line": "hold", "file.last.line.hold.ms": "60000"})
        spool.write("f", "1\n2")
        assert spool.finish() == ["1"]
        later = time.time_ns() + 61_000_000_000
        monkeypatch.setattr(time, "time_ns", lambda: later)
        assert spool.finish() == ["2"]
        assert spool.tree()["finished"] == ["f"]

    def test_a_value_that_breaks_off_waits_too(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, tasks.SpoolDirSchemaLessJsonSourceTask, **{"file.last.line": "hold"})
        spool.write("f", '{"a": 1} {"b"')
        assert spool.finish() == ['{"a":1}']
        spool.write("f", ": 2} 1", append=True)
        assert spool.finish() == ['{"b":2}']
        spool.write("f", "2 ", append=True)
        assert spool.finish() == ["12"]

    def test_a_quoted_field_that_breaks_off_waits_too(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, tasks.SpoolDirCsvSourceTask, **{**WITH_SCHEMAS, "file.last.line": "hold"})
        spool.write("f", '1,a\n2,"b\n')
        assert spool.rows() == [[1, "a"]]
        spool.commit()
        spool.write("f", 'c"\n', append=True)
        assert spool.rows() == [[2, "b\nc"]]


class TestIdentity:
    def test_a_renamed_file_is_gone_on_with(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, batch_size="1", **{"file.identity": "inode"})
        path = spool.write("log", "1\n2\n3\n")
        spool.batches()
        spool.commit()
        path.rename(spool.input / "log.1")
        spool.restart()

        assert spool.finish() == ["2", "3"]
        assert spool.tree()["finished"] == ["log.1"]

    def test_by_name_it_is_read_again(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, batch_size="1")
        path = spool.write("log", "1\n2\n")
        spool.batches()
        spool.commit()
        path.rename(spool.input / "log.1")
        spool.restart()

        assert spool.finish() == ["1", "2"]

    @pytest.mark.parametrize("identity", ["name", "inode"])
    def test_offsets_of_spooldir_are_gone_on_from(
        self, tmp_path: Path, identity: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        spool = Spool(tmp_path, tasks.SpoolDirCsvSourceTask, **{**WITH_SCHEMAS, "file.identity": identity})
        spool.offsets.stored.append(({"fileName": "f"}, {"offset": 2}))
        path = spool.write("f", "1,a\n2,b\n3,c\n")

        assert spool.rows() == [[3, "c"]]
        assert (
            f"{path} is read behind record 2, as SpoolDir stored it. If it is another file under the same name, reset the "
            "connector's offsets"
        ) in caplog.text

    @pytest.mark.parametrize(
        ("task", "content"),
        [
            (tasks.SpoolDirLineDelimitedSourceTask, "1\n2\n3\n"),
            (tasks.SpoolDirSchemaLessJsonSourceTask, "1 2 3"),
            (tasks.SpoolDirBinaryFileSourceTask, "123"),
        ],
    )
    def test_where_spooldir_begins_anew_so_do_we(
        self, tmp_path: Path, task: type[SpoolDirTask], content: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Or a new file with an old name would not be read."""
        spool = Spool(tmp_path, task)
        spool.offsets.stored.append(({"fileName": "f"}, {"offset": 0}))
        path = spool.write("f", content)

        assert len(spool.values()) == (1 if task is tasks.SpoolDirBinaryFileSourceTask else 3)
        assert (
            f"{path} is read from its beginning, although SpoolDir stored an offset: for files of this kind SpoolDir does so too"
        ) in caplog.text

    def test_spooldir_finds_its_offset(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        spool.write("f", "1\n2\n")
        record = spool.records()[1]
        assert record.source_partition == {"fileName": "f"}
        assert record.source_offset is not None
        assert record.source_offset["offset"] == 2

    def test_an_inode_that_is_used_again_is_another_file(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, batch_size="1", **{"file.identity": "inode"})
        path = spool.write("f", "1\n2\n")
        spool.batches()
        spool.commit()
        path.write_text("other content\n")
        spool.restart()

        assert spool.finish() == ["other content"]


def test_states_are_told_to_a_topic(tmp_path: Path) -> None:
    spool = Spool(
        tmp_path,
        tasks.SpoolDirCsvSourceTask,
        **{**WITH_SCHEMAS, "halt.on.error": "false", "file.status.topic": "states"},
    )
    spool.write("a", "1,x\n")
    spool.write("b", "2,y\nno,z\n")
    records = spool.records()
    spool.commit()
    records += spool.records()

    states = [record for record in records if record.topic == "states"]
    told = [(record.key, *record.value.values[1:4]) for record in states if isinstance(record.value, Struct)]
    wrong = "Exception thrown while parsing data for 'id'. linenumber=2: Could not parse 'no' to 'Long'"
    assert told == [
        ("a", "STARTED", 0, None),
        ("a", "COMPLETED", 1, None),
        ("b", "STARTED", 0, None),
        ("b", "FAILED", 1, wrong),
        ("a", "CLEANED", 1, None),
        ("b", "CLEANED", 1, None),
    ]
    for record in states:
        assert isinstance(record.value, Struct)
        record.value.validate()


def test_waiting_between_looks_takes_as_long_as_it_should_and_notices_a_stop_within_a_second(tmp_path: Path) -> None:
    spool = Spool(tmp_path, empty_poll_wait_ms="60000")
    for _ in range(3):
        assert spool.task.poll() is None
    assert spool.context.waits == [1.0, 1.0, 1.0]
    short = Spool(tmp_path, empty_poll_wait_ms="20")
    short.task.poll()
    assert 0 < short.context.waits[0] <= 0.02


def test_a_stop_closes_the_file_and_leaves_its_flag(tmp_path: Path) -> None:
    spool = Spool(tmp_path, batch_size="1")
    spool.write("f", "1\n2\n")
    spool.batches()
    before = set(os.listdir("/proc/self/fd"))
    spool.task.stop()
    assert len(before - set(os.listdir("/proc/self/fd"))) >= 2
    assert spool.tree()["in"] == ["f", "f.PROCESSING"]


def test_ever_so_many_empty_files_do_not_hold_up_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    for number in range(20):
        spool.write(f"{number:02d}", "")
    now = 100.0

    def ticking() -> float:
        nonlocal now
        now += 0.05
        return now

    monkeypatch.setattr(time, "monotonic", ticking)
    assert spool.task.poll() is None
    assert 0 < len(spool.task._waiting) < 20
    assert spool.context.waits == [0.0]
