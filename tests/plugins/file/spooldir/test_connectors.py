"""Configurations, their faults, generated schemas, and the contracts that every source keeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.api import ConnectException, DataException, ExactlyOnceSupport, Offset
from penstock.discovery.plugins import PluginIndex
from penstock.testing import SourceConnectorContract, Workbench
from penstock.testing.waiting import eventually
from penstock_file.spooldir.connector import SpoolDirConnector
from penstock_file.spooldir.connectors import (
    SpoolDirBinaryFileSourceConnector,
    SpoolDirCsvSourceConnector,
    SpoolDirJsonSourceConnector,
    SpoolDirLineDelimitedSourceConnector,
    SpoolDirSchemaLessJsonSourceConnector,
)
from tests.plugins.file.spooldir.spool import USER, WITH_SCHEMAS


class SpoolContract(SourceConnectorContract):
    """Each feed is a file."""

    content = "{number}\n"

    @pytest.fixture
    def config(self, config: dict[str, str]) -> Mapping[str, str]:
        return config

    def feed(self, config: Mapping[str, str], count: int) -> None:
        input_path = Path(config["input.path"])
        written = input_path.parent / "written"
        first = int(written.read_text()) if written.exists() else 0
        written.write_text(str(first + count))
        path = input_path.parent / f"data-{first:05d}"
        path.write_text("".join(self.content.format(number=number) for number in range(first, first + count)))
        path.rename(input_path / path.name)


class TestLines(SpoolContract):
    connector = SpoolDirLineDelimitedSourceConnector


class TestBytes(SpoolContract):
    connector = SpoolDirBinaryFileSourceConnector
    records_in_one_feed = 1


class TestTexts(SpoolContract):
    connector = SpoolDirSchemaLessJsonSourceConnector
    content = '{{"n": {number}}}\n'


class TestCsv(SpoolContract):
    connector = SpoolDirCsvSourceConnector
    content = "{number},x\n"

    @pytest.fixture
    def config(self, config: dict[str, str]) -> Mapping[str, str]:
        return {**config, **WITH_SCHEMAS}


class TestJson(SpoolContract):
    connector = SpoolDirJsonSourceConnector
    content = '{{"id": {number}}}\n'

    @pytest.fixture
    def config(self, config: dict[str, str]) -> Mapping[str, str]:
        return {**config, **WITH_SCHEMAS}


def errors(connector: type[SpoolDirConnector], props: Mapping[str, str]) -> dict[str, list[str]]:
    return {value.name: value.errors for value in connector().validate(props) if value.errors}


def test_the_keys_that_clients_see_are_spooldirs() -> None:
    general = {
        "topic", "batch.size", "empty.poll.wait.ms", "cleanup.policy", "input.path", "finished.path", "error.path",
        "input.file.pattern", "halt.on.error", "file.minimum.age.ms", "processing.file.extension", "timestamp.mode",
        "files.sort.attributes", "task.index", "task.count", "task.partitioner", "input.path.walk.recursively",
        "cleanup.policy.maintain.relative.path", "file.buffer.size.bytes",
    }  # fmt: skip
    with_schemas = general | {
        "key.schema", "value.schema", "schema.generation.enabled", "schema.generation.key.fields",
        "schema.generation.key.name", "schema.generation.value.name", "parser.timestamp.timezone",
        "parser.timestamp.date.formats", "timestamp.field",
    }  # fmt: skip
    csv = {
        "csv.skip.lines": 0, "csv.separator.char": 44, "csv.quote.char": 34, "csv.escape.char": 92, "csv.strict.quotes": False,
        "csv.ignore.leading.whitespace": True, "csv.ignore.quotations": False, "csv.keep.carriage.return": False,
        "csv.verify.reader": True, "csv.null.field.indicator": "NEITHER", "csv.first.row.as.header": False,
        "csv.file.charset": "UTF-8", "csv.case.sensitive.field.names": False, "csv.rfc.4180.parser.enabled": False,
    }  # fmt: skip
    assert set(SpoolDirBinaryFileSourceConnector.CONFIG.keys) == general
    assert set(SpoolDirLineDelimitedSourceConnector.CONFIG.keys) == general | {"file.charset"}
    assert set(SpoolDirSchemaLessJsonSourceConnector.CONFIG.keys) == general | {"file.charset"}
    assert set(SpoolDirJsonSourceConnector.CONFIG.keys) == with_schemas
    assert set(SpoolDirCsvSourceConnector.CONFIG.keys) == with_schemas | set(csv)
    keys = SpoolDirCsvSourceConnector.CONFIG.keys
    assert {name: keys[name].default for name in csv} == csv
    assert {name for name, key in keys.items() if key.required} == {
        "topic",
        "input.path",
        "error.path",
        "input.file.pattern",
    }


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("cleanup.policy", "move", "Invalid value move for configuration cleanup.policy: 'move' is not a valid value for CleanupPolicy. Valid values are NONE, DELETE, MOVE, MOVEBYDATE."),
        ("files.sort.attributes", "NameAsc,Size", "Invalid value ['NameAsc', 'Size'] for configuration files.sort.attributes: 'Size' is not a valid value for FileAttribute. Valid values are NameAsc, NameDesc, LengthAsc, LengthDesc, LastModifiedAsc, LastModifiedDesc."),
        ("input.path", "relative", "Invalid value relative for configuration input.path: 'relative' must be an absolute path"),
        ("input.path", "/no/such", "Invalid value /no/such for configuration input.path: '/no/such' must be a directory that exists where the worker runs"),
        ("error.path", "", "Invalid value  for configuration error.path: This must be the path of a directory"),
        ("finished.path", "", 'Missing required configuration "finished.path": cleanup.policy=MOVE needs a directory to move files to'),
        ("input.file.pattern", "(", "Invalid value ( for configuration input.file.pattern: Invalid regex: Unclosed group near index 1\n("),
        ("processing.file.extension", "x", "Invalid value x for configuration processing.file.extension: 'x' does not match pattern '^.*\\..+$'"),
        ("csv.file.charset", "EBCDIC-X", "Invalid value EBCDIC-X for configuration csv.file.charset: Charset 'EBCDIC-X' is invalid for csv.file.charset"),
        ("csv.quote.char", "-1", "Invalid value -1 for configuration csv.quote.char: This is the number of a character, such as 44 for a comma"),
        ("csv.quote.char", "44", "csv.separator.char, csv.quote.char and csv.escape.char: The separator, quote, and escape characters must be different!"),
        ("csv.separator.char", "10", "csv.separator.char, csv.quote.char and csv.escape.char: a line end cannot be one of them"),
        ("value.schema", "", "'value.schema' must be set if 'schema.generation.enabled' = false."),
        ("value.schema", "{", "Invalid value { for configuration value.schema: Could not read schema from 'value.schema': Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("value.schema", '{"type":"STRING"}', "Invalid schema for configuration value.schema: it must be of type STRUCT, not STRING"),
        ("value.schema", '{"type":"STRUCT","fieldSchemas":{"a":{"type":"BYTES"}}}', "'value.schema' cannot be read from CSV: Schema BYTES(null) is not supported"),
        ("key.schema", '{"type":"STRUCT"}', "Could not read schema from 'key.schema': the schema is a STRUCT and needs 'fieldSchemas', an object of schemas by field"),
        ("key.schema", '{"type":"TEXT"}', "Could not read schema from 'key.schema': the schema needs a 'type' out of INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING, BYTES, ARRAY, MAP, STRUCT, but it has \"TEXT\""),
        ("timestamp.mode", "FIELD", "When `timestamp.mode` is set to `FIELD`, `timestamp.field` must be set to a timestamp field. Cannot be null or empty."),
        ("parser.timestamp.timezone", "Mars/Base", "Invalid value Mars/Base for configuration parser.timestamp.timezone: The time zone 'Mars/Base' is not known; use a name such as Europe/Vienna, UTC or GMT+2"),
        ("parser.timestamp.timezone", "GMT+99", "The time zone 'GMT+99' is more than a day from GMT"),
        ("parser.timestamp.date.formats", "yyyy'", "'yyyy'' is no pattern of Java's SimpleDateFormat: "),
        ("file.identity", "hash", "Invalid value hash for configuration file.identity: 'hash' is not a valid value for Identity. Valid values are name, inode."),
        ("input.file.glob", "[z-a]", "Invalid value [z-a] for configuration input.file.glob: bad character range z-a at position 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(config: dict[str, str], key: str, value: str, error: str) -> None:
    (found,) = errors(SpoolDirCsvSourceConnector, {**config, **WITH_SCHEMAS, key: value}).values()
    assert error in found[0]


def test_the_field_with_the_timestamp_must_be_one(config: dict[str, str]) -> None:
    props = {**config, **WITH_SCHEMAS, "timestamp.mode": "FIELD", "timestamp.field": "name"}
    assert errors(SpoolDirCsvSourceConnector, props) == {
        "value.schema": [
            (
                "Field 'name' must be present and set to a timestamp and cannot be optional. Example "
                '{"name":"org.apache.kafka.connect.data.Timestamp","type":"INT64","version":1,"isOptional":false}'
            )
        ]
    }


def test_a_directory_for_finished_files_is_looked_at_only_where_it_is_needed(config: dict[str, str]) -> None:
    props = {**config, "finished.path": "/no/such"}
    assert errors(SpoolDirLineDelimitedSourceConnector, {**props, "cleanup.policy": "DELETE"}) == {}
    assert errors(SpoolDirLineDelimitedSourceConnector, props) == {
        "finished.path": [
            (
                "Invalid value /no/such for configuration finished.path: '/no/such' must be a directory that exists where the "
                "worker runs"
            )
        ]
    }


def test_a_null_separator_asks_for_the_parser_of_rfc_4180(config: dict[str, str]) -> None:
    assert errors(SpoolDirCsvSourceConnector, {**config, **WITH_SCHEMAS, "csv.separator.char": "0"}) == {}


@pytest.mark.parametrize(
    ("partition", "offset", "error"),
    [
        ({"fileName": "f"}, {"offset": 3}, None),
        ({"inode": 7}, {"offset": 0, "head": "x"}, None),
        ({"anything": 1}, None, None),
        ({"file": "f"}, {"offset": 1}, "Partition objects should contain the key 'fileName' with the name of a file, or 'inode' with its number"),
        ({"fileName": "f"}, {"offset": "3"}, "Offset objects should either be null or contain the key 'offset' with the number of the last record that is done"),
        ({"fileName": "f"}, {"offset": -1}, "Offset objects should either be null or contain the key 'offset' with the number of the last record that is done"),
    ],
)  # fmt: skip
def test_offsets_that_a_user_may_store(
    config: dict[str, str], partition: Offset, offset: Offset | None, error: str | None
) -> None:
    connector = SpoolDirCsvSourceConnector()
    if error is None:
        assert connector.alter_offsets(config, [(partition, offset)])
        return
    with pytest.raises(ConnectException) as failure:
        connector.alter_offsets(config, [(partition, offset)])
    assert str(failure.value) == error


def test_offsets_of_lines_must_tell_of_the_file(config: dict[str, str]) -> None:
    connector = SpoolDirLineDelimitedSourceConnector()
    assert connector.alter_offsets(config, [({"fileName": "f"}, {"offset": 3, "head": "x"})])
    with pytest.raises(ConnectException) as failure:
        connector.alter_offsets(config, [({"fileName": "f"}, {"offset": 3})])
    assert str(failure.value) == (
        "Offset objects of this connector should be as they are shown, with another number as their 'offset': without 'head' a task "
        "cannot tell whether it has the same file before it, and reads it from its beginning"
    )


def test_exactly_once_is_possible(config: dict[str, str]) -> None:
    assert SpoolDirLineDelimitedSourceConnector().exactly_once_support(config) is ExactlyOnceSupport.SUPPORTED


class FakeConnectorContext:
    """Remembers what a connector asks for."""

    stopping = False

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.errors: list[BaseException] = []

    def request_task_reconfiguration(self) -> None:
        self.asked.set()

    def raise_error(self, error: BaseException) -> None:
        self.errors.append(error)
        self.asked.set()

    def wait(self, seconds: float) -> bool:
        return False


class TestGeneratedSchemas:
    def started(
        self, props: Mapping[str, str], connector: type[SpoolDirConnector] = SpoolDirCsvSourceConnector
    ) -> SpoolDirConnector:
        made = connector()
        made.use_config(props)
        self.context = FakeConnectorContext()
        made.initialize(self.context)
        made.start(props)
        return made

    @pytest.fixture
    def props(self, config: dict[str, str]) -> dict[str, str]:
        return {
            **config,
            "schema.generation.enabled": "true",
            "csv.first.row.as.header": "true",
            "schema.generation.key.fields": "id",
        }

    def generated(
        self, props: Mapping[str, str], connector: type[SpoolDirConnector] = SpoolDirCsvSourceConnector
    ) -> tuple[dict[str, str], str]:
        (task,) = self.started(props, connector).task_configs(1)
        value, key = json.loads(task["value.schema"]), json.loads(task["key.schema"])
        assert value["name"] == "com.github.jcustenborder.kafka.connect.model.Value"
        assert key["name"] == "com.github.jcustenborder.kafka.connect.model.Key"
        assert all(field["isOptional"] for field in value["fieldSchemas"].values())
        types = {name: field.get("name", field["type"]) for name, field in value["fieldSchemas"].items()}
        return types, ",".join(key["fieldSchemas"])

    def test_fields_are_texts(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("id,name\n1,x\n")
        assert self.generated(props) == ({"id": "STRING", "name": "STRING"}, "id")

    def test_columns_without_a_header_are_numbered(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("1,x\n")
        props |= {"csv.first.row.as.header": "false", "schema.generation.key.fields": ""}
        assert self.generated(props) == ({"column01": "STRING", "column02": "STRING"}, "")

    def test_types_may_be_guessed(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("id,n,x,b,when,code,gap\n1,5,1,true,2015-09-30T15:29:03,007,\n")
        (tmp_path / "in" / "b").write_text("id,n,x,b,when,code,gap\n2,-6,1.5,False,2015-09-30 15:29:03,1,7\n")
        assert self.generated({**props, "schema.generation.infer.types": "true"})[0] == {
            "id": "INT64",
            "n": "INT64",
            "x": "FLOAT64",
            "b": "BOOLEAN",
            "when": "org.apache.kafka.connect.data.Timestamp",
            "code": "STRING",
            "gap": "STRING",
        }

    def test_json_has_the_fields_of_its_first_object(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text('7 {"id": 1, "n": {}}')
        assert self.generated(props, SpoolDirJsonSourceConnector) == ({"id": "STRING", "n": "STRING"}, "id")

    def test_given_schemas_are_kept(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("id,name\n1,x\n")
        (task,) = self.started({**props, **WITH_SCHEMAS}).task_configs(1)
        assert json.loads(task["value.schema"]) == USER

    def test_files_that_differ_are_refused(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("id,name\n1,x\n")
        (tmp_path / "in" / "b").write_text("id,other\n1,x\n")
        with pytest.raises(DataException) as failure:
            self.started(props)
        assert str(failure.value) == (
            f"More than one schema was found for the input pattern.\nFields: id, name\n  {tmp_path / 'in' / 'a'}\n"
            f"Fields: id, other\n  {tmp_path / 'in' / 'b'}"
        )

    def test_a_key_field_that_is_not_there_is_refused(self, tmp_path: Path, props: dict[str, str]) -> None:
        (tmp_path / "in" / "a").write_text("id,name\n1,x\n")
        with pytest.raises(
            DataException, match=r"schema\.generation\.key\.fields names no, but the files have id, name only"
        ):
            self.started({**props, "schema.generation.key.fields": "no"})

    def test_names_of_schemas_must_be_given(self, props: dict[str, str]) -> None:
        assert errors(SpoolDirCsvSourceConnector, {**props, "schema.generation.key.name": ""}) == {
            "schema.generation.key.name": [
                "'schema.generation.key.name' must be set if 'schema.generation.enabled' = true."
            ]
        }

    def test_a_connector_without_a_file_waits_for_one(self, tmp_path: Path, props: dict[str, str]) -> None:
        connector = self.started(props)
        assert connector.task_configs(3) == []
        (tmp_path / "a").write_text("id,name\n1,x\n")
        (tmp_path / "a").rename(tmp_path / "in" / "a")

        assert self.context.asked.wait(10)

        assert self.context.errors == []
        assert len(connector.task_configs(3)) == 3
        connector.stop()

    def test_what_is_wrong_with_a_late_file_fails_the_connector(self, tmp_path: Path, props: dict[str, str]) -> None:
        connector = self.started(props)
        (tmp_path / "a").write_text("no,name\n1,x\n")
        (tmp_path / "a").rename(tmp_path / "in" / "a")

        assert self.context.asked.wait(10)

        assert "schema.generation.key.fields names id" in str(self.context.errors[0])
        connector.stop()

    def test_rows_arrive(self, tmp_path: Path, props: dict[str, str], penstock_plugins: PluginIndex) -> None:
        (tmp_path / "in" / "a").write_text("id,name\n1,x\n")
        with Workbench(penstock_plugins) as bench:
            bench.start(SpoolDirCsvSourceConnector, {**props, "tasks.max": "2"})
            (record,) = bench.wait_for_records("t", 1)
        assert str(record.value) == "Struct{id=1,name=x}"
        assert str(record.key) == "Struct{id=1}"


def test_filtered_files_are_moved_too(tmp_path: Path, config: dict[str, str], penstock_plugins: PluginIndex) -> None:
    (tmp_path / "in" / "a").write_text("1\n2\n")
    props = {
        **config,
        "transforms": "none",
        "transforms.none.type": "org.apache.kafka.connect.transforms.Filter",
    }
    with Workbench(penstock_plugins) as bench:
        bench.start(SpoolDirLineDelimitedSourceConnector, props)
        eventually((tmp_path / "finished" / "a").exists, "the file is moved")
        assert bench.read("t") == []


def test_a_task_that_halts_leaves_its_file_in_the_error_directory(
    tmp_path: Path, config: dict[str, str], penstock_plugins: PluginIndex
) -> None:
    (tmp_path / "in" / "a").write_text("1,x\nno,y\n")
    (tmp_path / "in" / "b").write_text("2,z\n")
    with Workbench(penstock_plugins) as bench:
        running = bench.start(SpoolDirCsvSourceConnector, {**config, **WITH_SCHEMAS}, name="halting")
        eventually(lambda: running.tasks[0].trace, "the task fails")
        assert "Could not parse 'no' to 'Long'" in str(running.tasks[0].trace)
        eventually((tmp_path / "error" / "a").exists, "the file is moved")
        running.stop()
        bench.start(SpoolDirCsvSourceConnector, {**config, **WITH_SCHEMAS}, name="halting")
        eventually(lambda: len(bench.read("t")) == 2, "the other file is read")
        records = bench.read("t")
    assert [str(record.value) for record in records] == ["Struct{id=1,name=x}", "Struct{id=2,name=z}"]


def test_a_connector_that_could_not_start_can_be_stopped() -> None:
    SpoolDirCsvSourceConnector().stop()
