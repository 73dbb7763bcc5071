"""Connection tests and DDL plans of JDBC connectors, asked of a real worker."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.worker import WorkerProcess

VALUE = {
    "schema": {
        "type": "struct",
        "fields": [{"field": "id", "type": "int64"}, {"field": "v", "type": "string", "optional": True}],
    },
    "payload": {"id": 1, "v": "x"},
}


def test_a_worker_tests_a_connection_and_plans_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    config = {"connection.url": f"jdbc:sqlite:{path}", "mode": "bulk", "topic.prefix": "p", "table.whitelist": "orders"}
    sink = {"connection.url": f"jdbc:sqlite:{path}", "topics": "lines", "auto.create": "true"}
    converter = {"value.converter": "JsonConverter", "key.converter": "JsonConverter"}
    with WorkerProcess(tmp_path) as worker:
        worker.start()
        checked = worker.request("POST", "/penstock/connector-plugins/JdbcSource/check", {"config": config}).json()
        plan = {"config": {**sink, **converter}, "records": [{"topic": "lines", "value": VALUE}]}
        planned = worker.request("POST", "/penstock/connector-plugins/JdbcSink/plan", plan).json()
        worker.stop()
    assert [(check["name"], check["ok"]) for check in checked["checks"]] == [
        ("configuration", True),
        ("driver", True),
        ("connection", True),
        ("tables", True),
        ("table orders", True),
    ]
    assert checked["ok"] is True
    assert [(step["target"], step["ok"]) for step in planned["steps"]] == [("lines", True)]
    assert planned["steps"][0]["text"].startswith('CREATE TABLE "lines"')
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]
