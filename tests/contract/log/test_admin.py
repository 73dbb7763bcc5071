"""The contract of an admin."""

from __future__ import annotations

import threading

import pytest
from tests.contract.log.adapter import Adapter, Listener, drive, group_config, partitions_of, send, unique

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, TopicDescription
from penstock.log.errors import (
    GroupNotEmptyError,
    InvalidTopicError,
    LogError,
    TopicCreationError,
    TopicExistsError,
    UnknownTopicError,
)


def refusal(adapter: Adapter, topic: NewTopic) -> LogError:
    admin = adapter.log.admin({})
    try:
        result = admin.create_topics([topic], 30)[topic.name]
        assert result is not None
        assert topic.name not in admin.list_topics(30)
        return result
    finally:
        admin.close()


def test_topics_are_created_described_and_deleted(adapter: Adapter) -> None:
    admin, other = adapter.log.admin({}), adapter.second_log().admin({})
    one, two = unique("one"), unique("two")
    created = admin.create_topics([NewTopic(one, 3, 1), NewTopic(two, configs={"cleanup.policy": "compact"})], 30)
    assert created == {one: None, two: None}
    names = other.list_topics(30)
    assert {one, two} <= set(names)
    assert names == sorted(names)
    assert other.describe_topics([one, two, unique("absent")], 30) == {
        one: TopicDescription(one, 3, 1),
        two: TopicDescription(two, 1, 1),
    }
    other.delete_topics([one, unique("absent")], 30)
    deadline = 100
    while one in admin.list_topics(30) and deadline:
        deadline -= 1
    assert one not in admin.list_topics(30)
    assert admin.describe_topics([one], 30) == {}
    admin.close()
    other.close()


def test_a_topic_that_exists_is_told_and_the_others_are_created(adapter: Adapter) -> None:
    there, new = adapter.new_topic(2), unique("new")
    admin = adapter.log.admin({})
    result = admin.create_topics([NewTopic(there, 1), NewTopic(new, 1)], 30)
    assert isinstance(result[there], TopicExistsError)
    assert str(result[there]) == f"Topic '{there}' already exists."
    assert result[new] is None
    assert admin.describe_topics([there], 30)[there].partitions == 2
    admin.close()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("bad topic!", "'bad topic!' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
        ("..", "'..' is not allowed"),
        (".", "'.' is not allowed"),
        ("x" * 250, f"the length of '{'x' * 250}' is longer than the max allowed length 249"),
    ],
)
def test_illegal_topic_names_are_refused_in_the_brokers_words(adapter: Adapter, name: str, fault: str) -> None:
    error = refusal(adapter, NewTopic(name, 1))
    assert isinstance(error, InvalidTopicError)
    assert str(error) == f"Topic name is invalid: {fault}"


def test_names_that_differ_only_in_dots_and_underscores_collide(adapter: Adapter) -> None:
    plain = unique("a.b_c").replace("-", ".")
    admin = adapter.log.admin({})
    assert admin.create_topics([NewTopic(plain, 1)], 30) == {plain: None}
    admin.close()
    clash = plain.replace(".", "_")
    error = refusal(adapter, NewTopic(clash, 1))
    assert isinstance(error, InvalidTopicError)
    assert str(error) == f"Topic '{clash}' collides with existing topic: {plain}"


def test_what_the_log_cannot_give_is_refused(adapter: Adapter) -> None:
    too_many_copies = refusal(adapter, NewTopic(unique("topic"), 1, 3))
    assert isinstance(too_many_copies, TopicCreationError)
    assert str(too_many_copies) == (
        "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 "
        "broker(s) are registered or some brokers have all their log directories cordoned."
    )
    no_copies = refusal(adapter, NewTopic(unique("topic"), 1, 0))
    assert isinstance(no_copies, TopicCreationError)
    assert str(no_copies) == "Replication factor must be larger than 0, or -1 to use the default value."
    no_partitions = refusal(adapter, NewTopic(unique("topic"), 0))
    assert isinstance(no_partitions, TopicCreationError)
    assert str(no_partitions) == "Number of partitions was set to an invalid non-positive value."


@pytest.mark.parametrize(
    ("config", "value", "text"),
    [
        ("no.such.config", "1", "Unknown topic config name: no.such.config"),
        ("retention.ms", "soon", "Invalid value soon for configuration retention.ms: Not a number of type LONG"),
        ("retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
        (
            "cleanup.policy",
            "burn",
            "Invalid value burn for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "min.cleanable.dirty.ratio",
            "2",
            "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
    ],
)
def test_wrong_topic_configs_are_refused_in_the_brokers_words(
    adapter: Adapter, config: str, value: str, text: str
) -> None:
    error = refusal(adapter, NewTopic(unique("topic"), 1, configs={config: value}))
    assert isinstance(error, TopicCreationError)
    assert str(error) == text


def test_topic_configs_are_the_effective_ones(adapter: Adapter) -> None:
    topic = adapter.new_topic(1, {"cleanup.policy": "compact", "retention.bytes": "12345"})
    admin = adapter.log.admin({})
    configs = admin.topic_configs(topic, 30)
    assert configs["cleanup.policy"] == "compact"
    assert configs["retention.bytes"] == "12345"
    assert configs["retention.ms"] == "604800000"
    with pytest.raises(UnknownTopicError):
        admin.topic_configs(unique("absent"), 30)
    admin.close()


def test_end_offsets(adapter: Adapter) -> None:
    topic = adapter.new_topic(2)
    send(adapter.log, topic, b"a", b"b", partition=1)
    admin = adapter.log.admin({})
    assert admin.end_offsets(partitions_of(topic, 2), 30) == {TopicPartition(topic, 0): 0, TopicPartition(topic, 1): 2}
    admin.close()


def test_a_topic_made_anew_is_empty_and_writable(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    producer = adapter.log.producer({})
    send(adapter.log, topic, b"old", b"older")
    admin = adapter.log.admin({})
    admin.delete_topics([topic], 30)
    tries = 200
    while admin.create_topics([NewTopic(topic, 1)], 30)[topic] is not None:
        tries -= 1
        assert tries, "the topic could not be created anew"
    assert admin.end_offsets([TopicPartition(topic, 0)], 30) == {TopicPartition(topic, 0): 0}
    send(adapter.log, topic, b"new")
    assert admin.end_offsets([TopicPartition(topic, 0)], 30) == {TopicPartition(topic, 0): 1}
    admin.close()
    producer.close(30)


def test_group_offsets_are_set_read_and_forgotten(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(2), unique("group")
    first, second = partitions_of(topic, 2)
    admin = adapter.log.admin({})
    assert admin.group_offsets(group, 30) == {}
    admin.alter_group_offsets(group, {first: 3, second: 4}, 30)
    admin.alter_group_offsets(group, {second: 5}, 30)
    assert admin.group_offsets(group, 30) == {first: 3, second: 5}
    consumer = adapter.log.consumer({"group.id": group})
    assert consumer.committed([first, second], 30) == {first: 3, second: 5}
    consumer.close()
    admin.delete_group_offsets(group, [first], 30)
    assert admin.group_offsets(group, 30) == {second: 5}
    admin.delete_group(group, 30)
    assert admin.group_offsets(group, 30) == {}
    admin.close()


def test_a_consumers_commits_are_the_groups_offsets(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(), unique("group")
    consumer = adapter.log.consumer(group_config(adapter, group))
    consumer.subscribe([topic], Listener())
    drive([consumer], lambda: bool(consumer.assignment))
    consumer.commit({TopicPartition(topic, 0): 0}, 30)
    admin = adapter.second_log().admin({})
    assert admin.group_offsets(group, 30) == {TopicPartition(topic, 0): 0}
    consumer.close()
    assert admin.group_offsets(group, 30) == {TopicPartition(topic, 0): 0}
    admin.close()


def test_unknown_groups_need_nothing_done(adapter: Adapter) -> None:
    topic = adapter.new_topic()
    admin = adapter.log.admin({})
    admin.delete_group_offsets(unique("group"), [TopicPartition(topic, 0)], 30)
    admin.delete_group(unique("group"), 30)
    admin.close()


def test_offsets_of_a_topic_that_does_not_exist_are_refused(adapter: Adapter) -> None:
    admin = adapter.log.admin({})
    with pytest.raises(UnknownTopicError):
        admin.alter_group_offsets(unique("group"), {TopicPartition(unique("absent"), 0): 1}, 30)
    admin.close()


def test_a_group_with_members_is_left_alone(adapter: Adapter) -> None:
    topic, group = adapter.new_topic(), unique("group")
    partition = TopicPartition(topic, 0)
    consumer = adapter.log.consumer(group_config(adapter, group, session_timeout_ms="45000"))
    consumer.subscribe([topic], Listener())
    drive([consumer], lambda: bool(consumer.assignment))
    consumer.commit({partition: 0}, 30)
    admin = adapter.second_log().admin({})
    with pytest.raises(GroupNotEmptyError):
        admin.alter_group_offsets(group, {partition: 1}, 30)
    with pytest.raises(GroupNotEmptyError):
        admin.delete_group_offsets(group, [partition], 30)
    with pytest.raises(GroupNotEmptyError):
        admin.delete_group(group, 30)
    assert admin.group_offsets(group, 30) == {partition: 0}
    consumer.close()
    admin.alter_group_offsets(group, {partition: 1}, 30)
    assert admin.group_offsets(group, 30) == {partition: 1}
    admin.close()


def test_deleting_a_topic_forgets_its_committed_offsets(adapter: Adapter) -> None:
    stays, goes, group = adapter.new_topic(), adapter.new_topic(), unique("group")
    admin = adapter.log.admin({})
    admin.alter_group_offsets(group, {TopicPartition(stays, 0): 0, TopicPartition(goes, 0): 0}, 30)
    admin.delete_topics([goes], 30)
    tries = 1000
    while TopicPartition(goes, 0) in admin.group_offsets(group, 30):
        tries -= 1
        assert tries, "the offsets of a deleted topic stay"
    assert admin.group_offsets(group, 30) == {TopicPartition(stays, 0): 0}
    admin.close()


def test_the_cluster_id_is_the_same_for_everybody(adapter: Adapter) -> None:
    one, two = adapter.log.admin({}), adapter.second_log().admin({})
    assert one.cluster_id(30) == two.cluster_id(30)
    assert len(one.cluster_id(30)) == 22
    one.close()
    two.close()


def test_an_admin_may_be_shared_among_threads(adapter: Adapter) -> None:
    admin = adapter.log.admin({})
    names = [unique("topic") for _ in range(4)]
    results: dict[str, LogError | None] = {}

    def create(name: str) -> None:
        results.update(admin.create_topics([NewTopic(name, 1)], 30))

    threads = [threading.Thread(target=create, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == dict.fromkeys(names)
    assert set(names) <= set(admin.list_topics(30))
    admin.close()


def test_close_is_idempotent(adapter: Adapter) -> None:
    admin = adapter.log.admin({})
    admin.close()
    admin.close()
