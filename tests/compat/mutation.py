"""Makes broken texts out of good ones: a corpus that grows with whatever is still understood, and small random changes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

MOST = 1 << 16
"""No text grows beyond this many bytes: speed is worth more than size."""

JSON_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b'""',
        b"\\",
        b"null",
        b"true",
        b"false",
        b"NaN",
        b"Infinity",
        b"-",
        b"+",
        b".",
    ),
    *(
        b"0",
        b"-0",
        b"00",
        b"1e",
        b"1E400",
        b"-1E-400",
        b"1e999999999999",
        b"1e-4547758080",
        b"0E+9999999999",
        b"0.1",
        b"9223372036854775808",
        b"1" * 5000,
        b"1" * 1001,
    ),
    *(
        b"0." + b"7" * 1200,
        b"\\u0000",
        b"\\uD800",
        b"\\uDC00\\uD800",
        b"\\u00",
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x00",
        b" ",
        b"\t",
        b"\r\n",
        b"\x0b",
        b"\xc2\xa0",
        b"//",
        b"/*",
        b"#",
        b"'",
    ),
    *(
        b'"schema":',
        b'"payload":',
        b'"type":',
        b'"struct"',
        b'"fields":',
        b'"field":',
        b'"optional":',
        b'"default":',
        b'"name":',
    ),
    *(
        b'"version":',
        b'"parameters":',
        b'"items":',
        b'"keys":',
        b'"values":',
        b'"doc":',
        b'"map"',
        b'"array"',
        b'"string"',
        b'"bytes"',
    ),
    *(
        b'"int8"',
        b'"int16"',
        b'"int32"',
        b'"int64"',
        b'"float"',
        b'"double"',
        b'"boolean"',
        b'"scale"',
        b"AAAA",
        b"A===",
        b"====",
        b"Kg==",
    ),
    *(b'"org.apache.kafka.connect.data.' + name + b'"' for name in (b"Decimal", b"Date", b"Time", b"Timestamp")),
)

VALUE_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\\\",
        b'\\"',
        b"null",
        b"true",
        b"false",
        b"NULL",
        b"NaN",
        b"Infinity",
    ),
    *(
        b"-",
        b"+",
        b".",
        b"0",
        b"-0",
        b"1e",
        b"1e10",
        b"1E400",
        b"1e-400",
        b"1e999999999",
        b"-1e-2147483648",
        b"1e2147483647",
    ),
    *(
        b"127",
        b"128",
        b"-129",
        b"32768",
        b"2147483648",
        b"9223372036854775807",
        b"9223372036854775808",
        b"1" * 400,
        b"9" * 5000,
    ),
    *(
        b"0." + b"3" * 400,
        b"0x10",
        b"1_000",
        b"1d",
        b"1f",
        b"1L",
        b"2019-08-23",
        b"14:34:54.346Z",
        b"2019-08-23T14:34:54.346Z",
    ),
    *(
        b"2019-08-23T14:34:54.346",
        b"+00:00",
        b"9999-99-99",
        b"0000-00-00",
        b"24:00:00.000Z",
        b"99999-01-01",
        b"-0001-01-01",
    ),
    *(
        "٣".encode(),
        "１".encode(),
        "𝟏".encode(),
        "½".encode(),
        "²".encode(),
        "é".encode(),
        b"\xed\xa0\x80",
        b"\xff",
        b"\x00",
    ),
    *(b" ", b"\t", b"\n", b"\x0b", b"\x1c", b"\xc2\xa0", b"\xe2\x80\x83", b"\xe3\x80\x80", b"\x1f", b"T", b"Z"),
)


class Mutator:
    """Draws texts. ``keep`` what was understood, so that later ones go deeper; one ``dice`` makes a run repeatable."""

    def __init__(self, corpus: Sequence[bytes], tokens: Sequence[bytes], dice: random.Random) -> None:
        self._corpus = list(dict.fromkeys(corpus))
        self._own = len(self._corpus)
        self._tokens = tokens
        self._dice = dice
        self._changes: list[Callable[[bytes], bytes]] = [
            *[self._insert_token] * 4,
            *[self._replace_by_token] * 2,
            *[self._change_node] * 6,
            self._flip,
            self._cut,
            self._double,
            self._splice,
            self._shorten,
            self._nest,
            self._recode,
        ]

    def draw(self) -> bytes:
        """A text, mostly a broken one."""
        text = self._dice.choice(self._corpus)
        for _ in range(self._dice.choice((0, 1, 1, 1, 2, 3, 5))):
            text = self._dice.choice(self._changes)(text)
        return text[:MOST]

    def keep(self, text: bytes) -> None:
        """Take a text into the corpus, in place of an earlier find once there are many."""
        if len(text) > 2000:
            return
        if len(self._corpus) < 2 * self._own + 500:
            self._corpus.append(text)
        else:
            self._corpus[self._dice.randrange(self._own, len(self._corpus))] = text

    def _place(self, text: bytes) -> int:
        return self._dice.randint(0, len(text))

    def _span(self, text: bytes) -> tuple[int, int]:
        start = self._place(text)
        return start, min(len(text), start + self._dice.choice((1, 1, 2, 4, 8, 32)))

    def _insert_token(self, text: bytes) -> bytes:
        at = self._place(text)
        return text[:at] + self._dice.choice(self._tokens) + text[at:]

    def _replace_by_token(self, text: bytes) -> bytes:
        start, end = self._span(text)
        return text[:start] + self._dice.choice(self._tokens) + text[end:]

    def _flip(self, text: bytes) -> bytes:
        at = self._place(text)
        return text[:at] + bytes([self._dice.randrange(256)]) + text[at + 1 :]

    def _cut(self, text: bytes) -> bytes:
        start, end = self._span(text)
        return text[:start] + text[end:]

    def _double(self, text: bytes) -> bytes:
        start, end = self._span(text)
        return text[:end] + text[start:end] * self._dice.choice((1, 2, 50)) + text[end:]

    def _splice(self, text: bytes) -> bytes:
        other = self._dice.choice(self._corpus)
        return text[: self._place(text)] + other[self._place(other) :]

    def _shorten(self, text: bytes) -> bytes:
        return text[: self._place(text)]

    def _nest(self, text: bytes) -> bytes:
        depth = self._dice.choice((1, 2, 5, 100, 990, 1001, 3000))
        left, right = self._dice.choice(
            ((b"[", b"]"), (b'{"a":', b"}"), (b"[", b""), (b"{", b""), (b"{a:[", b"]}"), (b"[1,", b"]"))
        )
        if self._dice.random() < 0.5:
            return left * depth + text + right * depth
        at = self._place(text)
        return text[:at] + left * depth + right * depth + text[at:]

    def _recode(self, text: bytes) -> bytes:
        codec = self._dice.choice(
            ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "latin-1")
        )
        return text.decode("utf-8", "replace").encode(codec, "replace")

    def _change_node(self, text: bytes) -> bytes:
        """Change the tree behind a JSON text in one place."""
        try:
            tree = json.loads(text)
        except (ValueError, RecursionError):
            return self._insert_token(text)
        places = list(_places(tree))
        if not places:
            return json.dumps([tree, tree]).encode()
        container, key = self._dice.choice(places)
        others = [inner for holder, inner_key in places for inner in [holder[inner_key]]]
        match self._dice.randrange(5):
            case 0:
                del container[key]
            case 1:
                container[key] = self._dice.choice(
                    (None, True, 0, -1, 1.5, "", "x", [], {}, [None], {"": None}, 1 << 70)
                )
            case 2:
                container[key] = json.loads(json.dumps(self._dice.choice(others)))
            case 3 if isinstance(container, dict):
                container[self._dice.choice(("type", "default", "fields", "name", "a", ""))] = container.pop(key)
            case _:
                container[key] = [container[key]] if self._dice.random() < 0.5 else {"a": container[key]}
        return json.dumps(tree, ensure_ascii=self._dice.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(tree: Any, depth: int = 0) -> Any:
    """(container, key or index) of every node below the root, not too deep."""
    if depth > 50:
        return
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield tree, key
        yield from _places(value, depth + 1)


def shrunk(text: bytes, still_fails: Callable[[bytes], bool], seconds: float = 10.0) -> bytes:
    """A shorter text that fails, too: for whoever has to look at it. As short as it gets in this time."""
    until = time.monotonic() + seconds
    size = max(1, len(text) // 2)
    while size:
        at = 0
        while at < len(text):
            if time.monotonic() > until:
                return text
            shorter = text[:at] + text[at + size :]
            if still_fails(shorter):
                text = shorter
            else:
                at += size
        size //= 2
    return text
