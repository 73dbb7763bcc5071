"""Errors of drivers: what they mean to the sink, and how they are told (spec jdbc 14)."""

from __future__ import annotations

from penstock.api import ConnectException, DataException
from penstock_jdbc.database.failures import Failure, causes, classify, message, sqlstate
from penstock_jdbc.sink.errors import SQLException

TRIMMED = "[trimmed: trim.sensitive.log is on]"
_OF_VALUES = (DataException, UnicodeError, OverflowError)
_ROW_STATES = frozenset({"42804", "42846", "42883", "42P18", "42P22"})
"""PostgreSQL: the value's type doesn't suit the column. The record's own schema is to blame, not the table."""


def meaning(error: BaseException) -> Failure:
    """What to do about an error that was raised while rows were written."""
    if isinstance(error, _OF_VALUES):
        return Failure.DATA
    found = classify(error)
    if found is Failure.SCHEMA and sqlstate(error) in _ROW_STATES:
        return Failure.DATA
    return found


def is_of_driver(error: BaseException) -> bool:
    """Whether an error comes from a driver or its values, rather than from a mistake of ours."""
    if isinstance(error, (*_OF_VALUES, OSError)):
        return True
    return any(
        base.__name__ in {"Error", "SQLAlchemyError", "DBAPIError"}
        for kind in map(type, causes(error))
        for base in kind.__mro__
    )


def told(error: BaseException, *, trim: bool) -> SQLException:
    """The error as dead letters and traces have it. ``trim`` leaves out the driver's texts, which may quote data."""
    lines = [f"{_name(found)}: {_text(found, trim=trim)}" for found in causes(error)]
    raised = SQLException("Exception chain:\n" + "".join(f"{line}\n" for line in dict.fromkeys(lines)))
    raised.__cause__ = None if trim else error
    return raised


def fatal(error: BaseException, *, trim: bool) -> ConnectException:
    """What ends the task over an error of the driver. Values that can't be bound are told as they are."""
    if isinstance(error, ConnectException):
        return error
    chain = told(error, trim=trim)
    chain.__cause__ = None
    raised = ConnectException(f"{chain.connect_name}: {chain}")
    raised.__cause__ = chain
    return raised


def _name(error: BaseException) -> str:
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}" if kind.__module__ != "builtins" else kind.__qualname__


def _text(error: BaseException, *, trim: bool) -> str:
    if not trim:
        return message(error)
    state = sqlstate(error)
    return TRIMMED + (f" SQLSTATE {state}" if state else "")
