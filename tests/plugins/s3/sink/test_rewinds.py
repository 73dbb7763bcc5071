"""Partitions that are read again from an earlier offset: nothing counts as safe that is not visible since."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.api import SinkBatch
from penstock_s3.config.choices import Partitioning
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import NoSuchUploadException, StoreException, StoreRetriableException
from tests.plugins.s3.sink.rig import HERE, FaultyStore, Rig, Row, bucket, sink_settings, slices
from tests.plugins.s3.sink.test_kills import START, replace_part, rows
from tests.s3_server.memory_store import MemoryStore

MIB = 1 << 20


def ids(objects: dict[str, bytes]) -> Counter[int]:
    return Counter(json.loads(line)["id"] for data in objects.values() for line in data.splitlines())


def test_what_was_written_before_a_rewind_is_not_safe_after_it(tmp_path: Path) -> None:
    """A file of ten records is lost; the first two come again and are finished by silence. The others are not visible."""
    records = [Row({"id": number, "pad": "x" * MIB}) for number in range(10)]
    rig = Rig(records, sink_settings(flush_size=10, idle_ms=60_000, retry_backoff_ms=0), bucket(tmp_path), batch=10)
    rig.time_ms = START
    gone = NoSuchUploadException("gone")
    task = rig.started(
        FaultyStore(rig.bucket, lambda name, number: gone if (name, number) == ("complete_upload", 1) else None)
    )
    rig.deliver(task)
    assert rig.position == 0
    rig.deliver(task, 2)
    task.time_ms = START + 60_001
    rig.deliver(task, 0)
    assert ids(rig.objects()) == Counter(range(2))
    rig.deliver(task, 5)
    assert rig.committed == 2


def test_nor_after_a_failed_commit(tmp_path: Path) -> None:
    """As Aiven's sink flushes: the flush fails, the runtime rewinds, and a later flush has fewer records."""
    settings = replace_part(sink_settings(flush_size=None, retry_backoff_ms=3_600_000), "rotation", on_flush=True)
    rig = Rig(rows(10), settings, bucket(tmp_path))
    faults = {1: StoreException("AccessDenied"), 3: StoreRetriableException("SlowDown")}
    task = rig.started(FaultyStore(rig.bucket, lambda name, number: faults.get(number) if name == "put" else None))
    task.put(SinkBatch(slices(rig.rows, 0, 8)))
    with pytest.raises(StoreException, match=r"^AccessDenied$"):
        task.pre_commit({HERE: 8})
    rig.position = 0  # the runtime goes back to what is committed
    rig.deliver(task, 2)
    assert rig.committed == 2
    rig.deliver(task, 3)  # this flush is put off
    assert ids(rig.objects()) == Counter(range(2))
    assert rig.committed == 2


@pytest.mark.parametrize("limit", [{"flush_size": 3}, {"flush_size": None, "flush_bytes": 6 * MIB}])
def test_a_full_file_whose_part_could_not_be_sent_is_finished_without_another_record(
    limit: dict[str, Any], tmp_path: Path
) -> None:
    records = [Row({"id": number, "pad": "x" * (2 * MIB)}) for number in range(3)]
    rig = Rig(records, sink_settings(retry_backoff_ms=0, **limit), bucket(tmp_path), batch=3)
    slow = StoreRetriableException("SlowDown")
    task = rig.started(
        FaultyStore(rig.bucket, lambda name, number: slow if (name, number) == ("begin_upload", 1) else None)
    )
    rig.deliver(task)
    assert rig.committed is None
    rig.deliver(task, 0)
    assert rig.committed == 3
    assert ids(rig.objects()) == Counter(range(3))
    rig.end(task)


def test_a_storm_beside_a_name_that_is_taken_is_sat_out(tmp_path: Path) -> None:
    """Of two files of a rotation one's name is taken, and the other's request fails for a while: that is no contradiction."""
    settings = replace_part(sink_settings(flush_size=4, retry_backoff_ms=0), "partition", kind=Partitioning.TIME)
    settings = replace_part(settings, "rotation", schedule_ms=86_400_000, on_partition_change=False)
    settings = replace_part(settings, "store", conditional_writes=True)
    records = [Row({"id": number}, timestamp=START + number % 2 * 3_600_000) for number in range(5)]
    rig = Rig(records, settings, MemoryStore(), batch=4)
    rig.time_ms = START
    free = Rig(records, settings, MemoryStore(), batch=4)
    free.time_ms = START
    free.run()
    first = min(free.objects(), key=lambda key: json.loads(free.objects()[key].splitlines()[0])["id"])
    rig.bucket.put(first, Body.of(b'{"id": 0}\n{"id": 2}\n{"id": 4}\n'))

    class Storm(FaultyStore):
        failed = False

        def put(self, key, body, precondition):  # type: ignore[no-untyped-def]
            if key != first and not self.failed:
                self.failed = True
                raise StoreRetriableException("SlowDown")
            return super().put(key, body, precondition)

    task = rig.started(Storm(rig.bucket, lambda _name, _number: None))
    for _ in range(6):
        rig.deliver(task)
    assert rig.committed == 5
    assert set(ids(rig.objects())) == {0, 1, 2, 3, 4}
    assert ids(rig.objects())[1] == ids(rig.objects())[3] == 1
    rig.end(task)


def test_uploads_that_a_manifest_may_name_are_not_orphans() -> None:
    """A rotation was decided, its owner died, and the next one cannot read the manifest at first."""
    store = MemoryStore()
    rig = Rig(rows(3), sink_settings(flush_size=3, manifest=True, retry_backoff_ms=0), store)
    died = FaultyStore(store, lambda name, _: StoreRetriableException("cut") if name == "complete_upload" else None)
    rig.deliver(rig.started(died))
    assert rig.objects() == {}
    cut = FaultyStore(
        store, lambda name, number: StoreRetriableException("cut") if (name, number) == ("head", 1) else None
    )
    task = rig.started(cut)
    assert len(list(store.uploads(""))) == 1
    rig.deliver(task, 0)
    assert ids(rig.objects()) == Counter(range(3))
    rig.end(task)
