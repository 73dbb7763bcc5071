"""A table as the connectors see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with the facts that the JDBC driver reports."""

    name: str
    code: JdbcType
    type_name: str
    """The database's own name for the type: ``int4``, ``VARCHAR``, for an array ``_int4``."""
    precision: int = 0
    """Digits of a number, characters of a text; 0 where there is no limit or it isn't told."""
    scale: int = 0
    nullable: bool | None = None
    """None where the database doesn't tell."""
    signed: bool = True
    auto_increment: bool = False
    default: str | None = None
    """The default as SQL; None where there is none."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns in order and the names of its primary key's columns in key order."""

    id: TableId
    kind: str
    """The JDBC table type: ``TABLE``, ``VIEW``, ``PARTITIONED TABLE``…"""
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns})

    def column(self, name: str) -> Column | None:
        """The column of exactly this name."""
        return self._by_name.get(name)

    def column_ignoring_case(self, name: str) -> Column | None:
        """The column of this name, else the first that differs from it in case only."""
        exact = self._by_name.get(name)
        if exact is not None:
            return exact
        lowered = name.lower()
        return next((column for column in self.columns if column.name.lower() == lowered), None)


@dataclass(frozen=True, slots=True)
class TableFilter:
    """``table.types``, ``catalog.pattern`` and ``schema.pattern``: patterns are LIKE's, None lets all through, and ``""`` is
    for tables without catalog or schema."""

    types: tuple[str, ...] = ("TABLE",)
    catalog_pattern: str | None = None
    schema_pattern: str | None = None


def like(pattern: str | None) -> Callable[[str | None], bool]:
    r"""Whether a name fits a LIKE pattern (``%``, ``_``, escaped by ``\``); see :class:`TableFilter`."""
    if pattern is None:
        return lambda _name: True
    if pattern == "":
        return lambda name: not name
    expression = re.sub(
        r"\\(.)|(%)|(_)|(.)",
        lambda m: re.escape(m[1]) if m[1] else ".*" if m[2] else "." if m[3] else re.escape(m[4]),
        pattern,
        flags=re.DOTALL,
    )
    compiled = re.compile(expression, re.DOTALL)
    return lambda name: name is not None and compiled.fullmatch(name) is not None
