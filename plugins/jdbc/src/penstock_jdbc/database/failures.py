"""What a database error means for who ran the statement (spec jdbc 14): try again, leave the row out, look at the table anew.

Decided by SQLSTATE where the driver gives one, else by the vendor's code, else by the driver's exception class.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.api import ConnectException
from penstock_jdbc.database import vendor_codes


class Failure(enum.Enum):
    """What to do about an error."""

    TRANSIENT = enum.auto()
    """The database is away, overloaded or full: the same statement may succeed later, on a new connection."""
    CONFLICT = enum.auto()
    """A deadlock, a lock or a serialisation failure: the same transaction may succeed at once."""
    DATA = enum.auto()
    """A value or a row is refused: it will be refused again, other rows may pass."""
    SCHEMA = enum.auto()
    """A table, a column, a privilege is missing, or the SQL is wrong: look at the table anew, else give up."""
    OTHER = enum.auto()
    """Anything else."""


def classify(error: BaseException) -> Failure:
    """The meaning of an error of a driver or of SQLAlchemy, looking through its causes."""
    for found in causes(error):
        meaning = _classify_one(found)
        if meaning is not None:
            return meaning
    return Failure.OTHER


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what led to it; SQLAlchemy's wrapper is left out in favour of the driver's error."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, DBAPIError) and current.orig is not None:
            if current.connection_invalidated:
                yield ConnectionResetError(str(current.orig))
            current = current.orig
            continue
        yield current
        current = current.__cause__


def chain_text(error: BaseException) -> str:
    """The messages of an error and its causes, a line each, without SQL and bound values."""
    lines = (message(found) for found in causes(error))
    return "\n".join(dict.fromkeys(line for line in lines if line))


def message(error: BaseException) -> str:
    """What one error says, without the driver's decoration. MySQL's drivers and pymssql give (code, text): the
    text, with repeated lines once."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return message(error.orig)
    if isinstance(error, ConnectException):
        return str(error)
    args = error.args
    if len(args) == 1 and isinstance(args[0], tuple):  # pymssql wraps once more
        args = args[0]
    if len(args) == 2 and isinstance(args[0], int) and isinstance(args[1], (str, bytes)):
        text = args[1] if isinstance(args[1], str) else args[1].decode("utf-8", "replace")
        return "\n".join(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    return str(error).strip()


def driver_says(text: str) -> str:
    """What a driver says of a failed login, without the address that libpq puts before: ``FATAL: role "x" does not exist``."""
    found = list(_SERVER_SAYS.finditer(text))
    return re.sub(r"^(\w+):  ", r"\1: ", found[-1][1].strip()) if found else text


_SERVER_SAYS = re.compile(r"connection to server at .*? failed: (.+?)(?=\n|$)")


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of five characters, where the driver or its text gives one."""
    for found in causes(error):
        state = getattr(found, "sqlstate", None)
        if isinstance(state, str) and len(state) == 5:
            return state
        state = vendor_codes.sqlstate_in_text(found)
        if state is not None:
            return state
    return None


def vendor_code(error: BaseException) -> int:
    """The vendor's number for the error; 0 where there is none, as in PostgreSQL."""
    return next((code for found in causes(error) if (code := vendor_codes.number(found)) is not None), 0)


def hidden(error: BaseException) -> ConnectException:
    """What may be told of an error over a query that is a secret: drivers quote it, so only codes are left."""
    state, code = sqlstate(error), vendor_code(error)
    codes = [*([f"SQLSTATE {state}"] if state else []), *([f"error code {code}"] if code else [])]
    said = ", ".join(codes) or type(error).__name__
    return ConnectException(f"The database refuses the query, which 'query.masked' hides ({said})")


def _classify_one(error: BaseException) -> Failure | None:
    if isinstance(error, (ConnectionError, TimeoutError, DisconnectionError, PoolTimeoutError)):
        return Failure.TRANSIENT
    module = type(error).__module__.partition(".")[0]
    name = _MODULES.get(module)
    if name is None:
        return None
    state = getattr(error, "sqlstate", None) or vendor_codes.sqlstate_in_text(error)
    by_code = vendor_codes.MEANINGS[name](error, state)
    if by_code is not None:
        return Failure[by_code]
    return _by_class(error)


_MODULES = {
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "pymysql": "mysql",
    "MySQLdb": "mysql",
    "sqlite3": "sqlite",
    "pymssql": "sqlserver",
    "pyodbc": "sqlserver",
    "oracledb": "oracle",
    "ibm_db_dbi": "db2",
    "ibm_db": "db2",
}
"""The driver's package → the family whose codes its errors carry."""

_CLASSES = (
    ("IntegrityError", Failure.DATA),
    ("DataError", Failure.DATA),
    ("ProgrammingError", Failure.SCHEMA),
    ("OperationalError", Failure.OTHER),
)


def _by_class(error: BaseException) -> Failure | None:
    """By the class that PEP 249 asks for, found by name in the driver's hierarchy."""
    names = {cls.__name__ for cls in type(error).__mro__}
    return next((meaning for name, meaning in _CLASSES if name in names), None)
