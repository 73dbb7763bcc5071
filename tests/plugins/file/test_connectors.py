"""The connectors: keys as Connect shows them, Penstock's options beside them, tasks, offsets, and the plugin door."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

import penstock_file
from penstock.api import (
    ConfigException,
    ConnectException,
    ConnectorTransactionBoundaries,
    ExactlyOnceSupport,
    Offset,
    TopicPartition,
)
from penstock_file.sink_task import FileStreamSinkTask
from penstock_file.source_task import FileStreamSourceTask
from penstock_file.stream_sink import FileStreamSinkConnector
from penstock_file.stream_source import FileStreamSourceConnector

SOURCE = {"file": "/f", "topic": "t"}
UNKNOWN = "Unknown encoding; use a name such as UTF-8, ISO-8859-1 or windows-1252"
NO_LINES = "Lines cannot be found in this encoding, in which a line end is not one byte; convert the file first"


def test_both_stand_behind_the_entry_point_under_their_java_names() -> None:
    (door,) = [point for point in entry_points(group="penstock") if point.name == "file"]
    assert door.load() is penstock_file

    source, *directories = penstock_file.penstock_sources()
    sink, *_ = penstock_file.penstock_sinks()

    assert (
        source.connect_name
        == FileStreamSourceConnector.connect_name
        == "org.apache.kafka.connect.file.FileStreamSourceConnector"
    )
    assert (
        sink.connect_name
        == FileStreamSinkConnector.connect_name
        == "org.apache.kafka.connect.file.FileStreamSinkConnector"
    )
    assert FileStreamSourceTask.connect_name == "org.apache.kafka.connect.file.FileStreamSourceTask"
    assert FileStreamSinkTask.connect_name == "org.apache.kafka.connect.file.FileStreamSinkTask"
    assert [plugin.connect_name for plugin in directories] == [
        f"com.github.jcustenborder.kafka.connect.spooldir.SpoolDir{kind}SourceConnector"
        for kind in ("Csv", "Json", "SchemaLessJson", "LineDelimited", "BinaryFile")
    ]


def test_the_keys_that_clients_see_are_connects() -> None:
    shown = [
        (key.name, key.type.name, key.required, key.importance.name, None if key.required else key.default)
        for key in FileStreamSourceConnector.CONFIG
    ]
    assert shown == [
        ("file", "STRING", False, "HIGH", None),
        ("topic", "STRING", True, "HIGH", None),
        ("batch.size", "INT", False, "LOW", 2000),
    ]
    assert [(key.name, key.required, key.importance.name) for key in FileStreamSinkConnector.CONFIG] == [
        ("file", False, "HIGH")
    ]
    assert all(key.doc for key in [*FileStreamSourceConnector.CONFIG, *FileStreamSinkConnector.CONFIG])


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({}, []),
        ({"topic": ""}, ["Invalid value  for configuration topic: String must be non-empty"]),
        ({"topic": None}, ['Missing required configuration "topic" which has no default value.']),
        ({"batch.size": "x"}, ["Invalid value x for configuration batch.size: Not a number of type INT"]),
        ({"batch.size": ""}, ["Invalid value  for configuration batch.size: Not a number of type INT"]),
        ({"batch.size": "-1"}, []),
        ({"file.encoding": "latin-1", "file.encoding.errors": "strict"}, []),
        (
            {"file.encoding": "klingon"},
            [f"Invalid value klingon for configuration file.encoding: {UNKNOWN}"],
        ),
        ({"file.encoding": "rot13"}, [f"Invalid value rot13 for configuration file.encoding: {UNKNOWN}"]),
        (
            {"file.encoding.errors": "guess"},
            [
                "Invalid value guess for configuration file.encoding.errors: String must be one of: replace, strict, escape"
            ],
        ),
    ],
)
def test_validation_of_a_source(change: dict[str, str | None], errors: list[str]) -> None:
    props = {key: value for key, value in (SOURCE | change).items() if value is not None}

    values = FileStreamSourceConnector().validate(props)

    assert [error for value in values for error in value.errors] == errors


@pytest.mark.parametrize("encoding", ["utf-16", "UTF-16LE", "utf-32", "utf-8-sig", "cp037"])
def test_encodings_in_which_lines_cannot_be_found_are_refused(encoding: str) -> None:
    values = FileStreamSourceConnector().validate(SOURCE | {"file.encoding": encoding})

    assert [error for value in values for error in value.errors] == [
        f"Invalid value {encoding} for configuration file.encoding: {NO_LINES}"
    ]


def test_penstocks_options_show_up_only_when_they_are_set() -> None:
    source, sink = FileStreamSourceConnector(), FileStreamSinkConnector()

    assert [value.name for value in source.validate(SOURCE)] == ["file", "topic", "batch.size"]
    assert [value.name for value in source.validate(SOURCE | {"file.encoding": "UTF-8"})][3:] == ["file.encoding"]
    assert [value.name for value in sink.validate({"file": "f"})] == ["file"]
    (_, fsync) = sink.validate({"file.fsync": "perhaps"})
    assert fsync.errors == [
        "Invalid value perhaps for configuration file.fsync: Expected value to be either true or false"
    ]


def test_a_source_has_one_task_and_a_sink_as_many_as_it_may() -> None:
    source, sink = FileStreamSourceConnector(), FileStreamSinkConnector()
    source.use_config(SOURCE | {"tasks.max": "3"})
    sink.use_config({"file": "f", "topics": "t"})

    assert source.task_configs(3) == [SOURCE | {"tasks.max": "3"}]
    assert sink.task_configs(3) == [{"file": "f", "topics": "t"}] * 3


@pytest.mark.parametrize(("file", "support"), [("/f", "SUPPORTED"), ("", "UNSUPPORTED"), (None, "UNSUPPORTED")])
def test_exactly_once_is_possible_with_a_file(file: str | None, support: str) -> None:
    props = {"topic": "t"} | ({} if file is None else {"file": file})
    source = FileStreamSourceConnector()

    assert source.exactly_once_support(props) is ExactlyOnceSupport[support]
    assert source.can_define_transaction_boundaries(props) is ConnectorTransactionBoundaries.UNSUPPORTED


HERE = {"filename": "/f"}


@pytest.mark.parametrize(
    "pairs",
    [
        [(HERE, {"position": 0})],
        [(HERE, {"position": (1 << 63) - 1})],
        [(HERE, None)],
        [(None, None)],
        [({}, None)],
        [({"filename": 3}, {"position": 1})],
        [({"filename": "/elsewhere"}, {"position": 1})],
        [(HERE, {"position": 4, "more": 1}), (HERE, {"position": 8})],
    ],
)
def test_offsets_that_may_be_stored(pairs: list[tuple[Offset, Offset | None]]) -> None:
    assert FileStreamSourceConnector().alter_offsets(SOURCE, pairs) is True


@pytest.mark.parametrize(
    ("partition", "offset", "message"),
    [
        (HERE, {}, "Offset objects should either be null or contain the key 'position'"),
        (HERE, {"pos": 1}, "Offset objects should either be null or contain the key 'position'"),
        (HERE, {"position": "4"}, "The value for the 'position' key in the offset is expected to be a Long value"),
        (HERE, {"position": 1.5}, "The value for the 'position' key in the offset is expected to be a Long value"),
        (HERE, {"position": True}, "The value for the 'position' key in the offset is expected to be a Long value"),
        (HERE, {"position": None}, "The value for the 'position' key in the offset is expected to be a Long value"),
        (HERE, {"position": 1 << 63}, "The value for the 'position' key in the offset is expected to be a Long value"),
        (HERE, {"position": -1}, "The value for the 'position' key in the offset should be a non-negative value"),
        (None, {"position": 1}, "Partition objects cannot be null"),
        ({}, {"position": 1}, "Partition objects should contain the key 'filename'"),
        ({"file": "x"}, {"position": 1}, "Partition objects should contain the key 'filename'"),
    ],
)
def test_offsets_that_are_refused(partition: Offset, offset: Offset, message: str) -> None:
    with pytest.raises(ConnectException) as refused:
        FileStreamSourceConnector().alter_offsets(SOURCE, [(HERE, None), (partition, offset)])

    assert str(refused.value) == message


def test_offsets_of_standard_input_cannot_be_altered() -> None:
    with pytest.raises(ConnectException) as refused:
        FileStreamSourceConnector().alter_offsets({"topic": "t"}, [(HERE, None)])

    assert str(refused.value) == (
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input and "
        "offsets are not tracked."
    )


def test_altering_offsets_with_a_broken_config_names_the_key() -> None:
    with pytest.raises(ConfigException, match="topic"):
        FileStreamSourceConnector().alter_offsets({"file": "/f"}, [(HERE, None)])


def test_offsets_of_a_sink_may_be_altered() -> None:
    assert FileStreamSinkConnector().alter_offsets({}, {TopicPartition("t", 0): 5}) is True
