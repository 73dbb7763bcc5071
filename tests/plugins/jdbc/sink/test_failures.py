"""Acceptance check 10 of the specification: poison, conflicts and outages (spec jdbc 14)."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading

import pytest

from penstock.api import ConnectException, RetriableException, Schema, SchemaBuilder, SinkBatch
from penstock_jdbc.sink.errors import SQLException, TableAlterOrCreateException
from tests.databases.server import OwnServer
from tests.plugins.fakes import FakeSinkContext
from tests.plugins.jdbc.sink.targets import (
    KEY,
    ROW,
    UPSERT,
    Reporter,
    ServerTarget,
    SqliteTarget,
    Target,
    deleted,
    record,
    rows_of,
    sink,
    struct_of,
    upserted,
)

SHORT = "CREATE TABLE {} (id integer NOT NULL PRIMARY KEY, name varchar(10) NOT NULL CHECK (length(name) < 11))"


def short_table(target: Target) -> None:
    target.run(SHORT.format(target.q("t")))


@pytest.mark.parametrize("mode", ["insert", "upsert", "update"])
def test_one_poison_row_among_3000_is_one_dead_letter(target: Target, mode: str) -> None:
    short_table(target)
    if mode == "update":
        values = ",".join(f"({n}, 'old')" for n in range(3000))
        target.run(f"INSERT INTO {target.q('t')} VALUES {values}")
    reporter = Reporter()
    rows = [(n, "much too long for it" if n == 1234 else f"n{n}") for n in range(3000)]
    config = {"insert.mode": mode, "pk.mode": "record_key", "batch.size": "3000"}
    with sink(target, config, reporter=reporter) as task:
        task.put(rows_of(*rows))
    assert [each.kafka_offset for each, _ in reporter.reported] == [1234]
    error = reporter.reported[0][1]
    assert isinstance(error, SQLException)
    assert str(error).startswith("Exception chain:\n")
    stored = dict(target.rows())
    assert len(stored) == (3000 if mode == "update" else 2999)
    assert stored.get(1234) == ("old" if mode == "update" else None)
    assert all(stored[n] == f"n{n}" for n in range(3000) if n != 1234)


def test_several_poison_rows_in_several_portions(target: Target) -> None:
    short_table(target)
    reporter = Reporter()
    bad = {0, 1, 99, 100, 150, 249}
    rows = [(n, None if n in bad else f"n{n}") for n in range(250)]
    with sink(
        target, {"insert.mode": "upsert", "pk.mode": "record_key", "batch.size": "100"}, reporter=reporter
    ) as task:
        task.put(rows_of(*rows))
    assert [each.kafka_offset for each, _ in reporter.reported] == sorted(bad)
    assert target.count() == 244


def test_without_a_reporter_nothing_of_the_batch_is_stored_and_the_task_ends(target: Target) -> None:
    short_table(target)
    chain = r"^java\.sql\.SQLException: Exception chain:\n"
    config = {"insert.mode": "upsert", "pk.mode": "record_key"}
    with sink(target, config) as task, pytest.raises(ConnectException, match=chain) as raised:
        task.put(rows_of((1, "a"), (2, "much too long for it"), (3, "c")))
    assert isinstance(raised.value.__cause__, SQLException)
    assert target.count() == 0


def test_order_within_a_key_is_kept_around_a_poison_row(target: Target) -> None:
    short_table(target)
    reporter = Reporter()
    records = [upserted(0, 1, "a"), upserted(1, 1, "much too long for it"), deleted(2, 2), upserted(3, 2, "b")]
    records += [upserted(4, 3, "c"), deleted(5, 3), upserted(6, 4, "x"), upserted(7, 4, "also much too long")]
    config = {"insert.mode": "upsert", "pk.mode": "record_key", "delete.enabled": "true"}
    with sink(target, config, reporter=reporter) as task:
        task.put(SinkBatch.of(records))
    assert [each.kafka_offset for each, _ in reporter.reported] == [1, 7]
    # as if one record had been written after the other: what came before the poison stays
    assert target.rows() == [(1, "a"), (2, "b"), (4, "x")]


def test_a_value_that_cannot_be_bound_is_a_dead_letter_too(target: Target) -> None:
    schema = SchemaBuilder.struct().field("id", Schema.INT32).field("at", Schema.STRING).build()
    reporter = Reporter()
    config = {"auto.create": "true", "timestamp.fields.list": "at"}
    with sink(target, config, reporter=reporter) as task:
        task.put(rows_of((1, "1582979696123456"), (2, "soon"), (3, "0"), schema=schema))
    assert [each.kafka_offset for each, _ in reporter.reported] == [1]
    assert "must hold microseconds since 1970" in str(reporter.reported[0][1])
    assert target.count() == 2


def test_records_for_a_missing_table_are_dead_letters_and_others_are_stored(target: Target) -> None:
    target.run(f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, name varchar(50))")
    reporter = Reporter()
    batch = SinkBatch([*rows_of((1, "a")).slices, *rows_of((5, "u"), (6, "v"), topic="u").slices])
    with sink(target, {}, reporter=reporter) as task:
        task.put(batch)
    assert [(each.topic, each.kafka_offset) for each, _ in reporter.reported] == [("u", 0), ("u", 1)]
    assert all(isinstance(error, TableAlterOrCreateException) for _, error in reporter.reported)
    assert target.rows() == [(1, "a")]


def test_a_record_whose_type_does_not_suit_the_column_is_a_dead_letter(server_target: Target) -> None:
    target = server_target
    target.run(f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, name integer)")
    text = SchemaBuilder.struct().field("id", Schema.INT32).field("name", Schema.STRING).build()
    number = SchemaBuilder.struct().field("id", Schema.INT32).field("name", Schema.INT32).build()
    reporter = Reporter()
    parts = [*rows_of((1, 5), schema=number).slices, *rows_of((2, "abc"), schema=text, first=1).slices]
    with sink(target, {}, reporter=reporter) as task:
        task.put(SinkBatch(parts))
    assert [each.kafka_offset for each, _ in reporter.reported] == [1]
    assert target.rows() == [(1, 5)]


def test_a_deferred_constraint_blames_the_row_too(postgresql: object, request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run(
            "CREATE TABLE parent (id integer PRIMARY KEY)",
            "INSERT INTO parent VALUES (1)",
            "CREATE TABLE t (id integer NOT NULL PRIMARY KEY REFERENCES parent DEFERRABLE INITIALLY DEFERRED, name text)",
        )
        reporter = Reporter()
        with sink(target, {}, reporter=reporter) as task:
            task.put(rows_of((1, "a"), (2, "b")))
        assert [each.kafka_offset for each, _ in reporter.reported] == [1]
        assert target.rows() == [(1, "a")]


def test_rows_that_refer_to_each_other_keep_their_order(target: Target) -> None:
    """Sorted by key the child would come before its parent; the careful way takes the order of delivery."""
    target.run(
        f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, parent integer, "
        f"FOREIGN KEY (parent) REFERENCES {target.q('t')} (id))"
    )
    schema = SchemaBuilder.struct().field("id", Schema.INT32).field("parent", Schema.OPTIONAL_INT32).build()
    config = {"insert.mode": "upsert", "pk.mode": "record_key"}
    if target.kind == "sqlite":
        config["connection.url"] = f"{target.props['connection.url']}?foreign_keys=true"
    with sink(target, config) as task:
        task.put(rows_of((9, None), (1, 9), (5, 1), schema=schema))
    assert target.rows() == [(1, 9), (5, 1), (9, None)]


def test_a_dead_letter_is_reported_once_however_often_the_batch_is_tried(target: Target) -> None:
    short_table(target)
    reporter = Reporter()
    batch = rows_of((1, "a"), (2, "much too long for it"), (3, "c"))
    with sink(target, {}, reporter=reporter) as task:
        session = task._session
        assert session is not None
        original = session.database.raw
        left = [3]

        def failing(connection: object) -> object:
            raw = original(connection)  # type: ignore[arg-type]

            class Failing:
                """Loses the connection before a COMMIT, three times."""

                def __getattr__(self, name: str) -> object:
                    return getattr(raw, name)

                def commit(self) -> None:
                    if left[0] and reporter.reported:
                        left[0] -= 1
                        raise ConnectionResetError("lost before COMMIT")
                    raw.commit()

            return Failing()

        session.database.raw = failing  # type: ignore[method-assign]
        puts = 0
        while True:
            try:
                task.put(batch)
                break
            except RetriableException:
                puts += 1
    assert puts >= 1
    assert left == [0]
    assert [each.kafka_offset for each, _ in reporter.reported] == [1]
    assert target.rows() == [(1, "a"), (3, "c")]


def test_the_text_of_errors_can_be_trimmed(target: Target) -> None:
    short_table(target)
    reporter = Reporter()
    with sink(target, {"trim.sensitive.log": "true"}, reporter=reporter) as task:
        task.put(rows_of((1, "secret and too long")))
    text = str(reporter.reported[0][1])
    assert "[trimmed: trim.sensitive.log is on]" in text
    assert "secret" not in text
    assert reporter.reported[0][1].__cause__ is None


def test_updates_of_a_key_alone_are_refused(target: Target) -> None:
    target.run(f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY)")
    schema = SchemaBuilder.struct().field("id", Schema.INT32).build()
    config = {"insert.mode": "update", "pk.mode": "record_key"}
    message = "in UPDATE mode requires fields beside those of the key"
    with sink(target, config) as task, pytest.raises(ConnectException, match=message):
        task.put(rows_of((1,), schema=schema))


def test_a_privilege_that_is_missing_ends_the_task_and_fills_no_dead_letter_queue(
    request: pytest.FixtureRequest, postgresql_server: object
) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run(
            "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name text)",
            f"CREATE ROLE r_{target.database.name} LOGIN PASSWORD 'x'",
        )
        reporter = Reporter()
        config = {"connection.user": f"r_{target.database.name}", "connection.password": "x"}
        with (
            sink(target, config, reporter=reporter) as task,
            pytest.raises(ConnectException, match="permission denied"),
        ):
            task.put(rows_of((1, "a")))
        assert reporter.reported == []
        target.run(f"DROP ROLE r_{target.database.name}")


# ---- conflicts -------------------------------------------------------------------------------------------------------------


def test_a_deadlock_is_tried_again_at_once(server_target: Target) -> None:
    """Two tasks write two tables in opposite orders, and meet in between: the database has to choose one."""
    target = server_target
    for name in ("t", "u"):
        target.run(f"CREATE TABLE {target.q(name)} (id integer NOT NULL PRIMARY KEY, name varchar(50))")
    failures: list[BaseException] = []
    contexts = [FakeSinkContext(), FakeSinkContext()]
    reporters = [Reporter(), Reporter()]
    between = threading.Barrier(2, timeout=60)

    def write(number: int) -> None:
        topics = ("t", "u") if number else ("u", "t")
        rows = [(n, f"{number}") for n in range(100)]
        batch = SinkBatch([part for topic in topics for part in rows_of(*rows, topic=topic).slices])
        try:
            with sink(target, UPSERT, context=contexts[number], reporter=reporters[number]) as task:
                assert task._delivery is not None
                writer = task._delivery._writer
                original = writer._write_fast

                first = iter([True])

                def met(*arguments: object) -> None:
                    original(*arguments)  # type: ignore[arg-type]
                    if next(first, False):
                        between.wait()

                writer._write_fast = met  # type: ignore[method-assign]
                task.put(batch)
        except BaseException as error:
            failures.append(error)
            between.abort()

    threads = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert [reporter.reported for reporter in reporters] == [[], []]
    untroubled, victim = sorted(len(context.waits) for context in contexts)
    assert (untroubled, victim >= 1) == (0, True)  # the victim may meet the other once more
    assert target.count("t") == target.count("u") == 100


def test_conflicts_without_end_are_put_again_and_never_reported(
    request: pytest.FixtureRequest, postgresql_server: object
) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name text)")
        url = f"{target.props['connection.url']}?options=-c%20lock_timeout=10"
        reporter, context = Reporter(), FakeSinkContext()
        with sink(target, {**UPSERT, "connection.url": url}, reporter=reporter, context=context) as task:
            with contextlib.closing(target.database.connect()) as blocker:
                blocker.cursor().execute("BEGIN; LOCK TABLE t IN EXCLUSIVE MODE")
                for _ in range(2):
                    with pytest.raises(
                        RetriableException,
                        match=r"^The database decided a conflict against this task, 5 times in a row: .*lock timeout",
                    ):
                        task.put(rows_of((1, "a")))
            task.put(rows_of((1, "a")))
        assert target.rows() == [(1, "a")]
        assert reporter.reported == []


def test_a_file_that_another_has_locked_is_waited_for_and_nothing_is_reported(sqlite_target: SqliteTarget) -> None:
    target = sqlite_target
    target.run("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name text)")
    target.props["connection.url"] += "?busy_timeout=1"
    reporter, context = Reporter(), FakeSinkContext()
    with sink(target, UPSERT, reporter=reporter, context=context) as task:
        with contextlib.closing(sqlite3.connect(target.path, isolation_level=None)) as blocker:
            blocker.execute("BEGIN EXCLUSIVE")
            for _ in range(3):
                with pytest.raises(
                    RetriableException,
                    match=r"^The database is away; trying again in \d+ ms: database is locked$",
                ):
                    task.put(rows_of((1, "a")))
        task.put(rows_of((1, "a")))
    assert target.rows() == [(1, "a")]
    assert reporter.reported == []


# ---- outages ---------------------------------------------------------------------------------------------------------------


def test_an_outage_is_waited_out_and_nothing_is_lost_or_reported(durable_server: OwnServer) -> None:
    server = durable_server
    reporter, context = Reporter(), FakeSinkContext()
    with server.database() as database, contextlib.closing(ServerTarget(database)) as target:
        config = {**UPSERT, "connection.attempts": "1", "max.retries": "1", "retry.backoff.ms": "100"}
        with sink(target, config, reporter=reporter, context=context) as task:
            task.put(rows_of((1, "a")))
            target.close()
            server.kill()
            for _ in range(15):  # many more than max.retries
                with pytest.raises(RetriableException, match="The database is away; trying again in"):
                    task.put(rows_of((2, "b"), first=1))
            server.start()
            task.put(rows_of((2, "b"), first=1))
            assert target.rows() == [(1, "a"), (2, "b")]
            assert reporter.reported == []
            assert context.timeouts[0] < context.timeouts[5] < context.timeouts[-1]
            assert max(context.timeouts) <= 60_000
        target.close()


def test_a_database_that_is_away_at_the_start(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("own_postgresql")
    with server.database() as database:
        server.kill()
        with contextlib.closing(ServerTarget(database)) as target:
            with sink(target, {**UPSERT, "connection.attempts": "1"}, reporter=Reporter()) as task:
                with pytest.raises(RetriableException, match="The database is away"):
                    task.put(rows_of((1, "a")))
                server.start()
                task.put(rows_of((1, "a")))
                assert target.rows() == [(1, "a")]
            target.close()


def test_a_wrong_password_ends_the_task(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        config = {"connection.password": "wrong", "connection.attempts": "1"}
        with sink(target, config) as task, pytest.raises(ConnectException, match="authentication failed") as raised:
            task.put(rows_of((1, "a")))
    assert not isinstance(raised.value, RetriableException)


def _strange_table(target: ServerTarget) -> None:
    """A table whose trigger refuses 'bad' with an error that nobody knows."""
    target.run(
        "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name text)",
        "CREATE FUNCTION strange() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'bad' THEN "
        "RAISE EXCEPTION 'strange' USING ERRCODE = 'ZX001'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER strange BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION strange()",
    )


def test_what_nobody_can_explain_is_tried_max_retries_times_and_then_row_by_row(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        _strange_table(target)
        reporter, context = Reporter(), FakeSinkContext()
        batch = rows_of((1, "a"), (2, "bad"), (3, "c"))
        with sink(target, {"max.retries": "2"}, reporter=reporter, context=context) as task:
            for left in (1, 0):
                message = rf"strange.*\(trying again in 1 ms, {left} retries left\)"
                with pytest.raises(RetriableException, match=f"(?s){message}"):
                    task.put(batch)
            task.put(batch)
            assert context.timeouts == [1, 1]
            assert [each.kafka_offset for each, _ in reporter.reported] == [1]
            assert target.rows() == [(1, "a"), (3, "c")]
            with pytest.raises(RetriableException, match="1 retries left"):  # counted from the beginning
                task.put(rows_of((4, "bad"), first=3))


def test_what_nobody_can_explain_ends_the_task_without_a_reporter(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        _strange_table(target)
        with sink(target, {"max.retries": "1"}) as task:
            with pytest.raises(RetriableException):
                task.put(rows_of((1, "a"), (2, "bad")))
            with pytest.raises(ConnectException, match="strange") as raised:
                task.put(rows_of((1, "a"), (2, "bad")))
        assert not isinstance(raised.value, RetriableException)
        assert target.count() == 0


def test_a_session_that_the_server_ended(server_target: Target) -> None:
    target = server_target
    with sink(target, UPSERT, reporter=Reporter()) as task:
        task.put(rows_of((1, "a")))
        if target.kind == "postgresql":
            target.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'penstock-jdbc'"
            )
        else:
            for (number,) in target.query(
                "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()"
            ):
                target.run(f"KILL {number}")
        task.put(rows_of((2, "b"), first=1))  # on a new connection, at once
    assert target.rows() == [(1, "a"), (2, "b")]


def test_a_stopped_task(sqlite_target: Target) -> None:
    with sink(sqlite_target, UPSERT) as task:
        pass
    with pytest.raises(ConnectException, match="The task was stopped; its connection is closed"):
        task.put(rows_of((1, "a")))
    assert record(0, struct_of(ROW, 1, "a"), ROW, key=struct_of(KEY, 1), key_schema=KEY).topic == "t"


@pytest.mark.parametrize("pk", [{"pk.mode": "none"}, UPSERT])
def test_a_database_that_may_not_be_written_takes_no_dead_letters(
    sqlite_target: SqliteTarget, pk: dict[str, str]
) -> None:
    """No row is to blame: the task ends, and what was delivered comes again."""
    short_table(sqlite_target)
    reporter, context = Reporter(), FakeSinkContext()
    config = {**pk, "connection.url": f"jdbc:sqlite:file:{sqlite_target.path}?mode=ro", "max.retries": "2"}
    told = pytest.raises(ConnectException, match="attempt to write a readonly database")
    with sink(sqlite_target, config, reporter=reporter, context=context) as task, told:
        task.put(rows_of((1, "a"), (2, "b")))
    assert reporter.reported == []


def test_trimmed_errors_are_trimmed_in_logs_too(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    target.run(f"CREATE TABLE {target.q('t')} (id varchar(40) NOT NULL PRIMARY KEY, v int)")
    texts = SchemaBuilder.struct().field("id", Schema.STRING).field("v", Schema.INT32).build()
    config = {"trim.sensitive.log": "true", "pk.mode": "record_value", "pk.fields": "id"}
    with caplog.at_level(logging.DEBUG), sink(target, config, reporter=Reporter()) as task:
        task.put(rows_of(("s3cret", 1), ("s3cret", 2), schema=texts))
    assert "A batch is written again row by row: [trimmed: trim.sensitive.log is on]" in caplog.text
    assert "s3cret" not in caplog.text
