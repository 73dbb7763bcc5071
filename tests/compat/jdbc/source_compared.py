"""How what our side did differs from a source recording."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from tests.compat.jdbc.recordings import Json, filled
from tests.compat.jdbc.source_played import offset_texts

_OURS_TO_WORD = "org.apache.kafka."
"""Whose errors have texts that clients see; a driver's and Java's own need not be reproduced."""


def told(expected: Json, found: Json, places: dict[str, str], *, unstable: bool) -> str | None:
    """What differs of one wait; None when nothing does."""
    wanted = filled(expected, places)
    checks = [_status(wanted.get("status"), found["status"])]
    if "records" in wanted and not unstable:
        checks.append(_records(wanted["records"], found["records"]))
    if "offsets" in wanted:
        texts = offset_texts(wanted["offsets"])
        checks.append(None if texts == found["offsets"] else f"offsets: expected {texts}\n     got {found['offsets']}")
    if "tables" in wanted and found["status"]["connector"] != "ABSENT" and wanted["tables"] != found["tables"]:
        checks.append(f"tables: expected {wanted['tables']}\n     got {found['tables']}")
    return next((check for check in checks if check is not None), None)


def all_told(wanted: list[Json], found: list[Json]) -> str | None:
    """For recordings in which rows came again at every poll, so that how often depends on time: which ones there were."""
    expected = {_text(record) for record in wanted}
    given = {_text(record) for record in found}
    return None if expected == given else f"records as sets: expected {sorted(expected)}\n     got {sorted(given)}"


def answered(expected: Any, found: Json, places: dict[str, str]) -> str | None:
    """What differs of a step that is no wait."""
    if not expected:
        return None
    wanted = filled(expected, places)
    if wanted.get("status") != found.get("status"):
        return f"expected {json.dumps(wanted)}\n     got {json.dumps(found)}"
    if "body" in wanted and wanted["body"] != found.get("body"):
        return f"expected {json.dumps(wanted)}\n     got {json.dumps(found)}"
    return None


def _status(wanted: Json | None, found: Json) -> str | None:
    if wanted is None:
        return None
    given = f"{found['connector']} {found['tasks']}"
    if (wanted["connector"], wanted["tasks"]) != (found["connector"], found["tasks"]):
        return f"status: expected {wanted}\n     got {given}\n{found['trace']}"
    error = wanted.get("error", [])
    if error and error[-1].startswith(_OURS_TO_WORD):
        message = error[-1].partition(": ")[2]
        if message not in found["trace"]:
            return f"error: expected {message}\n     got {found['trace']}"
    return None


def _records(wanted: list[Json], found: list[Json]) -> str | None:
    if len(wanted) != len(found):
        return f"{len(wanted)} records expected, {len(found)} came: {[record['value'] for record in found]}"
    for place, (old, new) in enumerate(zip(wanted, found, strict=True)):
        if old["topic"] != new["topic"] or not same(old["value"], new["value"]):
            return f"record {place}: expected {old['topic']} {json.dumps(old['value'])}\n     got {json.dumps(new)}"
    return None


def same(wanted: Any, found: Any) -> bool:
    """Equal JSON; floats that are equal as 32-bit floats are."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(same(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, float) or isinstance(found, float):
        numbers = isinstance(wanted, (int, float)) and isinstance(found, (int, float))
        return numbers and (
            wanted == found or _single(wanted) == _single(found) or math.isclose(wanted, found, rel_tol=0)
        )
    return type(wanted) is type(found) and wanted == found


def _single(number: float) -> float:
    try:
        value: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return value


def _text(record: Json) -> str:
    return json.dumps([record["topic"], record["value"]], sort_keys=True)
