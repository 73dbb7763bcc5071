"""The file of the embedded log: what is no log is told apart, by name and with what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.log.adapter import read_all, send, values

from penstock.api.exceptions import ConfigException
from penstock.api.record import TopicPartition
from penstock.log.base import OutgoingBatch
from penstock.log.errors import LogAuthError, LogCorruptError, LogError, LogTimeoutError
from penstock.log.sqlite import SqliteLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def open_fails(path: Path, kind: type[LogError]) -> str:
    log = SqliteLog(str(path))
    texts = set()
    for make in (log.admin, log.producer, log.consumer):
        with pytest.raises(kind) as caught:
            make({})
        assert type(caught.value) is kind
        texts.add(str(caught.value))
    (text,) = texts
    return text


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("connector.class=FileStreamSource\n" * 100)
    assert open_fails(path, LogCorruptError) == (
        f"{path} is no SQLite database, so it is no log of Penstock. Move it away, or give the log another path"
    )
    assert path.read_text().startswith("connector.class")


def test_the_database_of_another_program(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE customers (id)")
    other.commit()
    other.close()
    before = path.read_bytes()
    assert open_fails(path, LogCorruptError) == (
        f"{path} is an SQLite database of another program (tables: customers), not a log of Penstock. Give the log a path of "
        "its own"
    )
    assert path.read_bytes() == before


def test_a_log_of_a_newer_penstock(path: Path) -> None:
    send(SqliteLog(str(path)), "t", b"v")
    other = sqlite3.connect(path)
    other.execute("UPDATE schema_version SET version = 7, written_by = 'penstock 9.0'")
    other.commit()
    other.close()
    text = open_fails(path, LogError)
    assert text.startswith(f"{path} was written by penstock 9.0 in log format 7; penstock ")
    assert text.endswith(" reads up to format 1. Update Penstock, or give the log another path")


def test_a_log_without_version(path: Path) -> None:
    send(SqliteLog(str(path)), "t", b"v")
    other = sqlite3.connect(path)
    other.execute("DELETE FROM schema_version")
    other.commit()
    other.close()
    assert open_fails(path, LogCorruptError) == (
        f"{path} has no log version (table schema_version). Move it away, or give the log another path"
    )


def test_a_damaged_log(path: Path) -> None:
    log = SqliteLog(str(path))
    for _ in range(50):
        send(log, "t", b"v" * 5000)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    text = open_fails(path, LogCorruptError)
    assert text.startswith(f"{path} is damaged (")
    assert f"Stop every process that uses it, and move it away together with {path}-wal and {path}-shm" in text


def test_a_batch_that_cannot_be_decoded(path: Path) -> None:
    log = SqliteLog(str(path))
    send(log, "t", b"v")
    other = sqlite3.connect(path)
    other.execute("UPDATE payloads SET data = x'c1'")
    other.commit()
    other.close()
    with pytest.raises(LogCorruptError) as caught:
        read_all(log, "t")
    assert str(caught.value).startswith(f"{path}: the batch at offset 0 of t-0 cannot be decoded (")
    assert str(caught.value).endswith("or skip the batch by setting the offset of its readers behind it")


def test_a_group_that_cannot_be_decoded(path: Path) -> None:
    log = SqliteLog(str(path))
    admin = log.admin({})
    other = sqlite3.connect(path)
    other.execute("INSERT INTO consumer_groups VALUES ('g', x'c1')")
    other.commit()
    other.close()
    with pytest.raises(LogCorruptError) as caught:
        admin.delete_group("g", 1)
    assert str(caught.value).startswith(f"{path}: the state of the group g cannot be decoded (")
    assert "delete its row in the table consumer_groups" in str(caught.value)
    admin.close()


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "log.db"
    assert open_fails(path, LogError) == (
        f"Cannot open the log {path}: there is no directory {path.parent}; create it or give another path"
    )


def test_a_path_that_is_a_directory(tmp_path: Path) -> None:
    text = open_fails(tmp_path, LogAuthError)
    assert text.startswith(f"Cannot open {tmp_path} for writing (")
    assert "the path must not be a directory" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(path: Path) -> None:
    send(SqliteLog(str(path)), "t", b"v")
    path.chmod(0o444)
    assert "Its user needs to write the file and its directory" in open_fails(path, LogAuthError)


def test_an_unknown_durability(path: Path) -> None:
    with pytest.raises(ConfigException) as caught:
        SqliteLog(str(path), "FAST")
    assert str(caught.value) == ("Invalid value FAST for configuration durability: String must be one of: NORMAL, FULL")


@pytest.mark.parametrize(("durability", "level"), [("NORMAL", 1), ("FULL", 2)])
def test_durability_reaches_sqlite(path: Path, durability: str, level: int) -> None:
    producer = SqliteLog(str(path), durability).producer({})
    assert producer._store.connection.read("PRAGMA synchronous") == [(level,)]  # type: ignore[attr-defined]
    assert producer._store.connection.read("PRAGMA journal_mode") == [("wal",)]  # type: ignore[attr-defined]
    producer.close(1)


def test_nothing_is_opened_before_the_first_client(path: Path) -> None:
    log = SqliteLog(str(path))
    assert not path.exists()
    log.admin({}).close()
    assert path.exists()


def test_a_relative_path_stays_what_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    log = SqliteLog("log.db")
    monkeypatch.chdir("/")
    send(log, "t", b"v")
    assert path.exists()


def test_closed_clients_leave_one_file_behind(path: Path) -> None:
    log = SqliteLog(str(path))
    send(log, "t", b"v")
    assert [file.name for file in path.parent.iterdir()] == ["log.db"]
    assert values(read_all(SqliteLog(str(path)), "t")) == [b"v"]


def test_a_connection_is_refused_after_a_fork(path: Path) -> None:
    log = SqliteLog(str(path))
    send(log, "t", b"v")
    admin = log.admin({})
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            admin.list_topics(1)
            os.write(writer, b"no error")
        except LogError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    text = os.read(reader, 1000).decode()
    os.close(reader)
    os.close(writer)
    assert text == (
        f"{path} was opened by process {os.getpid()} and cannot be used by its forked child {child}; open it anew there"
    )
    assert admin.list_topics(1) == ["t"]
    admin.close()


def test_many_processes_may_create_the_log_at_once(path: Path) -> None:
    code = (
        "import sys; from penstock.log.sqlite import SqliteLog; from penstock.log.base import OutgoingBatch\n"
        "sys.stdin.readline()\n"
        f"p = SqliteLog({str(path)!r}).producer({{}}); p.send_batch(OutgoingBatch(topic='t', values=[sys.argv[1]])); p.close(5)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], stdin=subprocess.PIPE, text=True)
        for number in range(8)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert set(values(read_all(SqliteLog(str(path)), "t"))) == {b"%d" % n for n in range(8)}


def test_a_full_disk_is_told_and_nothing_of_the_write_is_kept(path: Path) -> None:
    log = SqliteLog(str(path))
    producer = log.producer({})
    connection = producer._store.connection  # type: ignore[attr-defined]
    producer.send_batch(OutgoingBatch(topic="t", values=[b"kept"]))
    ((pages,),) = connection.read("PRAGMA page_count")
    connection.read(f"PRAGMA max_page_count={pages}")
    producer.send_batch(OutgoingBatch(topic="t", values=[b"x" * 100_000] * 5))
    assert producer.failure is not None
    assert str(producer.failure).startswith(f"The disk of {path} is full (")
    connection.read("PRAGMA max_page_count=1000000")
    producer.close(1)
    assert values(read_all(log, "t")) == [b"kept"]


def test_a_writer_that_never_ends_is_waited_for_until_the_deadline(path: Path) -> None:
    log = SqliteLog(str(path))
    send(log, "t", b"v")
    consumer = log.consumer({"group.id": "g"})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogTimeoutError) as caught:
        consumer.commit({TopicPartition("t", 0): 1}, 0.2)
    assert str(caught.value).startswith(f"Other processes kept {path} locked for 0.2 s; nothing was changed.")
    assert values(read_all(log, "t")) == [b"v"]  # readers are not held up
    other.execute("ROLLBACK")
    other.close()
    consumer.commit({TopicPartition("t", 0): 1}, 5)
    consumer.close()
