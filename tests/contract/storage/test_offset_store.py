"""The contract of an offset store, over the compacted log (on every log) and over the file of standalone workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path

import pytest

from penstock.api.exceptions import ConnectException
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.kafka import KafkaLog
from penstock.log.memory import MemoryLog
from penstock.log.sqlite import SqliteLog
from penstock.storage.offset_file import FileOffsetStore
from penstock.storage.offset_store import LogOffsetStore, OffsetStore
from penstock.storage.offsets import OffsetEntry

PATIENCE_S = 30.0

Open = Callable[[], OffsetStore]


def log_store(request: pytest.FixtureRequest, path: Path) -> Open:
    topic = CompactedTopic(
        name=f"offsets-{path.name}",
        setting="offset.storage.topic",
        purpose="source connector offsets",
        partitions=5,
        replication_factor=1,
    )
    if request.param == "memory":
        memory = MemoryLog()
        return lambda: LogOffsetStore(memory, topic, ClientConfigs())
    if request.param == "sqlite":
        return lambda: LogOffsetStore(SqliteLog(str(path / "log.db")), topic, ClientConfigs())
    bootstrap = request.getfixturevalue("kafka").bootstrap
    return lambda: LogOffsetStore(KafkaLog(bootstrap), topic, ClientConfigs())


@pytest.fixture(params=["memory", "sqlite", "file", pytest.param("kafka", marks=pytest.mark.kafka)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same storage again and again; all stores are stopped at the end."""
    make = (
        (lambda: FileOffsetStore(tmp_path / "connect.offsets"))
        if request.param == "file"
        else log_store(request, tmp_path)
    )
    running: list[OffsetStore] = []

    def open_store() -> OffsetStore:
        store = make()
        running.append(store)
        store.start()
        return store

    yield open_store
    for store in running:
        store.stop()


def put(store: OffsetStore, connector: str, *entries: tuple[bytes, bytes | None]) -> None:
    store.set(connector, [OffsetEntry(*entry) for entry in entries]).result(PATIENCE_S)


def got(store: OffsetStore, connector: str, *partitions: bytes) -> list[bytes | None]:
    return store.get(connector, partitions).result(PATIENCE_S)


def known(store: OffsetStore, connector: str) -> list[tuple[bytes, bytes | None]]:
    return sorted(store.partitions(connector).result(PATIENCE_S))


def test_nothing_is_known_at_first(opened: Open) -> None:
    store = opened()
    assert got(store, "c", b'{"f":"a"}', b"null") == [None, None]
    assert got(store, "c") == []
    assert known(store, "c") == []


def test_what_is_stored_is_there_for_this_store_and_the_next(opened: Open) -> None:
    store = opened()
    put(store, "c", (b'{"f":"a"}', b'{"p":1}'), (b'{"f":"b"}', b'{"p":2}'))
    put(store, "d", (b'{"f":"a"}', b'{"p":3}'))
    put(store, "c", (b'{"f":"b"}', b'{"p":4}'))
    for reader in (store, opened()):
        assert got(reader, "c", b'{"f":"b"}', b'{"f":"x"}', b'{"f":"a"}') == [b'{"p":4}', None, b'{"p":1}']
        assert known(reader, "c") == [(b'{"f":"a"}', b'{"p":1}'), (b'{"f":"b"}', b'{"p":4}')]
        assert known(reader, "d") == [(b'{"f":"a"}', b'{"p":3}')]
        assert known(reader, "e") == []


def test_a_reset_partition_is_known_no_more(opened: Open) -> None:
    store = opened()
    put(store, "c", (b'{"f":"a"}', b'{"p":1}'), (b'{"f":"b"}', b'{"p":2}'))
    put(store, "c", (b'{"f":"a"}', None), (b'{"f":"never"}', None))
    for reader in (store, opened()):
        assert got(reader, "c", b'{"f":"a"}', b'{"f":"never"}') == [None, None]
        assert known(reader, "c") == [(b'{"f":"b"}', b'{"p":2}')]
    put(store, "c", (b'{"f":"a"}', b'{"p":5}'))
    assert got(opened(), "c", b'{"f":"a"}') == [b'{"p":5}']


def test_partitions_are_equal_when_their_json_means_the_same(opened: Open) -> None:
    store = opened()
    put(store, "c", (b'{"a":1,"b":{"x":1,"y":[1,2]}}', b"{}"))
    same = [
        b'{"b":{"y":[1,2],"x":1},"a":1}',
        b'{ "a" : 1, "b": {"x":1, "y":[1, 2]}}',
        b'{"\\u0061":1,"b":{"x":1,"y":[1,2]}}',
    ]
    for reader in (store, opened()):
        assert got(reader, "c", *same) == [b"{}"] * len(same)
        different = [
            b'{"a":1.0,"b":{"x":1,"y":[1,2]}}',
            b'{"a":true,"b":{"x":1,"y":[1,2]}}',
            b'{"a":"1","b":{"x":1,"y":[1,2]}}',
            b'{"a":1,"b":{"x":1,"y":[2,1]}}',
            b'{"a":1}',
        ]
        assert got(reader, "c", *different) == [None] * len(different)


def test_the_spelling_seen_first_is_kept(opened: Open) -> None:
    store = opened()
    put(store, "c", (b'{"a":1,"b":2}', b'{"p":1}'))
    put(store, "c", (b'{"b":2,"a":1}', b'{"p":2}'))
    for reader in (store, opened()):
        assert known(reader, "c") == [(b'{"a":1,"b":2}', b'{"p":2}')]
    put(opened(), "c", (b'{"b":2,"a":1}', b'{"p":3}'))
    assert known(opened(), "c") == [(b'{"a":1,"b":2}', b'{"p":3}')]


def test_the_last_of_equal_partitions_counts(opened: Open) -> None:
    store = opened()
    put(store, "c", (b'{"a":1,"b":2}', b'{"p":1}'), (b'{"b":2,"a":1}', b'{"p":2}'))
    assert known(store, "c") == [(b'{"a":1,"b":2}', b'{"p":2}')]
    put(store, "c", (b'{"a":1,"b":2}', None), (b'{"b":2,"a":1}', b'{"p":3}'))
    assert known(opened(), "c") == [(b'{"a":1,"b":2}', b'{"p":3}')]
    put(store, "c", (b'{"a":1,"b":2}', b'{"p":4}'), (b'{"b":2,"a":1}', None))
    assert known(opened(), "c") == []


def test_a_partition_may_be_null_but_is_not_listed_then(opened: Open) -> None:
    store = opened()
    put(store, "c", (b"null", b'{"p":1}'))
    for reader in (store, opened()):
        assert got(reader, "c", b"null") == [b'{"p":1}']
        assert known(reader, "c") == []


def test_names_of_any_kind(opened: Open) -> None:
    store = opened()
    for name in ['q"uote', "ü😀", "a/b\\", " ", "c\n"]:
        put(store, name, ('{"f":"ü😀"}'.encode(), b'{"p":1}'))
        assert got(opened(), name, b'{"f":"\\u00fc\\uD83D\\uDE00"}') == [b'{"p":1}']


def test_storing_nothing(opened: Open) -> None:
    put(opened(), "c")
    assert known(opened(), "c") == []


def test_partitions_that_are_no_json_are_refused_alone(opened: Open) -> None:
    store = opened()
    good = store.set("c", [OffsetEntry(b'{"f":1}', b"{}")])
    with pytest.raises(ConnectException, match="A source partition is not JSON: "):
        put(store, "c", (b"{", b"{}"))
    with pytest.raises(ConnectException, match="A source partition is not JSON: "):
        got(store, "c", b"{")
    good.result(PATIENCE_S)
    assert got(store, "c", b'{"f":1}') == [b"{}"]


def test_many_at_once(opened: Open) -> None:
    store = opened()
    sent: list[Future[None]] = []
    lock = threading.Lock()

    def work(connector: str) -> None:
        for number in range(30):
            future = store.set(connector, [OffsetEntry(b'{"f":%d}' % (number % 3), b'{"p":%d}' % number)])
            with lock:
                sent.append(future)

    threads = [threading.Thread(target=work, args=(f"c{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wait(sent, PATIENCE_S).not_done
    for reader in (store, opened()):
        for number in range(4):
            assert got(reader, f"c{number}", b'{"f":0}', b'{"f":1}', b'{"f":2}') == [
                b'{"p":27}',
                b'{"p":28}',
                b'{"p":29}',
            ]


def test_a_stopped_store_finishes_and_then_refuses(opened: Open) -> None:
    store = opened()
    sent = [store.set("c", [OffsetEntry(b"{}", b'{"p":%d}' % number)]) for number in range(10)]
    store.stop()
    for future in sent:
        future.result(PATIENCE_S)
    with pytest.raises(ConnectException):
        put(store, "c", (b"{}", b"{}"))
    with pytest.raises(ConnectException):
        got(store, "c", b"{}")
    with pytest.raises(ConnectException):
        store.partitions("c").result(PATIENCE_S)
    store.stop()
    assert got(opened(), "c", b"{}") == [b'{"p":9}']
