"""``table.include.list`` and the column mappings: lists of regular expressions on full table names (spec jdbc 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from penstock.api import ConfigException
from penstock_jdbc.config.regexes import RegexError, compile_re2

_NO_LIST = "Must be a valid comma-separated list of regular expression patterns"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The tables that ``regex`` matches by their whole unquoted full name, and the columns that are meant in them."""

    regex: re.Pattern[str]
    columns: tuple[str, ...]


def parse_single(item: str) -> ColumnMapping:
    """``regex:column``. Raises ValueError with what is wrong."""
    regex, column = _halves(item, "Invalid format. Expected 'regex:columnName'")
    pattern = _compiled(regex)
    if not column:
        raise _WrongPartError(column, "Column name cannot be empty")
    return ColumnMapping(pattern, (column,))


def parse_several(item: str) -> ColumnMapping:
    """``regex:[c1|c2]``. Raises ValueError with what is wrong."""
    regex, columns = _halves(item, "Invalid format. Expected 'regex:[col1|col2|...]'")
    pattern = _compiled(regex)
    if not (columns.startswith("[") and columns.endswith("]") and len(columns) > 1):
        raise _WrongPartError(columns, "Columns list must be enclosed in square brackets")
    inside = columns[1:-1]
    if not inside.strip():
        raise _WrongPartError(columns, "Columns list cannot be empty")
    names = tuple(name.strip() for name in inside.split("|"))
    if not all(names):
        raise _WrongPartError(columns, "Every column name should be non-empty string")
    return ColumnMapping(pattern, names)


def regex_list(name: str, value: object) -> None:
    """A list of regular expressions."""
    for item in _items(value):
        try:
            compile_re2(item.strip())
        except RegexError as error:
            raise ConfigException.of(name, value, f"{_NO_LIST}: {error}") from error


def single_mappings(name: str, value: object) -> None:
    """A list of mappings in the format 'regex:columnName' where regex is a valid regular expression."""
    for item in _items(value):
        try:
            parse_single(item.strip())
        except _WrongPartError as error:
            raise ConfigException.of(name, error.part, str(error)) from error


def several_mappings(name: str, value: object) -> None:
    """A list of mappings in the format 'regex:[col1|col2|...]' where regex is a valid regular expression."""
    for item in _items(value):
        try:
            parse_several(item.strip())
        except _WrongPartError as error:
            raise ConfigException.of(name, error.part, str(error)) from error


class _WrongPartError(ValueError):
    """``part`` is what is wrong of an item."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part = part


def _halves(item: str, expected: str) -> tuple[str, str]:
    halves = item.split(":")
    if len(halves) != 2:
        raise _WrongPartError(item, expected)
    return halves[0].strip(), halves[1].strip()


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return compile_re2(regex)
    except RegexError as error:
        raise _WrongPartError(regex, f"Invalid regular expression: {error}") from error


def _items(value: object) -> Iterable[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
