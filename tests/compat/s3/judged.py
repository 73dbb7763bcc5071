"""How an outcome differs from the recorded one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.compat.s3.objects import differences, told
from tests.compat.s3.recorded import Json

_PORTABLE = re.compile(r"^(org\.apache\.kafka\.|io\.confluent\.)[\w.$]+")
"""Classes of exceptions whose texts clients see; the rest is the JVM's wording."""


def judged(vector: Json, outcome: Json, objects: Mapping[str, bytes]) -> list[str]:
    """What is otherwise; empty when all is as recorded."""
    expect = vector["expect"]
    if "create_status" in expect:
        return _refused(expect, outcome)
    if "create_status" in outcome:
        return [f"refused: {outcome['create_message']}"]
    schemaless = _schemaless(vector)
    return [
        *_objects(expect["objects"], objects, schemaless=schemaless),
        *_committed(expect["committed"], outcome["committed"]),
        *_tasks(expect["tasks"], outcome["tasks"] * len(expect["tasks"])),
        *_dead(expect.get("dlq"), outcome.get("dlq")),
    ]


def _refused(expect: Json, outcome: Json) -> list[str]:
    if "create_status" not in outcome:
        return [f"not refused, where it was: {expect['create_message']}"]
    if expect["create_status"] == 500:
        return []  # a Java failure in a validator: any refusal that names what is wrong will do
    recorded, found = (_errors(each["create_message"]) for each in (expect, outcome))
    return [] if recorded == found else [f"refused: recorded {recorded}, found {found}"]


def _errors(message: str) -> list[str]:
    """The errors, without the order of keys and of Java's sets."""
    return sorted(
        re.sub(r"\[[^\]]*\]", lambda found: str(sorted(found[0][1:-1].split(", "))), line)
        for line in message.split("\n")
    )


def _schemaless(vector: Json) -> bool:
    return "JsonConverter" in vector["config"].get("value.converter", "JsonConverter")


def _objects(recorded: Sequence[Json], found: Mapping[str, bytes], *, schemaless: bool) -> list[str]:
    expected = {each["key"]: each for each in recorded}
    wrong = [f"object missing: {key}" for key in expected.keys() - found.keys()]
    wrong += [f"object too many: {key}" for key in found.keys() - expected.keys()]
    for key in sorted(expected.keys() & found.keys()):
        wrong += [f"{key}: {each}" for each in differences(expected[key], told(key, found[key]), schemaless=schemaless)]
    return wrong


def _committed(recorded: Json, found: Json) -> list[str]:
    """Zeros are written by the worker beside real offsets of the same task; they say nothing."""
    expected, there = (
        {(topic, partition): offset for topic, each in offsets.items() for partition, offset in each.items() if offset}
        for offsets in (recorded, found)
    )
    return [] if expected == there else [f"committed: recorded {expected}, found {there}"]


def _tasks(recorded: Sequence[Json], found: Sequence[Json]) -> list[str]:
    wrong: list[str] = []
    for expected, task in zip(recorded, found, strict=True):
        if expected["state"] != task["state"]:
            wrong.append(f"task {task['state']} ({task.get('causes') or task.get('error')}), recorded {expected}")
        elif expected["state"] == "FAILED":
            wrong += _failure(expected, task)
    return wrong


def _failure(expected: Json, task: Json) -> list[str]:
    last = expected.get("causes", [])[-1:] or [expected["error"]]
    if not _PORTABLE.match(last[0]):
        return []
    found = [task["error"], *task["causes"]]
    return [] if _plain(last[0]) in map(_plain, found) else [f"failure: recorded {last[0]!r}, found {found}"]


def _plain(text: str) -> str:
    """Without identity hashes, and without which of Java's maps it was."""
    return re.sub(r"@[0-9a-f]+\b", "@<hash>", text).replace("java.util.LinkedHashMap", "java.util.HashMap").strip()


def _dead(recorded: Json, found: Json) -> list[str]:
    if recorded is None:
        return []
    wrong = [] if len(recorded) == len(found) else [f"dead letters: recorded {len(recorded)}, found {len(found)}"]
    for expected, letter in zip(recorded, sorted(found, key=_place), strict=False):
        if (expected["key"], expected["value"]) != (letter["key"], letter["value"]):
            wrong.append(f"dead letter: recorded {expected}, found {letter}")
        headers = dict(letter["headers"])
        for name, value in expected["headers"]:
            if not _same_header(name, value, headers, dict(expected["headers"])):
                wrong.append(f"dead letter header {name}: recorded {value!r}, found {headers.get(name)!r}")
    return wrong


def _same_header(name: str, value: str, found: Mapping[str, str], recorded: Mapping[str, str]) -> bool:
    if not name.startswith("__connect.errors.exception."):
        return found.get(name) == value
    portable = _PORTABLE.match(recorded["__connect.errors.exception.class.name"]) is not None
    return not portable or _plain(found.get(name, "")) == _plain(value)


def _place(letter: Json) -> tuple[int, int]:
    headers = dict(letter["headers"])
    return int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"])
