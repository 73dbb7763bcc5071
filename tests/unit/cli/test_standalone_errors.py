"""Everything that keeps a worker from starting: a clear message and Connect's exit code, from the real command."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from tests.unit.cli.command import Ended, run

CONVERTERS = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    "header.converter": "org.apache.kafka.connect.storage.StringConverter",
}


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """Properties of a worker with the embedded log."""
    return properties(tmp_path)


def properties(directory: Path, **more: str) -> Path:
    path = directory / "worker.properties"
    values = {
        "listeners": "http://127.0.0.1:0",
        "embedded.log.path": str(directory / "log.db"),
        **CONVERTERS,
        **{key.replace("_", "."): value for key, value in more.items()},
    }
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    return path


def told(ended: Ended) -> str:
    """What the last words on standard error are; a trace is no message."""
    assert "Traceback" not in ended.err + ended.out
    return ended.err.strip()


def connector_file(directory: Path, content: object) -> Path:
    path = directory / "connector.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_malformed_json(worker: Path, tmp_path: Path) -> None:
    path = connector_file(tmp_path, '{"name": "a"')
    ended = run("standalone", str(worker), str(path), cwd=tmp_path)
    assert ended.code == 3
    assert told(ended).startswith(f"penstock: Connector configuration at '{path}' is malformed JSON: ")


def test_missing_name(worker: Path, tmp_path: Path) -> None:
    path = connector_file(tmp_path, {"connector.class": "FileStreamSource"})
    ended = run("standalone", str(worker), str(path), cwd=tmp_path)
    assert ended.code == 3
    assert (
        told(ended) == f"penstock: Connector configuration at '{path}' is missing the mandatory 'name' configuration."
    )


def test_unknown_class(worker: Path, tmp_path: Path) -> None:
    path = connector_file(tmp_path, {"name": "a", "connector.class": "FileStreamSuorce"})
    ended = run("standalone", str(worker), str(path), cwd=tmp_path)
    assert ended.code == 3
    assert told(ended) == (
        f"penstock: Connector class 'FileStreamSuorce' of connector 'a' in {path} is not installed. "
        "Did you mean org.apache.kafka.connect.file.FileStreamSourceConnector or "
        "org.apache.kafka.connect.file.FileStreamSinkConnector? 'penstock plugins list' shows what is installed."
    )


def test_missing_required_config(worker: Path, tmp_path: Path) -> None:
    path = connector_file(tmp_path, {"name": "a", "connector.class": "FileStreamSource"})
    ended = run("standalone", str(worker), str(path), cwd=tmp_path)
    assert ended.code == 3
    assert told(ended).startswith(
        f"penstock: Failed to create connector 'a' of {path}: Connector configuration is invalid"
    )
    assert 'Missing required configuration "topic" which has no default value.' in told(ended)


def test_connector_file_that_is_not_there(worker: Path, tmp_path: Path) -> None:
    ended = run("standalone", str(worker), "absent.json", cwd=tmp_path)
    assert ended.code == 3
    assert (
        told(ended)
        == "penstock: absent.json (No such file or directory): the connector configuration file cannot be read."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_connector_file_that_may_not_be_read(worker: Path, tmp_path: Path) -> None:
    path = connector_file(tmp_path, {})
    path.chmod(0)
    ended = run("standalone", str(worker), str(path), cwd=tmp_path)
    assert ended.code == 3
    assert told(ended) == f"penstock: {path} (Permission denied): the connector configuration file cannot be read."


def test_a_directory_for_a_connector_file(worker: Path, tmp_path: Path) -> None:
    ended = run("standalone", str(worker), str(tmp_path), cwd=tmp_path)
    assert ended.code == 3
    assert told(ended) == f"penstock: {tmp_path} (Is a directory): the connector configuration file cannot be read."


def test_worker_properties_that_are_not_there(tmp_path: Path) -> None:
    ended = run("standalone", "absent.properties", cwd=tmp_path)
    assert ended.code == 2
    assert told(ended) == (
        "penstock: The worker's properties absent.properties cannot be read: No such file or directory. "
        "Name a file that exists and may be read."
    )


def test_missing_worker_key(tmp_path: Path) -> None:
    path = tmp_path / "w.properties"
    path.write_text("bootstrap.servers=127.0.0.1:1\nkey.converter=StringConverter\nvalue.converter=StringConverter\n")
    ended = run("standalone", str(path), cwd=tmp_path)
    assert ended.code == 2
    assert told(ended) == (
        'penstock: The worker cannot start: Missing required configuration "offset.storage.file.filename" which has no '
        "default value."
    )


def test_unknown_converter(tmp_path: Path) -> None:
    ended = run("standalone", str(properties(tmp_path, key_converter="no.such.Converter")), cwd=tmp_path)
    assert ended.code == 2
    assert told(ended) == (
        "penstock: The worker cannot start: Invalid value no.such.Converter for configuration key.converter: "
        "Class no.such.Converter could not be found."
    )


def test_wrong_listener(tmp_path: Path) -> None:
    ended = run("standalone", str(properties(tmp_path, listeners="ftp://127.0.0.1:1")), cwd=tmp_path)
    assert ended.code == 2
    assert told(ended) == 'penstock: The worker cannot start: Listener protocol must be either "http" or "https".'


def test_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ended = run("standalone", str(properties(tmp_path, listeners=url)), cwd=tmp_path)
    assert ended.code == 2
    assert told(ended) == (
        f"penstock: The worker cannot start: Unable to initialize REST server: failed to bind to {url}: "
        "Address already in use. Stop the process that listens there, or give the worker another address in 'listeners' "
        "(port 0 takes any free one)."
    )


def test_broker_that_cannot_be_reached(tmp_path: Path) -> None:
    more = {
        "bootstrap_servers": "127.0.0.1:1",
        "offset_storage_file_filename": "offsets",
        "default_api_timeout_ms": "2000",
    }
    ended = run("standalone", str(properties(tmp_path, **more)), cwd=tmp_path, timeout=30)
    assert ended.code == 2
    assert told(ended).startswith(
        "penstock: The worker cannot start: Failed to connect to and describe Kafka cluster. Check worker's broker connection "
        "and security properties. 'bootstrap.servers' is 127.0.0.1:1: "
    )


def test_corrupt_embedded_log(worker: Path, tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"this is no database, but long enough to be read as one" * 50)
    ended = run("standalone", str(worker), cwd=tmp_path)
    assert ended.code == 2
    assert told(ended).startswith("penstock: The worker cannot start: ")
    assert str(tmp_path / "log.db") in told(ended)


def test_log_configuration_that_is_not_there(worker: Path, tmp_path: Path) -> None:
    ended = run("standalone", "--log-config", "absent.json", str(worker), cwd=tmp_path)
    assert ended.code == 1
    assert told(ended) == "penstock: The log configuration absent.json cannot be read: No such file or directory."


def test_usage(tmp_path: Path) -> None:
    ended = run("standalone", "--bogus", cwd=tmp_path)
    assert ended.code == 1
    assert "No such option" in ended.err
