"""Acceptance check 8: a table of ten million rows through a task of 256 MB."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.plugins.jdbc.acceptance.reading import kind_of, quoted
from tests.plugins.jdbc.source.running import QUICK
from tests.support.scale import scaled

ROWS = scaled(10_000_000, 250_000)
PAYLOAD = 300
"""Characters a row, so that the rows of a short run would not fit in either."""
MOST_MB = 256

FILL = {
    "sqlite": "INSERT INTO big WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) "
    "SELECT i, printf('%.*c', {payload}, 'x') || i FROM n",
    "postgresql": "INSERT INTO big SELECT i, repeat('x', {payload}) || i FROM generate_series(1, {rows}) i",
    "mariadb": "INSERT INTO big SELECT seq, CONCAT(REPEAT('x', {payload}), seq) FROM seq_1_to_{rows}",
}


@pytest.mark.soak
def test_a_large_table_in_little_memory(database: Any, record_property: Any) -> None:
    kind = kind_of(database)
    database.run("CREATE TABLE big (id integer NOT NULL PRIMARY KEY, v varchar(320))")
    database.run(FILL[kind].format(rows=ROWS, payload=PAYLOAD))
    config = {
        **QUICK,
        **database.props,
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "tables": quoted(database, "big"),
        "poll.interval.ms": "3600000",
    }
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.plugins.jdbc.acceptance.large_reader", json.dumps(config), str(ROWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    took = time.monotonic() - begun
    print(f"\n{kind}: {found['rows']} rows in {took:.1f} s, {found['most']} MB at most, {found['before']} before")
    record_property("memory", f"{kind} {found['most']} MB")
    assert found["rows"] == ROWS
    assert found["sum"] == ROWS * (ROWS + 1) // 2
    assert found["most"] < MOST_MB
