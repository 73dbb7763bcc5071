"""One SQLite connection of the embedded log: opened with the log's settings, errors in the log's words, and write
transactions that wait their turn.

A connection belongs to one client and is used by one thread at a time, never after a fork: SQLite's locks do not survive
one. Each statement outside ``write`` sees a snapshot of its own.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from penstock.clock import Clock
from penstock.log.embedded_store import Patience
from penstock.log.errors import LogAuthError, LogCorruptError, LogError, LogInterruptedError, LogTimeoutError
from penstock.log.sqlite_schema import ensure_schema

T = TypeVar("T")

Row = tuple[Any, ...]
"""What SQLite gives: the types are those of the schema."""

Execute = Callable[..., sqlite3.Cursor]
"""``execute(sql, parameters)`` within a write transaction."""

DURABILITIES = ("NORMAL", "FULL")
"""NORMAL: what was acknowledged survives the death of every process. FULL: a power cut too, at an fsync a batch."""

_CACHE_KIB = 2048
_CHECKPOINT_PAGES = 2000
_WAL_LIMIT = 32 * 1024 * 1024
_OPEN_WAIT_S = 30.0
_READ_WAIT_S = 30.0


class Connection:
    """Opens the file, creating log and schema where there is none. Raises LogCorruptError (no log, or damaged), LogAuthError,
    LogError."""

    def __init__(self, path: str, durability: str, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._process = os.getpid()
        parent = Path(path).parent
        if not parent.is_dir():
            raise LogError(
                f"Cannot open the log {path}: there is no directory {parent}; create it or give another path"
            )
        try:
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise translated(error, path) from error
        try:
            self._set_up(durability)
        except BaseException:
            self._connection.close()
            raise

    def _set_up(self, durability: str) -> None:
        patience = Patience(self._clock.monotonic() + _OPEN_WAIT_S)
        self._patiently(lambda: ensure_schema(self._connection, self.path), patience)
        settings = [f"synchronous={durability}", f"cache_size=-{_CACHE_KIB}", f"wal_autocheckpoint={_CHECKPOINT_PAGES}"]
        settings += [f"journal_size_limit={_WAL_LIMIT}"]
        if durability == "FULL":
            settings += ["fullfsync=1", "checkpoint_fullfsync=1"]  # macOS: fsync alone does not reach the disk
        for setting in settings:
            self._connection.execute(f"PRAGMA {setting}")

    def read(self, sql: str, *parameters: object) -> list[Row]:
        """All rows of a query."""
        self._check_process()
        return self._patiently(lambda: self._connection.execute(sql, parameters).fetchall(), self._read_patience())

    def read_while(self, sql: str, parameters: tuple[object, ...], wanted: Callable[[Row], bool]) -> list[Row]:
        """Rows of a query, up to the first that is not wanted; no more of them is read than that."""
        self._check_process()

        def rows() -> list[Row]:
            cursor = self._connection.execute(sql, parameters)
            found: list[Row] = []
            for row in cursor:
                if not wanted(row):
                    break
                found.append(row)
            cursor.close()
            return found

        return self._patiently(rows, self._read_patience())

    def version(self) -> tuple[int, int]:
        """Differs from an earlier answer when any connection, this one included, committed something meanwhile."""
        try:  # the short way: an idle reader does nothing else
            ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        except sqlite3.Error:
            ((version,),) = self.read("PRAGMA data_version")
        return version, self._connection.total_changes

    @contextmanager
    def write(self, patience: Patience) -> Iterator[Execute]:
        """A write transaction: committed at the end of the block, durable then; undone by an exception. Only one is open in
        all processes, so what can be done before it is done before it. Raises LogTimeoutError, LogInterruptedError."""
        self._check_process()
        self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"), patience)
        try:
            yield self._connection.execute
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise translated(error, self.path) from error
            raise

    def vacuum(self, pages: int, patience: Patience) -> None:
        """Give at most so many free pages back to the file system."""
        self._check_process()
        # executescript: the statement gives a row without columns for each page, and ``execute`` stops at the first.
        self._patiently(lambda: self._connection.executescript(f"PRAGMA incremental_vacuum({pages})"), patience)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, first without stopping writers, and cut it if nobody is in the way."""
        self._check_process()
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def close(self) -> None:
        """Idempotent. In a forked child the connection is left alone."""
        if self._process == os.getpid():
            self._connection.close()

    def _patiently(self, call: Callable[[], T], patience: Patience) -> T:
        """Call until no other connection is in the way. The pauses are short and random: SQLite's own grow, and a writer that
        waited long would lose against one that just came."""
        started = self._clock.monotonic()
        while True:
            try:
                return call()
            except sqlite3.Error as error:
                if _primary_code(error) not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                    raise translated(error, self.path) from error
            now = self._clock.monotonic()
            if patience.interrupted():
                raise LogInterruptedError(
                    f"The wait for other writers of {self.path} was given up: the caller is stopping"
                )
            if now >= patience.deadline:
                raise LogTimeoutError(
                    f"Other processes kept {self.path} locked for {now - started:.1f} s; nothing was changed. Look for one "
                    "that hangs while it writes"
                )
            time.sleep(random.uniform(0.000_2, 0.001_5))

    def _read_patience(self) -> Patience:
        return Patience(self._clock.monotonic() + _READ_WAIT_S)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise LogError(
                f"{self.path} was opened by process {self._process} and cannot be used by its forked child {os.getpid()}; "
                "open it anew there"
            )


def translated(error: sqlite3.Error, path: str) -> LogError:
    """The log's error for one of SQLite's, naming the file and what to do."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return LogCorruptError(
            f"{path} is no SQLite database, so it is no log of Penstock. Move it away, or give the log another path"
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return LogCorruptError(
            f"{path} is damaged ({error}). Stop every process that uses it, and move it away together with {path}-wal and "
            f"{path}-shm; a new log is created at the next start. `sqlite3 {path} .recover` may save what is readable"
        )
    if code == sqlite3.SQLITE_FULL:
        return LogError(f"The disk of {path} is full ({error}). Make room; nothing of the failed write was kept")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return LogAuthError(
            f"Cannot open {path} for writing ({error}). Its user needs to write the file and its directory, and the path must "
            "not be a directory"
        )
    return LogError(f"SQLite failed on {path}: {error}")


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
