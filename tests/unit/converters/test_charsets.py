"""Character sets, seen on Java 17."""

from __future__ import annotations

import pytest

from penstock.converters.charsets import Charset, charset_of


def known(name: str) -> Charset:
    found = charset_of(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("UnicodeBig", "utf-16"),
        ("X-UTF-16LE", "utf-16-le"),
        ("ISO-10646-UCS-2", "utf-16-be"),
        ("ISO-8859-1", "iso8859-1"),
        ("8859_1", "iso8859-1"),
        ("8859_15", "iso8859-15"),
        ("US-ASCII", "ascii"),
        ("windows-1252", "cp1252"),
        ("windows-31j", "cp932"),
        ("IBM037", "cp037"),
        ("ibm-850", "cp850"),
        ("x-IBM874", "cp874"),
    ],
)
def test_names(name: str, codec: str) -> None:
    assert known(name).codec == codec


@pytest.mark.parametrize("name", ["", "nope", "base64", "unicode-escape", "CESU-8", " utf-8", "é"])
def test_names_that_java_does_not_know(name: str) -> None:
    assert charset_of(name) is None


@pytest.mark.parametrize(
    ("name", "text", "data"),
    [
        ("UTF-8", "é\ud800", b"\xc3\xa9?"),
        ("UTF-16", "é", b"\xfe\xff\x00\xe9"),
        ("UTF-16", "", b""),
        ("UTF-16BE", "a\ud800", b"\x00a\xff\xfd"),
        ("UTF-16LE", "😀\udfff", b"=\xd8\x00\xde\xfd\xff"),
        ("UTF-32", "é", b"\x00\x00\x00\xe9"),
        ("US-ASCII", "é😀", b"??"),
        ("IBM037", "a\u0430", b"\x81?"),
    ],
)
def test_written(name: str, text: str, data: bytes) -> None:
    assert known(name).encode(text) == data


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("UTF-8", b"\xed\xa0\x80a", "\ufffda"),
        ("UTF-8", b"\xed\xa0", "\ufffd"),
        ("UTF-8", b"\xed\xbf\xc2a", "\ufffd\ufffda"),
        ("UTF-8", b"\xf0\x9f\x98a", "\ufffda"),
        ("UTF-8", b"\xc0\x80", "\ufffd\ufffd"),
        ("UTF-16", b"\xff\xfea\x00", "a"),
        ("UTF-16", b"\xfe\xff\x00a", "a"),
        ("UTF-16", b"abc", "\u6162\ufffd"),
        ("UTF-16BE", b"\xd8\x41\xf5\xfe\x00a", "\ufffda"),
        ("UTF-16LE", b"\xff\xfea\x00", "\ufeffa"),
        ("UTF-32", b"abc", "\ufffd"),
        ("UTF-32LE", b"\xd8\xdc\x00\x00\xfe", "\udcd8\ufffd"),
        ("windows-1252", b"\x80\x81", "€\ufffd"),
        ("US-ASCII", b"\xff", "\ufffd"),
    ],
)
def test_read(name: str, data: bytes, text: str) -> None:
    assert known(name).decode(data) == text
