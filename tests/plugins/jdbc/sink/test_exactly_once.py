"""Offsets in the target's own transaction: nothing twice, nothing left out, whoever dies when (spec jdbc 18.15)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from penstock.api import ConnectException, RetriableException, SinkBatch, TopicPartition
from penstock_jdbc.sink.connector import JdbcSinkConnector
from penstock_jdbc.sink.delivery import Delivery
from penstock_jdbc.sink.errors import FencedException
from tests.databases.server import OwnServer
from tests.plugins.fakes import FakeSinkContext
from tests.plugins.jdbc.sink.killed import ROWS
from tests.plugins.jdbc.sink.targets import Reporter, ServerTarget, Target, rows_of, sink

EXACTLY = {"insert.mode": "insert", "pk.mode": "none", "auto.create": "true", "exactly.once.offsets": "true"}
HERE = TopicPartition("t", 0)


def stored(target: Target) -> list[tuple[object, ...]]:
    return target.query(
        "SELECT connector, topic, kafka_partition, next_offset, epoch FROM penstock_sink_offsets ORDER BY 1, 2, 3"
    )


def ids(target: Target) -> list[int]:
    return [row[0] for row in target.rows()]


def test_offsets_move_with_the_rows(target: Target) -> None:
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        task.open([HERE])
        task.put(rows_of((1, "a"), (2, "b"), first=10))
        assert stored(target) == [("sink", "t", 0, 12, 1)]
        task.put(rows_of((3, "c"), first=12))
        assert task.pre_commit({HERE: 13, TopicPartition("t", 1): 5}) == {HERE: 13}
    assert stored(target) == [("sink", "t", 0, 13, 1)]
    assert ids(target) == [1, 2, 3]
    assert context.rewinds == []


def test_what_the_database_has_is_left_out_when_it_comes_again(target: Target) -> None:
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        task.put(rows_of((1, "a"), (2, "b")))
        task.put(rows_of((1, "a"), (2, "b"), (3, "c")))
        task.put(rows_of((2, "b"), first=1))
    assert ids(target) == [1, 2, 3]


def test_records_that_are_left_out_are_told(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    """A topic that was deleted and made anew counts from 0 again: nobody else would notice."""
    with sink(target, EXACTLY) as task:
        task.put(rows_of((1, "a"), (2, "b")))
        task.put(rows_of((3, "c"), (4, "d"), first=2))
        assert caplog.text == ""
        task.put(rows_of((7, "new"), (8, "topic"), (9, "?")))
    assert (
        "The database has the records of t-0 before offset 4 already: those from offset 0 on are left out. If the topic was made "
        "anew, stop the connector and reset its offsets"
    ) in caplog.text
    assert ids(target) == [1, 2, 3, 4]


def test_a_restart_goes_on_where_the_database_stands(target: Target) -> None:
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        task.put(rows_of((1, "a"), (2, "b")))
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        task.open([HERE, TopicPartition("t", 1)])
        assert context.rewinds == [{HERE: 2}]
        task.put(rows_of((2, "b"), (3, "c"), first=1))
    assert ids(target) == [1, 2, 3]


def test_a_consumer_that_is_ahead_of_the_database_goes_back(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    with sink(target, EXACTLY) as before:
        before.open([HERE])
        before.put(rows_of((1, "a")))
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        other = rows_of((9, "z"), topic="u")
        task.put(SinkBatch([*rows_of((5, "e"), first=4).slices, *other.slices]))
        assert context.rewinds == [{HERE: 1}]
        assert f"The database is behind the consumer group; going back to { ({HERE: 1}) }" in caplog.messages
        assert task.pre_commit({HERE: 5, TopicPartition("u", 0): 1}) == {HERE: 1, TopicPartition("u", 0): 1}
        task.put(rows_of((2, "b"), (3, "c"), (4, "d"), (5, "e"), first=1))
    assert ids(target) == [1, 2, 3, 4, 5]
    assert target.rows("u") == [(9, "z")]


def test_gaps_between_batches_are_passed_over(target: Target) -> None:
    """Marks of transactions, compacted and filtered records have offsets, and never come, however often one goes back."""
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        task.open([HERE])
        task.put(rows_of((1, "a")))
        task.put(rows_of((2, "b"), first=2))
        assert context.rewinds == []
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        task.open([HERE])
        task.put(rows_of((3, "c"), first=4))
        task.put(rows_of((3, "c"), first=4))
        task.put(rows_of((4, "d"), first=6))
        assert context.rewinds == [{HERE: 3}, {HERE: 3}]
    assert ids(target) == [1, 2, 3, 4]


def test_a_batch_ahead_that_comes_again_is_still_ahead(server_target: Target) -> None:
    """The consumer has gone back, but the batch that failed is put again first: it must not pass for what follows a gap."""
    target = server_target
    with sink(target, EXACTLY) as before:
        before.open([HERE])
        before.put(rows_of((1, "a")))
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        ahead = SinkBatch([*rows_of((3, "c"), first=2).slices, *rows_of((9, "z"), topic="u").slices])
        delivery = task._delivery
        assert isinstance(delivery, Delivery)
        commit, fails = delivery._writer._before_commit, iter([True])

        def lost(cursor: object, refused: object) -> None:
            if next(fails, False):
                raise ConnectionResetError("gone")
            commit(cursor, refused)  # type: ignore[arg-type]

        delivery._writer._before_commit = lost  # type: ignore[method-assign]
        with pytest.raises(RetriableException):
            task.put(ahead)
        task.put(ahead)
        task.put(rows_of((2, "b"), (3, "c"), first=1))
        assert context.rewinds == [{HERE: 1}, {HERE: 1}]
    assert ids(target) == [1, 2, 3]


def test_nothing_is_committed_of_a_partition_of_which_nothing_is_stored(target: Target) -> None:
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        assert task.pre_commit({HERE: 0}) == {}


def test_an_owner_that_was_replaced_writes_nothing_any_more(target: Target) -> None:
    with sink(target, EXACTLY) as zombie, sink(target, EXACTLY) as heir:
        zombie.open([HERE])
        zombie.put(rows_of((1, "a")))
        heir.open([HERE])
        with pytest.raises(FencedException) as raised:
            zombie.put(rows_of((2, "zombie"), first=1))
        assert str(raised.value) == (
            "Another task has taken over t-0 of connector 'sink' in table penstock_sink_offsets; what this one was about to write "
            "is rolled back. Restart this task if it is the one to go on"
        )
        heir.put(rows_of((2, "heir"), first=1))
    assert target.rows() == [(1, "a"), (2, "heir")]


def test_a_transaction_of_the_owner_before_is_waited_for(server_target: Target) -> None:
    """The zombie is about to commit while the heir takes over: the heir must see what it stored."""
    target = server_target
    import threading

    taken: list[Mapping[TopicPartition, int]] = []
    context = FakeSinkContext()
    with sink(target, EXACTLY) as zombie, sink(target, EXACTLY, context=context) as heir:
        zombie.open([HERE])
        heir_opens = threading.Thread(target=heir.open, args=([HERE],))
        delivery = zombie._delivery
        assert isinstance(delivery, Delivery)
        original = delivery._writer._before_commit

        def slow(cursor: object, refused: object) -> None:
            original(cursor, refused)  # type: ignore[arg-type]
            heir_opens.start()
            heir_opens.join(0.5)
            assert heir_opens.is_alive(), "the heir did not wait for the row"

        delivery._writer._before_commit = slow  # type: ignore[method-assign]
        zombie.put(rows_of((1, "a")))
        heir_opens.join(30)
        taken += context.rewinds
    assert taken == [{HERE: 1}]


def test_a_commit_whose_answer_was_lost_is_not_done_twice(server_target: Target) -> None:
    target = server_target
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        session = task._session
        assert session is not None
        real = session.database.raw(session.connection)

        class Lost:
            """Commits, and loses the answer."""

            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

            def commit(self) -> None:
                del session.database.raw
                real.commit()
                raise ConnectionResetError("the answer to COMMIT was lost")

        session.database.raw = lambda _connection: Lost()  # type: ignore[method-assign]
        task.put(rows_of((1, "a"), (2, "b")))  # looks on a new connection what became of it
        task.put(rows_of((3, "c"), first=2))
    assert ids(target) == [1, 2, 3]


def test_without_it_the_same_loss_doubles_rows(server_target: Target) -> None:
    """Why the option is there: at-least-once is what an insert has without it."""
    target = server_target
    with sink(target, {**EXACTLY, "exactly.once.offsets": "false"}) as task:
        task.put(rows_of((1, "a")))
        task.put(rows_of((1, "a")))
    assert ids(target) == [1, 1]


def test_offsets_pass_a_refused_record_only_with_its_dead_letter_durable(target: Target) -> None:
    target.run(f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, name varchar(50) NOT NULL)")

    class Slow(Reporter):
        def report(self, record: object, error: BaseException) -> Future[None]:  # type: ignore[override]
            super().report(record, error)  # type: ignore[arg-type]
            return pending

    pending: Future[None] = Future()
    context = FakeSinkContext()
    context.stopping = True  # so that waiting ends
    with sink(target, EXACTLY, context=context, reporter=Slow()) as task:
        task.open([HERE])
        with pytest.raises(RetriableException, match="Stopped before a dead letter was durable; nothing was written"):
            task.put(rows_of((1, "a"), (2, None)))
        assert target.count() == 0
        assert stored(target) == [("sink", "t", 0, -1, 1)]
        pending.set_result(None)
        task.put(rows_of((1, "a"), (2, None)))
    assert ids(target) == [1]
    assert stored(target) == [("sink", "t", 0, 2, 1)]


def test_two_connectors_and_a_table_of_another_name(target: Target) -> None:
    config = {**EXACTLY, "exactly.once.offsets.table": "my_offsets"}
    for name in ("one", "two"):
        with sink(target, {**config, "name": name}) as task:
            task.open([HERE])
            task.put(rows_of((1, name)))
    found = target.query("SELECT connector, next_offset FROM my_offsets ORDER BY 1")
    assert found == [("one", 1), ("two", 1)]


def test_offsets_are_altered_in_the_database_too(target: Target) -> None:
    props = {"name": "sink", "topics": "t", **target.props, **EXACTLY}
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        task.put(rows_of((1, "a"), (2, "b")))
    connector = JdbcSinkConnector()
    assert connector.alter_offsets(props, {HERE: 1, TopicPartition("t", 7): 5})
    assert [row[:4] for row in stored(target)] == [("sink", "t", 0, 1), ("sink", "t", 7, 5)]
    context = FakeSinkContext()
    with sink(target, EXACTLY, context=context) as task:
        task.open([HERE])
        assert context.rewinds == [{HERE: 1}]
    assert connector.alter_offsets(props, {HERE: None})
    with sink(target, EXACTLY, context=(context := FakeSinkContext())) as task:
        task.open([HERE])
        assert context.rewinds == []
    assert connector.alter_offsets({**props, "exactly.once.offsets": "false"}, {HERE: 99})
    assert stored(target)[0][3] == -1


def test_a_database_that_is_away_when_partitions_come(
    durable_server: OwnServer, caplog: pytest.LogCaptureFixture
) -> None:
    with durable_server.database() as database:
        target = ServerTarget(database)
        with sink(target, EXACTLY) as task:
            task.open([HERE])
            task.put(rows_of((1, "a")))
        target.close()
        durable_server.kill()
        context = FakeSinkContext()
        with sink(target, {**EXACTLY, "connection.attempts": "1"}, context=context) as task:
            task.open([HERE])
            assert any(text.startswith("The offsets of 1 partitions are asked for later: ") for text in caplog.messages)
            with pytest.raises(RetriableException):
                task.put(rows_of((1, "a"), (2, "b")))
            durable_server.start()
            task.put(rows_of((1, "a"), (2, "b")))
            assert ids(target) == [1, 2]
        target.close()


def test_a_partition_that_was_taken_away_is_asked_for_anew(target: Target) -> None:
    with sink(target, EXACTLY) as task:
        task.open([HERE])
        task.put(rows_of((1, "a")))
        task.close([HERE])
        task.open([HERE])
        task.put(rows_of((2, "b"), first=1))
    assert stored(target) == [("sink", "t", 0, 2, 2)]


def test_a_database_that_refuses_the_table_of_offsets_ends_the_task(server_target: Target) -> None:
    config = {**EXACTLY, "exactly.once.offsets.table": "no.such.schema"}
    with sink(server_target, config) as task, pytest.raises(ConnectException):
        task.open([HERE])


# ---- kill -9 ---------------------------------------------------------------------------------------------------------------

KILLS = 8


@pytest.mark.timeout(170)
def test_killed_again_and_again_every_row_is_there_once(target: Target) -> None:
    """The process works at our word, and is killed right after the word was given: somewhere between BEGIN and COMMIT."""
    rng = random.Random(7)
    config = {"name": "sink", "topics": "t", **target.props, **EXACTLY}
    root = str(Path(__file__).parents[4])
    for kill in range(KILLS + 1):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.plugins.jdbc.sink.killed", json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        last = rng.randrange(1, 4) if kill < KILLS else 1 << 30
        for number, line in enumerate(process.stdout, 1):
            if line == "done\n":
                break
            process.stdin.write("go\n")
            process.stdin.flush()
            if number == last:
                process.send_signal(signal.SIGKILL)
        process.stdin.close()
        process.stdout.close()
        assert process.wait() == (-signal.SIGKILL if kill < KILLS else 0)
    assert ids(target) == list(range(ROWS))
