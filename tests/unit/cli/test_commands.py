"""The command line itself: usage, version, plugins, commands of other packages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.unit.cli.command import run

from penstock import __version__
from penstock.api.hooks import PluginKind
from penstock.cli import extra, main
from penstock.cli.api_level import COMMIT, commit_of
from penstock.cli.exits import CommandError, ExitCode
from penstock.cli.standalone import load_worker_properties, split
from penstock.discovery.plugins import PluginConflict, PluginDescriptor, PluginFailure, PluginIndex

FOUND = PluginIndex(
    plugins=(PluginDescriptor(PluginKind.SOURCE, "m:C", "org.example.SomeConnector", "1.2", "some-dist"),),
    failures=(
        PluginFailure(
            "broken", "3", None, "Importing distribution broken raised ZeroDivisionError", "Traceback\n  at x"
        ),
        PluginFailure("half", None, "half:Gone", "Module half has no Gone"),
    ),
    conflicts=(PluginConflict(PluginKind.SINK, "x.Y", ("a 1 (m:Y)", "b 2 (n:Y)")),),
)


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["nosuch"]) == ExitCode.USAGE
    assert "No such command 'nosuch'" in capsys.readouterr().err
    assert main.run(["standalone", "--bogus"]) == ExitCode.USAGE
    assert "No such option" in capsys.readouterr().err
    assert main.run(["--help"]) == ExitCode.OK
    listed = capsys.readouterr().out
    for command in ("standalone", "plugins", "quickstart", "version"):
        assert command in listed


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version"]) == 0
    assert capsys.readouterr().out.startswith(f"penstock {__version__} (Kafka Connect API 4.3.1, Python 3.")


def test_our_version_stands_for_the_commit() -> None:
    assert commit_of("1.20.300rc1") == "00010014012c"
    assert len(COMMIT) == 12
    assert int(COMMIT, 16) >= 0


def test_plugins_as_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("penstock.discovery.scan.scan_plugins", lambda: FOUND)
    for command in (["plugins", "list"], ["plugins"]):
        assert main.run(command) == 0
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert lines[0].split() == ["kind", "name", "version", "distribution"]
        assert lines[1].split() == ["source", "org.example.SomeConnector", "1.2", "some-dist"]
        assert "Cannot be used: broken 3" in lines
        assert "  Importing distribution broken raised ZeroDivisionError" in lines
        assert "    Traceback" in lines
        assert "Cannot be used: half: half:Gone" in lines
        assert any(
            line.startswith("Conflict: Connector x.Y is announced more than once: by a 1 (m:Y) and by b 2")
            for line in lines
        )


def test_plugins_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("penstock.discovery.scan.scan_plugins", lambda: FOUND)
    assert main.run(["plugins", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["plugins"][0]["name"] == "org.example.SomeConnector"
    assert [failure["distribution"] for failure in told["failures"]] == ["broken", "half"]
    assert told["conflicts"] == [{"name": "x.Y", "kind": "sink", "owners": ["a 1 (m:Y)", "b 2 (n:Y)"]}]


def test_installed_plugins_are_listed(tmp_path: Path) -> None:
    ended = run("plugins", "list", "--json", cwd=tmp_path)
    assert ended.code == 0
    assert "org.apache.kafka.connect.file.FileStreamSourceConnector" in ended.out


@click.command("hello")
def hello() -> None:
    """A command of another package."""
    click.echo("hello")


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution that brings two commands, one of them no command."""
    found = PluginIndex(
        plugins=(
            PluginDescriptor(PluginKind.COMMAND, f"{__name__}:hello", "hello", "1", "greeter"),
            PluginDescriptor(PluginKind.COMMAND, f"{__name__}:FOUND", "found", "1", "liar"),
            PluginDescriptor(PluginKind.COMMAND, "no.such.module:x", "x", "1", "gone"),
        )
    )
    monkeypatch.setattr("penstock.discovery.scan.scan_plugins", lambda: found)
    extra.extra_commands.cache_clear()
    yield
    extra.extra_commands.cache_clear()


@pytest.mark.usefixtures("announced")
def test_commands_of_other_packages_only_when_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(extra.VARIABLE, raising=False)
    assert main.run(["hello"]) == ExitCode.USAGE
    extra.extra_commands.cache_clear()
    monkeypatch.setenv(extra.VARIABLE, "greeter")
    assert main.run(["hello"]) == 0
    assert capsys.readouterr().out == "hello\n"
    main.run(["--help"])
    assert "A command of another package." in capsys.readouterr().out


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("nobody", "PENSTOCK_COMMANDS names nobody, which announces no commands. Install it, or take the name out."),
        ("liar", f"{__name__}:FOUND of liar is announced as a command, but it is no click.Command."),
        (
            "gone",
            "A command of gone cannot be used: Module no.such.module of plugin no.such.module:x cannot be imported",
        ),
    ],
)
def test_commands_that_cannot_be_had(
    named: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(extra.VARIABLE, named)
    assert main.run(["hello"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith(f"penstock: {message}")


def test_which_file_is_the_workers() -> None:
    assert split(()) == ("", [])
    assert split(("w.properties", "a.json")) == ("w.properties", [Path("a.json")])
    assert split(("a.json", "b.properties")) == ("", [Path("a.json"), Path("b.properties")])
    assert split(("", "a.json")) == ("", [Path("a.json")])


def test_worker_properties(tmp_path: Path) -> None:
    assert load_worker_properties("") == {}
    path = tmp_path / "w"
    with pytest.raises(CommandError) as caught:
        load_worker_properties(str(path))
    assert str(caught.value) == (
        f"The worker's properties {path} cannot be read: No such file or directory. Name a file that exists and may be read."
    )
    path.write_text("a=\\u12")
    with pytest.raises(CommandError, match=r"The worker's properties are malformed: .*w: malformed"):
        load_worker_properties(str(path))
