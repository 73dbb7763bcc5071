"""Acceptance check 9 of the specification: modes, keys, tombstones, schemas and tables on every database."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import ConnectException, Schema, SchemaBuilder, SinkBatch, SinkRecord, Timestamp
from penstock_jdbc.sink.errors import TableAlterOrCreateException
from tests.databases.fixtures import mysql_driver as installed_driver
from tests.plugins.jdbc.sink.targets import (
    KEY,
    ROW,
    UPSERT,
    Reporter,
    ServerTarget,
    Target,
    deleted,
    record,
    rows_of,
    sink,
    struct_of,
    upserted,
)

WIDE = (
    SchemaBuilder.struct()
    .field("id", Schema.INT32)
    .field("name", Schema.OPTIONAL_STRING)
    .field("x", Schema.OPTIONAL_INT32)
    .build()
)
PK_FIELDS = {"none": "", "kafka": "", "record_key": "id", "record_value": "id"}


def table_for(target: Target, pk_mode: str) -> None:
    if pk_mode == "kafka":
        target.run(
            f"CREATE TABLE {target.q('t')} (__connect_topic {target.text_key} NOT NULL, __connect_partition integer NOT NULL, "
            "__connect_offset bigint NOT NULL, id integer NOT NULL, name varchar(50), "
            "PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset))"
        )
        return
    key = "" if pk_mode == "none" else " PRIMARY KEY"
    target.run(
        f"CREATE TABLE {target.q('t')} (id integer NOT NULL{key}, name varchar(50))",
        f"INSERT INTO {target.q('t')} VALUES (1, 'old')",
    )


EXPECTED: dict[tuple[str, str], list[tuple[Any, ...]] | str] = {
    ("insert", "none"): [(1, "a"), (1, "c"), (1, "old"), (2, "b")],
    ("insert", "kafka"): [(0, 1, "a"), (1, 2, "b"), (2, 1, "c")],
    ("insert", "record_key"): "refused",
    ("insert", "record_value"): "refused",
    ("upsert", "none"): "key field names to be known",
    ("upsert", "kafka"): [(0, 1, "a"), (1, 2, "b"), (2, 1, "c")],
    ("upsert", "record_key"): [(1, "c"), (2, "b")],
    ("upsert", "record_value"): [(1, "c"), (2, "b")],
    ("update", "none"): [(1, "c")],
    ("update", "kafka"): [],
    ("update", "record_key"): [(1, "c")],
    ("update", "record_value"): [(1, "c")],
}


@pytest.mark.parametrize(("insert_mode", "pk_mode"), EXPECTED)
def test_modes_and_keys(target: Target, insert_mode: str, pk_mode: str) -> None:
    table_for(target, pk_mode)
    batch = rows_of((1, "a"), (2, "b"), (1, "c"))
    expected = EXPECTED[insert_mode, pk_mode]
    config = {"insert.mode": insert_mode, "pk.mode": pk_mode, "pk.fields": PK_FIELDS[pk_mode]}
    with sink(target, config) as task:
        if isinstance(expected, str):
            with pytest.raises(ConnectException, match="Exception chain" if expected == "refused" else expected):
                task.put(batch)
            assert target.rows() == [(1, "old")]
            return
        task.put(batch)
    columns = "__connect_offset, id, name" if pk_mode == "kafka" else "id, name"
    assert sorted(target.query(f"SELECT {columns} FROM {target.q('t')}")) == expected


U, D = "U", "D"


@pytest.mark.parametrize("mode", ["upsert", "insert"])
@pytest.mark.parametrize(
    "order", [(U, D), (D, U), (U, D, U), (D, D), (U, D, U, D), (D, U, D, U), (U, D, D, U)], ids="".join
)
@pytest.mark.parametrize("exists", [True, False], ids=["row", "no row"])
def test_upserts_and_tombstones_of_one_key(target: Target, mode: str, order: tuple[str, ...], exists: bool) -> None:
    target.run(
        f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, name varchar(50), more integer DEFAULT 5)"
    )
    if exists and (mode == "upsert" or order[0] == D):
        target.run(f"INSERT INTO {target.q('t')} VALUES (1, 'old', 7)")
    records = [upserted(n, 1, f"n{n}") if op == U else deleted(n, 1) for n, op in enumerate(order)]
    # a neighbour, so that there is more than one key in the batch
    records.append(upserted(len(records), 2, "two"))
    config = {"insert.mode": mode, "pk.mode": "record_key", "pk.fields": "id", "delete.enabled": "true"}
    with sink(target, config) as task:
        task.put(SinkBatch.of(records))
    expected = [] if order[-1] == D else [(1, f"n{len(order) - 1}", 5)]
    assert target.rows() == [*expected, (2, "two", 5)]


def test_a_tombstone_makes_a_table_of_the_key_which_then_grows(target: Target) -> None:
    with sink(target, {**UPSERT, "delete.enabled": "true", "auto.evolve": "true"}) as task:
        task.put(SinkBatch.of([deleted(0, 1), upserted_name(1, 1, "a")]))
    assert target.rows() == [(1, "a")]


def upserted_name(offset: int, number: int, name: str) -> SinkRecord:
    schema = SchemaBuilder.struct().field("name", Schema.OPTIONAL_STRING).build()
    return record(offset, struct_of(schema, name), schema, key=struct_of(KEY, number), key_schema=KEY)


def test_alternating_schemas(target: Target) -> None:
    records = []
    for number in range(60):
        schema = WIDE if number % 2 else ROW
        values = (number % 7, f"n{number}", number) if number % 2 else (number % 7, f"n{number}")
        records.append(
            record(number, struct_of(schema, *values), schema, key=struct_of(KEY, number % 7), key_schema=KEY)
        )
    with sink(target, {**UPSERT, "auto.evolve": "true", "delete.enabled": "true"}) as task:
        task.put(SinkBatch.of(records))
    found = target.query(f"SELECT id, name FROM {target.q('t')} ORDER BY id")
    assert found == [(n, f"n{max(m for m in range(60) if m % 7 == n)}") for n in range(7)]


def test_a_table_of_the_key_alone(target: Target) -> None:
    schema = SchemaBuilder.struct().field("id", Schema.INT32).build()
    with sink(target, UPSERT) as task:
        task.put(rows_of((1,), (1,), (2,), schema=schema))
        task.put(rows_of((2,), (3,), schema=schema, first=3))
    assert target.rows() == [(1,), (2,), (3,)]


def test_a_view(server_target: Target) -> None:
    target = server_target
    target.run("CREATE TABLE base (id integer, name varchar(50))", f"CREATE VIEW {target.q('t')} AS SELECT * FROM base")
    with sink(target, {"table.types": "VIEW"}) as task:
        task.put(rows_of((1, "a")))
    assert target.rows("base") == [(1, "a")]
    config = {"table.types": "VIEW", "auto.evolve": "true"}
    with sink(target, config) as task, pytest.raises(TableAlterOrCreateException) as raised:
        task.put(rows_of((1, "a", 5), schema=WIDE))
    assert str(raised.value).startswith('View "')
    assert str(raised.value).endswith(
        "is missing fields ([SinkRecordField{schema=Schema{INT32}, name='x', isPrimaryKey=false}]) and ALTER VIEW is unsupported"
    )


def test_a_required_column_that_is_missing(target: Target) -> None:
    schema = SchemaBuilder.struct().field("id", Schema.INT32).field("need", Schema.INT32).build()
    with sink(target, {**UPSERT, "auto.evolve": "true"}) as task:
        task.put(rows_of((1, "a")))
        with pytest.raises(
            TableAlterOrCreateException, match="as the field is not optional and does not have a default value"
        ):
            task.put(rows_of((2, 5), schema=schema, first=1))
    assert target.rows() == [(1, "a")]


def test_a_column_that_may_not_be_added(target: Target) -> None:
    with sink(target, UPSERT) as task:
        task.put(rows_of((1, "a")))
        with pytest.raises(TableAlterOrCreateException, match=r"name='x'.*\) and auto-evolution is disabled"):
            task.put(rows_of((1, "b", 5), schema=WIDE, first=1))
    assert target.rows() == [(1, "a")]


def test_a_table_that_is_missing(target: Target) -> None:
    with (
        sink(target, {}) as task,
        pytest.raises(TableAlterOrCreateException, match="is missing and auto-creation is disabled"),
    ):
        task.put(rows_of((1, "a")))


@pytest.mark.parametrize("schema", [ROW, WIDE], ids=["same columns", "other columns"])
def test_two_tasks_make_a_table_at_once(target: Target, schema: Schema) -> None:
    barrier = threading.Barrier(2, timeout=30)
    failures: list[BaseException] = []

    def write(first: int, own: Schema) -> None:
        try:
            with sink(target, {**UPSERT, "auto.evolve": "true"}) as task:
                barrier.wait()
                values = [first, "x", 1][: len(own.fields)]
                task.put(rows_of(values, schema=own))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=arguments) for arguments in ((1, ROW), (2, schema))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert [row[0] for row in target.query(f"SELECT id FROM {target.q('t')} ORDER BY id")] == [1, 2]


def test_two_tables_in_one_batch(target: Target) -> None:
    parts = [*rows_of((1, "a")).slices, *rows_of((5, "u"), topic="u").slices, *rows_of((2, "b"), first=1).slices]
    with sink(target, UPSERT) as task:
        task.put(SinkBatch(parts))
    assert target.rows() == [(1, "a"), (2, "b")]
    assert target.rows("u") == [(5, "u")]


def test_nothing_of_a_batch_is_kept_when_its_end_is_refused(target: Target) -> None:
    with sink(target, UPSERT) as task, pytest.raises(ConnectException, match="requires records with a non-null Struct"):
        task.put(SinkBatch.of([upserted(0, 1, "a"), record(1, None, None, key=struct_of(KEY, 1), key_schema=KEY)]))
    assert target.count() == 0


def test_large_batches_go_in_several_statements(target: Target) -> None:
    with sink(target, {**UPSERT, "batch.size": "100"}) as task:
        task.put(rows_of(*((n, f"n{n}") for n in range(1050))))
        task.put(rows_of(*((n, f"m{n}") for n in range(1000, 1100)), first=1050))
    assert target.count() == 1100
    assert target.query(f"SELECT name FROM {target.q('t')} WHERE id = 1001") == [("m1001",)]


def test_a_table_changed_from_outside_is_looked_at_anew(target: Target) -> None:
    """Java writes until a restart against what it remembers (spec jdbc 13.4)."""
    with sink(target, UPSERT) as task:
        task.put(rows_of((1, "a")))
        target.run(f"DROP TABLE {target.q('t')}")
        task.put(rows_of((2, "b"), first=1))
    assert target.rows() == [(2, "b")]


def test_text_keys(target: Target) -> None:
    target.run(f"CREATE TABLE {target.q('t')} (k {target.text_key} NOT NULL PRIMARY KEY, name varchar(50))")
    schema = SchemaBuilder.struct().field("name", Schema.OPTIONAL_STRING).build()

    def keyed(offset: int, key: str, name: str | None) -> SinkRecord:
        value = None if name is None else struct_of(schema, name)
        return record(offset, value, None if name is None else schema, key=key, key_schema=Schema.STRING)

    config = {"insert.mode": "upsert", "pk.mode": "record_key", "pk.fields": "k", "delete.enabled": "true"}
    with sink(target, config) as task:
        task.put(SinkBatch.of([keyed(0, "b", "1"), keyed(1, "a'\\", "2"), keyed(2, "b", None), keyed(3, "c", "3")]))
        task.put(SinkBatch.of([keyed(4, "c", None), keyed(5, "c", "4"), keyed(6, "a'\\", None)]))
    assert target.rows() == [("c", "4")]


def test_keys_that_only_the_database_takes_for_equal(target: Target) -> None:
    """A case-insensitive column: the last delivered row must win, whatever its spelling."""
    kind = {"postgresql": "citext", "mariadb": "varchar(50)", "sqlite": "TEXT COLLATE NOCASE"}[target.kind]
    if target.kind == "postgresql":
        target.run("CREATE EXTENSION citext")
    target.run(f"CREATE TABLE {target.q('t')} (k {kind} NOT NULL PRIMARY KEY, name varchar(50))")
    schema = SchemaBuilder.struct().field("k", Schema.STRING).field("name", Schema.OPTIONAL_STRING).build()
    config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "k"}
    with sink(target, config) as task:
        task.put(rows_of(("a", "1"), ("A", "2"), ("b", "3"), ("a", "4"), ("B", "5"), schema=schema))
    assert target.query(f"SELECT name FROM {target.q('t')} ORDER BY name") == [("4",), ("5",)]


def test_points_in_time_that_only_the_database_takes_for_equal(server_target: Target) -> None:
    """A column of whole seconds: the last delivered row must win, not the one of the later time."""
    kind = {"postgresql": "timestamp(0)", "mariadb": "datetime"}[server_target.kind]
    server_target.run(f"CREATE TABLE {server_target.q('t')} (k {kind} NOT NULL PRIMARY KEY, name varchar(50))")
    schema = SchemaBuilder.struct().field("k", Timestamp.SCHEMA).field("name", Schema.OPTIONAL_STRING).build()
    moments = [datetime(2024, 1, 1, 0, 0, second, 1000 * millis, UTC) for second, millis in ((7, 400), (7, 0), (5, 0))]
    config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "k"}
    with sink(server_target, config) as task:
        task.put(rows_of(*zip(moments, ("first", "last", "other"), strict=True), schema=schema))
    assert server_target.query(f"SELECT name FROM {server_target.q('t')} ORDER BY k") == [("other",), ("last",)]


def test_spellings_of_an_uuid(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run("CREATE TABLE t (k uuid NOT NULL PRIMARY KEY, name text)")
        schema = SchemaBuilder.struct().field("k", Schema.STRING).field("name", Schema.OPTIONAL_STRING).build()
        one, other = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
        config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "k"}
        with sink(target, config) as task:
            task.put(rows_of((one, "1"), (other, "2"), (one.upper(), "3"), schema=schema))
        assert target.query("SELECT name FROM t ORDER BY k") == [("3",), ("2",)]


def test_bytes_in_a_column_of_text(request: pytest.FixtureRequest) -> None:
    """MySQL compares them by the column's collation, and an upsert must not be overtaken by one before it."""
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        target.run("CREATE TABLE t (k varchar(50) NOT NULL PRIMARY KEY, name varchar(50))")
        schema = SchemaBuilder.struct().field("k", Schema.BYTES).field("name", Schema.OPTIONAL_STRING).build()
        config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "k"}
        with sink(target, config) as task:
            task.put(rows_of((b"a", "first"), (b"A", "last"), schema=schema))
        assert target.query("SELECT name FROM t") == [("last",)]


def test_a_composite_key(target: Target) -> None:
    schema = (
        SchemaBuilder.struct()
        .field("a", Schema.INT32)
        .field("b", Schema.INT64)
        .field("c", Schema.OPTIONAL_STRING)
        .build()
    )
    key = SchemaBuilder.struct().field("a", Schema.INT32).field("b", Schema.INT64).build()

    def keyed(offset: int, a: int, b: int, c: str | None) -> SinkRecord:
        value = None if c is None else struct_of(schema, a, b, c)
        return record(offset, value, None if c is None else schema, key=struct_of(key, a, b), key_schema=key)

    with sink(target, {**UPSERT, "delete.enabled": "true"}) as task:
        task.put(SinkBatch.of([keyed(0, 1, 2, "x"), keyed(1, 1, 1, "y"), keyed(2, 2, 1, "z"), keyed(3, 1, 2, "w")]))
        task.put(SinkBatch.of([keyed(4, 1, 1, None), keyed(5, 2, 1, None), keyed(6, 2, 1, "again")]))
    assert target.rows(order="1, 2") == [(1, 2, "w"), (2, 1, "again")]


def test_rows_that_another_unique_index_takes_for_the_same(target: Target) -> None:
    """MySQL's and SQLite's upserts replace what hits any unique key, so rows keep their number and their order."""
    target.run(f"CREATE TABLE {target.q('t')} (id integer NOT NULL PRIMARY KEY, name varchar(50) UNIQUE)")
    rows = [(2, "a"), (1, "b"), (2, "b")]
    with sink(target, {"insert.mode": "upsert", "pk.mode": "record_key"}) as task:
        if target.kind == "postgresql":  # refuses what hits another key than the one that it was told
            with pytest.raises(ConnectException, match="duplicate key value violates unique constraint"):
                task.put(rows_of(*rows))
            return
        if target.kind == "sqlite":
            task.put(rows_of(*rows))
            assert target.rows() == [(2, "b")]
            return
        with pytest.raises(ConnectException, match="Duplicate entry"):
            task.put(rows_of(*rows))
        task.put(rows_of((5, "x"), (4, "x"), first=3))
        assert target.rows() == [(5, "x")]


def test_an_account_that_may_make_no_temporary_tables(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        role = f"r_{target.database.name}"
        target.run(
            f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
            f"REVOKE TEMPORARY ON DATABASE {target.database.name} FROM PUBLIC",
            "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name varchar(50))",
            f"GRANT ALL ON t TO {role}",
        )
        config = {"connection.user": role, "connection.password": "x", "delete.enabled": "true", **UPSERT}
        with sink(target, config) as task:
            task.put(SinkBatch.of([upserted(0, 2, "a"), upserted(1, 1, "b"), upserted(2, 2, "c"), deleted(3, 1)]))
        assert target.rows() == [(2, "c")]
        target.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_row_level_security(request: pytest.FixtureRequest) -> None:
    """COPY is refused there, INSERT is not."""
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        role = f"r_{target.database.name}"
        target.run(
            f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
            "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name text)",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON t USING (true) WITH CHECK (id < 100)",
            f"GRANT ALL ON t TO {role}",
        )
        config = {"connection.user": role, "connection.password": "x"}
        with sink(target, config) as task:
            task.put(rows_of((1, "a"), (2, "b")))
        assert target.rows() == [(1, "a"), (2, "b")]
        target.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_rule_for_inserts(request: pytest.FixtureRequest) -> None:
    """COPY does not heed it, INSERT does, and Java's connector inserts."""
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run(
            "CREATE TABLE t (id integer NOT NULL, name text)",
            "CREATE TABLE kept (id integer NOT NULL, name text)",
            "CREATE RULE r AS ON INSERT TO t DO INSTEAD INSERT INTO kept VALUES (NEW.id, NEW.name)",
        )
        with sink(target, {}) as task:
            task.put(rows_of((1, "a"), (2, "b")))
        assert target.query("SELECT id, name FROM kept ORDER BY id") == [(1, "a"), (2, "b")]
        assert target.count() == 0


def test_schemas_without_end(sqlite_target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock_jdbc.sink import session

    monkeypatch.setattr(session, "_MOST_SHAPES", 3)
    with sink(sqlite_target, {**UPSERT, "auto.evolve": "true"}) as task:
        for number in range(10):
            schema = SchemaBuilder.struct().field("id", Schema.INT32).field(f"c{number}", Schema.OPTIONAL_INT32).build()
            task.put(rows_of((number, number), schema=schema, first=number))
            assert task._session is not None
            assert len(task._session._shapes) <= 3
    assert sqlite_target.count() == 10


@pytest.mark.parametrize("driver", ["pymysql", "mysqldb"])
def test_both_drivers_of_mysql(request: pytest.FixtureRequest, driver: str) -> None:
    installed_driver(driver)
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        server = target.database.server
        host = f"{server.user}:{server.password}@{server.host}:{server.port}"
        url = f"mysql+{driver}://{host}/{target.database.name}?charset=utf8mb4"
        target.run("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, name varchar(10) NOT NULL)")
        reporter = Reporter()
        config = {"connection.url": url, "insert.mode": "upsert", "pk.mode": "record_key", "delete.enabled": "true"}
        with sink(target, config, reporter=reporter) as task:
            task.put(
                SinkBatch.of(
                    [upserted(0, 1, "it's 100%"), upserted(1, 2, "żółć 🐍"), upserted(2, 3, "x"), deleted(3, 3)]
                )
            )
            task.put(SinkBatch.of([upserted(4, 4, None), upserted(5, 5, "\\"), deleted(6, 1)]))
        assert target.rows() == [(2, "żółć 🐍"), (5, "\\")]
        assert [each.kafka_offset for each, _ in reporter.reported] == [4]
