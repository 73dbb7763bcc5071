"""Where files are cut: 100 000 records late, early, of changing schemas and null, against the rules of spec 5 record by record.

The model below is written after the specification alone and shares nothing with the sink (acceptance check 2).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock.api import Schema
from penstock_s3.config.choices import Extractor, FormatKind, OnNull, Partitioning
from tests.plugins.s3.sink.rig import Rig, Row, sink_settings
from tests.plugins.s3.sink.test_kills import replace_part
from tests.s3_server.memory_store import MemoryStore

HOUR = 3_600_000
START = 1_700_000_000_000 // HOUR * HOUR
GONE = "gone"
COUNT = 100_000


@dataclass
class Model:
    """One topic partition."""

    flush_size: int
    interval_ms: int | None = None
    on_partition_change: bool = True
    max_open_files: int | None = None
    nulls: OnNull = OnNull.IGNORE
    files: Counter[str] = field(default_factory=Counter)
    committed: int | None = None
    _open: dict[str, tuple[Schema | None, int]] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _base_ms: int | None = None
    _last_path: str | None = None
    _next: int = 0

    def take(self, offset: int, row: Row) -> None:
        if row.value is None and self.nulls is OnNull.IGNORE:
            return
        assert row.timestamp is not None
        path = GONE if row.value is None else f"{(row.timestamp - START) // HOUR}"
        while self._must_rotate(path, row):
            self._rotate()
        self._open.setdefault(path, (row.schema, offset))
        self._counts[path] += 1
        self._last_path, self._next = path, offset + 1
        if self._counts.total() >= self.flush_size:
            self._rotate()

    def _must_rotate(self, path: str, row: Row) -> bool:
        file = self._open.get(path)
        if file is not None and (file[0] is None) != (row.schema is None):
            return True
        assert row.timestamp is not None
        if self._base_ms is None:
            self._base_ms = row.timestamp
        if not self._open:
            return False
        if self.interval_ms is not None:
            flips = path != self._last_path and GONE not in (path, self._last_path)
            if row.timestamp - self._base_ms >= self.interval_ms or (flips and self.on_partition_change):
                return True
        if file is not None:
            return file[0] != row.schema
        return self.max_open_files is not None and len(self._open) >= self.max_open_files

    def _rotate(self) -> None:
        for path, (_, start) in self._open.items():
            self.files[f"{path}/{start}"] = self._counts[path]
        self._open.clear()
        self._counts.clear()
        self._base_ms = None
        self.committed = self._next


def topic(seed: int) -> list[Row]:
    """Times go forward over three days, with late and early ones; schemas and nulls come in runs and alone."""
    wander = random.Random(seed)
    schema: Schema | None = Schema.INT32
    rows = []
    for number in range(COUNT):
        if wander.random() < 0.002:
            schema = wander.choice([None, Schema.INT32, Schema.INT64])
        time_ms = START + number * 72 * HOUR // COUNT
        if wander.random() < 0.01:
            time_ms += wander.randrange(0, 5) * HOUR - 2 * HOUR
        null = wander.random() < 0.003
        rows.append(
            Row(
                None if null else number,
                key=f"k{number}",
                timestamp=max(START, time_ms),
                schema=None if null else schema,
            )
        )
    return rows


MODES: dict[str, dict[str, Any]] = {
    "size": {"flush_size": 1000},
    "interval": {"flush_size": 2500, "interval_ms": HOUR},
    "interval, several directories": {"flush_size": 2500, "interval_ms": 3 * HOUR, "on_partition_change": False},
    "open files": {"flush_size": 5000, "max_open_files": 2},
    "tombstones": {"flush_size": 700, "interval_ms": 2 * HOUR, "nulls": OnNull.WRITE},
}


@pytest.mark.parametrize("mode", MODES)
def test_files_are_cut_as_the_rules_say(mode: str) -> None:
    changes = dict(MODES[mode])
    model, rows = Model(**changes), topic(len(mode))
    for offset, row in enumerate(rows):
        model.take(offset, row)
    nulls = changes.pop("nulls", OnNull.IGNORE)
    settings = sink_settings(behavior=nulls, keys=FormatKind.JSON, conditional_writes=False, **changes)
    settings = replace_part(
        settings,
        "partition",
        kind=Partitioning.TIME,
        extractor=Extractor.RECORD,
        path_format="yyyy-MM-dd-HH",
        tombstone=GONE if nulls is OnNull.WRITE else None,
    )
    rig = Rig(rows, settings, MemoryStore(), batch=500)
    rig.run()
    found = {key: data.count(b"\n") for key, data in rig.objects().items() if ".keys." in key}
    assert len(found) > 20
    assert sorted(found.values()) == sorted(model.files.values())
    assert _by_start(found) == {
        (name.split("/")[0] == GONE, int(name.split("/")[1])): n for name, n in model.files.items()
    }
    assert rig.committed == model.committed


def _by_start(found: dict[str, int]) -> dict[tuple[bool, int], int]:
    """The directories are others' business; here it is which records went together."""
    return {(f"/{GONE}/" in key, int(key.split("+")[2].split(".")[0])): count for key, count in found.items()}
