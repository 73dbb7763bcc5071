"""The tables of the embedded log, and how a file is recognised as one."""

from __future__ import annotations

import base64
import sqlite3
import time
import uuid

import penstock
from penstock.log.errors import LogCorruptError, LogError

APPLICATION_ID = 0x50454E53  # "PENS"
"""Marks the file (SQLite's header has a place for it), so that another program's database is never written to."""

SCHEMA_VERSION = 1
"""Raised with every change to the tables or to the batch format; a newer file is refused."""

_PAGE_SIZE = 4096

_TABLES = """
CREATE TABLE schema_version (version INTEGER NOT NULL, written_by TEXT NOT NULL, created_ms INTEGER NOT NULL);

CREATE TABLE log_info (
    cluster_id TEXT NOT NULL,
    topic_changes INTEGER NOT NULL   -- goes up with every topic that comes or goes
);

CREATE TABLE topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    configs TEXT NOT NULL            -- JSON: the configs given at creation
);

CREATE TABLE partitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: a stale client must not write to another topic
    topic_id INTEGER,                -- NULL: the topic was deleted, housekeeping removes the records
    number INTEGER NOT NULL,
    start_offset INTEGER NOT NULL DEFAULT 0,
    end_offset INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    clean_offset INTEGER NOT NULL DEFAULT 0,   -- compaction has seen everything before it
    UNIQUE (topic_id, number)
);

CREATE TABLE payloads (id INTEGER PRIMARY KEY, data BLOB NOT NULL);   -- msgpack of penstock.log.columns.Columns

CREATE TABLE batches (
    partition_id INTEGER NOT NULL,
    base_offset INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    newest_ms INTEGER NOT NULL,      -- the latest timestamp in it
    stored_ms INTEGER NOT NULL,      -- when it was written: retention goes by this, timestamps may be of any age
    payload_id INTEGER NOT NULL,
    PRIMARY KEY (partition_id, base_offset)
) WITHOUT ROWID;

CREATE TABLE producers (transactional_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE spooled (               -- payloads of transactions that are not committed
    payload_id INTEGER PRIMARY KEY,
    transactional_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,          -- -1: given up
    created_ms INTEGER NOT NULL
);

CREATE TABLE consumer_groups (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;   -- msgpack of penstock.log.group.Group

CREATE TABLE group_offsets (
    group_name TEXT NOT NULL,
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    committed_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic_id, partition)
) WITHOUT ROWID;

CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, taken REAL NOT NULL) WITHOUT ROWID;
"""


def ensure_schema(connection: sqlite3.Connection, path: str) -> None:
    """Check that the file is a log that this version reads; make an empty one a log. Raises LogCorruptError (another
    program's database), LogError (a newer log, or a file system without write-ahead logging), sqlite3.Error."""
    connection.execute("BEGIN")  # one snapshot: another process may be creating the log right now
    try:
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
    finally:
        connection.execute("COMMIT")
    if application == APPLICATION_ID:
        _check_version(connection, path)
        return
    if application or tables:
        raise LogCorruptError(
            f"{path} is an SQLite database of another program (tables: {', '.join(tables) or 'none'}), not a log of Penstock. "
            "Give the log a path of its own"
        )
    _create(connection, path)


def _create(connection: sqlite3.Connection, path: str) -> None:
    connection.execute(f"PRAGMA page_size={_PAGE_SIZE}")
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    ((mode,),) = connection.execute("PRAGMA journal_mode=WAL").fetchall()
    if mode != "wal":
        raise LogError(
            f"{path} cannot be used by several processes: its file system does not support SQLite's write-ahead log (journal "
            f"mode stays {mode}). Use a local disk"
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        if application != APPLICATION_ID:  # else another process was faster
            for statement in _TABLES.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_version VALUES (?, ?, ?)",
                (SCHEMA_VERSION, f"penstock {penstock.__version__}", time.time_ns() // 1_000_000),
            )
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22]
            connection.execute("INSERT INTO log_info VALUES (?, 0)", (cluster,))
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_version(connection: sqlite3.Connection, path: str) -> None:
    rows = connection.execute("SELECT version, written_by FROM schema_version").fetchall()
    if len(rows) != 1:
        raise LogCorruptError(
            f"{path} has no log version (table schema_version). Move it away, or give the log another path"
        )
    ((version, written_by),) = rows
    if version > SCHEMA_VERSION:
        raise LogError(
            f"{path} was written by {written_by} in log format {version}; penstock {penstock.__version__} reads up to format "
            f"{SCHEMA_VERSION}. Update Penstock, or give the log another path"
        )
