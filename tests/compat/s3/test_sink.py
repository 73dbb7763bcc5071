"""The S3 sink does what Java's did: the same keys, contents, offsets, failures and dead letters.

``PENSTOCK_S3_VECTORS`` names another directory of vectors than the project's copy.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from penstock_s3.storage.local_store import LocalStore
from penstock_s3.storage.store import read_all
from tests.compat.s3.judged import judged
from tests.compat.s3.played import Place, played
from tests.compat.s3.recorded import Json, deviations, directory, explaining, lines
from tests.support.recordings import COUNTS

NAMES = (
    "keys.jsonl",
    "field-partitioner.jsonl",
    "time-partitioner.jsonl",
    "rotation.jsonl",
    "nulls-keys-headers.jsonl",
    "formats.jsonl",
)
FILES = [directory() / name for name in NAMES if (directory() / name).exists()]
LARGEST_SHARE_OF_DEVIATIONS = 0.03
SHOWN = 20
_numbers = count(1)
_FOUND: dict[str, list[str]] = {}


def replayed(vector: Json, folder: Path) -> list[str]:
    """How the outcome over a directory differs; looked for once."""
    if vector["id"] not in _FOUND:
        bucket = folder / f"b{next(_numbers)}"
        bucket.mkdir(parents=True)
        store = LocalStore(folder, bucket.name, fsync=False)
        if vector.get("bucket_exists") is False:
            store = LocalStore(folder, "nope", fsync=False)
        texts = {
            "${bucket}": "the-bucket-of-the-vector",
            "${endpoint}": "http://127.0.0.1:1",
            "${accesskey}": "the-access-key",
            "${secretkey}": "the-secret-key",
        }
        outcome = played(vector, Place(texts, lambda settings, _wait: _named(store, settings.bucket)))
        objects = {info.key: read_all(store, info.key) for info in store.list("")}
        _FOUND[vector["id"]] = judged(vector, outcome, objects)
    return _FOUND[vector["id"]]


def _named(store: LocalStore, bucket: str) -> Any:
    """The store tells of a missing bucket by the name in the config."""
    store._bucket = bucket
    return store


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_does_what_java_did(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    known = deviations()
    wrong = []
    counts = Counter(passed=0, deviations=0, failed=0)
    for vector in lines(path):
        told = replayed(vector, tmp_path)
        if not told:
            counts["passed"] += 1
        elif explaining(vector, known):
            counts["deviations"] += 1
        else:
            counts["failed"] += 1
            wrong.append("\n   ".join([vector["id"], *told]))
    record_property(COUNTS, (f"s3/{path.name}", dict(counts)))
    assert not wrong, f"{len(wrong)} of {path.name} differ:\n" + "\n".join(wrong[:SHOWN])


def test_deviations_are_few_and_needed(tmp_path: Path) -> None:
    known, used, met, total, differing = deviations(), set(), set(), 0, 0
    for path in FILES:
        for vector in lines(path):
            total += 1
            matching = explaining(vector, known)
            met.update(matching)
            if matching and replayed(vector, tmp_path):
                differing += 1
                used.update(matching)
    assert differing <= total * LARGEST_SHARE_OF_DEVIATIONS
    asked = (
        met
        if os.environ.get("PENSTOCK_S3_VECTORS")
        else [each for each in known if "validate/" not in each.ids and not each.foreseen]
    )
    assert [each.ids for each in asked if each not in used] == [], "these do not differ; take them out"


def test_there_are_vectors() -> None:
    assert FILES, f"no vectors in {directory()}"
