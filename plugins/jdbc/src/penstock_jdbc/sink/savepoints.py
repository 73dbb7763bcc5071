"""A place within a transaction to go back to, as each database spells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock_jdbc.database.kind import DatabaseKind

_NAME = "penstock_rows"


@dataclass(frozen=True, slots=True)
class Savepoint:
    """The statements; ``release`` is None where a savepoint is not given back, but set anew."""

    set: str = f"SAVEPOINT {_NAME}"
    back: str = f"ROLLBACK TO SAVEPOINT {_NAME}"
    release: str | None = f"RELEASE SAVEPOINT {_NAME}"


_TRANSACT = Savepoint(f"SAVE TRANSACTION {_NAME}", f"ROLLBACK TRANSACTION {_NAME}", None)
_SAVEPOINTS: Mapping[DatabaseKind, Savepoint] = {
    DatabaseKind.SQLSERVER: _TRANSACT,
    DatabaseKind.SYBASE: _TRANSACT,
    DatabaseKind.ORACLE: Savepoint(release=None),
    DatabaseKind.DB2: Savepoint(set=f"SAVEPOINT {_NAME} ON ROLLBACK RETAIN CURSORS"),
    DatabaseKind.DERBY: Savepoint(set=f"SAVEPOINT {_NAME} ON ROLLBACK RETAIN CURSORS"),
}


def savepoint_of(kind: DatabaseKind) -> Savepoint:
    """The spelling of one kind of database."""
    return _SAVEPOINTS.get(kind, Savepoint())
