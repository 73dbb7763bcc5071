"""What users and operators are told of when something about a directory, its files or its schemas is not as it should be."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from penstock.api import ConfigException, ConnectException, DataException
from penstock.testing.waiting import eventually
from penstock_file.spooldir import cleanup, tasks
from penstock_file.spooldir.checks import file_pattern
from penstock_file.spooldir.connector import SpoolDirConnector
from penstock_file.spooldir.connectors import (
    SpoolDirCsvSourceConnector,
    SpoolDirJsonSourceConnector,
    SpoolDirLineDelimitedSourceConnector,
)
from penstock_file.spooldir.directory import Directory, FoundFile
from penstock_file.spooldir.flag import Flag
from penstock_file.spooldir.schema_text import read_schema
from tests.plugins.file.spooldir.spool import WITH_SCHEMAS, Spool
from tests.plugins.file.spooldir.test_connectors import FakeConnectorContext, errors

INNER: dict[str, Any] = {"type": "STRUCT", "name": "in", "isOptional": True, "fieldSchemas": {"x": {"type": "INT32"}}}
NESTED = {
    "key.schema": json.dumps({"type": "STRUCT", "name": "k", "fieldSchemas": {}}),
    "value.schema": json.dumps(
        {
            "type": "STRUCT",
            "name": "v",
            "fieldSchemas": {
                "s": INNER,
                "a": {"type": "ARRAY", "isOptional": True, "valueSchema": {"type": "INT32"}},
                "m": {
                    "type": "MAP",
                    "isOptional": True,
                    "keySchema": {"type": "STRING"},
                    "valueSchema": {"type": "INT32"},
                },
            },
        }
    ),
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"s":[1]}', "'s'. linenumber=0: struct schemas require a ObjectNode to be supplied for input."),
        (
            '{"s":{"x":"y"}}',
            "'s'. linenumber=0: Exception thrown while processing in:x: Could not parse 'y' to 'Integer'",
        ),
        ('{"a":{"x":1}}', "'a'. linenumber=0: array schemas require a ArrayNode to be supplied for input."),
        ('{"a":[1,"y"]}', "'a'. linenumber=0: Exception thrown while processing index 1: Could not parse 'y'"),
        ('{"m":[1]}', "'m'. linenumber=0: map schemas require a ObjectNode to be supplied for input."),
        ('{"m":{"k":"y"}}', "'m'. linenumber=0: Exception thrown while parsing value. Key='k': Could not parse 'y'"),
    ],
)
def test_json_that_does_not_fit_its_schema(tmp_path: Path, text: str, told: str) -> None:
    spool = Spool(tmp_path, tasks.SpoolDirJsonSourceTask, **NESTED)
    spool.write("f", text)
    with pytest.raises(ConnectException, match=re.escape(told)):
        spool.task.poll()


def test_a_default_that_is_no_number() -> None:
    fields = {"n": {"type": "INT32", "defaultValue": "7"}}
    with pytest.raises(
        DataException,
        match=r"^Could not read schema from 'value\.schema': the defaultValue of field 'n' must be a number, but it is \"7\"$",
    ):
        read_schema("value.schema", json.dumps({"type": "STRUCT", "name": "v", "fieldSchemas": fields}))


@pytest.mark.parametrize("pattern", [r"\p{Alpha}.*", "(?<name>a)"])
def test_an_expression_that_only_java_knows(pattern: str) -> None:
    with pytest.raises(
        ConfigException, match=r"Java knows this expression, Python does not \(.+\); write it in another way"
    ):
        file_pattern("input.file.pattern", pattern)


def test_a_directory_that_may_not_be_written(config: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # whoever runs the tests may write everywhere
    (found,) = errors(SpoolDirLineDelimitedSourceConnector, {**config, "finished.path": "", "cleanup.policy": "NONE"})[
        "input.path"
    ]
    assert found.endswith(f"'{config['input.path']}' must be writable by the user that runs the worker")


def test_a_connector_that_has_no_file_to_make_schemas_from(
    config: dict[str, str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    props = {**config, "schema.generation.enabled": "true", "csv.first.row.as.header": "true"}
    connector = SpoolDirCsvSourceConnector()
    connector.use_config(props)
    connector.initialize(FakeConnectorContext())
    connector.start(props)
    try:
        assert (
            f"There is no file in {config['input.path']} to make schemas from. The connector has no tasks until there is one"
            in caplog.messages
        )

        def away(*_arguments: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(Directory, "any_files", away)
        told = "Could not look for files to make schemas from, will try again: [Errno 5] Input/output error"
        eventually(lambda: caplog.messages.count(told) > 1, "it is tried again and again")
    finally:
        connector.stop()


def test_a_flag_that_cannot_be_taken_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "f.PROCESSING"
    flag = Flag.take(path)
    assert flag is not None
    path.unlink()
    path.mkdir()
    flag.remove()
    (message,) = caplog.messages
    assert message.startswith(f"Could not remove processing flag {path}: ")


def test_flags_that_cannot_be_looked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.write("f", "1\n")

    def away(_directory: Directory) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Directory, "leftover_flags", away)
    spool.restart()
    assert "Could not look for flags that were left behind: [Errno 5] Input/output error" in caplog.messages
    assert spool.finish() == ["1"]


def test_the_log_tells_what_is_wrong_with_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path, tasks.SpoolDirCsvSourceTask, **WITH_SCHEMAS, halt_on_error="false")
    path = spool.write("b", "2,y\nno,z\n")
    assert len(spool.records()) == 1
    assert (
        f"File {path}: FAILED behind 1 records: Exception thrown while parsing data for 'id'. linenumber=2: Could not parse "
        "'no' to 'Long'"
    ) in caplog.messages


@pytest.mark.parametrize(
    ("connector", "field", "told"),
    [
        (
            SpoolDirJsonSourceConnector,
            {"type": "BYTES"},
            "'value.schema' cannot be read from JSON: Schema BYTES(null) is not",
        ),
        (
            SpoolDirCsvSourceConnector,
            {"type": "BYTES", "name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": "two"}},
            "Invalid Decimal schema: scale parameter could not be converted to an integer.",
        ),
    ],
)
def test_schemas_of_which_nothing_can_be_read(
    config: dict[str, str], connector: type[SpoolDirConnector], field: dict[str, Any], told: str
) -> None:
    schema = json.dumps({"type": "STRUCT", "name": "v", "fieldSchemas": {"a": field}})
    found = errors(connector, {**config, **WITH_SCHEMAS, "key.schema": NESTED["key.schema"], "value.schema": schema})
    assert told in str(found)


def test_a_text_that_is_no_date(tmp_path: Path) -> None:
    when = {"name": "org.apache.kafka.connect.data.Timestamp", "type": "INT64", "version": 1}
    schemas = {**NESTED, "value.schema": json.dumps({"type": "STRUCT", "name": "v", "fieldSchemas": {"at": when}})}
    spool = Spool(tmp_path, tasks.SpoolDirCsvSourceTask, **schemas)
    spool.write("f", "soon\n")
    with pytest.raises(ConnectException, match=r"Could not parse 'soon' to 'Date'"):
        spool.task.poll()


def test_a_file_that_goes_before_it_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    spool.write("a", "1\n")
    gone = spool.write("b", "2\n")
    spool.batches()
    gone.unlink()
    assert spool.values() == []
    assert f"{gone} was removed before it could be read" in caplog.messages


def test_a_file_that_goes_while_it_is_moved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    path = spool.write("a", "1\n")
    find = cleanup._free_name

    def slowly(file: FoundFile, directory: Path) -> Path:
        target = find(file, directory)
        file.path.unlink()
        return target

    monkeypatch.setattr(cleanup, "_free_name", slowly)
    assert spool.finish() == ["1"]
    assert f"{path} was removed by somebody else before it could be moved to {spool.finished}" in caplog.messages
