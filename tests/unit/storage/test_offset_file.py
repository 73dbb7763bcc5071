"""The offsets file on a disk: missing, empty, damaged, unwritable, a link; and kept whole whatever happens."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.api.exceptions import ConnectException
from penstock.storage.java_serialization import decode_map, encode_map
from penstock.storage.offset_file import FileOffsetStore, read_offset_file, write_offset_file
from penstock.storage.offsets import OffsetEntry

PATIENCE_S = 20.0
ENTRY = OffsetEntry(b'{"f":"a"}', b'{"p":1}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "connect.offsets"


@pytest.fixture
def store(path: Path) -> Iterator[FileOffsetStore]:
    store = FileOffsetStore(path)
    yield store
    store.stop()


def test_missing_and_empty_files_are_fine(store: FileOffsetStore, path: Path) -> None:
    assert read_offset_file(path) == []
    path.touch()
    store.start()
    assert store.partitions("c").result(PATIENCE_S) == []
    assert path.read_bytes() == b""


def test_what_others_keep_in_it_stays(store: FileOffsetStore, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(
        encode_map([(None, b"x"), (b"malformed", b"y"), (b'["d",{"f":1}]', None), (b'["c",{"f":"a"}]', b"{}")])
    )
    store.start()
    assert (
        "Ignoring offset partition key with unknown serialization. Expected json. Key: b'malformed'" in caplog.messages
    )
    store.set("c", [ENTRY]).result(PATIENCE_S)
    assert decode_map(path.read_bytes()) == [
        (None, b"x"),
        (b"malformed", b"y"),
        (b'["d",{"f":1}]', None),
        (b'["c",{"f":"a"}]', b'{"p":1}'),
    ]


def test_a_damaged_file_is_told_and_left_alone(store: FileOffsetStore, path: Path) -> None:
    damaged = encode_map([(b"k", b"v")])[:-3]
    path.write_bytes(damaged)
    with pytest.raises(ConnectException) as failure:
        store.start()
    assert str(failure.value) == (
        f"The offsets file {path} is damaged or no offsets file: not a serialized java.util.HashMap of byte arrays: at byte "
        f"{len(damaged) - 3} it ends too early: 4 bytes were expected, 3 are left. It was left as it is; restore it from a "
        f"copy, or move it away to let all source connectors begin anew"
    )
    assert path.read_bytes() == damaged


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null")):
        store = FileOffsetStore(path)
        with pytest.raises(ConnectException) as failure:
            store.start()
        assert str(failure.value) == (
            f"The offsets file {path} is no regular file. Let offset.storage.file.filename name a file, or one to be made"
        )
        store.stop()


def test_a_file_that_cannot_be_read_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"x")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(
        ConnectException, match=rf"The offsets file {path} cannot be read: \[Errno 13\] Permission denied"
    ):
        read_offset_file(path)


def test_a_failed_write_is_told_and_changes_nothing(
    store: FileOffsetStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.start()
    store.set("c", [ENTRY]).result(PATIENCE_S)
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(ConnectException) as failure:
            store.set("c", [OffsetEntry(ENTRY.partition, b'{"p":2}')]).result(PATIENCE_S)
        assert str(failure.value) == f"Failed to write offsets to {path}: [Errno 28] No space left on device"
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert store.get("c", [ENTRY.partition]).result(PATIENCE_S) == [b'{"p":1}']
    store.set("c", [OffsetEntry(ENTRY.partition, b'{"p":3}')]).result(PATIENCE_S)
    assert store.get("c", [ENTRY.partition]).result(PATIENCE_S) == [b'{"p":3}']


def test_a_missing_directory_is_told_when_it_matters(tmp_path: Path) -> None:
    store = FileOffsetStore(tmp_path / "missing" / "offsets")
    store.start()
    with pytest.raises(ConnectException, match="No such file or directory"):
        store.set("c", [ENTRY]).result(PATIENCE_S)
    store.stop()


def test_a_stopped_store_says_so(store: FileOffsetStore, path: Path) -> None:
    store.start()
    store.stop()
    for refused in (store.set("c", [ENTRY]), store.get("c", []), store.partitions("c")):
        with pytest.raises(ConnectException, match=f"The offset store {path} is stopped"):
            refused.result(PATIENCE_S)  # type: ignore[attr-defined]


def test_the_new_file_is_on_the_disk_before_the_future_completes(
    store: FileOffsetStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append(f"fsync {kind}")
        fsync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    store.start()
    store.set("c", [ENTRY]).result(PATIENCE_S)
    assert steps == ["fsync file", "rename", "fsync directory"]


def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch(0o600)
    target.chmod(0o640)
    link.symlink_to(target)
    write_offset_file(link, [(b"k", b"v")])
    assert link.is_symlink()
    assert read_offset_file(target) == [(b"k", b"v")]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_temporary_file_left_by_a_kill_does_no_harm(path: Path) -> None:
    path.with_name(f"{path.name}.tmp").write_bytes(b"half of it")
    write_offset_file(path, [(b"k", b"v")])
    assert read_offset_file(path) == [(b"k", b"v")]
    assert not path.with_name(f"{path.name}.tmp").exists()


def test_a_request_that_was_cancelled_harms_nobody(store: FileOffsetStore) -> None:
    store.start()
    first = store.set("c", [ENTRY])
    store.set("c", [OffsetEntry(b'{"f":"b"}', b"{}")]).cancel()
    first.result(PATIENCE_S)
    store.set("c", [OffsetEntry(b'{"f":"d"}', b"{}")]).result(PATIENCE_S)
    assert store.get("c", [b'{"f":"a"}', b'{"f":"d"}']).result(PATIENCE_S) == [b'{"p":1}', b"{}"]
