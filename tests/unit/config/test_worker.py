"""The worker's properties: what must be there, what stands in, and what is wrong (recorded: live/startup)."""

from __future__ import annotations

import logging

import pytest

from penstock.api.exceptions import ConfigException
from penstock.config.distributed_keys import mac_digest
from penstock.config.rest_keys import header_rules
from penstock.config.worker import WorkerConfig, WorkerMode, worker_config_def

JSON = "org.apache.kafka.connect.json.JsonConverter"
KAFKA = {"bootstrap.servers": "a:9092, b:9092", "key.converter": JSON, "value.converter": JSON}
STANDALONE = {**KAFKA, "offset.storage.file.filename": "offsets"}
DISTRIBUTED = {
    **KAFKA,
    "group.id": "g",
    "offset.storage.topic": "o",
    "config.storage.topic": "c",
    "status.storage.topic": "s",
}


def without(props: dict[str, str], key: str) -> dict[str, str]:
    return {name: value for name, value in props.items() if name != key}


def refusal(props: dict[str, str], mode: WorkerMode) -> str:
    with pytest.raises(ConfigException) as caught:
        WorkerConfig.parse(props, mode)
    return str(caught.value)


class TestModes:
    def test_embedded_needs_nothing(self) -> None:
        config = WorkerConfig.parse({}, WorkerMode.alone({}))
        assert config.mode is WorkerMode.EMBEDDED
        assert config.bootstrap_servers is None
        assert (config.key_converter, config.value_converter) == (JSON, JSON)
        assert config.header_converter == "org.apache.kafka.connect.storage.SimpleHeaderConverter"
        assert config.props["key.converter"] == JSON, "children get the converters that stand in"
        assert config.values.get_string("embedded.log.path") == "penstock-log.db"
        assert config.values.get_string("embedded.log.durability") == "NORMAL"

    def test_a_broker_makes_it_standalone(self) -> None:
        config = WorkerConfig.parse(STANDALONE, WorkerMode.alone(STANDALONE))
        assert config.mode is WorkerMode.STANDALONE
        assert config.bootstrap_servers == "a:9092,b:9092"
        assert config.group_id is None
        assert not config.exactly_once_enabled

    def test_a_config_topic_makes_it_distributed(self) -> None:
        config = WorkerConfig.parse(
            {**DISTRIBUTED, "exactly.once.source.support": "ENABLED"}, WorkerMode.of(DISTRIBUTED)
        )
        assert config.mode is WorkerMode.DISTRIBUTED
        assert config.group_id == "g"
        assert config.exactly_once_enabled, "upper case is accepted"
        assert not WorkerConfig.parse(DISTRIBUTED, WorkerMode.DISTRIBUTED).exactly_once_enabled

    def test_times_are_seconds(self) -> None:
        config = WorkerConfig.parse({"offset.flush.interval.ms": "1500"}, WorkerMode.EMBEDDED)
        assert (config.offset_flush_interval_s, config.offset_flush_timeout_s, config.task_shutdown_timeout_s) == (
            1.5,
            5,
            5,
        )

    def test_unknown_keys_are_kept_for_clients(self) -> None:
        config = WorkerConfig.parse({**STANDALONE, "producer.acks": "1", "foo": "x"}, WorkerMode.STANDALONE)
        assert config.with_prefix("producer.") == {"acks": "1"}
        assert config.props["foo"] == "x"

    def test_secrets_do_not_print(self) -> None:
        config = WorkerConfig.parse(
            {"ssl.key.password": "s3cret", "producer.sasl.jaas.config": "s3cret"}, WorkerMode.EMBEDDED
        )
        assert "s3cret" not in repr(config)


class TestRefusals:
    @pytest.mark.parametrize(
        "key", ["key.converter", "value.converter", "bootstrap.servers", "offset.storage.file.filename"]
    )
    def test_standalone_requires(self, key: str) -> None:
        assert refusal(without(STANDALONE, key), WorkerMode.STANDALONE) == (
            f'Missing required configuration "{key}" which has no default value.'
        )

    @pytest.mark.parametrize(
        "key", ["group.id", "config.storage.topic", "offset.storage.topic", "status.storage.topic"]
    )
    def test_distributed_requires(self, key: str) -> None:
        assert refusal(without(DISTRIBUTED, key), WorkerMode.DISTRIBUTED) == (
            f'Missing required configuration "{key}" which has no default value.'
        )

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            (
                "task.isolation",
                "fibre",
                "Invalid value fibre for configuration task.isolation: String must be one of: process, thread",
            ),
            (
                "embedded.log.durability",
                "SOME",
                "Invalid value SOME for configuration embedded.log.durability: String must be one of: NORMAL, FULL",
            ),
            (
                "embedded.log.retention.ms",
                "-2",
                "Invalid value -2 for configuration embedded.log.retention.ms: Value must be at least -1",
            ),
            (
                "offset.flush.interval.ms",
                "1s",
                "Invalid value 1s for configuration offset.flush.interval.ms: Not a number of type LONG",
            ),
            (
                "bootstrap.servers",
                "",
                "Configuration 'bootstrap.servers' must not be empty. Valid values include: any non-empty value",
            ),
            (
                "listeners",
                "",
                "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.",
            ),
            ("listeners", "http://a:1, ,http://b:2", "Empty URL found when parsing listeners list."),
            (
                "ssl.client.auth",
                "maybe",
                "Invalid value maybe for configuration ssl.client.auth: String must be one of: required, requested, none",
            ),
            (
                "response.http.headers.config",
                "set X-A",
                "Invalid format of header name and header value pair 'X-A'. Expected: '[header name]:[header value]'",
            ),
            (
                "response.http.headers.config",
                "put X:1",
                "Invalid header config action: 'put'. Expected one of [set, add, setDate, addDate]",
            ),
            (
                "response.http.headers.config",
                "set",
                "Invalid format of header config 'set'. Expected: '[action] [header name]:[header value]'",
            ),
            (
                "response.http.headers.config",
                "set X Y:1",
                "Invalid header name 'X Y'. The '[header name]' cannot contain whitespace",
            ),
        ],
    )
    def test_a_wrong_value(self, key: str, value: str, message: str) -> None:
        assert refusal({key: value}, WorkerMode.EMBEDDED) == message

    def test_offset_partitions_are_positive_or_the_brokers(self) -> None:
        assert refusal({**DISTRIBUTED, "offset.storage.partitions": "0"}, WorkerMode.DISTRIBUTED) == (
            "Invalid value 0 for configuration offset.storage.partitions: Number of partitions must be positive, or -1 to use "
            "the broker's default"
        )
        config = WorkerConfig.parse({**DISTRIBUTED, "offset.storage.replication.factor": "-1"}, WorkerMode.DISTRIBUTED)
        assert config.values.get_int("offset.storage.replication.factor") == -1

    def test_signatures(self) -> None:
        key = "inter.worker.signature.algorithm"
        assert refusal({**DISTRIBUTED, key: "HmacSHA512"}, WorkerMode.DISTRIBUTED) == (
            f"Invalid value HmacSHA512 for configuration {key}: Signature algorithm must be present in "
            "inter.worker.verification.algorithms list"
        )
        assert refusal({**DISTRIBUTED, key: "HmacRot13"}, WorkerMode.DISTRIBUTED).startswith(
            f"Invalid value HmacRot13 for configuration {key}: the algorithm is not supported by this worker; the supported "
            "algorithms are: [HmacMD5, HmacSHA1,"
        )
        assert refusal({**DISTRIBUTED, "inter.worker.verification.algorithms": ""}, WorkerMode.DISTRIBUTED) == (
            "Invalid value [] for configuration inter.worker.verification.algorithms: At least one signature verification "
            "algorithm must be provided"
        )
        assert mac_digest("hmacsha256") == "sha256"

    def test_a_protocol(self) -> None:
        assert refusal({**DISTRIBUTED, "connect.protocol": "lazy"}, WorkerMode.DISTRIBUTED) == (
            "Invalid value lazy for configuration connect.protocol: Invalid Connect protocol compatibility"
        )

    def test_a_class_that_nobody_has(self) -> None:
        config = WorkerConfig.parse({"key.converter": "no.such.Converter"}, WorkerMode.EMBEDDED)
        with pytest.raises(ConfigException) as caught:
            config.require_classes(lambda _key, name: name != "no.such.Converter")
        assert str(caught.value) == (
            "Invalid value no.such.Converter for configuration key.converter: Class no.such.Converter could not be found."
        )
        config.require_classes(lambda _key, _name: True)


def test_keys_without_effect_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    config = WorkerConfig.parse({"internal.key.converter": JSON}, WorkerMode.EMBEDDED)
    with caplog.at_level(logging.WARNING):
        config.warn_of_removed_keys()
    assert "(['internal.key.converter'])" in caplog.text


def test_every_key_is_documented() -> None:
    for mode in WorkerMode:
        assert [key.name for key in worker_config_def(mode) if not key.doc] == []


def test_header_rules_may_hold_commas_in_quotes() -> None:
    text = 'set X-Frame-Options:DENY, "add Cache-Control: no-cache, no-store", setDate X-Now:0'
    assert list(header_rules(text)) == [
        "set X-Frame-Options:DENY",
        "add Cache-Control: no-cache, no-store",
        "setDate X-Now:0",
    ]
