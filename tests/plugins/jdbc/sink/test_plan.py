"""The dry run: what a sink would do to tables, told and not done (spec jdbc 18.17)."""

from __future__ import annotations

import pytest

from penstock.api import ConfigException, ConnectException, Schema, SchemaBuilder
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG
from penstock_jdbc.sink.plan import PlannedStatement, plan, plan_for_schemas
from tests.plugins.jdbc.sink.targets import KEY, ROW, Target, record, rows_of, sink, struct_of, upserted

WIDE = SchemaBuilder.struct().field("id", Schema.INT32).field("x", Schema.OPTIONAL_INT32).build()


def props(target: Target, **more: str) -> dict[str, str]:
    dotted = {key.replace("_", "."): value for key, value in more.items()}
    return {"name": "sink", "topics": "t", **target.props, "auto.create": "true", "auto.evolve": "true", **dotted}


def wide(offset: int) -> object:
    return record(offset, struct_of(WIDE, 1, 5), WIDE, key=struct_of(KEY, 1), key_schema=KEY)


def test_a_plan_is_what_the_sink_then_does(target: Target) -> None:
    config = props(target, pk_mode="record_key", insert_mode="upsert")
    samples = [upserted(0, 1, "a"), wide(1), upserted(2, 2, "b")]
    told = plan(config, samples)  # type: ignore[arg-type]
    assert told.problems == ()
    assert [each.table.rpartition(".")[2] for each in told.statements] == ["t", "t"]
    assert [each.sql.split()[0] for each in told.statements] == ["CREATE", "ALTER"]
    with pytest.raises(Exception, match=r"(?i)no such table|does not exist|doesn't exist"):
        target.rows()
    for each in told.statements:
        target.run(each.sql)
    assert plan(config, samples).statements == ()  # type: ignore[arg-type]
    with sink(target, {**config, "auto.create": "false", "auto.evolve": "false"}) as task:
        task.put(rows_of((1, "a")))
    assert target.query(f"SELECT id, name, x FROM {target.q('t')}") == [(1, "a", None)]


def test_only_what_is_missing_is_planned(target: Target) -> None:
    with sink(target, {"auto.create": "true"}) as task:
        task.put(rows_of((1, "a")))
    told = plan_for_schemas(props(target), [("t", None, WIDE)])
    assert len(told.statements) == 1
    assert " ADD " in told.statements[0].sql


def test_problems_are_told(sqlite_target: Target) -> None:
    required = SchemaBuilder.struct().field("id", Schema.INT32).field("need", Schema.INT32).build()
    strange = SchemaBuilder.struct().field("x", SchemaBuilder.map(Schema.STRING, Schema.STRING).build()).build()
    told = plan_for_schemas(
        props(sqlite_target),
        [("t", None, ROW), ("t", None, required), ("u", None, strange), ("v", None, Schema.INT32), ("w", KEY, None)],
    )
    assert [each.table for each in told.statements] == ["t"]
    assert len(told.problems) == 4
    assert "with a Date value and int32 value schema" in told.problems[0]
    assert "with a null value and null value schema" in told.problems[1]
    assert told.problems[2].startswith('Cannot ALTER TABLE "t" to add missing field SinkRecordField')
    assert told.problems[3] == "null (MAP) type doesn't have a mapping to the SQL database column type"


def test_tombstones(sqlite_target: Target) -> None:
    told = plan_for_schemas(props(sqlite_target, pk_mode="record_key", delete_enabled="true"), [("t", KEY, None)])
    assert told.statements == (PlannedStatement("t", 'CREATE TABLE "t" (\n"id" INTEGER NOT NULL,\nPRIMARY KEY("id"))'),)


def test_without_a_connection() -> None:
    config = {
        "name": "sink",
        "topics": "t",
        "connection.url": "jdbc:postgresql://nowhere.invalid/db",
        "auto.create": "true",
    }
    told = plan_for_schemas(config, [("t", None, ROW)], connected=False)
    assert told.statements == (PlannedStatement("t", 'CREATE TABLE "t" (\n"id" INT NOT NULL,\n"name" TEXT NULL)'),)
    with pytest.raises(ConnectException, match=r"Cannot connect to jdbc:postgresql://nowhere\.invalid"):
        plan_for_schemas({**config, "connection.attempts": "1"}, [("t", None, ROW)])


def test_a_wrong_configuration(sqlite_target: Target) -> None:
    with pytest.raises(ConfigException, match=r"connection\.url"):
        plan({"name": "sink"}, [])
    aiven = props(sqlite_target, insert_mode="multi")
    assert plan(aiven, [], definition=AIVEN_SINK_CONFIG).statements == ()
