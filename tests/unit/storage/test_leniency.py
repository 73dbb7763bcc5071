"""What readers of the config and status topics forgive, and how they say so (spec 9.2, 9.4)."""

from __future__ import annotations

import pytest

from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.storage import config_records, status_records
from penstock.storage.codec import StoredStatus, TopicStatus
from penstock.storage.config_records import ConnectorConfig, Ignored, Restart, TaskConfig, TasksCommit, WantedState
from penstock.storage.session_key import SessionKey
from penstock.storage.status_records import ConnectorStatusRecord, Discarded, TaskStatusRecord, TopicStatusRecord


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("connector-c", "", ConnectorConfig("c", None)),
        ("connector-c", " \n", ConnectorConfig("c", None)),
        (
            "connector-c",
            '{"properties":{"a":1,"b":{"c":[true]},"d":null}}',
            ConnectorConfig("c", {"a": "1", "b": '{"c":[true]}', "d": None}),
        ),
        ("connector-c", '{"properties":{},"more":1}', ConnectorConfig("c", {})),
        ("target-state-c", '{"state":"PAUSED"}', WantedState("c", TargetState.PAUSED)),
        ("target-state-c", '{"state":"PAUSED","state.v2":"STOPPED"}', WantedState("c", TargetState.STOPPED)),
        ("target-state-c", '{"state":"PAUSED","state.v2":7}', WantedState("c", TargetState.PAUSED)),
        ("target-state-c", None, WantedState("c", None)),
        ("task-c-1", '{"properties":{"a":"b"}}', TaskConfig(TaskId("c", 1), {"a": "b"})),
        ("commit-c", '{"tasks":0}', TasksCommit("c", 0)),
        ("restart-connector-c", "{}", Restart("c", only_failed=False, include_tasks=False)),
        (
            "restart-connector-c",
            '{"include-tasks":"true","only-failed":1}',
            Restart("c", only_failed=False, include_tasks=False),
        ),
        (
            "session-key",
            '{"key":"AQI=","algorithm":"A","creation-timestamp":5}',
            config_records.NewSessionKey(SessionKey(b"\x01\x02", "A", 5)),
        ),
    ],
)
def test_config_values_that_are_taken(key: str, value: str | None, meaning: object) -> None:
    assert config_records.decode(key.encode(), None if value is None else value.encode()) == meaning


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (
            "target-state-c",
            "[]",
            "Ignoring target state for connector 'c' because it is in the wrong format: java.util.ArrayList",
        ),
        (
            "target-state-c",
            '{"state":1}',
            "Invalid data for target state for connector 'c': 'state' field should be a String but is java.lang.Long",
        ),
        ("target-state-c", '{"state.v2":"RUNNING"}', "Invalid target state for connector 'c': RUNNING"),
        (
            "connector-c",
            '"x"',
            "Ignoring configuration for connector 'c' because it is in the wrong format: java.lang.String",
        ),
        (
            "connector-c",
            "{}",
            "Invalid data for config for connector 'c': 'properties' field should be a Map but is null",
        ),
        ("task-c-0", None, "Ignoring task configuration for task c-0 because it is unexpectedly null"),
        (
            "task-c-0",
            "1.5",
            "Ignoring task configuration for task c-0 because the value is not a Map but is java.lang.Double",
        ),
        (
            "task-c-0",
            '{"properties":true}',
            "Invalid data for config of task c-0 'properties' field should be a Map but is java.lang.Boolean",
        ),
        ("task-c", "{}", "Ignoring task configuration because task-c couldn't be parsed as a task config key"),
        ("task-c-x", "{}", "Ignoring task configuration because task-c-x couldn't be parsed as a task config key"),
        (
            "commit-c",
            None,
            "Ignoring connector tasks configuration commit for connector 'c' because it is in the wrong format: null",
        ),
        (
            "commit-c",
            '{"tasks":"1"}',
            "Ignoring connector tasks configuration commit for connector 'c' because it is in the wrong format: java.util.HashMap",
        ),
        (
            "tasks-fencing-c",
            "{}",
            "Ignoring task count record for connector 'c' because it is in the wrong format: java.util.HashMap",
        ),
        ("restart-connector-c", None, "Ignoring restart request because the value is not a Map but is null"),
        ("session-key", None, "Ignoring session key because it is unexpectedly null"),
        ("session-key", "3", "Ignoring session key because the value is not a Map but is java.lang.Long"),
        ("session-key", "{}", "Invalid data for session key 'key' field should be a String but is null"),
        (
            "session-key",
            '{"key":"AQI="}',
            "Invalid data for session key 'algorithm' field should be a String but it is null",
        ),
        (
            "session-key",
            '{"key":"AQI=","algorithm":"A","creation-timestamp":"x"}',
            "Invalid data for session key 'creation-timestamp' field should be a long but it is java.lang.String",
        ),
        (
            "session-key",
            '{"key":"AQI","algorithm":"A","creation-timestamp":1}',
            "Invalid data for session key 'key' field should be Base64: Incorrect padding",
        ),
        ("logger-cluster-n", None, "Ignoring logging level for namespace n because it is unexpectedly null"),
        (
            "logger-cluster-n",
            "[]",
            "Ignoring logging level for namespace n because the value is not a Map but is java.util.ArrayList",
        ),
        (
            "logger-cluster-n",
            "{}",
            "Invalid data for logging level key 'level' field with namespace n; should be a String but it is null",
        ),
        ("bogus", "{}", "Discarding config update record with invalid key: bogus"),
    ],
)
def test_config_records_that_are_ignored(key: str, value: str | None, reason: str) -> None:
    assert config_records.decode(key.encode(), None if value is None else value.encode()) == Ignored(reason)


def test_a_value_that_is_no_json_is_told_apart() -> None:
    ignored = config_records.decode(b"connector-c", b"{")
    assert isinstance(ignored, Ignored)
    assert not ignored.readable
    assert ignored.reason.startswith("Failed to convert config data to Kafka Connect format: ")
    assert config_records.decode(None, b"{}") == Ignored("Discarding config update record with invalid key: ")


GOOD = '{"state":"RUNNING","trace":null,"worker_id":"w","generation":1}'


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("status-connector-c", GOOD, ConnectorStatusRecord("c", StoredStatus(State.RUNNING, "w", 1))),
        ("status-connector-c", "", ConnectorStatusRecord("c", None)),
        ("status-task-a-b-3", GOOD, TaskStatusRecord(TaskId("a-b", 3), StoredStatus(State.RUNNING, "w", 1))),
        ("status-topic-t:connector-c:d", None, TopicStatusRecord("c:d", "t", None)),
        (
            "status-topic-t:connector-c",
            '{"topic":{"name":"t","connector":"c","task":1,"discoverTimestamp":2}}',
            TopicStatusRecord("c", "t", TopicStatus("t", "c", 1, 2)),
        ),
    ],
)
def test_status_values_that_are_taken(key: str, value: str | None, meaning: object) -> None:
    assert status_records.decode(key.encode(), None if value is None else value.encode()) == meaning


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("status-connector-", GOOD, "Discarding record with invalid connector status key status-connector-"),
        ("status-task-c", GOOD, "Discarding record with invalid task status key status-task-c"),
        ("status-task-c-x", None, "Discarding record with invalid task status key status-task-c-x"),
        ("status-topic-t", None, "Discarding record with invalid topic status key status-topic-t"),
        (
            "status-topic-:connector-c",
            None,
            "Discarding record with invalid topic status key status-topic-:connector-c",
        ),
        (
            "status-topic-t:connector-",
            None,
            "Discarding record with invalid topic status key status-topic-t:connector-",
        ),
        (
            "status-connector-c",
            "[]",
            "Failed to parse status with key status-connector-c: expected an object, found []",
        ),
        (
            "status-connector-c",
            '{"state":"GONE","worker_id":"w","generation":1}',
            "Failed to parse status with key status-connector-c: 'GONE'",
        ),
        (
            "status-connector-c",
            '{"state":1}',
            "Failed to parse status with key status-connector-c: expected a text, found 1",
        ),
        (
            "status-task-c-0",
            '{"state":"RUNNING","worker_id":"w"}',
            "Failed to parse status with key status-task-c-0: 'generation'",
        ),
        (
            "status-task-c-0",
            '{"state":"RUNNING","worker_id":"w","generation":true}',
            "Failed to parse status with key status-task-c-0: expected an integer, found True",
        ),
        ("status-topic-t:connector-c", "{}", "Failed to parse status with key status-topic-t:connector-c: 'topic'"),
        ("bogus", GOOD, "Discarding record with invalid key bogus"),
    ],
)
def test_status_records_that_are_discarded(key: str, value: str | None, reason: str) -> None:
    assert status_records.decode(key.encode(), None if value is None else value.encode()) == Discarded(reason)


def test_a_status_that_is_no_json_is_discarded() -> None:
    assert isinstance(status_records.decode(b"status-connector-c", b"{"), Discarded)
