"""How far rows may be read so that none turns up behind it: ``late.commits=wait``.

A transaction takes its time, or its number, when it writes, and shows its rows when it commits. Whoever reads in between and
notes the newest time or number passes those rows over. The database knows its running transactions:

* **times**: rows of a transaction have no time before its start. So nothing is read that is not older than the oldest running
  transaction, by a margin for clocks that count in seconds;
* **numbers**: whoever has a number below the highest visible one, and has not committed, is running now. So the highest number
  is noted, then who is running; once all of those have ended, everything up to that number is visible or will never be.

Not seen are sequences that hand out blocks to sessions (``CACHE``), prepared transactions, and times that a program sets
earlier than its transaction began: those need ``late.commits=overlap``.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy.engine import Connection

from penstock.api import ConfigException
from penstock_jdbc.database.kind import DatabaseKind

logger = logging.getLogger(__name__)

MARGIN_US: Final = 1_000_000
"""Columns of whole seconds lag behind by up to a second, and a transaction is announced a moment after it has its time."""

_STANDBY: Final = (
    "'late.commits=wait' needs to see who writes, which a standby does not know: read from the primary, or set 'late.commits' to "
    "overlap"
)
_LONG_S: Final = 60
_RENEWED_AFTER_S: Final = 0.12
_TRIES: Final = 5


class Transactions(Protocol):
    """What a database tells of running transactions."""

    def check(self, connection: Connection) -> None:
        """Raise ConfigException when this account is not told of all of them."""

    def oldest_us(self, connection: Connection, now_us: int) -> int:
        """When the oldest of them began, by the database's clock; ``now_us`` when none runs."""

    def running(self, connection: Connection) -> frozenset[Hashable]:
        """Identities of those that run."""


class PostgresqlTransactions:
    """From ``pg_stat_activity``. Sessions that only read for a source are left out, by their name."""

    _WHERE = """FROM pg_catalog.pg_stat_activity WHERE xact_start IS NOT NULL AND datname = current_database()
        AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
        AND application_name NOT LIKE '%[penstock reader]'"""

    _STANDBY = "pg_is_in_recovery()"

    def check(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        asked = f"SELECT {self._STANDBY}, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
        standby, allowed = raw.execute(asked).fetchone()
        raw.commit()
        if standby:
            raise ConfigException(_STANDBY)
        if not allowed:
            raise ConfigException(
                "'late.commits=wait' needs to see the transactions of all sessions, and this account sees its own alone: "
                "GRANT pg_read_all_stats TO it, or set 'late.commits' to overlap"
            )

    def oldest_us(self, connection: Connection, now_us: int) -> int:
        raw: Any = connection.connection.driver_connection
        query = f"SELECT floor(extract(epoch FROM min(xact_start)) * 1000000)::bigint {self._WHERE}"  # noqa: S608  # a constant
        (oldest,) = raw.execute(query).fetchone()
        raw.commit()  # what a transaction has seen of other sessions does not change
        return now_us if oldest is None else min(int(oldest), now_us)

    def running(self, connection: Connection) -> frozenset[Hashable]:
        raw: Any = connection.connection.driver_connection
        raw.commit()
        rows = raw.execute(f"SELECT pid, xact_start::text {self._WHERE}").fetchall()  # a constant
        raw.commit()
        return frozenset(rows)


class MysqlTransactions:
    """From ``innodb_trx``, and statements that run from the process list: those may wait for a lock before they begin.

    InnoDB shows that table from a cache that it renews only when nobody has read it for a tenth of a second. So a reading counts
    only if it has our own transaction with the very statement that reads; else it is tried again.
    """

    _LIST = """SELECT trx_mysql_thread_id, trx_started, trx_is_read_only, TIMESTAMPDIFF(MICROSECOND, trx_started, NOW(6)),
        trx_query, CONNECTION_ID() FROM information_schema.innodb_trx /* penstock {token} */"""
    _OLDEST_STATEMENT = """SELECT MAX(time + 1) * 1000000 FROM information_schema.processlist
        WHERE id <> CONNECTION_ID() AND command IN ('Query', 'Execute') AND info NOT LIKE 'SELECT%'"""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)

    def check(self, connection: Connection) -> None:
        try:
            self._rows(connection, "SELECT COUNT(*) FROM information_schema.innodb_trx")
        except Exception as error:
            raise ConfigException(
                "'late.commits=wait' needs to see all transactions, for which this account lacks a privilege: GRANT PROCESS ON "
                "*.* TO it, or set 'late.commits' to overlap"
            ) from error
        ((read_only,),) = self._rows(connection, "SELECT @@global.read_only")
        if int(read_only):
            raise ConfigException(_STANDBY)

    def oldest_us(self, connection: Connection, now_us: int) -> int:
        ages = [int(age) for _, _, read_only, age in self._writers(connection) if not read_only]
        ((statement,),) = self._rows(connection, self._OLDEST_STATEMENT)
        return now_us - max([0, *ages, int(statement or 0)])

    def running(self, connection: Connection) -> frozenset[Hashable]:
        return frozenset(
            (thread, started) for thread, started, read_only, _ in self._writers(connection) if not read_only
        )

    def _writers(self, connection: Connection) -> list[tuple[int, str, int, int]]:
        """Thread, start, whether it only reads and age in microseconds of every other transaction. Raises TimeoutError."""
        for _ in range(_TRIES):
            token = next(self._tokens)
            rows = self._rows(connection, self._LIST.format(token=token), "START TRANSACTION WITH CONSISTENT SNAPSHOT")
            if any(row[0] == row[5] and f"penstock {token} " in str(row[4]) for row in rows):
                return [(row[0], str(row[1]), int(row[2]), int(row[3] or 0)) for row in rows if row[0] != row[5]]
            time.sleep(_RENEWED_AFTER_S)
        raise TimeoutError(
            "information_schema.innodb_trx is read so often by others that InnoDB does not renew it, so nobody knows who is "
            "writing; will try again"
        )

    def _rows(self, connection: Connection, *statements: str) -> list[tuple[Any, ...]]:
        """What the first of the statements finds, run after the others."""
        raw: Any = connection.connection.driver_connection
        raw.commit()
        cursor = raw.cursor()
        try:
            for statement in reversed(statements):
                cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()
            raw.commit()  # what is read next is as of then


_TRANSACTIONS: Mapping[DatabaseKind, Transactions] = {
    DatabaseKind.POSTGRESQL: PostgresqlTransactions(),
    DatabaseKind.MYSQL: MysqlTransactions(),
}


def transactions_of(kind: DatabaseKind) -> Transactions:
    """What tells of running transactions. Raises ConfigException for a database that does not."""
    found = _TRANSACTIONS.get(kind)
    if found is None:
        raise ConfigException(
            f"'late.commits=wait' is not possible with {kind.dialect_name}, which tells nothing of running transactions; set it "
            "to overlap"
        )
    return found


@dataclass(slots=True)
class _Fence:
    """A number that counts once all of ``waiting`` have ended."""

    highest: int
    waiting: frozenset[Hashable]
    since_s: float

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.since_s


class NumberFence:
    """Up to which number rows of one table may be read. One per querier."""

    def __init__(self) -> None:
        self._fence: _Fence | None = None
        self._safe: int | None = None

    @property
    def held_s(self) -> float:
        """How long transactions have kept the number from rising; 0 when none do."""
        return 0 if self._fence is None else self._fence.age_s

    def safe(self, highest: int | None, running: frozenset[Hashable]) -> int | None:
        """The number; None before there is one. ``highest`` is the highest visible now, and ``running`` was asked after it."""
        if self._fence is not None:
            self._fence.waiting &= running
        elif highest is not None:
            self._fence = _Fence(highest, running, time.monotonic())
        if self._fence is not None and not self._fence.waiting:
            self._safe, self._fence = self._fence.highest, None
        return self._safe


class HeldUp:
    """Warns when a transaction keeps rows from being read for long, once until that has ended."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._warned = False

    def note(self, held_s: float) -> None:
        """Rows have been waiting for so long."""
        long = held_s >= _LONG_S
        if long and not self._warned:
            logger.warning(
                "Rows of %s are held up by a transaction that has been open for %d s: with 'late.commits=wait' those that came "
                "after it are read when it ends",
                self._shown,
                held_s,
            )
        self._warned = long
