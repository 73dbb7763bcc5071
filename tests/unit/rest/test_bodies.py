"""What Connect 4.3.1 answered to these bodies: the same error, to the letter, or none."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from penstock.herder.results import ConnectorOffset
from penstock.rest import binding
from penstock.rest.errors import BadBodyError
from penstock.states import TargetState

Row = dict[str, Any]
RECORDED: list[Row] = json.loads((Path(__file__).parent / "bodies.json").read_text())
READERS = {
    "create_request": binding.create_request,
    "string_map": binding.string_map,
    "offsets": binding.offsets,
    "task_configs": binding.task_configs,
}
ANOTHER_TEXT = {
    b"[": "Jackson reads no further than it must: it complains of the type before it sees that the array is open",
    b"[]x": "the same",
    b'{"name":"\xed\xa0\x80"}': "a surrogate in UTF-8 is another kind of malformed to Python",
    b"\xff{}": "Jackson takes the bytes for Latin-1 while it reads a token",
    b'{"na\xffme":1}': "Jackson counts to the end of the name",
}


def body_of(row: Row) -> bytes:
    return base64.b64decode(row["body_b64"]) if "body_b64" in row else row["body"].encode()


def without_chain(text: str, row: Row) -> str:
    """Jackson meets broken text while it binds a member, and says which; here all text is read first."""
    lexical = ("Unexpected", "Illegal unquoted", "Unrecognized character", "Invalid UTF-8", "Non-standard")
    return text.partition(" (through reference chain")[0] if row["error"].startswith(lexical) else text


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: repr(body_of(row))[:60])
def test_errors_are_jacksons(row: Row) -> None:
    body = body_of(row)
    if row["error"] is None:
        READERS[row["reads"]](body)
        return
    with pytest.raises(BadBodyError) as caught:
        READERS[row["reads"]](body)
    if body not in ANOTHER_TEXT:
        assert str(caught.value) == without_chain(row["error"], row)


def test_scalars_become_their_text() -> None:
    read = binding.string_map(
        b'{"a":1.50,"b":1e3,"c":-0,"d":1E400,"e":true,"f":null,"g":"x","g":"y","h":12345678901234567890}'
    )
    assert read == {
        "a": "1.50",
        "b": "1e3",
        "c": "-0",
        "d": "1E400",
        "e": "true",
        "f": None,
        "g": "y",
        "h": "12345678901234567890",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_every_unicode_encoding_is_read(encoding: str) -> None:
    assert binding.string_map('{"ü":"😀\\n"}'.encode(encoding)) == {"ü": "😀\n"}


def test_create_request() -> None:
    read = binding.create_request(b'{"initial_state":"paused","config":{"a":"b"},"name":7}')
    assert read == binding.CreateRequest("7", {"a": "b"}, TargetState.PAUSED)
    assert binding.create_request(b'{"name":"x"}') == binding.CreateRequest("x", None, None)
    assert binding.create_request(b" \n ") is None
    assert binding.create_request(b"null") is None


def test_offsets_keep_the_types_of_numbers() -> None:
    read = binding.offsets(b'{"offsets":[{"partition":{"i":1,"f":1.0,"b":true,"n":null,"l":[1,{"x":"y"}]}},null]}')
    assert read == [ConnectorOffset({"i": 1, "f": 1.0, "b": True, "n": None, "l": [1, {"x": "y"}]}, None), None]


def test_a_number_too_long_is_refused() -> None:
    with pytest.raises(BadBodyError, match=r"Number value length \(2000\) exceeds the maximum allowed \(1000"):
        binding.offsets(b'{"offsets":[{"offset":{"p":' + b"1" * 2000 + b"}}]}")


def test_nesting_too_deep_is_refused() -> None:
    with pytest.raises(BadBodyError, match="Document nesting depth"):
        binding.string_map(b"[" * 100_000)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"a":1]', "Unexpected close marker ']': expected '}' (for Object starting at"),
        (b"[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"),
        (b"[1,]", "Unexpected character (']' (code 93)): expected a value"),
        (b'{"a', "Unexpected end-of-input in field name"),
        (b'{"a":"\\', "Unexpected end-of-input in VALUE_STRING"),
        (b'{"a":"\xc3', "Invalid UTF-8 start byte 0xc3"),
        (b'{"a"\x01}', "Unexpected character ((CTRL-CHAR, code 1)): was expecting a colon"),
        (b'{"a":1e}', "Exponent indicator not followed by a digit"),
        (b'{"a":1e+}', "Exponent indicator not followed by a digit"),
        (b'{"a":1.', "Unexpected end-of-input in null"),
        (b"{}x", "Unrecognized token 'x'"),
    ],
)
def test_more_broken_text(body: bytes, text: str) -> None:
    with pytest.raises(BadBodyError) as caught:
        binding.string_map(body)
    assert text in str(caught.value)
