"""Batches as the embedded logs keep them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.record import TimestampType
from penstock.log.columns import Columns, RunSlice, StoredRun, as_bytes, as_headers, joined

Record = tuple[bytes | None, bytes | None, int, list[tuple[str, bytes | None]] | None]

RECORDS = st.lists(
    st.tuples(
        st.none() | st.binary(max_size=5),
        st.none() | st.binary(max_size=5),
        st.integers(0, 2**40),
        st.none() | st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)), max_size=2),
    ),
    min_size=1,
    max_size=8,
)


def columns_of(records: list[Record]) -> Columns:
    keys, values, stamps, headers = (list(column) for column in zip(*records, strict=True))
    return Columns(
        values=values,
        timestamps=stamps[0] if len(set(stamps)) == 1 else stamps,
        keys=None if all(key is None for key in keys) else keys,
        headers=headers if any(headers) else None,
    )


def rows_of(batch: RunSlice) -> list[tuple[object, ...]]:
    keys, headers = batch.keys, batch.headers
    return [
        (
            batch.offsets[index],
            None if keys is None else keys[index],
            batch.values[index],
            batch.timestamps[index],
            None if headers is None else headers[index] or None,
        )
        for index in range(len(batch))
    ]


@given(st.lists(RECORDS, min_size=1, max_size=4), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_joined_runs_say_what_the_single_ones_said(parts: list[list[Record]], gaps: list[int]) -> None:
    runs, base = [], 10
    for records, gap in zip(parts, gaps, strict=False):
        runs.append(StoredRun(base, base + len(records) + gap, columns_of(records)))
        base = runs[-1].next_offset
    apart = [row for run in runs for row in rows_of(RunSlice("t", 0, run, 0, len(run.columns)))]
    merged = joined(runs)
    assert rows_of(RunSlice("t", 0, merged, 0, len(merged.columns))) == apart
    assert (merged.base_offset, merged.next_offset) == (10, base)


@given(RECORDS, st.data())
def test_a_slice_is_a_slice_of_every_column(records: list[Record], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(records) - 1))
    stop = data.draw(st.integers(start + 1, len(records)))
    run = StoredRun(100, 100 + len(records) + 2, columns_of(records))
    whole = rows_of(RunSlice("t", 0, run, 0, len(records)))
    part = RunSlice("t", 0, run, start, stop)
    assert rows_of(part) == whole[start:stop]
    assert part.next_offset == (run.next_offset if stop == len(records) else 100 + stop)
    assert (
        rows_of(RunSlice("t", 0, StoredRun(100 + start, 100 + stop, run.columns.cut(start, stop)), 0, stop - start))
        == (whole[start:stop])
    )


def test_a_run_with_gaps_finds_the_first_record_at_or_after_an_offset() -> None:
    run = StoredRun(10, 30, Columns([b"a", b"b", b"c"], 0, offsets=[1, 5, 6]))
    assert [run.index_of(offset) for offset in (0, 10, 11, 12, 15, 16, 17, 29)] == [0, 0, 0, 1, 1, 2, 3, 3]
    assert list(run.offsets()) == [11, 15, 16]
    assert RunSlice("t", 0, run, 0, 2).next_offset == 16
    assert RunSlice("t", 0, run, 0, 3).next_offset == 30


def test_the_first_record_since_a_time() -> None:
    run = StoredRun(10, 13, Columns([b"a", b"b", b"c"], [5, 9, 7]))
    assert [run.first_since(stamp) for stamp in (0, 6, 9, 10)] == [10, 11, 11, None]
    assert run.columns.max_timestamp() == 9


def test_text_becomes_bytes_whatever_stands_beside_it() -> None:
    assert as_bytes(["a", "é"]) == [b"a", "é".encode()]
    assert as_bytes(["a", None, b"\xff", ""]) == [b"a", None, b"\xff", b""]
    assert as_bytes([b"x"]) == [b"x"]
    assert as_bytes([]) == []


def test_what_utf8_cannot_hold_becomes_a_question_mark_as_in_java() -> None:
    assert as_bytes(["a\ud800b", "ok"]) == [b"a?b", b"ok"]


def test_append_time_is_told() -> None:
    run = StoredRun(0, 1, Columns([b"a"], 5, append_time=True))
    assert RunSlice("t", 0, run, 0, 1).timestamp_type is TimestampType.LOG_APPEND_TIME


def test_headers_are_taken_as_they_are_or_refused() -> None:
    assert as_headers([None, []]) is None
    assert as_headers([[("a", b"1"), ("b", None)], None]) == [[("a", b"1"), ("b", None)], None]
    assert as_headers([[("a\ud800", bytearray(b"1"))]]) == [[("a?", b"1")]]  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^A header's name must be str, not bytes$"):
        as_headers([[(b"a", b"1")]])  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", [1, {"a": 1}, ["x"], 1.5])
def test_what_could_not_be_read_back_is_not_stored(wrong: object) -> None:
    for column in ([b"ok", wrong], ["ok", wrong], [wrong]):
        with pytest.raises(
            TypeError, match=rf"^A key or value must be bytes, str or None, not {type(wrong).__name__}; look at"
        ):
            as_bytes(column)  # type: ignore[arg-type]


def test_other_kinds_of_bytes_are_copied() -> None:
    buffer = bytearray(b"abc")
    (stored,) = as_bytes([buffer])  # type: ignore[list-item]
    buffer[0] = 0
    assert stored == b"abc"
