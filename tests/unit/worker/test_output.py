"""What children print, as log lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.worker import output
from penstock.worker.loop import EventLoop
from penstock.worker.output import LINES_PER_WINDOW, LONGEST_LINE, OutputReader


class Sink:
    def __init__(self) -> None:
        self.said: list[tuple[int, str, str]] = []

    def say(self, level: int, context: str, message: str, logger: str = "") -> None:
        self.said.append((level, context, message))

    @property
    def lines(self) -> list[str]:
        return [message for level, _, message in self.said if level == logging.INFO]


class Printed:
    """A reader with the write end of its pipe."""

    def __init__(self) -> None:
        self.loop = EventLoop()
        self.sink: Any = Sink()
        read_end, self.write_end = os.pipe()
        self.reader = OutputReader(self.loop, read_end, self.sink, "[x|task-0] ")

    def print(self, data: bytes) -> None:
        os.write(self.write_end, data)
        self.loop.turn()

    def finish(self) -> None:
        os.close(self.write_end)
        self.reader.finish()


@pytest.fixture
def printed() -> Iterator[Printed]:
    printed = Printed()
    yield printed
    printed.loop.close()


def test_lines_are_logged_with_the_childs_context(printed: Printed) -> None:
    printed.print(b"one\ntwo\r\n\nthr")
    printed.print("ée\n".encode())
    printed.finish()
    assert printed.sink.said == [(logging.INFO, "[x|task-0] ", line) for line in ("one", "two", "thrée")]


def test_the_last_line_counts_without_its_end_and_the_tail_is_kept(printed: Printed) -> None:
    printed.print(b"\n".join(b"%d" % number for number in range(30)))
    printed.finish()
    printed.reader.finish()
    assert printed.sink.lines[-1] == "29"
    assert printed.reader.tail.split("\n") == [str(number) for number in range(10, 30)]


def test_bytes_that_are_no_text_are_shown(printed: Printed) -> None:
    printed.print(b"\xff\xfe\n")
    printed.finish()
    assert printed.sink.lines == ["\ufffd\ufffd"]


def test_a_line_without_end_is_cut(printed: Printed) -> None:
    printed.print(b"x" * (2 * LONGEST_LINE + 5))
    printed.finish()
    assert [len(line) for line in printed.sink.lines] == [LONGEST_LINE, LONGEST_LINE, 5]


def test_more_lines_than_may_be_are_counted_and_told(printed: Printed) -> None:
    for _ in range(6):
        printed.print(b"y\n" * 100)
    printed.finish()
    assert len(printed.sink.lines) == LINES_PER_WINDOW
    assert printed.sink.said[-1] == (
        logging.WARNING,
        "[x|task-0] ",
        "100 lines of output were not logged: at most 500 a second are",
    )


def test_a_flood_is_left_in_the_pipe_until_the_next_window(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "BYTES_PER_WINDOW", 10)
    printed.print(b"z" * 20 + b"\n")
    os.write(printed.write_end, b"waits\n")
    served: list[bool] = []
    printed.loop.post(lambda: served.append(True))
    while not served:
        printed.loop.turn()
    assert printed.sink.lines == ["z" * 20]
    while "waits" not in printed.sink.lines:
        printed.loop.turn()
    printed.finish()


def test_a_pipe_that_a_left_process_holds_open_is_closed_all_the_same(printed: Printed) -> None:
    os.write(printed.write_end, b"last words\n")
    printed.reader.finish()
    assert printed.sink.lines == ["last words"]
    os.close(printed.write_end)
