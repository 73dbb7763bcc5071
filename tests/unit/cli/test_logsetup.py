"""Log lines as Connect writes them, as JSON, and as a file says."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.cli.exits import CommandError, ExitCode
from penstock.cli.logsetup import FORMAT_VARIABLE, ConnectFormatter, JsonFormatter, set_up
from penstock.logcontext import SECRETS, within


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put the root logger back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    filters = {handler: list(handler.filters) for handler in handlers}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for handler, before in filters.items():
        handler.filters[:] = before
    logging.captureWarnings(capture=False)


def failed() -> tuple[type[BaseException], BaseException, None]:
    return ValueError, ValueError("why"), None


def test_lines_are_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORMAT_VARIABLE, raising=False)
    stream = io.StringIO()
    set_up(None, "debug", stream)
    logging.getLogger("some.place").warning("to %s", "all")
    with within("[c|task-0] "):
        logging.getLogger("some.place").log(5, "hidden")
        logging.getLogger("some.place").critical("one")
    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] WARN to all \(some\.place:\d+\)", first)
    assert re.fullmatch(r"\[.*\] FATAL \[c\|task-0\] one \(some\.place:\d+\)", second)


def test_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, "json")
    stream = io.StringIO()
    set_up(None, stream=stream)
    with within("[my conn|task-3|offsets] "):
        logging.getLogger("x").error("sum %d", 3, exc_info=failed())
    logging.getLogger("x").info("plain ü")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("timestamp"))
    assert first.pop("exception").endswith("ValueError: why")
    assert first == {
        "level": "ERROR",
        "logger": "x",
        "thread": "MainThread",
        "connector": "my conn",
        "task": 3,
        "scope": "offsets",
        "message": "sum 3",
    }
    assert second["message"] == "plain ü"
    assert "connector" not in second


def test_a_format_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, "%(levelname)s|%(connector_context)s%(message)s")
    stream = io.StringIO()
    set_up(None, stream=stream)
    logging.getLogger("x").info("m")
    assert stream.getvalue() == "INFO|m\n"


def test_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORMAT_VARIABLE, raising=False)
    stream = io.StringIO()
    set_up(None, stream=stream)
    SECRETS.hide(["s3cret-of-the-test"])
    logging.getLogger("x").info("password %s", "s3cret-of-the-test")
    assert "password [hidden]" in stream.getvalue()


def test_a_child_record_without_context_can_be_formatted() -> None:
    record = logging.makeLogRecord({"name": "n", "levelno": 20, "levelname": "INFO", "msg": "m"})
    assert ConnectFormatter().format(record).endswith("INFO m (n:0)")
    assert json.loads(JsonFormatter().format(record))["message"] == "m"


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"log.{kind}"
    out = tmp_path / "out.log"
    if kind == "json":
        handler = {"class": "logging.FileHandler", "filename": str(out), "formatter": "j"}
        formatter = {"()": "penstock.cli.logsetup.JsonFormatter"}
        config = {
            "formatters": {"j": formatter},
            "handlers": {"f": handler},
            "root": {"level": "INFO", "handlers": ["f"]},
        }
        path.write_text(json.dumps(config))
    else:
        path.write_text(
            '[formatters.j]\n"()" = "penstock.cli.logsetup.JsonFormatter"\n'
            f'[handlers.f]\nclass = "logging.FileHandler"\nfilename = "{out}"\nformatter = "j"\n'
            '[root]\nlevel = "INFO"\nhandlers = ["f"]\n'
        )
    set_up(path)
    with within("[c|worker] "):
        logging.getLogger("x").info("hello")
    written = json.loads(out.read_text())
    assert (written["message"], written["connector"], written["scope"]) == ("hello", "c", "worker")
    for handler_made in list(logging.getLogger().handlers):
        handler_made.close()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("absent.json", None, "The log configuration {path} cannot be read: No such file or directory."),
        ("a.json", "{", "The log configuration {path} is malformed JSON: Expecting property name"),
        ("a.toml", "=", "The log configuration {path} is malformed TOML: Invalid statement"),
        (
            "b.json",
            '{"handlers": {"h": {"class": "no.such"}}}',
            "The log configuration {path} is no configuration for logging",
        ),
        ("c.json", "[]", "The log configuration {path} is no configuration for logging"),
    ],
)
def test_files_that_cannot_be_used(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(CommandError) as caught:
        set_up(path)
    assert str(caught.value).startswith(message.format(path=path))
    assert caught.value.code is ExitCode.USAGE


def test_an_unknown_format_and_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, "xml")
    with pytest.raises(CommandError) as caught:
        set_up(None)
    assert (
        str(caught.value)
        == f"{FORMAT_VARIABLE} is 'xml'. It must be connect, json, or a format with %(message)s in it."
    )
    monkeypatch.delenv(FORMAT_VARIABLE)
    with pytest.raises(CommandError, match=r"Log level 'loud' is unknown\. It must be one of OFF, FATAL, ERROR,"):
        set_up(None, "loud")
