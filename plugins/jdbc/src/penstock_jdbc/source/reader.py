"""Running queries on a driver's own connection, and streaming what they find."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Connection

from penstock_jdbc.database.table import Table
from penstock_jdbc.source.criteria import Statement
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.rows import Row


class ResultSet(Protocol):
    """The rows of one query, read from the server chunk by chunk. Holds a transaction open until its connection's ends."""

    @property
    def columns(self) -> Sequence[ColumnFacts]:
        """What the columns are."""

    def fetch(self, count: int) -> Sequence[Row]:
        """The next rows, ``count`` of them unless the result ends; none at its end. Raises what the driver raises."""

    def close(self) -> None:
        """Let go of the cursor. Raises what the driver raises."""


class Reader(Protocol):
    """How one kind of database is read. On one thread at a time."""

    def query(
        self, connection: Connection, statement: Statement, values: Mapping[Hashable, object], table: Table | None
    ) -> ResultSet:
        """Run a query; ``values`` have been made by :meth:`timestamp` and plain integers. ``table`` is what it reads, None for a
        user's query. Raises what the driver raises."""

    def now_us(self, connection: Connection) -> int:
        """The database's clock: microseconds since the epoch, to the millisecond."""

    def timestamp(self, instant_ns: int) -> object:
        """An instant as the driver takes it for a column of timestamps."""

    def begin(self, raw: Any) -> None:  # every driver has its own class
        """Get a new connection of the driver ready for reading."""
