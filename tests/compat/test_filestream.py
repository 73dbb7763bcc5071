"""The file connectors do what Java's did in ``conformance`` recordings, step by step.

``PENSTOCK_FILESTREAM_VECTORS`` names another file of vectors than the project's copy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.compat.filestream.model import Model
from tests.compat.filestream.played import installed, played
from tests.compat.filestream.vectors import Json, vectors

VECTORS = vectors()
TOPIC = re.compile(r"[a-zA-Z0-9._${}-]+")


def outside(vector: Json) -> str | None:
    """Why a vector is not about the file connectors but about what surrounds them, if so."""
    config = vector["config"]
    if vector["kind"] == "sink" and not {"topics", "topics.regex"} & config.keys():
        return "refused by the rules for all sinks"
    if "transforms" in config:
        return "about transformations"
    if not TOPIC.fullmatch(config.get("topic") or "none"):
        return "refused by the producer: the topic"
    if any("RecordTooLarge" in str(outcome) for outcome in vector["expect"]):
        return "refused by the producer: the size"
    return None


ABOUT_US = [vector for vector in VECTORS if outside(vector) is None]


def modelled(vector: Json) -> Model | None:
    """The model after the steps of a vector; None where there is nothing for it to say."""
    if vector["kind"] == "sink" or "create_status" in str(vector["expect"]) or "FAILED" in str(vector["expect"]):
        return None
    model = Model(vector["config"])
    model.play(vector["steps"])
    return model


def expected(vector: Json) -> list[Any]:
    """The recording, or the model where Java does something that we don't want to do."""
    recorded: list[Any] = vector["expect"]
    model = modelled(vector)
    if model is None or not model.differs:
        return recorded
    if model.differs == {"characters"} and sum(step["op"] == "start" for step in vector["steps"]) == 1:
        # Java counts otherwise, but without a second start nothing comes of it: all but the offsets is as recorded.
        return [old | {"offsets": new["offsets"]} for old, new in zip(recorded, model.outcomes, strict=True)]
    return model.outcomes


@pytest.mark.parametrize("vector", ABOUT_US, ids=[vector["id"] for vector in ABOUT_US])
def test_does_what_java_did(vector: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    converter = vector["config"]["value.converter"]
    if converter not in {plugin.name for plugin in installed().plugins}:
        pytest.skip(f"there is no {converter}")

    outcomes = played(vector, tmp_path)

    assert [comparable(outcome) for outcome in outcomes] == [comparable(outcome) for outcome in expected(vector)]


@pytest.mark.parametrize("vector", ABOUT_US, ids=[vector["id"] for vector in ABOUT_US])
def test_the_model_tells_what_java_did_where_both_agree(vector: Json) -> None:
    model = modelled(vector)
    if model is None or model.differs or "Json" in vector["config"]["value.converter"]:
        return
    assert model.outcomes == vector["expect"]


def comparable(outcome: Any) -> Any:
    """Without what is the JVM's: causes that are not Connect's, and the order of a hash map (ours is that of the data)."""
    if isinstance(outcome, dict):
        return {key: _causes(value) if key == "causes" else comparable(value) for key, value in outcome.items()}
    if isinstance(outcome, list):
        return [comparable(item) for item in outcome]
    if isinstance(outcome, str) and "{" in outcome:
        return [sorted(re.split(r"[{}]|, ", line)) for line in outcome.split("\n")]
    return outcome


def _causes(causes: list[str]) -> list[str]:
    return [cause if cause.startswith("org.apache.kafka.connect.") else "the platform's" for cause in causes]


def test_there_are_vectors_and_nearly_all_are_about_the_connectors() -> None:
    assert len(ABOUT_US) > 0.9 * len(VECTORS) > 0
