"""Whatever comes from the log ends in a value or a DataException, soon: never in another exception (issue of the data layer).

``PENSTOCK_SCALE`` is the one parameter: at 1 ("soak") the three run for ten minutes together, from another seed each time. A
run is repeated with ``PENSTOCK_FUZZ_SEED``.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import pytest

from penstock.api import values
from penstock.api.converter import ColumnAndSchema, PartialBatch
from penstock.api.exceptions import DataException
from penstock.api.logical import Date, Decimal, Time, Timestamp
from penstock.api.schema import Schema
from penstock.api.struct import Struct
from penstock.converters.json import JsonConverter
from penstock.converters.simple_header import SimpleHeaderConverter
from tests.compat import runner
from tests.compat.mutation import JSON_TOKENS, VALUE_TOKENS, Mutator, shrunk
from tests.support.scale import SCALE, scaled

SECONDS = scaled(200, 2)
SLOW_S = 5.0
"""No text of at most 64 KiB may take longer; generous, as the machine may be busy."""

CONTENT = '{"type":"struct","fields":[{"field":"id","type":"int32"},{"field":"tags","type":"array","items":{"type":"string"},"optional":true}]}'
OPTIONS = [
    {"schemas.enable": "true"},
    {"schemas.enable": "true", "replace.null.with.default": "false", "decimal.format": "NUMERIC"},
    {"schemas.enable": "true", "schema.content": CONTENT},
]
PLAIN_OPTIONS = [{"schemas.enable": "false"}, {"schemas.enable": "false", "decimal.format": "NUMERIC"}]

ENVELOPES = [
    b'{"schema":{"type":"int32","optional":true},"payload":null}',
    b'{"schema":{"type":"int64","optional":false,"name":"org.apache.kafka.connect.data.Timestamp","version":1},"payload":1700000000000}',
    b'{"schema":{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"}},"payload":"AQI="}',
    b'{"schema":{"type":"int32","name":"org.apache.kafka.connect.data.Date"},"payload":19000}',
    b'{"schema":{"type":"int32","name":"org.apache.kafka.connect.data.Time"},"payload":3600000}',
    b'{"schema":{"type":"map","keys":{"type":"string"},"values":{"type":"double"}},"payload":{"a":1.5,"b":0}}',
    b'{"schema":{"type":"map","keys":{"type":"int8"},"values":{"type":"float"}},"payload":[[1,2.5],[2,null]]}',
    b'{"schema":{"type":"array","items":{"type":"boolean"}},"payload":[true,false,1]}',
    (
        b'{"schema":{"type":"struct","name":"a.B","version":2,"doc":"d","fields":[{"field":"i","type":"int16","default":3},'
        b'{"field":"s","type":"struct","optional":true,"fields":[{"field":"x","type":"string"}]}]},'
        b'"payload":{"i":null,"s":{"x":"\xc3\xa9"}}}'
    ),
    b'{"schema":null,"payload":{"a":[1,2.5,"x",null,true]}}',
    b'{"id":7,"tags":["a","b"]}',
    b'{"payload":1,"schema":{"type":"string"}}',
]
TEXTS = [
    *(
        b"[1, 2, 3]",
        b'{"a": 1, "b": 2}',
        b"{1:[null],2:[]}",
        b"[2019-08-23, 14:34:54.346Z]",
        b"2019-08-23T14\\:34\\:54.346Z",
    ),
    *(
        b"true",
        b"null",
        b"-1.5e3",
        b"9223372036854775808",
        b'["a\\"b", "c"]',
        b"[[[1]], {}]",
        b"  [ true , false ] ",
        b"{}",
        b"\\",
    ),
]


def recorded(operation: str, field: str) -> Iterator[bytes]:
    """The inputs of the recorded vectors of an operation, where they are."""
    for path in sorted(runner.directory().glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if f'"{operation}"' not in line:
                continue
            given = json.loads(line)["in"]
            if isinstance(given.get(field), str):
                yield given[field].encode("utf-8", "surrogatepass")
            elif isinstance(given.get("bytes"), str):
                yield base64.b64decode(given["bytes"])


def make(options: dict[str, str]) -> JsonConverter:
    converter = JsonConverter()
    converter.configure(options, False)
    return converter


Answer = tuple[object, ...]
"""A schema and a flat value; or the class of an exception and its text."""


def answer(converter: JsonConverter, text: bytes) -> Answer:
    """What becomes of a text."""
    try:
        found = converter.decode(text)
    except DataException as error:
        return (type(error), str(error))
    return (found.schema, *flat(found.value))


def flat(value: object) -> Iterator[object]:
    """A value as a row that tells apart what ``==`` does not, such as 1 and 1.0; however deep it is nested."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield type(item)
        if isinstance(item, Struct):
            waiting += item.values
        elif isinstance(item, dict):
            yield len(item)
            waiting += [part for entry in item.items() for part in entry]
        elif isinstance(item, list):
            yield len(item)
            waiting += item
        else:
            yield repr(item)


def in_a_batch(converter: JsonConverter, texts: Sequence[bytes]) -> list[Answer]:
    """What becomes of each text when they come as one column."""
    found: list[Answer] = []
    while len(found) < len(texts):
        error: Exception | None = None
        try:
            runs = converter.to_connect_data_batch("t", texts[len(found) :])
        except PartialBatch as partial:
            runs, error = cast("list[ColumnAndSchema]", partial.done), partial.error
        found += [(schema, *flat(value)) for schema, column in runs for value in column]
        if error is not None:
            if not isinstance(error, DataException):
                raise error
            found.append((type(error), str(error)))
    return found


Check = Callable[[bytes, random.Random], bool]
"""Whether a text was understood; raises when something is wrong. All its choices come from the dice."""


class Fuzz:
    """One run: draws texts until time is up, and tells which text a check fails on."""

    def __init__(self, corpus: Sequence[bytes], tokens: Sequence[bytes]) -> None:
        given = os.environ.get("PENSTOCK_FUZZ_SEED")
        self.seed = int(given) if given else secrets.randbits(32) if SCALE >= 1 else 0
        self._dice = random.Random(self.seed)
        self._mutator = Mutator(corpus, tokens, self._dice)

    def run(self, check: Check) -> None:
        """Raises AssertionError with the shortest text that could be found to fail alike."""
        until = time.monotonic() + SECONDS
        count = understood = 0
        while (begun := time.monotonic()) < until:
            text, choices = self._mutator.draw(), self._dice.getrandbits(32)
            count += 1
            try:
                good = check(text, random.Random(choices))
            except Exception as error:
                kind = type(error)
                smallest = shrunk(text, lambda shorter: kind is _failure(check, shorter, choices))  # noqa: B023  # used at once
                raise AssertionError(
                    f"seed {self.seed}, text {count}: {kind.__name__}: {error}\non {smallest!r}"
                ) from error
            took = time.monotonic() - begun
            assert took < SLOW_S, f"seed {self.seed}, text {count} took {took:.1f} s: {text[:500]!r}"
            if good:
                understood += 1
                self._mutator.keep(text)
        print(f"\nfuzz: {count} texts in {SECONDS} s, {understood} understood, seed {self.seed}")
        assert 0 < understood < count, "the texts are not of both kinds, so the run shows little"


def _failure(check: Check, text: bytes, choices: int) -> type[Exception] | None:
    try:
        check(text, random.Random(choices))
    except Exception as error:
        return type(error)
    return None


def fuzz_json(options: Sequence[dict[str, str]]) -> None:
    corpus = [*ENVELOPES, *recorded("converter.toConnectData", "utf8")]
    settled = [make(each) for each in options]  # these remember schemas from one text to the next; new ones don't

    def check(text: bytes, dice: random.Random) -> bool:
        number, other = dice.randrange(len(options)), dice.choice(corpus)
        alone = answer(make(options[number]), text)
        assert answer(settled[number], text) == alone, "another answer once other schemas were seen"
        before = answer(make(options[number]), other)
        texts = [other, text, other, text, text]
        assert in_a_batch(settled[number], texts) == [before, alone, before, alone, alone], "another answer in a batch"
        return not isinstance(alone[0], type)

    Fuzz(corpus, JSON_TOKENS).run(check)


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 120)
def test_json_with_schemas() -> None:
    fuzz_json(OPTIONS)


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 120)
def test_json_without_schemas() -> None:
    fuzz_json(PLAIN_OPTIONS)


TARGETS = [
    *(Schema.BOOLEAN, Schema.INT8, Schema.INT16, Schema.INT32, Schema.INT64, Schema.FLOAT32, Schema.FLOAT64),
    *(Schema.STRING, Decimal.schema(2), Date.SCHEMA, Time.SCHEMA, Timestamp.SCHEMA),
]


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 120)
def test_values() -> None:
    """What spells a value is written as text again, too, and read as a header."""
    headers = SimpleHeaderConverter()

    def check(data: bytes, dice: random.Random) -> bool:
        text = text_of(data)
        try:
            found = values.parse_string(text)
        except DataException:
            return False
        for target in dice.sample(TARGETS, 3):
            converted(target, Schema.STRING, text)
        with contextlib.suppress(DataException):
            headers.to_connect_header("t", "h", data)
        if found is None or found.schema is Schema.STRING:
            return False
        converted(Schema.STRING, found.schema, found.value)
        return True

    Fuzz([*TEXTS, *recorded("values.parseString", "text")], VALUE_TOKENS).run(check)


def converted(target: Schema, schema: Schema | None, value: object) -> object:
    """What a value becomes; None where it cannot become that."""
    try:
        return values.convert_to(target, schema, value)
    except DataException:
        return None


def text_of(data: bytes) -> str:
    """The text behind bytes, halves of surrogate pairs included, which strings of Connect may have."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
