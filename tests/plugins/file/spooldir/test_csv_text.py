"""CSV text to rows: the quick way and the careful way agree where text is regular; else it is read as opencsv reads it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_file.spooldir.csv_careful import CarefulParser, QuotedRecords
from penstock_file.spooldir.csv_dialect import Dialect
from penstock_file.spooldir.csv_text import Splitter, Table
from penstock_file.spooldir.names import NullFieldIndicator

cells = st.text(st.sampled_from('ab ,"\n\té;'), max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8)


def written(rows: list[list[str]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # one of csv's numbers
    return text.getvalue()


def split(text: str, dialect: Dialect | None = None) -> Table:
    return Splitter(dialect or Dialect()).split(text, at_end=True)


def in_blocks(text: str, size: int, dialect: Dialect) -> tuple[list[object], int]:
    """The rows of a text that comes in blocks of so many lines, and the lines that they took."""
    lines = text.splitlines(keepends=True) if "\x0b" not in text else [text]
    splitter, rest = Splitter(dialect), ""
    rows: list[object] = []
    taken = 0
    blocks = ["".join(lines[at : at + size]) for at in range(0, len(lines), size)]
    for number, block in enumerate(blocks, 1):
        table = splitter.split(rest + block, at_end=number == len(blocks))
        rows += table.rows
        taken += len(table.rows) if table.lines is None else sum(table.lines)
        rest = table.rest
    return rows, taken


@settings(max_examples=300, deadline=None)
@given(rows=tables, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), size=st.integers(1, 9))
def test_what_was_written_is_read_however_it_is_cut(rows: list[list[str]], quoting: int, size: int) -> None:
    rows = [row for row in rows if any(row)]
    text = written(rows, quoting)

    assert in_blocks(text, size, Dialect()) == (rows, text.count("\n"))
    assert in_blocks(text, size, Dialect(rfc4180=True, escape="")) == (rows, text.count("\n"))


@settings(max_examples=300, deadline=None)
@given(
    rows=tables,
    nulls=st.sampled_from(list(NullFieldIndicator)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_both_ways_agree_on_what_is_regular(rows: list[list[str]], nulls: NullFieldIndicator, quoting: int) -> None:
    text = written(rows, quoting)
    dialect = Dialect(nulls=nulls)
    quick, careful = split(text, dialect), CarefulParser(dialect).parse(text)
    quick_rows = [[cell or None for cell in row] if quick.empty_is_null else row for row in quick.rows]

    assert quick_rows == careful.rows
    assert (quick.lines or [1] * len(quick.rows)) == careful.lines
    assert careful.rest == quick.rest == ""
    assert QuotedRecords(dialect).parse(text).rows == careful.rows


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\\ \n'), max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    for dialect in (
        Dialect(),
        Dialect(strict_quotes=True),
        Dialect(ignore_quotations=True),
        Dialect(rfc4180=True, escape=""),
    ):
        table = split(f"{text}\n", dialect)
        lines = sum(table.lines) if table.lines is not None else len(table.rows)
        assert lines + table.rest.count("\n") == text.count("\n") + 1
        assert (table.fault is not None) == bool(table.rest)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (r'a,"b\"c",d', ["a", 'b"c', "d"]),  # an escaped quote
        (r"a,b\\c,d", ["a", r"b\c", "d"]),  # an escaped escape in a field
        (r"C:\temp,x", ["C:temp", "x"]),  # an escape before nothing special is left out
        (r"a\,b,c", ["a,b", "c"]),  # an escaped separator in a field
        (r"\,b", ["", "b"]),  # no field has begun
        ('a, "b, c",d', ["a", "b, c", "d"]),  # white space before a quote
        ("a, b,c", ["a", " b", "c"]),  # white space that stays
        ('abc"d"ef,g', ['abc"d"ef', "g"]),  # quotes inside of a field
        ('a,"b""c",d', ["a", 'b"c', "d"]),
        ('"a"\\', ["a"]),
    ],
)
def test_special_characters_are_read_as_opencsv_does(line: str, fields: list[str]) -> None:
    assert split(f"{line}\n").rows == [fields]


@pytest.mark.parametrize(
    ("nulls", "fields"),
    [
        (NullFieldIndicator.NEITHER, ["", "", "x"]),
        (NullFieldIndicator.EMPTY_SEPARATORS, [None, "", "x"]),
        (NullFieldIndicator.EMPTY_QUOTES, ["", None, "x"]),
        (NullFieldIndicator.BOTH, [None, None, "x"]),
    ],
)
@pytest.mark.parametrize("rfc", [False, True])
def test_which_empty_fields_are_null(nulls: NullFieldIndicator, fields: list[str | None], rfc: bool) -> None:
    table = split(',"",x\n', Dialect(nulls=nulls, rfc4180=rfc, escape="" if rfc else "\\"))
    (row,) = table.rows
    assert [cell or None for cell in row] == fields if table.empty_is_null else row == fields


def test_only_what_is_quoted_counts_with_strict_quotes() -> None:
    assert split('"a"b, "c" ,d\n', Dialect(strict_quotes=True)).rows == [["a", "c", ""]]


def test_quotes_hold_nothing_together_if_they_are_ignored() -> None:
    assert split('"a,b"\nc,d\n', Dialect(ignore_quotations=True)).rows == [["a", "b"], ["c", "d"]]


def test_kept_carriage_returns_are_in_the_last_field() -> None:
    assert split("a,b\r\nc,d\r\n", Dialect(keep_returns=True)).rows == [["a", "b\r"], ["c", "d\r"]]


@pytest.mark.parametrize("rfc", [False, True])
def test_a_quote_that_is_never_closed_is_told(rfc: bool) -> None:
    table = split('a,b\nc,"d\ne\n', Dialect(rfc4180=rfc, escape="" if rfc else "\\"))

    assert table.rows == [["a", "b"]]
    assert str(table.fault) == 'Unterminated quoted field at end of CSV line. Beginning of lost text: [c,"d\ne\n]'


def test_a_stray_quote_does_not_make_the_whole_file_wait() -> None:
    text = 'a,b"c\n' + "x,y\n" * 1_200_000
    assert Splitter(Dialect()).split(text[:100], at_end=False).rows == []
    table = Splitter(Dialect(escape="", rfc4180=True)).split('a,"b\n' * 2 + "x,y\n" * 1_200_000, at_end=False)
    assert len(table.rows) == 1_200_001
