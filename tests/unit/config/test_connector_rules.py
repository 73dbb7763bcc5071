"""Rules for connector configs that validation's recordings do not reach: what fails at the start, versions, policies."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import pytest
from tests.unit.config import standins

from penstock.api.config import ConfigDef, ConfigType, ConfigValue
from penstock.api.connector import ConnectorTransactionBoundaries, ExactlyOnceSupport, SourceConnector
from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.api.override import ClientType, ConnectorClientConfigRequest
from penstock.api.transform import Transformation
from penstock.config.connector_keys import connector_keys
from penstock.config.enrich import enriched
from penstock.config.overrides import (
    CLIENT_KEYS,
    AllConnectorClientConfigOverridePolicy,
    AllowlistConnectorClientConfigOverridePolicy,
    NoneConnectorClientConfigOverridePolicy,
    PrincipalConnectorClientConfigOverridePolicy,
    client_overrides,
)
from penstock.config.plugin_class import check_concrete
from penstock.config.sink import require_topics, topics_of
from penstock.config.topic_creation import TopicCreation, parse_topic_creation
from penstock.config.versions import check_installed, version_requirement
from penstock.discovery.plugins import PluginIndex
from penstock.tasks.exactly_once_checks import check_exactly_once, check_sink_group
from penstock.tasks.installed import InstalledPlugins


class TestTopicCreation:
    BASE: ClassVar[dict[str, str | None]] = {
        "topic.creation.default.partitions": "3",
        "topic.creation.default.replication.factor": "-1",
        "topic.creation.default.cleanup.policy": "compact",
        "topic.creation.default.include": "ignored",
    }

    def parse(self, groups: list[str], **more: str) -> TopicCreation:
        props = {**self.BASE, **{f"topic.creation.{key.replace('__', '.')}": value for key, value in more.items()}}
        found = parse_topic_creation(props, groups)
        assert found is not None
        return found

    def test_not_used_without_its_keys(self) -> None:
        assert parse_topic_creation({"topic": "t"}, []) is None

    def test_the_default_group_takes_every_topic(self) -> None:
        group = self.parse([]).group_for("whatever")
        assert (group.name, group.partitions, group.replication_factor) == ("default", 3, -1)
        assert dict(group.configs) == {"cleanup.policy": "compact"}

    def test_the_first_group_that_matches_the_whole_name_counts(self) -> None:
        creation = self.parse(
            ["logs", "all"],
            logs__include="log-.*,audit",
            logs__exclude="log-x",
            logs__partitions="1",
            all__include=".*",
            all__retention__ms="5",
        )
        assert [creation.group_for(topic).name for topic in ("log-1", "audit", "log-x", "an audit")] == [
            "logs",
            "logs",
            "all",
            "all",
        ]
        assert (creation.group_for("log-1").partitions, creation.group_for("log-1").replication_factor) == (1, -1)
        assert dict(creation.group_for("other").configs) == {"retention.ms": "5"}

    def test_a_group_without_include_takes_nothing(self) -> None:
        assert self.parse(["empty"]).group_for("t").name == "default"

    def test_default_need_not_be_listed(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            assert [group.name for group in self.parse(["default"]).groups] == ["default"]
        assert "'default' topic creation group always exists" in caplog.text

    @pytest.mark.parametrize(
        ("props", "message"),
        [
            (
                {"topic.creation.groups": "a"},
                'Missing required configuration "topic.creation.default.replication.factor" which has no default value.',
            ),
            (
                {**BASE, "topic.creation.default.partitions": "0"},
                (
                    "Invalid value 0 for configuration partitions: Number of partitions must be positive, or -1 to use the "
                    "broker's default"
                ),
            ),
            (
                {**BASE, "topic.creation.default.replication.factor": "x"},
                "Invalid value x for configuration topic.creation.default.replication.factor: Not a number of type SHORT",
            ),
        ],
    )
    def test_wrong_values_fail_the_start(self, props: dict[str, str | None], message: str) -> None:
        with pytest.raises(ConfigException) as caught:
            parse_topic_creation(props, [])
        assert str(caught.value) == message

    def test_a_broken_expression(self) -> None:
        with pytest.raises(ConfigException) as caught:
            self.parse(["a"], a__include="(")
        assert str(caught.value) == (
            "Invalid value [(] for configuration include: Syntax error in regular expression: Unclosed group near index 1\n("
        )


class TestSinks:
    def test_topics_are_distinct_and_not_empty(self) -> None:
        assert topics_of({"topics": " a , ,b,a"}) == ["a", "b"]
        assert topics_of({}) == []

    def test_the_start_refuses_what_validation_tells(self) -> None:
        require_topics({"topics": "a"})
        with pytest.raises(ConfigException) as caught:
            require_topics({})
        assert str(caught.value) == (
            "Invalid value null for configuration topics: Must configure one of topics or topics.regex"
        )

    def test_the_group_of_the_workers_is_taken(self) -> None:
        values = {"name": ConfigValue("name", "x")}
        check_sink_group({"name": "x"}, values, "connect-x")
        assert values["name"].errors == [
            "Consumer group for sink connector named x conflicts with Connect worker group connect-x"
        ]
        check_sink_group({"name": "x", "consumer.override.group.id": "g"}, values, "g")
        assert values["consumer.override.group.id"].errors == ["Consumer group g conflicts with Connect worker group g"]


class TestExactlyOnce:
    PROPS: ClassVar[dict[str, str]] = {"exactly.once.support": "REQUIRED", "transaction.boundary": "Connector"}

    def errors(self, connector: SourceConnector, *, enabled: bool = True) -> list[str]:
        values = {key: ConfigValue(key, self.PROPS[key]) for key in ("exactly.once.support", "transaction.boundary")}
        check_exactly_once(self.PROPS, values, connector, enabled=enabled)
        return [error for value in values.values() for error in value.errors]

    def test_both_sides_can(self) -> None:
        class Able(SourceConnector):
            def exactly_once_support(self, props: Any) -> ExactlyOnceSupport:
                return ExactlyOnceSupport.SUPPORTED

            def can_define_transaction_boundaries(self, props: Any) -> ConnectorTransactionBoundaries:
                return ConnectorTransactionBoundaries.SUPPORTED

        assert self.errors(Able()) == []
        assert self.errors(Able(), enabled=False) == ["This worker does not have exactly-once source support enabled."]

    def test_the_connector_does_not_say(self) -> None:
        support, boundary = self.errors(standins.AnySource())
        assert support.startswith("The connector does not implement the API required for preflight validation")
        assert boundary.startswith("The connector does not support connector-defined transaction boundaries")

    def test_the_connector_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        class Failing(SourceConnector):
            def exactly_once_support(self, props: Any) -> ExactlyOnceSupport:
                raise ValueError("no idea")

            def can_define_transaction_boundaries(self, props: Any) -> ConnectorTransactionBoundaries:
                raise ValueError

        assert self.errors(Failing()) == [
            "An unexpected error occurred during validation: no idea",
            "An unexpected error occurred during validation; please see the worker logs for more details.",
        ]
        assert "no idea" in caplog.text

    def test_unsupported_and_null(self) -> None:
        class Unable(SourceConnector):
            def exactly_once_support(self, props: Any) -> ExactlyOnceSupport:
                return ExactlyOnceSupport.UNSUPPORTED

            def can_define_transaction_boundaries(self, props: Any) -> Any:
                return None

        support, boundary = self.errors(Unable())
        assert support == "The connector does not support exactly-once semantics with the provided configuration."
        assert boundary.startswith("This connector has returned a null value from its canDefineTransactionBoundaries")


class TestVersions:
    @pytest.mark.parametrize(
        ("wanted", "fits", "not_"),
        [
            ("1.0", ["1.0", "1", "1.0.0"], ["1.0.1", "1.0-rc1"]),
            ("[1.0,2.0)", ["1.0", "1.9.9", "2.0-alpha"], ["2.0", "0.9"]),
            ("(1.0,]", ["1.0.1", "9"], ["1.0"]),
            ("[,1.0],[2.0,3.0]", ["0.5", "2.5"], ["1.5", "3.1"]),
            ("[1.5]", ["1.5"], ["1.5.1"]),
        ],
    )
    def test_ranges(self, wanted: str, fits: list[str], not_: list[str]) -> None:
        requirement = version_requirement(wanted)
        assert requirement is not None
        assert [version for version in fits if version not in requirement] == []
        assert [version for version in not_ if version in requirement] == []

    def test_any_version_will_do(self) -> None:
        assert version_requirement(None) is None
        assert version_requirement("latest") is None

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ("[1.0", "Unbounded range: [1.0"),
            ("(1.0)", "Single version must be surrounded by []: (1.0)"),
            ("[1.0,1.0]", "Range cannot have identical boundaries: [1.0,1.0]"),
            ("[2.0,1.0]", "Range defies version ordering: [2.0,1.0]"),
            ("[1.0],x", "Only fully-qualified sets allowed in multiple set scenario: [1.0],x"),
            ("1.0,2.0", "Only fully-qualified sets allowed in multiple set scenario: 1.0,2.0"),
        ],
    )
    def test_what_is_no_range(self, wanted: str, message: str) -> None:
        with pytest.raises(ConfigException) as caught:
            version_requirement(wanted)
        assert str(caught.value) == message

    def test_another_version_is_installed(self) -> None:
        check_installed("x.Y", "1.0", "[1.0,2.0)")
        check_installed("x.Y", None, "3.0")
        with pytest.raises(ConfigException) as caught:
            check_installed("x.Y", "1.0", "3.0")
        assert str(caught.value) == (
            "Plugin x.Y not found that matches the version range [3.0,3.0], available versions: [1.0]"
        )


class TestOverrides:
    def request(self, **props: object) -> ConnectorClientConfigRequest:
        given = {key.replace("_", "."): value for key, value in props.items()}
        return ConnectorClientConfigRequest("c", "sink", standins.FileSink, given, ClientType.CONSUMER)

    @pytest.mark.parametrize(
        ("policy", "allowed"),
        [
            (AllConnectorClientConfigOverridePolicy, ["acks", "sasl.mechanism"]),
            (NoneConnectorClientConfigOverridePolicy, []),
            (PrincipalConnectorClientConfigOverridePolicy, ["sasl.mechanism"]),
            (AllowlistConnectorClientConfigOverridePolicy, ["acks"]),
        ],
    )
    def test_policies(self, policy: type[Any], allowed: list[str], caplog: pytest.LogCaptureFixture) -> None:
        made = policy()
        worker = {"connector.client.config.override.allowlist": "acks"}
        made.use_config(worker)
        made.configure(worker)
        values = made.validate(self.request(acks="1", sasl_mechanism="PLAIN"))
        assert [value.name for value in values if not value.errors] == allowed
        refused = [value.errors for value in values if value.errors]
        name = policy.__name__.removesuffix("ConnectorClientConfigOverridePolicy")
        assert all(
            error[0].startswith(f"The '{name}' policy does not allow '")
            and error[0].endswith("' to be overridden in the connector configuration.")
            for error in refused
        )
        assert ("deprecated" in caplog.text) == (name == "Principal")

    def test_values_have_their_clients_types(self) -> None:
        found = client_overrides(
            {"producer.override.linger.ms": "5", "producer.override.x": "y", "consumer.override.linger.ms": "6"},
            ClientType.PRODUCER,
        )
        assert found == {"linger.ms": 5, "x": "y"}
        with pytest.raises(
            ConfigException, match=r"^Invalid value x for configuration linger.ms: Not a number of type LONG$"
        ):
            client_overrides({"producer.override.linger.ms": "x"}, ClientType.PRODUCER)

    def test_every_client_is_known(self) -> None:
        assert CLIENT_KEYS[ClientType.PRODUCER].keys["acks"].default == "all"
        assert CLIENT_KEYS[ClientType.CONSUMER].keys["max.poll.records"].default == 500
        assert CLIENT_KEYS[ClientType.ADMIN].keys["retries"].default == 2_147_483_647


class TestEnriching:
    PLUGINS = InstalledPlugins(standins.index())

    def test_the_start_of_a_connector_is_strict(self) -> None:
        props: dict[str, str | None] = {"transforms": "a", "transforms.a.type": "NoSuch"}
        assert "transforms.a.type" in enriched(connector_keys(), props, self.PLUGINS)
        with pytest.raises(ConfigException) as caught:
            enriched(connector_keys(), props, self.PLUGINS, strict=True)
        assert str(caught.value) == (
            "Invalid value NoSuch for configuration transforms.a.type: Class NoSuch could not be found."
        )

    def test_a_type_is_needed(self) -> None:
        with pytest.raises(ConfigException) as caught:
            enriched(connector_keys(), {"predicates": "a"}, self.PLUGINS, strict=True)
        assert str(caught.value) == "Invalid value null for configuration predicates.a.type: Not a Predicate"

    def test_keys_of_unlisted_aliases_are_ignored(self) -> None:
        found = enriched(connector_keys(), {"transforms.a.type": "RegexRouter"}, self.PLUGINS)
        assert list(found.keys) == list(connector_keys().keys)

    def test_keys_that_the_runtime_adds_mask_a_plugins_own(self, caplog: pytest.LogCaptureFixture) -> None:
        target = f"{__name__}:Masking"
        index = PluginIndex((standins.plugin(PluginKind.TRANSFORMATION, "Masking", target),))
        props: dict[str, str | None] = {"transforms": "a", "transforms.a.type": "Masking"}
        found = enriched(ConfigDef(), props, InstalledPlugins(index))
        assert [key for key in found.keys if key.endswith("negate")] == ["transforms.a.negate"]
        assert found.keys["transforms.a.negate"].type is ConfigType.BOOLEAN
        assert "negate is masked by implicit config of that name" in caplog.text

    def test_a_class_that_cannot_be_made(self) -> None:
        index = PluginIndex((standins.plugin(PluginKind.TRANSFORMATION, "Broken", f"{__name__}:Broken"),))
        props: dict[str, str | None] = {"transforms": "a", "transforms.a.type": "Broken"}
        found = enriched(ConfigDef(), props, InstalledPlugins(index))
        errors = {value.name: value.errors for value in found.validate(props, InstalledPlugins(index).find_class)}
        assert errors["transforms.a.type"] == [
            (
                "Invalid value Broken for configuration transforms.a.type: Error getting config definition from "
                "Transformation: out of order"
            )
        ]

    def test_a_class_that_cannot_be_imported(self) -> None:
        index = PluginIndex((standins.plugin(PluginKind.TRANSFORMATION, "Gone", "no_such_module:Gone"),))
        with pytest.raises(ConfigException, match=r"^Class Gone cannot be loaded: Module no_such_module of plugin"):
            InstalledPlugins(index).find_class("Gone")

    def test_an_abstract_class_names_its_concrete_parts(self) -> None:
        with pytest.raises(ConfigException) as caught:
            check_concrete(PluginKind.TRANSFORMATION, Outer)
        assert str(caught.value) == (
            f"This class is abstract and cannot be created. Did you mean {__name__}.Outer.Key, x.Outer$Value?"
        )


class Masking(standins.AnyTransformation):
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("negate", ConfigType.STRING, default="own")


class Broken(standins.AnyTransformation):
    def __init__(self) -> None:
        raise RuntimeError("out of order")


class Outer(Transformation[Any]):
    class Key(standins.AnyTransformation):
        pass

    class Value(standins.AnyTransformation):
        connect_name = "x.Outer$Value"
