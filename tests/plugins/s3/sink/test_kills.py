"""kill -9 between every two calls of the store: nothing is lost, and where that is promised nothing is there twice."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from penstock_s3.config.choices import Compression, Extractor, FormatKind, Partitioning
from penstock_s3.config.settings import SinkSettings
from tests.plugins.s3.sink.rig import CutStore, Killed, Rig, Row, sink_settings
from tests.s3_server.memory_store import MemoryStore

HOUR = 3_600_000
START = 1_700_000_000_000

Changes = dict[str, Any]

DETERMINISTIC: dict[str, Changes] = {
    "flush.size": {"flush_size": 3},
    "gzip": {"flush_size": 3, "compression": Compression.GZIP},
    "avro": {"flush_size": 3, "kind": FormatKind.AVRO},
    "keys": {"flush_size": 3, "keys": FormatKind.JSON},
    "time": {
        "flush_size": 100,
        "interval_ms": HOUR,
        "on_partition_change": False,
        "partition": None,
    },
}
TIME = {"kind": Partitioning.TIME, "extractor": Extractor.RECORD}


def settings_of(changes: Changes, **more: Any) -> SinkSettings:
    """Settings; ``partition`` None asks for directories by the hour of the record."""
    changes = {**changes, **more}
    by_time = "partition" in changes
    changes.pop("partition", None)
    settings = sink_settings(**{name: value for name, value in changes.items() if name != "kind"})
    if "kind" in changes:
        settings = replace_part(settings, "format", kind=changes["kind"])
    return replace_part(settings, "partition", **TIME) if by_time else settings


def replace_part(settings: SinkSettings, part: str, **changes: Any) -> SinkSettings:
    return replace(settings, **{part: replace(getattr(settings, part), **changes)})


def rows(count: int) -> list[Row]:
    """Records whose times wander over three hours."""
    wander = random.Random(7)
    return [
        Row({"id": number}, key=f"k{number}", timestamp=START + number * 600_000 + wander.randrange(HOUR))
        for number in range(count)
    ]


def survive(rig: Rig, at: int, *, before: bool) -> None:
    """A task that is killed at a call of its store, and one that takes over."""
    with contextlib.suppress(Killed):
        rig.run(CutStore(rig.bucket, at, before=before))
    rig.batch = 5  # the next one gets other batches
    rig.run()


def calls_of(settings: SinkSettings, records: list[Row]) -> tuple[int, dict[str, bytes]]:
    store = CutStore(MemoryStore())
    rig = Rig(records, settings, store)
    rig.run()
    count = len(store.calls)
    return count, rig.objects()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("manifest", [False, True], ids=["plain", "manifest"])
@pytest.mark.parametrize("mode", DETERMINISTIC)
def test_killed_at_any_call_leaves_what_an_undisturbed_run_does(mode: str, manifest: bool, before: bool) -> None:
    settings, records = settings_of(DETERMINISTIC[mode], manifest=manifest), rows(23)
    calls, calm = calls_of(settings, records)
    assert calls >= 4
    assert calm
    for at in range(1, calls + 1):
        rig = Rig(records, settings, MemoryStore())
        survive(rig, at, before=before)
        assert rig.objects() == calm, f"killed at call {at} of {calls}"
        assert list(rig.bucket.uploads("")) == [], f"killed at call {at} of {calls}"


@pytest.mark.parametrize("seed", range(60))
def test_manifest_mode_is_exactly_once_however_files_are_cut(seed: int) -> None:
    """Files end whenever offsets are committed, batches are of any size, and tasks are killed again and again."""
    chance = random.Random(seed)
    settings = settings_of({"partition": None}, manifest=True, on_flush=True, flush_size=None)
    records = rows(60)
    rig = Rig(records, settings, MemoryStore())
    for _ in range(8):
        rig.batch = chance.randrange(1, 9)
        with contextlib.suppress(Killed):
            rig.run(CutStore(rig.bucket, chance.randrange(1, 40), before=chance.random() < 0.5))
    rig.run()
    written = Counter(json.loads(line)["id"] for data in rig.objects().values() for line in data.splitlines())
    assert written == Counter(range(60))
    assert rig.committed == 60


@pytest.mark.parametrize("seed", range(30))
def test_without_a_manifest_nothing_is_lost_however_files_are_cut(seed: int) -> None:
    chance = random.Random(seed)
    settings = settings_of({"partition": None}, on_flush=True, flush_size=None)
    records = rows(40)
    rig = Rig(records, settings, MemoryStore())
    for _ in range(6):
        rig.batch = chance.randrange(1, 9)
        with contextlib.suppress(Killed):
            rig.run(CutStore(rig.bucket, chance.randrange(1, 30), before=chance.random() < 0.5))
    rig.run()
    written = {json.loads(line)["id"] for data in rig.objects().values() for line in data.splitlines()}
    assert written == set(range(40))


@pytest.mark.parametrize("mode", DETERMINISTIC)
def test_two_owners_write_nothing_twice_with_a_manifest(mode: str) -> None:
    """A zombie works on while its successor has the partition: at every point the successor may come."""
    settings, records = settings_of(DETERMINISTIC[mode], manifest=True), rows(11)
    _, calm = calls_of(settings, records)
    for turn in range(4):
        zombie = Rig(records, settings, MemoryStore())
        task = zombie.started()
        for _ in range(turn):
            zombie.deliver(task)
        heir = Rig(records, settings, zombie.bucket, batch=5)  # from the beginning: the zombie could not commit
        heir.run()
        with contextlib.suppress(Exception):
            while zombie.position < len(records):
                zombie.deliver(task)
        assert zombie.objects() == calm, f"the successor came after {turn} batches"


def test_a_zombie_is_told() -> None:
    settings, records = settings_of({"flush_size": 3}, manifest=True), rows(6)
    zombie = Rig(records, settings, MemoryStore())
    task = zombie.started()
    Rig([], settings, zombie.bucket).started()
    with pytest.raises(
        Exception, match=r"^Another task has taken over t-0 \(the manifest topics/.state/c/t/0.json is not"
    ):
        zombie.deliver(task)


@pytest.mark.parametrize("seed", range(40))
def test_conditional_writes_lose_nothing_to_a_zombie(seed: int) -> None:
    """Two tasks write the same partition and cut files at different times. The zombie comes last: what it has is less than
    what is there, and must not replace it (spec 6)."""
    chance, hour = random.Random(seed), 3_600_000
    settings, records = sink_settings(flush_size=1000, schedule_ms=hour, retry_backoff_ms=0), rows(40)
    zombie, heir = (Rig(records, settings, MemoryStore(), time_ms=hour // 2) for _ in range(2))
    heir.bucket = zombie.bucket
    late = zombie.started()
    zombie.deliver(late, chance.randrange(1, 15))
    task = heir.started()
    while heir.committed != len(records):
        heir.deliver(task, chance.randrange(1, 25))
        if chance.random() < 0.4:
            task.time_ms = (task.time_ms or 0) + hour
    late.time_ms = hour * 5
    zombie.deliver(late, 0)
    written = {json.loads(line)["id"] for data in heir.objects().values() for line in data.splitlines()}
    assert set(range(len(records))) <= written
    heir.end(task)
    zombie.end(late)
