"""A worker from its start to its end, as the command runs it: readiness, signals, a restart that remembers."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import httpx
from tests.unit.cli.command import Running, run, running
from tests.unit.cli.test_standalone_errors import properties

from penstock.cli.quickstart import LINES


def url_of(command: Running) -> str:
    line = command.wait_for("REST server listening at")
    found = re.search(r"advertising (\S+)", line)
    assert found
    return found[1]


def eventually(path: Path, content: bytes, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while not path.exists() or path.read_bytes() != content:
        assert time.monotonic() < deadline, f"{path} has {path.read_bytes() if path.exists() else None!r}"
        time.sleep(0.05)


def files(directory: Path) -> list[str]:
    """A worker that copies ``in`` to ``out``."""
    source = {"connector.class": "FileStreamSource", "file": str(directory / "in"), "topic": "t"}
    sink = {"connector.class": "FileStreamSink", "file": str(directory / "out"), "topics": "t"}
    for name, config in (("source", source), ("sink", sink)):
        (directory / f"{name}.json").write_text(json.dumps({"name": name, "config": config}))
    worker = properties(directory, offset_flush_interval_ms="500")
    return [str(worker), str(directory / "source.json"), str(directory / "sink.json")]


def test_sigterm_drains_and_a_restart_goes_on(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"one\ntwo\n")
    arguments = files(tmp_path)
    with running("standalone", *arguments, cwd=tmp_path) as command:
        url = url_of(command)
        command.wait_for("Penstock worker")
        eventually(tmp_path / "out", b"one\ntwo\n")
        assert httpx.get(f"{url}health").json()["status"] == "healthy"
        created = {"name": "by-rest", "config": {"connector.class": "FileStreamSource", "file": "/none", "topic": "n"}}
        assert httpx.post(f"{url}connectors", json=created, timeout=30).status_code == 201
        began = time.monotonic()
        command.send(signal.SIGTERM)
        assert command.ended() == 143
        assert time.monotonic() - began < 15
        assert any("Penstock worker stopped" in line for line in command.lines)
    (tmp_path / "in").write_bytes(b"one\ntwo\nthree\n")
    with running("standalone", *arguments, cwd=tmp_path) as command:
        url = url_of(command)
        eventually(tmp_path / "out", b"one\ntwo\nthree\n")
        assert sorted(httpx.get(f"{url}connectors").json()) == ["by-rest", "sink", "source"]
        command.interrupt()
        assert command.ended() == 130
        said = "".join(command.lines)
        assert "KeyboardInterrupt" not in said
        assert "FAILED" not in said
        assert "Penstock worker stopped" in said


def test_a_second_signal_leaves_at_once(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"one\n")
    with running("standalone", *files(tmp_path), cwd=tmp_path) as command:
        command.wait_for("Penstock worker 127.0.0.1")
        command.send(signal.SIGTERM)
        command.wait_for("stopping; once more leaves at once")
        command.send(signal.SIGTERM)
        assert command.ended(5) == 143


def test_json_log_lines(tmp_path: Path) -> None:
    config = {
        "formatters": {"j": {"()": "penstock.cli.logsetup.JsonFormatter"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "j"}},
        "root": {"level": "INFO", "handlers": ["out"]},
    }
    (tmp_path / "log.json").write_text(json.dumps(config))
    (tmp_path / "in").write_bytes(b"one\n")
    with running("standalone", "--log-config", "log.json", *files(tmp_path), cwd=tmp_path) as command:
        assert json.loads(command.wait_for("REST server listening at"))["level"] == "INFO"
        of_a_task = json.loads(command.wait_for('"connector": "source", "task": 0'))
        assert of_a_task["thread"]
        command.send(signal.SIGTERM)
        assert command.ended() == 143


def test_quickstart(tmp_path: Path) -> None:
    ended = run("quickstart", cwd=tmp_path)
    assert ended.code == 0, ended.out + ended.err
    directory = tmp_path / "penstock-quickstart"
    expected = "".join(f"{line}\n" for line in LINES)
    assert (directory / "output.txt").read_text() == expected
    assert f"{len(LINES)} lines of {directory}/input.txt are in {directory}/output.txt." in ended.out
    again = run("quickstart", "--once", "--directory", str(directory), cwd=tmp_path)
    assert again.code == 0
    assert (directory / "output.txt").read_text() == expected, "a second run goes on where the first one was"


def test_quickstart_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("quickstart", "--directory", str(tmp_path / "file" / "d"), cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.endswith("cannot be written: Not a directory. Name another place with --directory.\n")
