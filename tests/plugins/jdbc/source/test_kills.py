"""kill -9 of a whole worker while it reads, and while others write: records may come twice, and none is missing."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.api.record import TopicPartition
from penstock.log.sqlite import SqliteLog
from penstock.testing.waiting import eventually
from tests.support.scale import scaled
from tests.support.worker import WorkerProcess

KILLS = scaled(20, 3)
ROWS = scaled(1_000_000, 60_000)
WRITERS = 3
JSON = "org.apache.kafka.connect.json.JsonConverter"


class Ids:
    """The field ``id`` of the records of a worker's topic."""

    def __init__(self, path: Path, topic: str) -> None:
        self._log = SqliteLog(str(path))
        self._topic = topic
        self._consumer = self._log.consumer({})
        self._assigned = False
        self.found: Counter[int] = Counter()

    def read(self) -> int:
        """Read what has come, and how many different ones there are."""
        if not self._assigned:
            if self._topic not in self._log.admin({}).list_topics(30):
                return 0
            self._consumer.assign({TopicPartition(self._topic, 0): 0})
            self._assigned = True
        while received := list(self._consumer.poll(0.05, 50_000)):
            for batch in received:
                self.found.update(json.loads(value)["id"] for value in batch.values if value is not None)
        return len(self.found)

    def close(self) -> None:
        self._consumer.close()


class Writers:
    """Transactions of all lengths, until they are stopped."""

    def __init__(self, database: Any, name: str) -> None:
        self._database = database
        self._name = name
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        self.failures: list[BaseException] = []
        for thread in self._threads:
            thread.start()

    def _write(self, number: int) -> None:
        chance = random.Random(number)
        try:
            with contextlib.closing(self._database.connect()) as connection:
                while not self._ended.wait(chance.random() * 0.01):
                    connection.cursor().execute("BEGIN")
                    connection.cursor().execute(f"INSERT INTO {self._name} (w) VALUES ({number})")
                    time.sleep(chance.random() * 0.05)
                    connection.cursor().execute("COMMIT" if chance.random() > 0.1 else "ROLLBACK")
        except BaseException as error:
            self.failures.append(error)

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        assert self.failures == []


def made(database: Any) -> str:
    """A table that has rows."""
    name = f"killed_{database.name}"
    if database.server.sub_protocol == "postgresql":
        database.run(
            f"CREATE TABLE {name} (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), w int)",
            f"INSERT INTO {name} (w) SELECT -1 FROM generate_series(1, {ROWS})",
        )
    else:
        database.run(
            f"CREATE TABLE {name} (id int auto_increment PRIMARY KEY, at datetime(6) NOT NULL DEFAULT now(6), w int)",
            f"INSERT INTO {name} (w) SELECT -1 FROM seq_1_to_{ROWS}",
        )
    return name


MODES = [
    {"mode": "incrementing"},
    {"mode": "timestamp"},
    {"mode": "timestamp+incrementing"},
    {"mode": "incrementing", "snapshot.mode": "initial", "snapshot.chunk.rows": "7000"},
]


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "+".join(mode.values()))
def test_a_worker_that_is_killed_loses_nothing(server_database: Any, tmp_path: Path, mode: dict[str, str]) -> None:
    chance = random.Random(7)
    name = made(server_database)
    config = {
        "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
        **server_database.props,
        "table.whitelist": name,
        "topic.prefix": "t-",
        "incrementing.column.name": "id",
        "timestamp.column.name": "at",
        "poll.interval.ms": "10",
        "late.commits": "wait",
        "value.converter": JSON,
        "value.converter.schemas.enable": "false",
        **mode,
    }
    ids = Ids(tmp_path / "log.db", f"t-{name}")
    with WorkerProcess(tmp_path) as worker, contextlib.closing(ids):
        worker.start()
        worker.create("c", config)
        writers = Writers(server_database, name)
        try:
            for _ in range(KILLS):
                before = sum(ids.found.values())
                eventually(lambda b=before: ids.read() and sum(ids.found.values()) > b, "records come", 60)  # type: ignore[misc]
                time.sleep(chance.random() * 0.5)
                worker.kill()
                worker.start()
        finally:
            writers.stop()
        written = {number for (number,) in server_database.rows(f"SELECT id FROM {name}")}
        eventually(lambda: ids.read() >= len(written), "all rows have come", 120)

        assert set(ids.found) == written
        print(f"{len(written)} rows, {sum(ids.found.values()) - len(written)} came again after {KILLS} kills")
