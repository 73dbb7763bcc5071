"""What one querier reads, decided once at the task's start."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api import Offset
from penstock_jdbc.database.table import Table
from penstock_jdbc.source.criteria import Statement


@dataclass(frozen=True, slots=True)
class Target:
    """A table or the user's query, which ``masked`` keeps out of messages.

    ``shown`` names it in messages. ``timestamps`` and ``incrementing`` are the columns that tell how far it was read, where the
    mode uses them. ``bulk_partition`` is what records of bulk mode carry.
    """

    shown: str
    table: Table | None
    topic: str
    schema_name: str | None
    partition: Offset
    bulk_partition: Offset
    statement: Statement
    timestamps: tuple[str, ...] = ()
    incrementing: str | None = None
    key_columns: tuple[str, ...] = ()
    highest: str = ""
    """The query for the highest number that there is."""
    masked: bool = False
