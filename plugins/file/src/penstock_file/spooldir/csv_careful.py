"""CSV text as opencsv's CSVParser understands it, character by character where a line has quotes or escapes in it.

Its rules: an escape before a quote, a separator or another escape takes that as it is, if a field or quotes have begun;
anywhere else it is left out. A quote inside of quotes, or of a field that has begun, is doubled to be one; a single one opens or
closes the quotes, and is a part of the field as well unless it stands at an end of it. White space alone before it is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock_file.spooldir.csv_dialect import Dialect

_BEGINNING = 3
"""A quote among the first characters of a line is never a part of a field."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Rows, the number of lines of each, and the text of a row that does not end."""

    rows: list[list[str] | list[str | None]]
    lines: list[int]
    rest: str


class CarefulParser:
    """Parses whole lines."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._special = [char for char in (dialect.quote, dialect.escape) if char]

    def parse(self, text: str) -> Parsed:
        """``text`` ends with a line end."""
        lines = text.split("\n")
        lines.pop()
        rows: list[list[str] | list[str | None]] = []
        counts: list[int] = []
        begun, record = 0, _Record(self._dialect)
        for number, line in enumerate(lines):
            if not record.open and self._is_plain(line):
                rows.append(self._split(line))
            elif record.add(line):
                rows.append(record.fields if line or number > begun else [])
                record = _Record(self._dialect)
            else:
                continue
            counts.append(number + 1 - begun)
            begun = number + 1
        rest = "\n".join([*lines[begun:], ""]) if begun < len(lines) else ""
        return Parsed(rows, counts, rest)

    def _is_plain(self, line: str) -> bool:
        return not self._dialect.strict_quotes and all(char not in line for char in self._special)

    def _split(self, line: str) -> list[str] | list[str | None]:
        if not line:
            return []
        fields = line.split(self._dialect.separator)
        if self._dialect.empty_is_null(quoted=False):
            return [field or None for field in fields]
        return fields


class _Record:
    """One record, line by line."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.fields: list[str | None] = []
        self._field: list[str] = []
        self._in_quotes = False
        self._in_field = False
        self._quoted = False
        """Whether the field had quotes, or anything in it."""

    @property
    def open(self) -> bool:
        """Whether it goes on in the next line."""
        return self._in_quotes

    def add(self, line: str) -> bool:
        """Take in a line; whether the record ends with it."""
        dialect = self._dialect
        place, length = 0, len(line)
        while place < length:
            char = line[place]
            following = line[place + 1] if place + 1 < length else ""
            place += 1
            if char == dialect.escape:
                if self._inside and following and following in (dialect.quote, dialect.escape, dialect.separator):
                    self._field.append(following)
                    place += 1
            elif char == dialect.quote:
                place += self._quote(line, place, following)
            elif char == dialect.separator and not self._in_quotes:
                self._end_field()
            elif not dialect.strict_quotes or self._in_quotes:
                self._field.append(char)
                self._in_field = self._quoted = True
        if self._in_quotes:
            self._field.append("\n")
            return False
        self._end_field()
        return True

    @property
    def _inside(self) -> bool:
        return self._in_quotes or self._in_field

    def _quote(self, line: str, place: int, following: str) -> int:
        """A quote before ``place``; how many further characters it takes."""
        dialect = self._dialect
        taken = 0
        if self._inside and following == dialect.quote:
            self._field.append(following)
            taken = 1
        else:
            if not dialect.ignore_quotations:
                self._in_quotes = not self._in_quotes
            if not self._field:
                self._quoted = True
            embedded = (
                place > _BEGINNING and line[place - 2] != dialect.separator and following not in ("", dialect.separator)
            )
            if embedded and not dialect.strict_quotes:
                if dialect.ignore_leading_whitespace and self._field and "".join(self._field).isspace():
                    self._field.clear()
                else:
                    self._field.append(dialect.quote)
        self._in_field = not self._in_field
        return taken

    def _end_field(self) -> None:
        text = "".join(self._field)
        self.fields.append(None if not text and self._dialect.empty_is_null(quoted=self._quoted) else text)
        self._field.clear()
        self._in_field = self._quoted = False


class QuotedRecords:
    """Parses by RFC 4180: a record goes on as long as the number of its quotes is odd."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def parse(self, text: str) -> Parsed:
        """``text`` ends with a line end."""
        quote = self._dialect.quote
        lines = text.split("\n")
        lines.pop()
        rows: list[list[str] | list[str | None]] = []
        counts: list[int] = []
        begun = quotes = 0
        for number, line in enumerate(lines):
            quotes += line.count(quote) if quote else 0
            if quotes % 2 == 0:
                rows.append(self._row("\n".join(lines[begun : number + 1])))
                counts.append(number + 1 - begun)
                begun, quotes = number + 1, 0
        rest = "\n".join([*lines[begun:], ""]) if begun < len(lines) else ""
        return Parsed(rows, counts, rest)

    def _row(self, text: str) -> list[str] | list[str | None]:
        if not text:
            return []
        fields: list[str | None] = []
        place: int | None = 0
        while place is not None:
            field, quoted, place = self._field(text, place)
            fields.append(None if not field and self._dialect.empty_is_null(quoted=quoted) else field)
        return fields

    def _field(self, text: str, begin: int) -> tuple[str, bool, int | None]:
        """The field that begins there, whether it has quotes, and where the next one begins."""
        quote, separator = self._dialect.quote, self._dialect.separator
        parts, place = [], begin
        quoted = bool(quote) and text.startswith(quote, begin)
        if quoted:
            place += 1
            while (end := text.find(quote, place)) >= 0 and text.startswith(quote, end + 1):
                parts.append(text[place : end + 1])  # with one of the two quotes
                place = end + 2
            end = len(text) if end < 0 else end
            parts.append(text[place:end])
            place = end + 1
        end = text.find(separator, place)
        parts.append(text[place:] if end < 0 else text[place:end])
        return "".join(parts), quoted, None if end < 0 else end + len(separator)
