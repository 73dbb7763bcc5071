"""formats.jsonl without a task: the same values, the same content of objects.

Whether rotation, keys and offsets are as recorded is shown by the replay through the whole task (tests/compat/s3).
"""

from __future__ import annotations

import re

import pytest

from penstock.api import ConnectException
from tests.compat.s3.objects import differences, told
from tests.plugins.s3.formats.replay import Json, lines, records, settings_of, written

VECTORS = [vector for vector in lines("formats.jsonl") if "create_status" not in vector["expect"]]
_OFFSET = re.compile(r"\+(\d+)\+(\d+)\.")


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_objects_are_as_recorded(vector: Json) -> None:
    expected = vector["expect"].get("objects", [])
    found = _objects(vector)
    assert not [line for recorded in expected for line in _differences(recorded, found)]
    if _failed(vector):
        with pytest.raises(ConnectException):
            _rest(vector)


def _failed(vector: Json) -> bool:
    return any(task["state"] == "FAILED" for task in vector["expect"]["tasks"])


def _differences(recorded: Json, found: dict[str, tuple[bytes, bool]]) -> list[str]:
    data, schemaless = found[recorded["key"]]
    return differences(recorded, told(recorded["key"], data), schemaless=schemaless)


def _objects(vector: Json) -> dict[str, tuple[bytes, bool]]:
    """The recorded objects written anew: each holds the records from its offset up to the next one's."""
    settings = settings_of(vector["config"])
    found = {}
    for (topic, partition), all_records in records(vector).items():
        keys = sorted(key for key in _keys(vector) if f"/partition={partition}/" in key and f"/{topic}/" in key)
        starts = [int(_offset(key)[1]) for key in keys]
        ends = [*starts[1:], vector["expect"]["committed"].get(topic, {}).get(str(partition), len(all_records))]
        for key, start, end in zip(keys, starts, ends, strict=False):
            part = [record for record in all_records[start:end] if record.value is not None]
            schema = part[0].value_schema
            found[key] = (written(settings, schema, [record.value for record in part]), schema is None)
    return found


def _rest(vector: Json) -> None:
    """Write what was not committed: the task failed there."""
    settings = settings_of(vector["config"])
    for (topic, partition), all_records in records(vector).items():
        start = vector["expect"]["committed"].get(topic, {}).get(str(partition), 0)
        for record in all_records[start:]:
            written(settings, record.value_schema, [record.value])


def _keys(vector: Json) -> list[str]:
    return [recorded["key"] for recorded in vector["expect"].get("objects", [])]


def _offset(key: str) -> tuple[str, str]:
    matched = _OFFSET.search(key)
    assert matched is not None
    return matched[1], matched[2]
