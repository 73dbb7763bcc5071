"""What ``query.masked`` hides stays hidden: drivers quote the query in their errors (spec jdbc 3)."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from penstock.states import State
from penstock_jdbc.source.connector import JdbcSourceConnector
from tests.plugins.jdbc.source.running import source_on

SECRET = "s3cret"
QUERY = {"mode": "bulk", "query.retry.attempts": "2"}


@pytest.mark.parametrize("key", ["query", "query.masked"])
def test_errors_of_the_database_tell_nothing_of_a_masked_query(
    database: Any, caplog: pytest.LogCaptureFixture, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JdbcSourceConnector, "validate", lambda *_: [])
    with caplog.at_level(logging.DEBUG), source_on(database, {**QUERY, key: f"SELECT {SECRET} FROM nope"}) as source:
        task = source.start().task
        task.wait_for(State.FAILED)

    told = f"{task.trace}\n{caplog.text}"
    if key == "query":
        assert "nope" in told
    else:
        assert "nope" not in told
        assert SECRET not in told
        assert "The database refuses the query, which 'query.masked' hides (" in told


def test_the_check_tells_only_a_code_of_a_masked_query(postgresql: Any) -> None:
    props = {**postgresql.props, "mode": "bulk", "topic.prefix": "p", "query.masked": f"SELECT {SECRET} FROM nope"}
    *_, last = JdbcSourceConnector().check(props)
    assert (last.name, last.ok) == ("query", False)
    assert last.text == "The database refuses the query, which 'query.masked' hides (SQLSTATE 42P01)"
