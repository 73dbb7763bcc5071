"""Names of tables: taking them apart, and writing them into SQL (spec jdbc 4)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from penstock.api import ConnectException
from penstock_jdbc.database.kind import DatabaseKind


class Quoting(enum.Enum):
    """``quote.sql.identifiers``."""

    ALWAYS = "always"
    NEVER = "never"


class Folding(enum.Enum):
    """What a server makes of a name that is written without quotes, as far as the connectors follow it."""

    KEEP = enum.auto()
    LOWER = enum.auto()
    UPPER = enum.auto()


class TwoParts(enum.Enum):
    """What the first of two parts of a name is."""

    SCHEMA = enum.auto()
    CATALOG = enum.auto()


@dataclass(frozen=True, slots=True)
class TableId:
    """The name of a table; parts that a database lacks are None."""

    catalog: str | None
    schema: str | None
    table: str

    @property
    def full_name(self) -> str:
        """The parts that there are, unquoted and joined by dots: what offsets and regular expressions see."""
        return ".".join(part for part in (self.catalog, self.schema, self.table) if part is not None)

    def __str__(self) -> str:
        return self.full_name


@dataclass(frozen=True, slots=True)
class IdentifierRules:
    """How a database writes names. Immutable; usable from every thread."""

    opening: str = '"'
    closing: str = '"'
    separator: str = "."
    quoting: Quoting = Quoting.ALWAYS
    two_parts: TwoParts = TwoParts.SCHEMA
    default_schema: str | None = None
    folding: Folding = Folding.KEEP
    longest: int | None = None
    """The server's limit to the length of a name, in characters; None where names are left as they are."""

    def parse(self, text: str) -> TableId:
        """The table that ``text`` names: ``table``, ``schema.table`` or ``catalog.schema.table``, each part quoted or not.

        Raises ConnectException for a quote without its end, an empty part, or more than three parts.
        """
        parts = self._split(text)
        match parts:
            case [table]:
                catalog, schema = None, self.default_schema
            case [first, table]:
                as_catalog = self.two_parts is TwoParts.CATALOG
                catalog, schema = (first, self.default_schema) if as_catalog else (None, first)
            case [catalog, schema, table]:
                pass
            case _:
                raise ConnectException(
                    f"The table name '{text}' has {len(parts)} parts, but may have three at most: catalog, schema and table. "
                    f"Put a name that holds '{self.separator}' in quotes: {self.opening}a{self.separator}b{self.closing}"
                )
        return TableId(catalog, schema, self._as_stored(table))

    def quote(self, name: str) -> str:
        """``name`` as SQL has it: quoted, with the closing quote doubled, or as it is under ``never``."""
        if self.quoting is Quoting.NEVER:
            return name
        return f"{self.opening}{name.replace(self.closing, self.closing * 2)}{self.closing}"

    def quoted(self, table: TableId) -> str:
        """The full name of ``table`` as SQL has it."""
        parts = [part for part in (table.catalog, table.schema, table.table) if part is not None]
        return self.separator.join(map(self.quote, parts))

    def _split(self, text: str) -> list[str]:
        parts: list[str] = []
        rest = text
        while True:
            part, rest = self._first_part(text, rest)
            parts.append(part)
            if not rest:
                return parts
            if not rest.startswith(self.separator):
                raise ConnectException(
                    f"Failure parsing fully qualified identifier; '{self.separator}' expected before {rest} in {text}"
                )
            rest = rest[len(self.separator) :]
            if not rest:
                raise ConnectException(f"Failure parsing fully qualified identifier; ends in delimiter {text}")

    def _first_part(self, text: str, rest: str) -> tuple[str, str]:
        """The first part of ``rest``, and what follows it; ``text`` is the whole name, for the error."""
        if not rest.startswith(self.opening):
            end = rest.find(self.separator)
            part, rest = (rest, "") if end < 0 else (rest[:end], rest[end:])
            if not part:
                raise ConnectException(f"Failure parsing fully qualified identifier; a part of '{text}' is empty")
            return part, rest
        found: list[str] = []
        at = len(self.opening)
        while True:
            end = rest.find(self.closing, at)
            if end < 0:
                raise ConnectException(f"Failure parsing fully qualified identifier; missing trailing quote in {text}")
            found.append(rest[at:end])
            at = end + len(self.closing)
            if not rest.startswith(self.closing, at):
                return self.closing.join(found), rest[at:]
            at += len(self.closing)

    def _as_stored(self, table: str) -> str:
        if self.quoting is Quoting.NEVER:
            if self.folding is Folding.LOWER:
                table = table.lower()
            elif self.folding is Folding.UPPER:
                table = table.upper()
        return table if self.longest is None else table[: self.longest]


_RULES: Mapping[DatabaseKind, IdentifierRules] = {
    DatabaseKind.POSTGRESQL: IdentifierRules(folding=Folding.LOWER, longest=63),
    DatabaseKind.MYSQL: IdentifierRules(opening="`", closing="`"),
    DatabaseKind.SQLSERVER: IdentifierRules(opening="[", closing="]", two_parts=TwoParts.CATALOG, default_schema="dbo"),
    DatabaseKind.SYBASE: IdentifierRules(two_parts=TwoParts.CATALOG),
    DatabaseKind.ORACLE: IdentifierRules(folding=Folding.UPPER),
}


def rules_for(kind: DatabaseKind, quoting: Quoting = Quoting.ALWAYS) -> IdentifierRules:
    """The rules of one kind of database."""
    return replace(_RULES.get(kind, IdentifierRules()), quoting=quoting)
