"""JSON texts at random: schemas as they should and should not be, payloads that fit them well or badly."""

from __future__ import annotations

import re
from random import Random

LOGICAL = "org.apache.kafka.connect.data."

NUMBERS = [
    "0",
    "1",
    "-1",
    "127",
    "128",
    "-129",
    "300",
    "32768",
    "70000",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "123456789012345678901234567890",
    "1.9",
    "-1.9",
    "0.5",
    "-0.0",
    "0.0",
    "1e3",
    "1E400",
    "-1e400",
    "1e-400",
    "0.1",
    "3.4028236e38",
    "3.4028235677973366e38",
    "1.00000005960464477540",
    "16777217",
    "16777217.0000001",
    "1.5e-46",
    "7.006492321624085e-46",
    "1e18",
    "1e19",
    "0.99999999999999999999",
    "99999999999999999999.5",
    "5e-324",
    "2.5e-324",
    "0.30000000000000004",
    "1e22",
    "9007199254740993.0",
    "-0",
    "007",
    "00.5",
    "1e2000000000",
    "1e-2000000000",
    "1e-4547758080",
    "0e+9999999999",
    "12345678901234567e10",
    "86400000",
    "86400001",
    "-62135596800001",
    "253402300800000",
]
STRINGS = [
    '""',
    '"a"',
    '"abc"',
    '"AQI="',
    '"AQI"',
    '"AQIDBA=="',
    '"A==="',
    '"AQI=AQI="',
    '"/+8="',
    '"_-8="',
    '"1.5"',
    '"é😀"',
    '"\\u00e9"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"!!!!"',
    '"\\u0000"',
    '"gA=="',
    '"AJw="',
    '"AA\\nAA"',
    '"\\n"',
    '"\\u001f"',
    '" AQI= "',
    '"AQI=\\nAQI="',
]
WORDS = ("null", "true", "false", "[]", "{}")
PRIMITIVE = ("boolean", "int8", "int16", "int32", "int64", "float", "double", "bytes", "string")
LOGICAL_TYPES = (("bytes", "Decimal"), ("int32", "Date"), ("int32", "Time"), ("int64", "Timestamp"))
ENVELOPES = ('{"schema":%s,"payload":%s}',) * 8 + (
    '{ "schema" : %s , "payload" : %s }',
    '{"schema":%s,"payload":%s} ',
    '{"schema":%s,"payload":%s,"x":1}',
    '{"schema":%s,"payload":1,"payload":%s}',
    '{"schema":%s,"pay\\u006coad":%s}',
    '{"schema":%s,"payload":%s}}',
    "%s%s",
)


_TYPE_AND_NAME = re.compile(r'\{"type":"(\w+)"(?:,"name":"org\.apache\.kafka\.connect\.data\.(\w+)")?')


class Corpus:
    """Draws from one source of randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def record(self, schema: str) -> bytes | None:
        """A record with this schema, or nearly."""
        if self._maybe(0.05):
            return None
        payload = self.payload(schema)
        given = schema if self._maybe(0.9) else "null"
        text = self._random.choice(ENVELOPES) % (given, payload)
        return (text if self._maybe(0.95) else text[: self._random.randrange(len(text) + 1)]).encode()

    def schema(self, depth: int = 0) -> str:
        """A schema, in most cases a good one."""
        members = self._typed(depth)
        for name, odds, choices in (
            ("optional", 0.4, ("true", "true", "false", "null", '"true"')),
            ("name", 0.1, ('"n"', "5", f'"{LOGICAL}Date"')),
            ("version", 0.1, ("1", '"1"', "1.0", "12345678901234567890")),
            ("doc", 0.1, ('"d"', "5")),
            ("parameters", 0.1, ('{"a":"b"}', "{}", '{"a":1}', "[]")),
        ):
            if name not in members and self._maybe(odds):
                members[name] = self._random.choice(choices)
        if self._maybe(0.15):
            members["default"] = self._value(_kind(members))
        return "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"

    def payload(self, schema: str) -> str:
        """A payload for a schema: good, bad, or anything."""
        found = _TYPE_AND_NAME.match(schema)
        assert found is not None, schema
        return self._value(found[2] or found[1])

    def anything(self, depth: int = 0) -> str:
        """Any JSON text, or nearly."""
        drawn = self._random.random()
        if drawn < 0.3:
            return self._number()
        if drawn < 0.55:
            return self._random.choice(STRINGS)
        if drawn < 0.75 or depth > 2:
            return self._random.choice(WORDS)
        items = [self.anything(depth + 1) for _ in range(self._random.randrange(4))]
        if drawn < 0.87:
            return "[" + ",".join(items) + "]"
        return "{" + ",".join(f'"{self._random.choice("abcx")}":{item}' for item in items) + "}"

    def broken(self, text: bytes) -> bytes:
        """A text with a few bytes taken away, put in or changed."""
        data = bytearray(text)
        for _ in range(self._random.randrange(1, 4)):
            place = self._random.randrange(len(data) + 1)
            put = self._random.choice(
                [b"", b'"', b"\\", b"\\ud800", b"{", b"]", b"0", b"e", b",", b":", b"\xff", b"\x00", b"\xed\xa0\x80"]
            )
            data[place : place + self._random.randrange(3)] = put
        return bytes(data)

    def _typed(self, depth: int) -> dict[str, str]:
        drawn = self._random.random()
        if drawn < 0.5 or depth > 2:
            return {"type": f'"{self._random.choice(PRIMITIVE)}"'}
        if drawn < 0.7:
            kind, name = self._random.choice(LOGICAL_TYPES)
            members = {"type": f'"{kind}"', "name": f'"{LOGICAL}{name}"'}
            if name == "Decimal":
                members["parameters"] = f'{{"scale":"{self._random.choice(["0", "2", "-3", "x"])}"}}'
            return members
        if drawn < 0.8:
            return {"type": '"array"', "items": self.schema(depth + 1)}
        if drawn < 0.9:
            keys = self._random.choice(['{"type":"string"}', '{"type":"int32"}', self.schema(depth + 1)])
            return {"type": '"map"', "keys": keys, "values": self.schema(depth + 1)}
        names = self._random.sample("abc", self._random.randrange(4))
        fields = [self.schema(depth + 1)[:-1] + f',"field":"{name}"}}' for name in names]
        return {"type": '"struct"', "fields": "[" + ",".join(fields) + "]"}

    def _value(self, kind: str) -> str:
        if self._maybe(0.15):
            return self.anything()
        match kind:
            case "boolean":
                return self._random.choice(["true", "false"])
            case "bytes" | "string":
                return self._random.choice(STRINGS)
            case "array":
                return "[" + ",".join(self.anything() for _ in range(self._random.randrange(3))) + "]"
            case "map" | "struct":
                keys = self._random.sample("abcx", self._random.randrange(4))
                if kind == "map" and self._maybe(0.3):
                    return "[" + ",".join(f"[{self.anything()},{self.anything()}]" for _ in keys) + "]"
                return "{" + ",".join(f'"{key}":{self.anything()}' for key in keys) + "}"
            case "Decimal":
                return self._random.choice([self._number(), self._random.choice(STRINGS)])
        return self._number()

    def _number(self) -> str:
        drawn = self._random.random()
        if drawn < 0.5:
            return str(self._random.randrange(-200, 200))
        return self._random.choice(NUMBERS) if drawn < 0.8 else repr(self._random.uniform(-1e6, 1e6))

    def _maybe(self, odds: float) -> bool:
        return self._random.random() < odds


def _kind(members: dict[str, str]) -> str:
    name = members.get("name", "").strip('"')
    logical = name.removeprefix(LOGICAL)
    return logical if logical != name else members["type"].strip('"')
