"""Connectors from files: what is created, and what is told when it cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from tests.unit.rest.fake_herder import FILE, FakeHerder

from penstock.api.hooks import PluginKind
from penstock.cli.exits import CommandError, ExitCode
from penstock.cli.startup import StartInterruptedError, StartupConnectors
from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.states import TargetState

INDEX = PluginIndex(
    plugins=tuple(
        PluginDescriptor(kind, f"penstock_file:{name}", FILE + name, "1", "penstock-file")
        for kind, name in (
            (PluginKind.SINK, "FileStreamSinkConnector"),
            (PluginKind.SOURCE, "FileStreamSourceConnector"),
        )
    )
)
CONFIG = {"connector.class": "FileStreamSource", "topic": "t", "file": "/f"}


@pytest.fixture
def herder() -> Iterator[FakeHerder]:
    made = FakeHerder()
    yield made
    made.close()


@pytest.fixture
def startup(herder: FakeHerder) -> StartupConnectors:
    return StartupConnectors(herder, INDEX, lambda: False)


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refused(startup: StartupConnectors, *files: Path) -> str:
    with pytest.raises(CommandError) as caught:
        startup.create(files)
    assert caught.value.code is ExitCode.CONNECTOR
    return str(caught.value)


def test_files_of_every_form(startup: StartupConnectors, herder: FakeHerder, tmp_path: Path) -> None:
    startup.create(
        [
            written(tmp_path / "a.json", {"name": "a", **CONFIG}),
            written(tmp_path / "b.txt", {"name": "b", "config": CONFIG, "initial_state": "PAUSED"}),
            written(tmp_path / "c", "name=c\nconnector.class=FileStreamSource\ntopic: t\n"),
        ]
    )
    states = {name: connector.state for name, connector in herder.kept.items()}
    assert states == {"a": TargetState.STARTED, "b": TargetState.PAUSED, "c": TargetState.STARTED}
    assert herder.kept["b"].config == {**CONFIG, "name": "b"}


def test_what_exists_is_brought_up_to_date(startup: StartupConnectors, herder: FakeHerder, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"name": "a", "config": CONFIG})
    startup.create([path])
    herder.pause("a").result(5)
    written(path, {"name": "a", "config": {**CONFIG, "topic": "other"}})
    startup.create([path])
    assert herder.kept["a"].config["topic"] == "other"
    assert herder.kept["a"].state is TargetState.PAUSED


def test_a_file_that_is_not_there(startup: StartupConnectors, tmp_path: Path) -> None:
    path = tmp_path / "absent.json"
    assert refused(startup, path) == (
        f"{path} (No such file or directory): the connector configuration file cannot be read."
    )


def test_a_file_without_a_name(startup: StartupConnectors, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", CONFIG)
    assert (
        refused(startup, path) == f"Connector configuration at '{path}' is missing the mandatory 'name' configuration."
    )


def test_malformed_json(startup: StartupConnectors, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", '{"name": "a", ')
    assert refused(startup, path).startswith(f"Connector configuration at '{path}' is malformed JSON: ")


def test_an_unknown_class_with_the_nearest_names(startup: StartupConnectors, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"name": "a", "connector.class": "FileStreamSurce"})
    assert refused(startup, path) == (
        f"Connector class 'FileStreamSurce' of connector 'a' in {path} is not installed. "
        f"Did you mean {FILE}FileStreamSourceConnector or {FILE}FileStreamSinkConnector? "
        "'penstock plugins list' shows what is installed."
    )
    written(path, {"name": "a", "connector.class": "S3Sink"})
    assert "Did you mean" not in refused(startup, path)


def test_no_class(startup: StartupConnectors, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"name": "a"})
    assert refused(startup, path) == (
        f"Connector 'a' of {path} has no 'connector.class'. Name the class of the connector; "
        "'penstock plugins list' shows what is installed."
    )


def test_missing_required_config(startup: StartupConnectors, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"name": "a", "connector.class": "FileStreamSource"})
    told = refused(startup, path)
    assert told.startswith(f"Failed to create connector 'a' of {path}: Connector configuration is invalid")
    assert 'Missing required configuration "topic" which has no default value.' in told


def test_two_files_for_one_name(startup: StartupConnectors, tmp_path: Path) -> None:
    first = written(tmp_path / "a.json", {"name": "a", **CONFIG})
    second = written(tmp_path / "b.json", {"name": "a", **CONFIG})
    assert refused(startup, first, second) == (
        f"{second} and {first} both describe connector 'a'. Give one another name."
    )


def test_an_ambiguous_class(herder: FakeHerder, tmp_path: Path) -> None:
    twice = PluginIndex(
        plugins=(
            *INDEX.plugins,
            PluginDescriptor(PluginKind.SOURCE, "o:X", "o.FileStreamSourceConnector", "1", "other"),
        )
    )
    path = written(tmp_path / "a.json", {"name": "a", **CONFIG})
    told = refused(StartupConnectors(herder, twice, lambda: False), path)
    assert told.startswith(f"Connector 'a' of {path}: More than one connector matches alias FileStreamSource.")


def test_a_worker_that_stops_waits_no_longer(herder: FakeHerder, tmp_path: Path) -> None:
    herder.instead["create_connector"] = Future()
    path = written(tmp_path / "a.json", {"name": "a", **CONFIG})
    with pytest.raises(StartInterruptedError):
        StartupConnectors(herder, INDEX, lambda: True).create([path])
