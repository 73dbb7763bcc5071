"""Values that the server takes in no statement."""

from __future__ import annotations

import contextlib

import pytest

from penstock.api import ConnectException, Schema, SchemaBuilder
from tests.plugins.jdbc.sink.targets import Reporter, ServerTarget, rows_of, sink

BLOBS = SchemaBuilder.struct().field("id", Schema.INT32).field("v", Schema.BYTES).build()


def test_a_row_longer_than_the_server_s_packets_is_one_dead_letter(request: pytest.FixtureRequest) -> None:
    """The server hangs up on it, which would look like an outage, and be tried again for ever."""
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        target.run("CREATE TABLE t (id int PRIMARY KEY, v longblob)")
        ((limit,),) = target.query("SELECT @@max_allowed_packet")
        config = {"pk.mode": "record_value", "pk.fields": "id", "insert.mode": "upsert"}
        batch = rows_of((1, b"a"), (2, b"x" * limit), (3, b"c"), schema=BLOBS)
        reporter = Reporter()
        with sink(target, config, reporter=reporter) as task:
            task.put(batch)
        assert [each.kafka_offset for each, _ in reporter.reported] == [1]
        assert target.query("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
        told = f"more than the server's max_allowed_packet of {limit}"
        assert told in str(reporter.reported[0][1])
        with sink(target, config) as task, pytest.raises(ConnectException, match=told):
            task.put(batch)


@pytest.mark.parametrize("size", [(1 << 20) - 1, (1 << 20) + 1, 11 << 20])
def test_large_values_are_stored_as_they_are(request: pytest.FixtureRequest, size: int) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        target.run("CREATE TABLE t (id int PRIMARY KEY, v longblob)")
        value = bytes(range(256)) * (size // 256) + bytes(size % 256)
        with sink(target, {"pk.mode": "record_value", "pk.fields": "id", "insert.mode": "upsert"}) as task:
            task.put(rows_of((1, value), (2, b""), schema=BLOBS))
        assert target.query("SELECT id, v FROM t ORDER BY id") == [(1, value), (2, b"")]


def test_statements_keep_below_a_small_limit_in_bytes(request: pytest.FixtureRequest) -> None:
    """A million characters of four bytes are more than such a server takes."""
    server = request.getfixturevalue("mariadb_server")
    texts = SchemaBuilder.struct().field("id", Schema.INT32).field("v", Schema.STRING).build()
    with server.database() as database, contextlib.closing(ServerTarget(database)) as target:
        ((limit,),) = target.query("SELECT @@global.max_allowed_packet")
        target.run("CREATE TABLE t (id int PRIMARY KEY, v longtext)", "SET GLOBAL max_allowed_packet = 1048576")
        try:
            with sink(target, {"insert.mode": "insert"}) as task:
                task.put(rows_of(*((number, "\U0001f40d" * 10_000) for number in range(100)), schema=texts))
        finally:
            target.run(f"SET GLOBAL max_allowed_packet = {limit}")
        assert target.query("SELECT count(*), min(char_length(v)) FROM t") == [(100, 10_000)]
