"""Bytes that are no text: read as Java reads them, or told by file, byte and remedy."""

from __future__ import annotations

import logging

import pytest

from penstock.api import ConnectException
from penstock_file.lines import LineSplitter
from penstock_file.text import Decoder, OnMalformed


# What Java's decoder gave for these bytes, each followed by a line end.
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\xff\xfeb", "a\ufffd\ufffdb"),
        (b"\xc3", "\ufffd"),
        (b"x\xe2\x82", "x\ufffd"),
        (b"\xed\xa0\x80", "\ufffd"),
        (b"\xed\xa0", "\ufffd"),
        (b"\xed\xbf\xbfx", "\ufffdx"),
        (b"\xed", "\ufffd"),
        (b"\xe0\x80\x80", "\ufffd\ufffd\ufffd"),
        (b"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"),
        (b"\xf0\x9f\x98", "\ufffd"),
    ],
)
def test_faults_are_replaced_as_java_replaces_them(data: bytes, text: str) -> None:
    block = LineSplitter(Decoder("File 'f'")).feed(data + b"\n")

    assert block is not None
    assert block.lines == [text]


def test_the_first_fault_of_a_file_is_told_once_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    reader = LineSplitter(Decoder("File '/var/log/x'"), position=1000)

    with caplog.at_level(logging.WARNING):
        reader.feed(b"good\r\na\xff\xfe\n")
        reader.feed(b"\xff\n")

    (message,) = caplog.messages
    assert message == (
        "File '/var/log/x', byte 1007: 0xff is not utf-8 text (invalid start byte). Such bytes are read as U+FFFD, as Kafka "
        "Connect does. Set 'file.encoding' to the encoding in which the file is written, or 'file.encoding.errors' to 'strict' "
        "to stop there. This is told once a file"
    )


def test_faults_can_be_escaped_so_that_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    reader = LineSplitter(Decoder("File 'f'", on_malformed=OnMalformed.ESCAPE))

    block = reader.feed(b"a\xff\r\xc3\n")

    assert block is not None
    assert block.lines == ["a\\xff", "\\xc3"]
    assert block.end_of(0) == 3
    assert "Such bytes are read as \\xNN." in caplog.text


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_strict_hands_out_the_lines_before_a_fault_and_then_fails_for_good(end: bytes) -> None:
    reader = LineSplitter(Decoder("File 'f'", on_malformed=OnMalformed.STRICT), position=5)

    block = reader.feed(end.join([b"one", b"two", b"a\xffb", b"three", b""]) + b"x")

    assert block is not None
    assert block.lines == ["one", "two"]
    assert block.end == reader.position == 5 + 2 * (3 + len(end))
    assert str(reader.failure) == (
        f"File 'f', byte {block.end + 1}: 0xff is not utf-8 text (invalid start byte). Set 'file.encoding' to the encoding in "
        "which the file is written, or 'file.encoding.errors' to 'replace' or 'escape' to read on"
    )


def test_strict_fails_at_once_when_the_first_line_is_at_fault() -> None:
    reader = LineSplitter(Decoder("File 'f'", on_malformed=OnMalformed.STRICT))

    assert reader.feed(b"\xe4\n") is None
    assert isinstance(reader.failure, ConnectException)
    assert str(reader.failure).startswith("File 'f', byte 0: 0xe4 is not utf-8 text (")


def test_strict_fails_for_an_unended_last_line_too() -> None:
    reader = LineSplitter(Decoder("File 'f'", on_malformed=OnMalformed.STRICT))
    reader.feed(b"a\n\xe4")

    with pytest.raises(ConnectException, match=r"File 'f', byte 2: 0xe4 is not utf-8 text \(unexpected end of data\)"):
        reader.finish()


def test_other_encodings_are_read_by_their_name() -> None:
    block = LineSplitter(Decoder("File 'f'", "windows-1252")).feed("5 €\r\nä\n".encode("windows-1252"))

    assert block is not None
    assert block.lines == ["5 €", "ä"]
    assert [block.end_of(0), block.end_of(1)] == [5, 7]
