"""Texts that Jackson reads and a strict reader does not, and those that neither does (seen on jackson-core 2.21.2)."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest

from penstock.api.exceptions import DataException
from penstock.converters.json_nodes import MISSING, node_type
from penstock.converters.json_numbers import exact_decimal, to_float32
from penstock.converters.json_text import read


@pytest.mark.parametrize(
    ("text", "node"),
    [
        (b"", MISSING),
        (b" \t\r\n", MISSING),
        (b"00", 0),
        (b"-007", -7),
        (b"00.50", Decimal("0.50")),
        (b"-0.0", Decimal("0.0")),
        (b"1e-2000000000", Decimal("1e-2000000000")),
        (b"1 2", 1),
        (b'{"a":1}x', {"a": 1}),
        (b'"a"x', "a"),
        (b"true,", True),
        (b'null"', None),
        (b"false]", False),
        (b'"\\ud800"', "\ud800"),
        (b'"\\ude00\\ud83d\\ude00"', "\ude00😀"),
        (b'"\xc0\x80"', "\0"),
        (b'"\xe0\x80\x80"', "\0"),
        (b'"\xf4\x90\x80\x80"', "\udc00\udc00"),
        (b'{"\xf0\x80\x80\x80":"\xf0\x80\x80\x80"}', {"\ud7c0\udc00": "\uffc0\udc00"}),
        (b'{"\\ud83d\\ude00":1,"a":2,"a":[ ]}', {"😀": 1, "a": []}),
        (b'{"a\\\\ud800":1}', {"a\\ud800": 1}),
        (b"\xef\xbb\xbf[1]", [1]),
        ('{"é":"😀"}'.encode("utf-16"), {"é": "😀"}),
        ('{"é":"😀"}'.encode("utf-16-be"), {"é": "😀"}),
        ('{"é":"😀"}'.encode("utf-16-le"), {"é": "😀"}),
        ("[1,true]".encode("utf-32"), [1, True]),
        ("[1,true]".encode("utf-32-be"), [1, True]),
        ('{"\\ud800":1}'.encode("utf-16-be"), {"\ud800": 1}),
        ("true\xa0x".encode("utf-16-be"), True),
        ("true😀".encode("utf-16-be"), True),
        (b"1" * 1000, int("1" * 1000)),
    ],
)
def test_read_as_jackson_reads(text: bytes, node: object) -> None:
    assert repr(read(text)) == repr(node)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "the text ends inside an object or array"),
        (b"[1", "the text ends inside an object or array"),
        (b"-", "unexpected '-' at byte 0"),
        (b"1,2", "unexpected ',' at byte 1"),
        (b"truex", "unexpected 'x' at byte 4"),
        (b"true1", "unexpected '1' at byte 4"),
        (b"true\x7f", "unexpected '\\x7f' at byte 4"),
        (b"true\xc3\xa9", "unexpected 'Ã' at byte 4"),
        (b"tru", "unexpected 't' at byte 0"),
        (b"1.", "unexpected '.' at byte 1"),
        (b".5", "unexpected '.' at byte 0"),
        (b"1e", "unexpected 'e' at byte 1"),
        (b"+1", "unexpected '+' at byte 0"),
        (b"NaN", "unexpected 'N' at byte 0"),
        (b"[1,]", "unexpected ']' at byte 3"),
        (b"[1 2]", "unexpected '2' at byte 3"),
        (b"{1:2}", "unexpected '1' at byte 1"),
        (b'{"a" 2}', "unexpected '2' at byte 5"),
        (b'"a', "a string that starts at byte 0 is malformed or does not end"),
        (b'"a\tb"', "a string that starts at byte 0 is malformed or does not end"),
        (b'"\\q"', "unknown escape '\\\\q'"),
        (b'"\xff"', "malformed UTF-8"),
        (b'"\xe2\x82"', "malformed UTF-8"),
        (b'"\xed\xa0\x80"', "a surrogate in UTF-8"),
        (b'{"\\ud800":1}', "half of a surrogate pair in a name"),
        (b"0e12345678901", "the exponent of '0e12345678901' is out of range"),
        (b"1" * 1001, "a number of more than 1000 digits"),
        (b"1" * 501 + b"." + b"1" * 500, "a number of more than 1000 digits"),
        (b'{"%b":1}' % (b"a" * 50_001) + b"x", "a name of more than 50000 characters"),
        ("true\xe9".encode("utf-16-be"), "unexpected 'Ã' at byte 4"),
        ("[]".encode("utf-32-be") + b"\0\1\2\3"[:2], "'utf-32-be' codec can't decode"),
    ],
)
def test_what_jackson_refuses_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(DataException) as raised:
        read(text)
    assert str(raised.value) == "Converting byte[] to Kafka Connect data failed due to serialization error: "
    assert str(raised.value.__cause__).startswith(reason)


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (None, "NULL"),
        (True, "BOOLEAN"),
        (1, "NUMBER"),
        (Decimal(1), "NUMBER"),
        ("", "STRING"),
        ([], "ARRAY"),
        ({}, "OBJECT"),
        (MISSING, "MISSING"),
    ],
)
def test_kinds_of_nodes(node: object, kind: str) -> None:
    assert node_type(node) == kind


def test_no_text_but_a_number_is_a_decimal() -> None:
    with pytest.raises(ValueError, match="'1_0' is no number"):
        exact_decimal("1_0")


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("1.00000005960464477540", 0x3F800001),  # a hair above the middle, where the double is the middle
        ("1.00000005960464477539", 0x3F800000),
        ("16777217", 0x4B800000),
        ("16777217.0000001", 0x4B800001),
        ("3.4028235677973367e38", 0x7F800000),
        ("3.4028235677973366e38", 0x7F7FFFFF),  # its double is the middle, from which Java rounds up
        ("7.006492321624086e-46", 0x00000001),
        ("7.006492321624085e-46", 0x00000000),
        ("-1e400", 0xFF800000),
        ("1e-2000000000", 0x00000000),
    ],
)
def test_single_precision_is_rounded_once(text: str, bits: int) -> None:
    assert struct.unpack(">I", struct.pack(">f", to_float32(Decimal(text)))) == (bits,)
