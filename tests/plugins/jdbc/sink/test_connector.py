"""The sink as connectors: names, keys, validation, Aiven's; and the contract of sink connectors."""

from __future__ import annotations

import contextlib
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from penstock.api import ConfigException, Schema, SchemaBuilder, SourceRecord, Struct, TopicPartition
from penstock.discovery.scan import scan_plugins
from penstock.states import State
from penstock.testing import Workbench
from penstock.testing.sink_contract import SinkConnectorContract
from penstock.testing.waiting import eventually
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG, SINK_CONFIG
from penstock_jdbc.database.calendar import CalendarSystem
from penstock_jdbc.sink.aiven import AivenJdbcSinkConnector
from penstock_jdbc.sink.aiven_task import AivenJdbcSinkTask
from penstock_jdbc.sink.connector import JdbcSinkConnector
from penstock_jdbc.sink.options import OnInvalid
from penstock_jdbc.sink.settings import EpochUnit, InsertMode, PrimaryKeyMode, SinkSettings
from penstock_jdbc.sink.task import JdbcSinkTask
from tests.plugins.fakes import FakeSinkContext
from tests.plugins.jdbc.sink.targets import ROW, Reporter, SqliteTarget, Target, record, rows_of, sink, struct_of

REQUIRED = {"name": "s", "topics": "t", "connection.url": "jdbc:sqlite::memory:"}


def settings(**more: str) -> SinkSettings:
    props = {**REQUIRED, **{key.replace("_", "."): value for key, value in more.items()}}
    return SinkSettings.of(SINK_CONFIG.parsed(props), props)


def test_settings_by_default() -> None:
    found = settings()
    assert (found.connector, found.insert_mode, found.pk_mode) == ("s", InsertMode.INSERT, PrimaryKeyMode.NONE)
    assert (found.batch_size, found.max_retries, found.backoff_ms) == (3000, 10, 3000)
    assert (found.auto_create, found.auto_evolve, found.delete_enabled) == (False, False, False)
    assert (found.table_types, found.table_name_format) == (frozenset({"TABLE"}), "${topic}")
    assert (found.exactly_once, found.on_invalid) == (False, OnInvalid.FAIL)
    assert found.calendar is CalendarSystem.LEGACY
    assert found.replace_null_with_default
    assert found.date_zone is found.db_zone


def test_settings_that_are_set() -> None:
    props = {
        **REQUIRED,
        "insert.mode": "UPSERT",
        "pk.mode": "record_value",
        "pk.fields": "a, b",
        "batch.size": "0",
        "db.timezone": "America/New_York",
        "date.timezone": "UTC",
        "date.calendar.system": "PROLEPTIC_GREGORIAN",
        "timestamp.precision.mode": "NANOSECONDS",
        "timestamp.fields.list": "x",
        "table.types": "VIEW,TABLE",
        "exactly.once.offsets": "true",
        "invalid.records": "report",
    }
    found = SinkSettings.of(SINK_CONFIG.parsed(props), props)
    assert (found.insert_mode, found.pk_fields, found.batch_size) == (InsertMode.UPSERT, ("a", "b"), 1)
    assert str(found.db_zone) == "America/New_York"
    assert found.date_zone != found.db_zone
    assert (found.calendar, found.epoch_unit) == (CalendarSystem.PROLEPTIC_GREGORIAN, EpochUnit.NANOSECONDS)
    assert found.table_types == {"VIEW", "TABLE"}
    assert (found.exactly_once, found.on_invalid) == (True, OnInvalid.REPORT)


def test_the_sinks_are_found_by_java_s_names() -> None:
    index = scan_plugins()
    targets = {plugin.name: plugin.target for plugin in index.plugins if plugin.distribution == "penstock-jdbc"}
    assert targets["io.confluent.connect.jdbc.JdbcSinkConnector"] == "penstock_jdbc.sink.connector:JdbcSinkConnector"
    assert targets["io.aiven.connect.jdbc.JdbcSinkConnector"] == "penstock_jdbc.sink.aiven:AivenJdbcSinkConnector"


def test_penstock_s_keys_are_shown_only_when_they_are_set(sqlite_target: Target) -> None:
    props = {**REQUIRED, **sqlite_target.props}
    shown = {value.name for value in JdbcSinkConnector().validate(props)}
    assert shown == {key.name for key in SINK_CONFIG}
    wrong = {**props, "exactly.once.offsets": "maybe", "invalid.records": "eat", "exactly.once.offsets.table": ""}
    errors = {value.name: value.errors for value in JdbcSinkConnector().validate(wrong) if value.errors}
    assert errors["exactly.once.offsets"] == [
        "Invalid value maybe for configuration exactly.once.offsets: Expected value to be either true or false"
    ]
    assert errors["invalid.records"] == [
        "Invalid value eat for configuration invalid.records: String must be one of: fail, report"
    ]
    assert errors["exactly.once.offsets.table"] == [
        "Invalid value  for configuration exactly.once.offsets.table: String must be non-empty"
    ]


def test_all_tasks_have_the_same_config() -> None:
    connector = JdbcSinkConnector()
    connector.use_config(REQUIRED)
    connector.start(REQUIRED)
    assert connector.task_configs(3) == [REQUIRED] * 3


def test_aiven_s_keys(sqlite_target: SqliteTarget) -> None:
    props = {
        **REQUIRED,
        **sqlite_target.props,
        "insert.mode": "multi",
        "auto.create": "true",
        "table.name.normalize": "true",
        "topics.to.tables.mapping": "u:other",
        "sql.quote.identifiers": "false",
    }
    assert not any(value.errors for value in AivenJdbcSinkConnector().validate(props))
    found = SinkSettings.of(AIVEN_SINK_CONFIG.parsed(props), props)
    assert (found.insert_mode, found.normalize_names, found.topics_to_tables) == (
        InsertMode.MULTI,
        True,
        {"u": "other"},
    )
    task = AivenJdbcSinkTask()
    task.initialize(FakeSinkContext())
    task.use_config(props)
    task.start(props)
    task.put(rows_of((1, "a"), topic="a-b"))
    task.put(rows_of((2, "b"), topic="u"))
    task.stop()
    assert sqlite_target.rows("a_b") == [(1, "a")]
    assert sqlite_target.rows("other") == [(2, "b")]
    ddl = sqlite_target.query("SELECT sql FROM sqlite_master WHERE name = 'other'")
    assert ddl == [("CREATE TABLE other (\nid INTEGER NOT NULL,\nname TEXT NULL)",)]


def test_confluent_s_sink_has_no_multi() -> None:
    with pytest.raises(ConfigException, match=r"insert\.mode"):
        SINK_CONFIG.parsed({**REQUIRED, "insert.mode": "multi"})


def test_invalid_records_can_be_reported(target: Target) -> None:
    reporter = Reporter()
    config = {"auto.create": "true", "invalid.records": "report"}
    with sink(target, config, reporter=reporter) as task:
        from penstock.api import SinkBatch

        task.put(
            SinkBatch.of([record(0, struct_of(ROW, 1, "a"), ROW), record(1, {"id": 2}, None), record(2, None, None)])
        )
    assert [each.kafka_offset for each, _ in reporter.reported] == [1, 2]
    assert target.rows() == [(1, "a")]


def test_nulls_and_defaults(target: Target) -> None:
    schema = (
        SchemaBuilder.struct()
        .field("id", Schema.INT32)
        .field("s", SchemaBuilder.string().optional().default("ds"))
        .build()
    )
    batch = rows_of((1, None), (2, "x"), schema=schema)
    with sink(target, {"auto.create": "true"}) as task:
        task.put(batch)
    with sink(target, {"auto.create": "true", "table.name.format": "u", "replace.null.with.default": "false"}) as task:
        task.put(batch)
    assert target.rows() == [(1, "ds"), (2, "x")]
    assert target.rows("u") == [(1, None), (2, "x")]


def test_values_of_plain_strings(target: Target) -> None:
    from penstock.api import SinkBatch

    config = {"auto.create": "true", "string.output.value.column.name": "line"}
    with sink(target, config) as task:
        task.put(SinkBatch.of([record(0, "hello", Schema.STRING), record(1, "world", Schema.STRING)]))
    assert target.query(f"SELECT line FROM {target.q('t')} ORDER BY 1") == [("hello",), ("world",)]


def test_a_topic_becomes_a_table_in_the_runtime(tmp_path: Path) -> None:
    path = tmp_path / "target.db"
    config = {"topics": "people", "connection.url": f"jdbc:sqlite:{path}", "auto.create": "true", "batch.size": "2"}
    with Workbench(scan_plugins()) as bench:
        bench.send("people", [SourceRecord("", struct_of(ROW, n, f"n{n}"), value_schema=ROW) for n in range(5)])
        running = bench.start("io.confluent.connect.jdbc.JdbcSinkConnector", config, name="people")
        eventually(lambda: sum(bench.committed("people").values()) == 5, "all records are committed")
        running.task.wait_for(State.RUNNING)
        running.stop()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM people ORDER BY id").fetchall() == [(n, f"n{n}") for n in range(5)]


def test_offsets_in_the_database_in_the_runtime(tmp_path: Path) -> None:
    """The consumer group forgets what it committed; the database doesn't."""
    path = tmp_path / "target.db"
    config = {
        "topics": "people",
        "connection.url": f"jdbc:sqlite:{path}",
        "auto.create": "true",
        "exactly.once.offsets": "true",
    }
    with Workbench(scan_plugins()) as bench:
        for turn in range(3):
            records = [struct_of(ROW, n, "x") for n in range(turn * 10, turn * 10 + 10)]
            bench.send("people", [SourceRecord("", value, value_schema=ROW) for value in records], partition=0)
            running = bench.start(JdbcSinkConnector, config, name="people")
            eventually(partial(_has, path, (turn + 1) * 10), "all records are stored")
            running.stop()
            admin = bench.log.admin({})
            admin.alter_group_offsets("connect-people", {TopicPartition("people", 0): 0}, 10)
            admin.close()
    assert _count(path) == 30


def _has(path: Path, count: int) -> bool:
    return _count(path) >= count


def _count(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM people").fetchone()[0])
        except sqlite3.OperationalError:  # not yet
            return 0


class TestContract(SinkConnectorContract):
    """What holds for every sink connector."""

    connector = JdbcSinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, str]:
        return {
            "connection.url": f"jdbc:sqlite:{tmp_path / 'contract.db'}",
            "connection.attempts": "1",  # validation tries to connect wherever the keys allow it
            "connection.backoff.ms": "1",
            "auto.create": "true",
            "topics": "contract",
        }

    @pytest.fixture
    def records(self) -> list[object]:
        return [SourceRecord("", Struct(ROW, {"id": n, "name": "x"}), value_schema=ROW) for n in range(3)]

    def written(self, config: dict[str, str]) -> int:
        path = config["connection.url"].removeprefix("jdbc:sqlite:")
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            try:
                return int(connection.execute("SELECT count(*) FROM contract").fetchone()[0])
            except sqlite3.OperationalError:
                return 0


def test_the_task_s_name_is_java_s() -> None:
    assert JdbcSinkTask.connect_name == "io.confluent.connect.jdbc.sink.JdbcSinkTask"
    assert AivenJdbcSinkTask.connect_name == "io.aiven.connect.jdbc.sink.JdbcSinkTask"
