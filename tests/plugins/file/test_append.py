"""A file that is appended to survives kills, full disks and other writers: no glued lines, nothing of others cut off."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from penstock_file import append, marks
from penstock_file.append import AppendedFile
from penstock_file.marks import MARK


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def torn(path: Path, data: bytes) -> None:
    """Leave what a write that was killed leaves."""
    with path.open("ab") as file:
        file.write(data)


def written(path: Path, *data: bytes) -> None:
    file = AppendedFile(str(path))
    for piece in data:
        file.append(piece)
    file.close()


def keeps_attributes(path: Path) -> bool:
    probe = path.with_name("probe")
    probe.touch()
    descriptor = os.open(probe, os.O_RDWR)
    try:
        return marks.write_mark(descriptor, 0) is not None
    finally:
        os.close(descriptor)
        probe.unlink()


@pytest.fixture(params=["attributes", "no attributes"])
def with_attributes(request: pytest.FixtureRequest, out: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system keeps extended attributes: once as it is, once as one that does not."""
    if request.param == "no attributes":
        monkeypatch.setattr(append, "read_mark", lambda descriptor: None)
        monkeypatch.setattr(append, "write_mark", lambda descriptor, size: None)
        return False
    if not keeps_attributes(out):
        pytest.skip("the temporary folder's file system keeps no extended attributes")
    return True


def test_creates_and_appends(out: Path) -> None:
    written(out, b"a\n", b"b\n")
    written(out, b"c\n")

    assert out.read_bytes() == b"a\nb\nc\n"


def test_a_torn_line_of_ours_is_cut_off_and_told(
    out: Path, with_attributes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    written(out, b"a\n")
    torn(out, b"hal")

    written(out, b"half\n")

    if with_attributes:
        assert out.read_bytes() == b"a\nhalf\n"
        (message,) = caplog.messages
        assert message == (
            f"File {out} ended in the middle of a line, as a killed task leaves it; cut back from 5 to 2 bytes. The record was "
            "not committed and comes again. Cut off: b'hal'"
        )
    else:
        assert out.read_bytes() == b"a\nhal\nhalf\n"
        assert caplog.messages == [
            f"File {out} ended in the middle of a line when the file was opened; the line was ended there"
        ]


def test_a_long_torn_line_is_cut_off_and_shown_in_part(out: Path, caplog: pytest.LogCaptureFixture) -> None:
    if not keeps_attributes(out):
        pytest.skip("needs extended attributes")
    written(out, b"a\n")
    torn(out, b"x" * 300_000)

    written(out, b"b\n")

    assert out.read_bytes() == b"a\nb\n"
    assert caplog.messages[0].endswith(f"Cut off: {b'x' * 200!r} and 299800 bytes more")


def test_a_file_that_somebody_else_began_loses_nothing(out: Path) -> None:
    if not keeps_attributes(out):
        pytest.skip("needs extended attributes")
    out.write_bytes(b"theirs\nunended")
    written(out)
    assert out.read_bytes() == b"theirs\nunended"
    torn(out, b"first, to")

    written(out, b"first, torn\n")

    assert out.read_bytes() == b"theirs\nunendedfirst, torn\n"  # as Connect: the first record goes right behind


def test_an_unended_line_of_somebody_else_is_ended_where_that_cannot_be_known(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append, "read_mark", lambda descriptor: None)
    monkeypatch.setattr(append, "write_mark", lambda descriptor, size: None)
    out.write_bytes(b"theirs")

    written(out, b"a\n")

    assert out.read_bytes() == b"theirs\na\n"


def test_a_line_left_unended_by_another_while_we_write_is_ended(out: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = AppendedFile(str(out))
    file.append(b"a\n")
    torn(out, b"from a task that was killed")
    file.append(b"b\n")
    torn(out, b"whole\n")
    file.append(b"c\n")
    file.close()

    assert out.read_bytes() == b"a\nfrom a task that was killed\nb\nwhole\nc\n"
    assert caplog.messages == [f"File {out}: somebody else left its last line without an end; ended it at 29 bytes"]


def test_truncation_from_outside_moves_the_mark(out: Path) -> None:
    if not keeps_attributes(out):
        pytest.skip("needs extended attributes")
    out.write_bytes(b"theirs\n" * 10)
    file = AppendedFile(str(out))
    file.append(b"a\n")
    os.truncate(out, 0)
    file.append(b"b\n")
    file.close()
    torn(out, b"to")

    written(out, b"torn\n")

    assert out.read_bytes() == b"b\ntorn\n"


@pytest.mark.parametrize("mark", [b"junk", b"1000"])
def test_a_mark_that_makes_no_sense_is_set_anew(out: Path, mark: bytes) -> None:
    if not keeps_attributes(out):
        pytest.skip("needs extended attributes")
    out.write_bytes(b"theirs")
    os.setxattr(out, MARK, mark)

    written(out, b"a\n")

    assert out.read_bytes() == b"theirsa\n"
    assert os.getxattr(out, MARK) == b"6"


class FullDisk:
    """Lets ``room`` bytes be written, then fails."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self.write(descriptor, data[: self.room])
        self.room -= count
        return count


def test_a_full_disk_leaves_nothing_of_a_batch(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AppendedFile(str(out))
    file.append(b"a\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FullDisk(3))
        with pytest.raises(OSError, match="No space left on device"):
            file.append(b"bbbbbb\n")
    assert out.read_bytes() == b"a\n"

    file.append(b"bbbbbb\n")
    file.close()
    assert out.read_bytes() == b"a\nbbbbbb\n"


def test_what_others_wrote_behind_a_failed_write_is_not_cut_off(
    out: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = AppendedFile(str(out))
    disk = FullDisk(3)
    real = disk.write

    def interfering(descriptor: int, data: bytes) -> int:
        if not disk.room:
            with out.open("ab") as other:
                other.write(b"theirs\n")
        return disk(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interfering)
        with pytest.raises(OSError, match="No space left"):
            file.append(b"bbbbbb\n")
    assert os.write is real
    file.append(b"bbbbbb\n")
    file.close()

    assert out.read_bytes() == b"bbbtheirs\nbbbbbb\n"
    assert caplog.messages == [f"File {out}: a write failed (No space left on device), and its first 3 bytes stay"]


def test_sync_brings_file_and_new_directory_entry_to_disk_once(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    file = AppendedFile(str(out))
    file.sync()
    assert synced == []
    file.append(b"a\n")
    file.sync()
    file.sync()
    file.append(b"b\n")
    file.sync()
    file.close()

    assert synced == [str(out), str(out.parent), str(out)]


def test_a_file_that_can_only_be_written_is_written(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def write_only(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path, flags, mode)

    out.write_bytes(b"theirs")
    monkeypatch.setattr(os, "open", write_only)

    written(out, b"a\n")

    assert out.read_bytes() == b"theirsa\n"


def test_what_is_no_regular_file_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = AppendedFile(str(pipe))
    file.append(b"a\n")
    file.sync()
    assert os.read(reader, 10) == b"a\n"
    file.close()
    os.close(reader)


def test_a_directory_is_refused_and_nothing_stays_open(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")

    with pytest.raises(IsADirectoryError):
        AppendedFile(str(tmp_path))

    assert os.listdir("/proc/self/fd") == before


def test_many_writers_never_mix_their_lines(out: Path) -> None:
    def write(letter: bytes) -> None:
        file = AppendedFile(str(out))
        for _ in range(50):
            file.append((letter * 5000 + b"\n") * 3)
        file.close()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = out.read_bytes().splitlines()
    assert len(lines) == 450
    assert all(len(line) == 5000 and len(set(line)) == 1 for line in lines)


WRITER = """
import sys
from penstock_file.append import AppendedFile
file = AppendedFile(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    file.append(b"".join(b"%07d" % (number + i) + b"." * 992 + b"\\n" for i in range(4000)))
    number += 4000
"""


def test_kills_in_the_middle_of_writes_never_leave_a_broken_line(out: Path) -> None:
    if not keeps_attributes(out):
        pytest.skip("needs extended attributes")
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            size = out.stat().st_size
            while out.stat().st_size < size + 3_000_000:
                pass
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        AppendedFile(str(out)).close()
        with out.open("rb") as file:
            assert {len(line) for line in file} == {1000}
        os.truncate(out, 1000)
