r"""Bytes in, whole lines out, with the position in bytes after each line.

A line ends at ``\n``, ``\r\n`` or ``\r``. A ``\r`` at the end of what was read waits for the next byte, which may be the
``\n`` that belongs to it. ``str.splitlines`` knows many more line ends and is therefore of no use here;
``bytes.splitlines`` knows exactly these three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import overload

from penstock.api import ConnectException
from penstock_file.text import Decoder

POSITION_FIELD = "position"
_CARRIAGE_RETURN = 13


class Block:
    """Whole lines that were read and decoded together.

    ``end`` is the position after the last of them: where a task goes on that has handed out all.
    """

    __slots__ = ("_ends", "_source", "_start", "end", "lines", "size")

    def __init__(self, lines: list[str], source: bytes, size: int, start: int) -> None:
        """``lines`` stand in the first ``size`` bytes of ``source``, which lie at position ``start``."""
        self.lines = lines
        self.end = start + size
        self._source = source
        self.size = size
        self._start = start
        self._ends: list[int] | None = None

    def end_of(self, index: int) -> int:
        """The position after line ``index``. Found only when somebody asks for one within the block."""
        if index == len(self.lines) - 1:
            return self.end
        if self._ends is None:
            pieces = self._source[: self.size].splitlines(keepends=True)
            self._ends = list(accumulate(map(len, pieces), initial=self._start))[1:]
        return self._ends[index]


class Positions(Sequence[Mapping[str, object]]):
    """The source offset of each of the lines ``start``…``end``−1 of a block, made when asked for: the runtime asks for the
    last of a batch, and for one in the middle when a record in the middle fails."""

    __slots__ = ("_block", "_end", "_start")

    def __init__(self, block: Block, start: int, end: int) -> None:
        self._block = block
        self._start = start
        self._end = end

    def __len__(self) -> int:
        return self._end - self._start

    @overload
    def __getitem__(self, index: int) -> Mapping[str, object]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, object]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, object] | Sequence[Mapping[str, object]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        line = index + (self._end if index < 0 else self._start)
        if not self._start <= line < self._end:
            raise IndexError(index)
        return {POSITION_FIELD: self._block.end_of(line)}


class LineSplitter:
    """Takes the bytes of one file in the order of the file.

    ``position`` is where the first byte lies that was not handed out in a block: the start of a line. ``held`` counts the
    bytes behind it, which are no whole line yet. ``failure`` is set where bytes that are no text are an error and come
    next: everything before them was handed out, and nothing more will be.
    """

    def __init__(self, decoder: Decoder, position: int = 0) -> None:
        self.position = position
        self.held = 0
        self.failure: ConnectException | None = None
        self._decoder = decoder
        self._parts: list[bytes] = []

    @property
    def read_to(self) -> int:
        """The position after the last byte that was fed."""
        return self.position + self.held

    def feed(self, data: bytes) -> Block | None:
        """Take the next bytes, at least one. The lines that are whole now, None when there is none."""
        waiting = self._parts[-1].endswith(b"\r") if self._parts else False
        has_return = waiting or b"\r" in data
        # A very long line is kept in the pieces it came in, and joined once.
        if not has_return and b"\n" not in data:
            self._hold(data)
            return None
        if self._parts:
            data = b"".join([*self._parts, data])
        size = _whole_lines(data) if has_return else data.rfind(b"\n") + 1
        self._parts, self.held = [], 0
        block = self._block(data, size, has_return=has_return) if size else None
        if size < len(data):
            self._hold(data[size:])
        return block

    def finish(self) -> Block | None:
        """The held bytes as a last line, for a file to which nothing will be added; None when there are none.

        Raises ConnectException when they are no text and that is an error.
        """
        if not self.held:
            return None
        data = b"".join(self._parts)
        self._parts, self.held = [], 0
        text = self._decoder.decode_malformed(data, self.position)
        block = Block([text.removesuffix("\r")], data, len(data), self.position)
        self.position = block.end
        return block

    def _hold(self, data: bytes) -> None:
        self._parts.append(data)
        self.held += len(data)

    def _block(self, data: bytes, size: int, *, has_return: bool) -> Block | None:
        start = self.position
        try:
            lines = self._split(data, size, has_return=has_return)
        except UnicodeDecodeError:
            return self._malformed(data[:size], has_return=has_return)
        self.position = start + size
        return Block(lines, data, size, start)

    def _split(self, data: bytes, size: int, *, has_return: bool) -> list[str]:
        """Decode once and split once: what is paid per line is paid in C."""
        if has_return:
            return self._decoder.decode(b"\n".join(data[:size].splitlines())).split("\n")
        lines = self._decoder.decode(memoryview(data)[:size]).split("\n")
        lines.pop()  # what stands behind the last line end
        return lines

    def _malformed(self, data: bytes, *, has_return: bool) -> Block | None:
        """As ``_block``, for whole lines with bytes that are no text."""
        start = self.position
        try:
            text = self._decoder.decode_malformed(data, start)
        except ConnectException as error:
            self.failure = error
            size = _good_lines(data, error)
            return self._block(data, size, has_return=has_return) if size else None
        self.position = start + len(data)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines.pop()
        return Block(lines, data, len(data), start)


def _whole_lines(data: bytes) -> int:
    r"""How many bytes of ``data``, which holds a ``\r``, are whole lines."""
    known = len(data) - 1 if data[-1] == _CARRIAGE_RETURN else len(data)
    return max(data.rfind(b"\n", 0, known), data.rfind(b"\r", 0, known)) + 1


def _good_lines(data: bytes, error: ConnectException) -> int:
    """How many bytes of ``data`` stand in the lines before the one with the fault."""
    fault = error.__cause__
    assert isinstance(fault, UnicodeDecodeError)
    return max(data.rfind(b"\n", 0, fault.start), data.rfind(b"\r", 0, fault.start)) + 1
