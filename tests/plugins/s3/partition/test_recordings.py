"""Object keys, refusals and failures of the partitioner recordings, without a task or a store."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.s3.formats.replay import lines
from tests.plugins.s3.partition.keys import outcome, texts

Json = Any
PORTABLE = ("org.apache.kafka", "io.confluent")
VECTORS = [
    vector
    for name in ("time-partitioner.jsonl", "field-partitioner.jsonl")
    for vector in lines(name)
    if not any(key.startswith("rotate.") for key in vector["config"]) and "org.apache.avro" not in str(vector["expect"])
]
"""Without those that are about rotation, or fail in a format."""


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_places_records_as_recorded(vector: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    expected = vector["expect"]
    found = outcome(vector)

    if "create_status" in expected:
        assert found.refused
        if expected["create_status"] == 400:
            assert found.refused == expected["create_message"].split("\n")[1:-1]
        return
    assert found.refused == []
    assert failed_as_recorded(found.not_started or found.failure, expected)
    if found.not_started is None and vector["config"].get("partitioner.max.open.files") != "0":
        assert found.keys == [obj["key"] for obj in expected["objects"]]


def failed_as_recorded(error: Exception | None, expected: Json) -> bool:
    """Whether a task failed where it did in Java, with the same text where that text is not the JVM's."""
    failed = [task for task in expected["tasks"] if task["state"] == "FAILED"]
    if not failed or error is None:
        return not failed and error is None
    causes = failed[0].get("causes") or []
    recorded = [failed[0]["error"], *causes] if "Exiting WorkerSinkTask" not in failed[0]["error"] else causes
    portable = [text.strip() for text in recorded if text.startswith(PORTABLE)]
    told = [text.strip() for text in texts(error)]
    assert all(text in told for text in portable), (portable, told)
    return True
