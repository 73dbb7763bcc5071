"""``kill -9`` at any moment: an offset that was reported as stored is there, and the storage can be read."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.scale import scaled

from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.sqlite import SqliteLog
from penstock.storage.offset_file import FileOffsetStore
from penstock.storage.offset_store import LogOffsetStore, OffsetStore
from penstock.storage.offsets import OffsetEntry

KILLS = scaled(100, at_least=5)
PATIENCE_S = 30.0
PARTITIONS = 20
TOPIC = CompactedTopic(name="offsets", setting="offset.storage.topic", purpose="source connector offsets", partitions=3)

Open = Callable[[Path], OffsetStore]


def open_file(directory: Path) -> OffsetStore:
    return FileOffsetStore(directory / "connect.offsets")


def open_log(directory: Path) -> OffsetStore:
    return LogOffsetStore(SqliteLog(str(directory / "log.db")), TOPIC, ClientConfigs())


STORES: dict[str, Open] = {"file": open_file, "sqlite": open_log}


def write_for_ever(store: OffsetStore) -> None:
    """Store ever higher offsets of many partitions, printing each round once it is stored."""
    store.start()
    (before,) = store.get("c", [b'{"f":0}']).result(PATIENCE_S)
    number = int(before or b"0") + 1
    while True:
        entries = [OffsetEntry(b'{"f":%d}' % partition, b"%d" % number) for partition in range(PARTITIONS)]
        store.set("c", entries).result(PATIENCE_S)
        print(number, flush=True)
        number += 1


@pytest.mark.soak
@pytest.mark.parametrize("name", list(STORES))
def test_what_was_stored_survives(tmp_path: Path, name: str) -> None:
    stored = 0
    chance = random.Random(name)
    for _ in range(KILLS):
        stored = max(stored, write_until_killed(name, tmp_path, chance))
        store = STORES[name](tmp_path)
        store.start()
        partitions = [b'{"f":%d}' % partition for partition in range(PARTITIONS)]
        found = [int(offset or b"0") for offset in store.get("c", partitions).result(PATIENCE_S)]
        store.stop()
        assert all(stored <= offset <= stored + 1 for offset in found), (stored, found)
        if name == "file":  # the file is written as a whole
            assert len(set(found)) == 1
        stored = max(stored, found[0])


def write_until_killed(name: str, directory: Path, chance: random.Random) -> int:
    """The last round that a writer reported before it was killed, some rounds and a random moment after it began."""
    command = [sys.executable, "-m", "tests.contract.storage.test_kills", name, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as writer:
        assert writer.stdout is not None
        last = 0
        for _ in range(chance.randrange(1, 30)):
            last = int(writer.stdout.readline())
        for _ in range(chance.randrange(2000)):  # some microseconds: anywhere within a write
            pass
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
    return int(rest[-1]) if rest else last


if __name__ == "__main__":
    write_for_ever(STORES[sys.argv[1]](Path(sys.argv[2])))
