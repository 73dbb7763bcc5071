"""Headers as columns are the headers of each record."""

from __future__ import annotations

import pytest

from penstock.api import Header, HeaderColumn, HeaderColumns, Headers, Schema

SAME = Header("file", Schema.STRING, "a.csv")
COLUMNS = HeaderColumns((SAME, HeaderColumn("offset", Schema.INT64, range(10, 15)), SAME), 5)


def headers_of(offset: int) -> Headers:
    return Headers((SAME, Header("offset", Schema.INT64, offset), SAME))


def test_each_record_has_its_own() -> None:
    assert list(COLUMNS) == [headers_of(offset) for offset in range(10, 15)]
    assert COLUMNS[-1] == headers_of(14)
    COLUMNS[0].add_string("more", "x")
    assert COLUMNS[0] == headers_of(10)


def test_a_part_stays_columns() -> None:
    part = COLUMNS[1:4]
    assert isinstance(part, HeaderColumns)
    assert (len(part), list(part)) == (3, [headers_of(offset) for offset in range(11, 14)])
    assert list(COLUMNS[::-2]) == [headers_of(14), headers_of(12), headers_of(10)]
    assert list(COLUMNS[7:]) == []


@pytest.mark.parametrize("place", [5, -6])
def test_there_are_no_more(place: int) -> None:
    with pytest.raises(IndexError):
        COLUMNS[place]
    with pytest.raises(IndexError):
        HeaderColumns((SAME,), 5)[place]
