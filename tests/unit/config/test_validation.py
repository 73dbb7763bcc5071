"""What the herder makes of validation's answers, and what happens when plugins fail to give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from tests.unit.config import standins
from tests.unit.config.recordings import PROFILE, validation

from penstock.api.config import ConfigDef, ConfigType, ConfigValue
from penstock.api.connector import SinkConnector
from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import PluginIndex
from penstock.herder.results import ConfigInfos, RequestRefused
from penstock.herder.validation import refuse_invalid

EMBEDDED = {"value.converter": "StringConverter"}


def index_with(*connectors: type[SinkConnector]) -> PluginIndex:
    own = (standins.plugin(PluginKind.SINK, cls.__name__, f"{__name__}:{cls.__name__}", "1.0") for cls in connectors)
    return PluginIndex((*standins.index().plugins, *own))


def validated(config: dict[str, str | None], index: PluginIndex, props: Mapping[str, str] = PROFILE) -> ConfigInfos:
    return validation(index, props).validate_connector(config).result()


def errors_of(infos: ConfigInfos) -> dict[str, tuple[str, ...]]:
    return {
        info.value.name: info.value.errors for info in infos.configs if info.value is not None and info.value.errors
    }


class TestRefusal:
    def test_errors_are_told_together(self) -> None:
        infos = validated({"connector.class": "FileStreamSource", "tasks.max": "0"}, standins.index())
        with pytest.raises(RequestRefused) as caught:
            refuse_invalid(infos)
        assert (caught.value.status, caught.value.message) == (
            400,
            (
                "Connector configuration is invalid and contains the following 3 error(s):\n"
                'Missing required configuration "name" which has no default value.\n'
                "Invalid value 0 for configuration tasks.max: Value must be at least 1\n"
                'Missing required configuration "topic" which has no default value.\n'
                "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
            ),
        )

    def test_nothing_wrong(self) -> None:
        infos = validated({"connector.class": "FileStreamSource", "name": "n", "topic": "t"}, standins.index())
        assert infos.error_count == 0
        refuse_invalid(infos)

    def test_an_unknown_class(self) -> None:
        with pytest.raises(RequestRefused) as caught:
            validated({"connector.class": "NoSuch"}, standins.index())
        assert caught.value.status == 400
        assert caught.value.message.startswith(
            "Failed to find any class that implements Connector and which name matches NoSuch, available connectors are: "
        )

    def test_no_class(self) -> None:
        with pytest.raises(RequestRefused) as caught:
            validated({"name": "x", "file": None}, standins.index())
        assert caught.value.message == "Connector config {name=x, file=null} contains no connector type"


class TestVersions:
    def test_another_version_is_an_error_of_class_and_version(self) -> None:
        infos = validated(
            {"connector.class": "FileStreamSource", "connector.plugin.version": "1.0.0", "name": None}, standins.index()
        )
        told = (
            "Plugin org.apache.kafka.connect.file.FileStreamSourceConnector not found that matches the version range "
            "[1.0.0,1.0.0], available versions: [4.3.1]"
        )
        assert errors_of(infos) == {
            "name": ("Null value can not be supplied as the configuration value.",),
            "connector.class": (told,),
            "connector.plugin.version": (told,),
        }
        assert infos.error_count == 3

    def test_of_a_converter(self) -> None:
        infos = validated(
            {
                "connector.class": "MockSink",
                "name": "n",
                "topics": "t",
                "key.converter": "StringConverter",
                "key.converter.plugin.version": "[5.0,)",
            },
            standins.index(),
        )
        told = (
            "Plugin org.apache.kafka.connect.storage.StringConverter not found that matches the version range [5.0,), "
            "available versions: [4.3.1]"
        )
        assert errors_of(infos) == {"key.converter": (told,), "key.converter.plugin.version": (told,)}

    def test_of_a_transformation(self) -> None:
        infos = validated(
            {
                "connector.class": "MockSink",
                "name": "n",
                "topics": "t",
                "transforms": "r",
                "transforms.r.type": "RegexRouter",
                "transforms.r.plugin.version": "9",
            },
            standins.index(),
        )
        told = (
            "Plugin org.apache.kafka.connect.transforms.RegexRouter not found that matches the version range [9,9], available "
            "versions: [4.3.1]"
        )
        assert errors_of(infos) == {"transforms.r.type": (told,), "transforms.r.plugin.version": (told,)}


def test_embedded_defaults_are_shown() -> None:
    config: dict[str, str | None] = {"connector.class": "MockSink", "name": "n", "topics": "t"}
    infos = validated(config, standins.index(), EMBEDDED)
    shown = {
        info.definition.name: info.definition.default_value for info in infos.configs if info.definition is not None
    }
    assert shown["key.converter"] == "org.apache.kafka.connect.json.JsonConverter"
    assert shown["value.converter"] == "org.apache.kafka.connect.storage.StringConverter"


class TestPolicies:
    CONFIG: ClassVar[dict[str, str | None]] = {
        "connector.class": "MockSink",
        "name": "n",
        "topics": "t",
        "errors.deadletterqueue.topic.name": "d",
        "producer.override.acks": "1",
        "consumer.override.max.poll.records": "5",
        "consumer.override.sasl.jaas.config": "s3cret",
        "admin.override.retries": "3",
    }

    def test_every_client_that_the_connector_will_have_is_asked_about(self) -> None:
        props = {**PROFILE, "connector.client.config.override.policy": "None"}
        infos = validated(self.CONFIG, standins.index(), props)
        assert list(errors_of(infos)) == [
            "producer.override.acks",
            "consumer.override.max.poll.records",
            "consumer.override.sasl.jaas.config",
            "admin.override.retries",
        ]
        assert infos.error_count == 4

    def test_secrets_stay_hidden(self) -> None:
        infos = validated(self.CONFIG, standins.index())
        shown = {info.value.name: info.value.value for info in infos.configs if info.value is not None}
        assert shown["consumer.override.sasl.jaas.config"] == "[hidden]"
        assert infos.error_count == 0


class TestFailingPlugins:
    def result(self, connector: type[SinkConnector]) -> ConfigInfos:
        config: dict[str, str | None] = {"connector.class": connector.__name__, "name": "n", "topics": "t"}
        return validated(config, index_with(connector))

    def test_a_connector_adds_errors_of_its_own(self) -> None:
        infos = self.result(Judging)
        assert errors_of(infos) == {"size": ("too small for topics",)}
        assert infos.groups[-1] == "Own"

    def test_a_connector_that_raises(self) -> None:
        with pytest.raises(ConfigException, match=r"^cannot reach the system$"):
            self.result(Raising)

    def test_a_connector_without_keys_or_answer_is_a_bad_request(self) -> None:
        for connector, message in (
            (NoKeys, f"{__name__}.NoKeys.config() must return a ConfigDef that is not null."),
            (NoAnswer, f"{__name__}.NoAnswer.validate() must return a Config that is not null."),
        ):
            with pytest.raises(RequestRefused) as caught:
                self.result(connector)
            assert (caught.value.status, caught.value.message) == (400, message)

    def test_a_converter_that_fails_is_told_at_its_key(self, caplog: pytest.LogCaptureFixture) -> None:
        broken = standins.plugin(PluginKind.CONVERTER, "BrokenKeys", f"{__name__}:BrokenKeys")
        index = PluginIndex((*standins.index().plugins, broken))
        infos = validated(
            {"connector.class": "MockSink", "name": "n", "topics": "t", "key.converter": "BrokenKeys"}, index
        )
        assert errors_of(infos) == {"key.converter": ("Failed to load ConfigDef from key converter: no keys today",)}
        assert "no keys today" in caplog.text

    def test_a_class_that_needs_arguments_is_no_converter(self) -> None:
        needy = standins.plugin(PluginKind.CONVERTER, "Needy", f"{__name__}:Needy")
        index = PluginIndex((*standins.index().plugins, needy))
        infos = validated({"connector.class": "MockSink", "name": "n", "topics": "t", "key.converter": "Needy"}, index)
        (error,) = errors_of(infos)["key.converter"]
        assert error.startswith(
            f"Invalid value {__name__}.Needy for configuration key.converter: Could not find a public no-argument "
            "constructor for class: "
        )


class Judging(SinkConnector):
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("size", ConfigType.INT, default=1, group="Own")

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        values = super().validate(props)
        values[0].add_error("too small for topics")
        return values


class Raising(SinkConnector):
    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        raise ConfigException("cannot reach the system")


class NoKeys(SinkConnector):
    def config_def(self) -> Any:
        return None


class NoAnswer(SinkConnector):
    def validate(self, props: Mapping[str, str]) -> Any:
        return None


class BrokenKeys(standins.AnyConverter):
    def config_def(self) -> ConfigDef:
        raise RuntimeError("no keys today")


class Needy(standins.AnyConverter):
    def __init__(self, needed: str) -> None:
        self.needed = needed
