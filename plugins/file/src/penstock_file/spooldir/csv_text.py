"""CSV text to rows of texts, quickly where the text is regular.

Python's csv module reads what every parser understands alike: no escapes, quotes only around whole fields. Where a block of
text is not so plain, :mod:`penstock_file.spooldir.csv_careful` reads it as opencsv does, of which SpoolDir is made.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from dataclasses import dataclass
from typing import Final

from penstock.api import DataException
from penstock_file.spooldir.csv_careful import CarefulParser, QuotedRecords
from penstock_file.spooldir.csv_dialect import Dialect
from penstock_file.spooldir.names import NullFieldIndicator

MOST_OPEN: Final = 4 << 20
"""Characters of one quoted field that are waited for; beyond it is looked at more carefully whether it is one."""

Row = list[str] | list[str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with the number of lines that it took (None: one each). ``rest`` is the text of a row that does not end.

    An empty line is an empty row.
    """

    rows: list[Row]
    lines: list[int] | None
    rest: str
    empty_is_null: bool = False
    """Whether every empty field stands for null. Fields that are null whatever that says are None."""
    fault: DataException | None = None
    """What is wrong behind the last row."""


class Splitter:
    """Splits blocks of whole lines into rows."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._careful = QuotedRecords(dialect) if dialect.rfc4180 else CarefulParser(dialect)
        self._regular = not (dialect.strict_quotes or dialect.ignore_quotations or dialect.keep_returns)
        quote, separator = re.escape(dialect.quote), re.escape(dialect.separator)
        if dialect.quote:
            field = rf"(?:{quote}(?:[^{quote}]++|{quote}{quote})*+{quote}|[^{quote}{separator}\n]*+)"
            self._grammar = re.compile(rf"(?:{field}(?:{separator}{field})*+\n)*+")
            self._quoted_empty = re.compile(rf"(?:^|[{separator}\n]){quote}{quote}(?=[{separator}\n])")
        if csv.field_size_limit() < sys.maxsize:
            csv.field_size_limit(sys.maxsize)

    def split(self, text: str, *, at_end: bool) -> Table:
        """``text`` ends with a line end. At the end of a file a row that doesn't end is a fault."""
        dialect = self._dialect
        if not self._regular or (dialect.escape and dialect.escape in text):
            return self._carefully(text, at_end=at_end)
        nulls = dialect.nulls
        if dialect.quote and dialect.quote in text:
            if not at_end and len(text) < MOST_OPEN and text.count(dialect.quote) % 2:
                return Table([], None, text)  # it ends within quotes
            if not self._grammar.fullmatch(text):
                return self._carefully(text, at_end=at_end)
            if nulls in {
                NullFieldIndicator.EMPTY_QUOTES,
                NullFieldIndicator.EMPTY_SEPARATORS,
            } and self._quoted_empty.search(text):
                return self._carefully(text, at_end=at_end)
        rows, lines = self._quickly(text)
        return Table(rows, lines, "", dialect.empty_is_null(quoted=False))

    def _quickly(self, text: str) -> tuple[list[Row], list[int] | None]:
        dialect = self._dialect
        if not dialect.quote or dialect.quote not in text:
            lines = text.split("\n")
            lines.pop()
            separator = dialect.separator
            return [line.split(separator) if line else [] for line in lines], None
        reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=dialect.separator, quotechar=dialect.quote)
        rows: list[Row] = list(reader)
        if reader.line_num == len(rows):
            return rows, None
        again = csv.reader(io.StringIO(text, newline="\n"), delimiter=dialect.separator, quotechar=dialect.quote)
        ends = [again.line_num for _ in again]
        return rows, [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    def _carefully(self, text: str, *, at_end: bool) -> Table:
        found = self._careful.parse(text)
        fault = None
        if at_end and found.rest:
            fault = DataException(
                f"Unterminated quoted field at end of CSV line. Beginning of lost text: [{found.rest[:100]}]"
            )
        return Table(found.rows, found.lines, found.rest, fault=fault)
