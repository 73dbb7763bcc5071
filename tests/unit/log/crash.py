"""What the processes do that ``test_sqlite_crash`` kills: ``python -m tests.unit.log.crash <role> <path> …``."""

from __future__ import annotations

import sys
import time

from tests.contract.log.adapter import Listener

from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.sqlite import SqliteLog

PARTITIONS = 3


def await_go() -> None:
    """Everything is loaded and open; go on when the parent says so."""
    print("ready", flush=True)
    sys.stdin.readline()


def write(path: str, name: str, records: int) -> None:
    """Batches for all partitions for ever; after each flush the number of the last acknowledged batch is printed."""
    producer = SqliteLog(path).producer({})
    await_go()
    ticket = 0
    while True:
        ticket += 1
        tag = f"{name}:{ticket}:"
        values = [f"{tag}{number}" for number in range(records)]
        partitions = [number % PARTITIONS for number in range(records)]
        assert producer.send_batch(OutgoingBatch(topic="t", values=values, partitions=partitions)) == ticket
        producer.flush(10)
        assert producer.acknowledged == ticket
        print(ticket, flush=True)


def transact(path: str, name: str, records: int) -> None:
    """Transactions over all partitions for ever, every third aborted; committed ones are printed."""
    producer = SqliteLog(path).producer({"transactional.id": name})
    producer.init_transactions(10)
    await_go()
    number = 0
    while True:
        number += 1
        producer.begin_transaction()
        for part in range(4):
            values = [f"{name}:{number}:{part}:{'x' * 3000}" for _ in range(records)]
            partitions = [index % PARTITIONS for index in range(records)]
            producer.send_batch(OutgoingBatch(topic="t", values=values, partitions=partitions))
        if number % 3 == 0:
            producer.abort_transaction(10)
        else:
            producer.commit_transaction(10)
            print(number, flush=True)


def keep(path: str) -> None:
    """Housekeeping for ever."""
    from penstock.clock import SYSTEM_CLOCK
    from penstock.log.sqlite_connection import Connection
    from penstock.log.sqlite_keeping import Keeper
    from penstock.log.sqlite_store import SqliteStore
    from penstock.log.topic_config import TopicSettings

    store = SqliteStore(Connection(path, "NORMAL", SYSTEM_CLOCK), TopicSettings(), SYSTEM_CLOCK)
    keeper = Keeper(store, SYSTEM_CLOCK, lambda: False)
    print("up", flush=True)
    while True:
        keeper.round()


def put(path: str, name: str, keys: int) -> None:
    """Single records with keys into the compacted topic for ever; each is printed when it is acknowledged."""
    producer = SqliteLog(path).producer({})
    await_go()
    number = 0
    while True:
        number += 1
        key = f"{name}-{number % keys}"
        producer.send_batch(OutgoingBatch(topic="compacted", keys=[key], values=[str(number)]))
        producer.flush(10)
        print(key, number, flush=True)


def read(path: str, group: str) -> None:
    """A member of a group; prints its partitions whenever they change, and polls for ever."""
    consumer = SqliteLog(path).consumer({"group.id": group, "heartbeat.interval.ms": "200"})
    consumer.subscribe(["t"], Listener())
    last = None
    while True:
        consumer.poll(0.1, 100)
        if consumer.assignment != last:
            last = consumer.assignment
            print(len(last), flush=True)


def sleep_between_polls(path: str, group: str) -> None:
    """A member whose process is well, but which does not poll any more once it has its partitions."""
    consumer = SqliteLog(path).consumer({"group.id": group, "session.timeout.ms": "1000"})
    consumer.subscribe(["t"], Listener())
    while not consumer.assignment:
        consumer.poll(0.1, 100)
    print(len(consumer.assignment), flush=True)
    time.sleep(3600)


def make_topics(path: str) -> None:
    admin = SqliteLog(path).admin({})
    configs = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0"}
    result = admin.create_topics([NewTopic("t", PARTITIONS), NewTopic("compacted", 1, configs=configs)], 10)
    assert result == {"t": None, "compacted": None}
    admin.close()


def main() -> None:
    role, path, *arguments = sys.argv[1:]
    if role == "keep":
        keep(path)
    elif role == "read":
        read(path, arguments[0])
    elif role == "sleep":
        sleep_between_polls(path, arguments[0])
    else:
        {"write": write, "transact": transact, "put": put}[role](path, arguments[0], int(arguments[1]))


if __name__ == "__main__":
    main()
