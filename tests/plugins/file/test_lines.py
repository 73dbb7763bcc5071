r"""Lines are found as Java finds them, whatever the bytes and however they come in."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_file.lines import Block, LineSplitter, Positions
from penstock_file.text import Decoder

# Bytes among which every kind of line end, cut character and fault turns up often.
PIECES = [b"\n", b"\r", b"\r\n", b"a", b"bc", "é".encode(), "漢".encode(), "😀".encode(), b"\xc3", b"\xf0\x9f", b"\xff", b"\xed\xa0\x80",
          b"\x0b", b"\x0c", b"\x1c", b"\x1d", "\x85".encode(), "\u2028".encode(), b"\x00"]  # fmt: skip
contents = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def java_lines(data: bytes) -> list[tuple[bytes, int]]:
    """The rule, byte by byte: every whole line of ``data`` and the position after it."""
    found, start, at = [], 0, 0
    while at < len(data):
        if data[at : at + 1] == b"\r" and at + 1 == len(data):
            break  # waits for the next byte
        length = 2 if data[at : at + 2] == b"\r\n" else 1 if data[at : at + 1] in {b"\n", b"\r"} else 0
        if length:
            found.append((data[start:at], at + length))
            start = at + length
        at += max(1, length)
    return found


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


def fed(splitter: LineSplitter, pieces: list[bytes]) -> list[tuple[str, int]]:
    blocks = [block for piece in pieces if (block := splitter.feed(piece)) is not None]
    return [(line, block.end_of(index)) for block in blocks for index, line in enumerate(block.lines)]


def splitter(position: int = 0) -> LineSplitter:
    return LineSplitter(Decoder("File 'f'"), position)


@given(data=contents, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_any_bytes_in_any_pieces_give_the_lines_that_java_gives(data: bytes, cuts: list[int]) -> None:
    reader = splitter()
    expected = java_lines(data)

    assert fed(reader, in_pieces(data, cuts)) == [
        (line.decode("utf-8", "penstock_file.java_replace"), end) for line, end in expected
    ]
    assert reader.position == (expected[-1][1] if expected else 0)
    assert reader.read_to == len(data)


@given(data=contents, cuts=st.lists(st.integers(0, 200), max_size=12), choice=st.integers(0, 50))
def test_resuming_at_any_position_gives_exactly_the_rest(data: bytes, cuts: list[int], choice: int) -> None:
    every = fed(splitter(), in_pieces(data, cuts))
    for position in [0, *(end for _, end in every)][choice % (len(every) + 1) :]:
        rest = fed(splitter(position), in_pieces(data[position:], cuts))

        assert rest == [(line, end) for line, end in every if end > position]


@given(data=contents, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_finishing_gives_what_was_held_as_a_last_line(data: bytes, cuts: list[int]) -> None:
    reader = splitter()
    fed(reader, in_pieces(data, cuts))
    held = data[reader.position :]

    block = reader.finish()

    if not held:
        assert block is None
    else:
        assert block is not None
        assert block.lines == [held.removesuffix(b"\r").decode("utf-8", "penstock_file.java_replace")]
        assert block.end == reader.position == len(data)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"a\r", b"\nb\r\n"], ["a", "b"]),
        ([b"a\r", b"b\n"], ["a", "b"]),
        ([b"a\r", b"\r", b"\r"], ["a", ""]),
        ([b"\n\r"], [""]),
        ([b"a\n", b"\xc3", b"\xa4\nb\n"], ["a", "ä", "b"]),
        ([b"a\x0bb\x0cc\x1cd\xc2\x85e\xe2\x80\xa8f\n"], ["a\x0bb\x0cc\x1cd\x85e\u2028f"]),
    ],
    ids=["crlf-cut", "cr-then-text", "three-cr", "lf-cr", "character-cut", "no-other-line-ends"],
)
def test_line_ends_at_the_border_of_a_read(pieces: list[bytes], lines: list[str]) -> None:
    assert [line for line, _ in fed(splitter(), pieces)] == lines


def test_positions_are_those_of_each_line_and_read_like_a_sequence() -> None:
    block = splitter(100).feed("é\r\nab\n\r😀\n".encode())
    assert block is not None
    assert block.lines == ["é", "ab", "", "😀"]

    positions = Positions(block, 1, 4)

    assert list(positions) == [{"position": 107}, {"position": 108}, {"position": 113}]
    assert positions[-1] == {"position": 113}
    assert positions[0:2] == [{"position": 107}, {"position": 108}]
    assert len(positions) == 3
    for outside in (3, -4):
        with pytest.raises(IndexError):
            positions[outside]


def test_the_last_position_is_known_without_looking_at_the_lines() -> None:
    block = Block(["a", "b"], b"", 4, 10)

    assert Positions(block, 0, 2)[-1] == {"position": 14}


def test_a_line_of_64_mb_in_small_reads_takes_linear_time() -> None:
    reader, piece = splitter(), b"x" * 65536
    started = time.process_time()
    for _ in range(1024):
        assert reader.feed(piece) is None
    block = reader.feed(b"\ny\n")

    assert block is not None
    assert [len(line) for line in block.lines] == [1024 * 65536, 1]
    assert block.end_of(0) == 1024 * 65536 + 1
    assert time.process_time() - started < 5  # quadratic joining would copy 34 GB
