"""References in the worker's properties: resolved by a process of its own, and hidden from then on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.cli.references import has_references, resolved_properties
from penstock.cli.standalone import prepare
from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.logcontext import SECRETS

PACKAGE = "org.apache.kafka.common.config.provider."
INDEX = PluginIndex(
    plugins=tuple(
        PluginDescriptor(PluginKind.CONFIG_PROVIDER, target, name, "1", "d")
        for target, name in (
            ("penstock.config.providers:FileConfigProvider", PACKAGE + "FileConfigProvider"),
            ("penstock.config.providers:EnvVarConfigProvider", PACKAGE + "EnvVarConfigProvider"),
            ("tests.unit.cli.slow_provider:HangingProvider", "Hanging"),
            ("tests.unit.cli.slow_provider:ExitingProvider", "Exiting"),
            ("tests.unit.cli.slow_provider:PrintingProvider", "Printing"),
        )
    )
)


def declared(**providers: str) -> dict[str, str]:
    classes = {f"config.providers.{name}.class": target for name, target in providers.items()}
    return {"config.providers": ",".join(providers), **classes}


def test_files_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets").write_text("password=s3cret-in-a-file\n")
    monkeypatch.setenv("PENSTOCK_TEST_TOPIC", "topic-of-the-environment")
    props = {
        **declared(file=PACKAGE + "FileConfigProvider", env="EnvVarConfigProvider"),
        "a": f"x${{file:{tmp_path}/secrets:password}}y",
        "b": "${env:PENSTOCK_TEST_TOPIC}",
        "c": "${nobody:knows}",
        "plugin.path": "${env:PENSTOCK_TEST_TOPIC}",
    }
    assert has_references(props)
    found = resolved_properties(props, INDEX)
    assert (found["a"], found["b"]) == ("xs3cret-in-a-filey", "topic-of-the-environment")
    assert found["c"] == "${nobody:knows}", "what nobody knows stands as it was"
    assert found["plugin.path"] == "${env:PENSTOCK_TEST_TOPIC}", "read as it is written"
    assert SECRETS.clean("it is s3cret-in-a-file") == "it is [hidden]"


def test_nothing_to_resolve() -> None:
    assert not has_references({"a": "${env:HOME}"})
    assert not has_references({**declared(env="EnvVarConfigProvider"), "a": "b", "plugin.path": "${env:HOME}"})


def test_a_provider_that_is_not_installed() -> None:
    props = {**declared(x="no.such.Provider"), "a": "${x:y}"}
    with pytest.raises(ConfigException) as caught:
        resolved_properties(props, INDEX)
    assert str(caught.value) == (
        "Invalid value no.such.Provider for configuration config.providers.x.class: "
        "Could not load config provider class or one of its dependencies"
    )


def test_a_provider_that_hangs() -> None:
    props = {**declared(h="Hanging"), "some.key": "${h:y}"}
    began = time.monotonic()
    with pytest.raises(ConfigException) as caught:
        resolved_properties(props, INDEX, deadline_s=3)
    assert time.monotonic() - began < 10
    assert str(caught.value) == (
        "The config providers of the worker's properties did not answer within 3 s. The references are in: some.key"
    )


def test_a_provider_that_ends_the_process() -> None:
    props = {**declared(e="Exiting"), "a": "${e:y}"}
    with pytest.raises(ConfigException, match="The process that asks config providers ended with code 7: said before"):
        resolved_properties(props, INDEX)


def test_a_provider_that_prints() -> None:
    props = {**declared(p="Printing"), "a": "${p:y}"}
    assert resolved_properties(props, INDEX)["a"] == "found"


def test_the_worker_is_given_resolved_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_TEST_INTERVAL", "1234")
    monkeypatch.setattr("penstock.discovery.scan.scan_plugins", lambda *_: INDEX)
    props = {**declared(env="EnvVarConfigProvider"), "offset.flush.interval.ms": "${env:PENSTOCK_TEST_INTERVAL}"}
    config, _ = prepare(props)
    assert config.offset_flush_interval_s == 1.234
