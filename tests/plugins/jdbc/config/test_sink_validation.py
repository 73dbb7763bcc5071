"""Validation of the sink beyond the recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock_jdbc.config.sink_validation import validate


def errors(props: dict[str, str | None]) -> dict[str, list[str]]:
    return {value.name: value.errors for value in validate({"connection.attempts": "1", **props}) if value.errors}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"jdbc:sqlite:{tmp_path}/x.db"


def test_deletes_are_refused_along_with_errors_of_single_keys(url: str) -> None:
    message = "Deletes are only supported for pk.mode record_key"
    found = errors({"connection.url": url, "delete.enabled": "true", "pk.mode": "kafka", "batch.size": "-1"})
    assert found == {
        "batch.size": ["Invalid value -1 for configuration batch.size: Value must be at least 0"],
        "delete.enabled": [message],
        "pk.mode": [message],
    }


def test_a_connection_is_tried_only_where_nothing_is_wrong() -> None:
    assert list(errors({"connection.url": "jdbc:nope:x", "batch.size": "-1"})) == ["batch.size"]
    assert errors({"connection.url": "jdbc:nope:x"}) == {
        "connection.url": ["Could not connect to database. No suitable driver found for jdbc:nope:x"]
    }


def test_deletes_are_not_asked_of_a_pk_mode_that_is_none() -> None:
    assert errors({"connection.url": "jdbc:nope:x", "delete.enabled": "true", "pk.mode": "x"}) == {
        "pk.mode": ["Invalid value x for configuration pk.mode: Invalid enumerator"]
    }


def test_there_must_be_a_type_of_tables(url: str) -> None:
    told = (
        "Invalid value [] for configuration table.types: At least one value must be specified. Valid values are: "
        "[table, partitioned table, view]"
    )
    assert errors({"connection.url": url, "table.types": ""}) == {"table.types": [told]}


def test_every_item_of_a_list_is_checked(url: str) -> None:
    assert errors({"connection.url": url, "table.types": "table,PARTITIONED TABLE,Nope"}) == {
        "table.types": ["Invalid value Nope for configuration table.types: Invalid enumerator"]
    }


def test_a_null_is_taken_as_not_given(url: str) -> None:
    assert errors({"connection.url": url, "connection.user": None}) == {}
