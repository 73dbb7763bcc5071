"""Every record that a live Connect 4.3.1 wrote is read, and written again from what was read: the bytes are the same.

``recorded/topics.jsonl`` holds those records operation by operation (values are the exact text; maps of a connector's or task's
properties have the order that worker gave them, which is kept).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.ids import TaskId
from penstock.states import State, TargetState
from penstock.storage import codec, config_records, status_records
from penstock.storage.codec import Record, StoredStatus, TopicStatus
from penstock.storage.session_key import SessionKey

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "recorded" / "topics.jsonl").read_text().splitlines()]


def recorded(topic: str) -> list[Record]:
    lines = [line for line in RECORDED if line.get("topic") == topic]
    found = {Record(line["key"].encode(), line["value"] and line["value"].encode()): None for line in lines}
    assert len(found) > 20 or topic == "offset"
    return list(found)


def config_again(record: config_records.ConfigRecord) -> Record:
    match record:
        case config_records.ConnectorConfig(connector, config):
            return codec.connector_config(connector, config)
        case config_records.TaskConfig(task, config):
            return codec.task_config(task, config)
        case config_records.TasksCommit(connector, count):
            return codec.tasks_commit(connector, count)
        case config_records.WantedState(connector, state):
            return codec.target_state(connector, state)
        case config_records.TaskCount(connector, count):
            return codec.task_count(connector, count)
        case config_records.NewSessionKey(key):
            return codec.session_key(key)
        case config_records.Restart(connector, only_failed, include_tasks):
            return codec.restart_request(connector, only_failed=only_failed, include_tasks=include_tasks)
        case config_records.LoggerLevel(namespace, level):
            return codec.logger_level(namespace, level)
    raise AssertionError(record)


def status_again(record: status_records.StatusRecord) -> Record:
    gone = StoredStatus(State.DESTROYED, "w", 0)
    match record:
        case status_records.ConnectorStatusRecord(connector, status):
            return codec.connector_status(connector, status or gone)
        case status_records.TaskStatusRecord(task, status):
            return codec.task_status(task, status or gone)
        case status_records.TopicStatusRecord(connector, topic, None):
            return codec.no_topic_status(topic, connector)
        case status_records.TopicStatusRecord(_, _, status):
            assert status is not None
            return codec.topic_status(status)
    raise AssertionError(record)


@pytest.mark.parametrize("record", recorded("config"), ids=lambda record: record.key.decode())
def test_config_records_of_a_live_worker(record: Record) -> None:
    assert config_again(config_records.decode(*record)) == record


@pytest.mark.parametrize("record", recorded("status"), ids=lambda record: record.key.decode())
def test_status_records_of_a_live_worker(record: Record) -> None:
    assert status_again(status_records.decode(*record)) == record


def test_offset_keys_of_a_live_worker() -> None:
    for key, _ in recorded("offset"):
        connector, partition = json.loads(key)
        text = json.dumps(partition, separators=(",", ":")).encode()
        assert codec.offset_key(connector, text) == key


def test_every_kind_of_record_was_met() -> None:
    config = {type(config_records.decode(*record)) for record in recorded("config")}
    assert config == set(config_records.ConfigRecord.__args__) - {config_records.Ignored}
    status = {type(status_records.decode(*record)) for record in recorded("status")}
    assert status == set(status_records.StatusRecord.__args__) - {status_records.Discarded}


def test_text_beyond_ascii_is_escaped_as_jackson_does() -> None:
    assert codec.connector_config("é😀", {"k": "é😀\x1f", "n": None}) == (
        "connector-é😀".encode(),
        '{"properties":{"k":"é\\uD83D\\uDE00\\u001F","n":null}}'.encode(),
    )
    assert codec.offset_key('a"é😀', b'{"x":1}') == '["a\\"é\\uD83D\\uDE00",{"x":1}]'.encode()


@pytest.mark.parametrize("state", list(TargetState))
def test_older_workers_read_stopped_as_paused(state: TargetState) -> None:
    value = json.loads(codec.target_state("c", state).value or b"")
    assert value == {"state": "PAUSED" if state is TargetState.STOPPED else state.value, "state.v2": state.value}


def test_a_session_key_does_not_show_in_logs() -> None:
    assert "secret" not in repr(SessionKey(b"secret", "HmacSHA256", 1))


NAMES = ["a", "with-dash", "ends-", "-", "0", "ü", "a.b c", "task-0"]


@pytest.mark.parametrize("name", NAMES)
def test_names_survive_their_keys(name: str) -> None:
    task = TaskId(name, 12)
    assert config_records.decode(*codec.task_config(task, {})) == config_records.TaskConfig(task, {})
    assert config_records.decode(*codec.tasks_commit(name, 0)) == config_records.TasksCommit(name, 0)
    status = StoredStatus(State.FAILED, "w:1", 3, "trace\n", None)
    assert status_records.decode(*codec.task_status(task, status)) == status_records.TaskStatusRecord(task, status)
    topic = TopicStatus("t", name, 0, 5)
    assert status_records.decode(*codec.topic_status(topic)) == status_records.TopicStatusRecord(name, "t", topic)
