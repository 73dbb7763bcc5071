"""Parts of the source: which files there are, what does not fit together, offsets of users, configurations."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.api import ConfigException, ConnectException, DataException, ExactlyOnceSupport
from penstock_s3.source.config import aiven_source_settings, source_settings, validate_aiven_source
from penstock_s3.source.connector import AivenS3SourceConnector, S3SourceConnector
from penstock_s3.source.listing import Share, files_of
from penstock_s3.source.reading import FileReader
from penstock_s3.source.task import _progress_of
from penstock_s3.storage.opening import open_store
from penstock_s3.storage.store import ObjectInfo
from tests.plugins.s3.storage.settings import no_wait

ALL = Share(0, 1)
NOW = 1_000_000


def props(**changes: str) -> dict[str, str]:
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return {"s3.bucket.name": "bkt", "store.url": "file:///nowhere", "settle.ms": "10", **named}


def listed(*keys: str, age: int = 100) -> list[ObjectInfo]:
    return [ObjectInfo(key, 1, "e", NOW - age) for key in keys]


def names(objects: list[ObjectInfo], share: Share = ALL, **changes: str) -> list[str]:
    return [file.name for file in files_of(objects, source_settings(props(**changes)), share, NOW)]


class TestListing:
    def test_order_is_by_topic_partition_and_offset(self) -> None:
        objects = listed(
            "topics/b/partition=0/b+0+0000000000.json",
            "topics/a/x=2/a+10+0000000000.json",
            "topics/a/x=1/a+9+0000000007.json",
            "topics/a/x=2/a+9+0000000003.json",
            "topics/a/.state/a/9.json",
        )
        assert names(objects) == [
            "topics/a/x=2/a+9+0000000003.json",
            "topics/a/x=1/a+9+0000000007.json",
            "topics/a/x=2/a+10+0000000000.json",
            "topics/b/partition=0/b+0+0000000000.json",
        ]
        assert names(objects, source__topics="b") == ["topics/b/partition=0/b+0+0000000000.json"]

    def test_sides_are_waited_for(self) -> None:
        values, keys = "topics/a/p/a+0+0000000000.json", "topics/a/p/a+0+0000000000.keys.avro"
        assert names(listed(values)) == [values]
        assert names(listed(values), store__kafka__keys="true") == []
        assert names(listed(values), store__kafka__headers="true") == []
        assert names(listed(values, keys), store__kafka__keys="true") == [values]
        assert names([*listed(values), *listed(keys, age=5)]) == []

    def test_keys_alone_are_tombstones_in_their_directory_only(self) -> None:
        keys = "topics/a/tombstone/a+0+0000000000.keys.avro"
        headers = "topics/a/tombstone/a+0+0000000000.headers.avro"
        assert names(listed(keys, headers)) == [keys]
        assert names(listed(headers)) == []
        assert names(listed("topics/a/p/a+0+0000000000.keys.avro")) == []

    def test_young_objects_are_left_alone(self) -> None:
        assert names(listed("topics/a/p/a+0+0000000000.json", age=9)) == []
        assert names(listed("topics/a/p/a+0+0000000000.json", age=10)) != []

    def test_shares_are_whole_topic_partitions(self) -> None:
        objects = listed(*(f"topics/a/p/a+{number}+0000000000.json" for number in range(20)))
        parts = [names(objects, Share(index, 3)) for index in range(3)]
        assert sorted(name for part in parts for name in part) == sorted(names(objects))
        assert all(parts)


def reader(folder: Path, **changes: str) -> tuple[FileReader, list[ObjectInfo]]:
    (folder / "bkt").mkdir(exist_ok=True)
    settings = source_settings(props(**{"store__url": folder.as_uri(), "settle__ms": "0", **changes}))
    opened = open_store(settings.store, no_wait)
    return FileReader(opened, settings), list(opened.list("topics/"))


def put(folder: Path, name: str, content: str) -> None:
    path = folder / "bkt" / "topics/a/p" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_batches_say_how_far_they_reach(tmp_path: Path) -> None:
    put(tmp_path, "a+3+0000000000.json", '{"n":0}\n{"n":1}\n{"n":2}\n')
    found, objects = reader(tmp_path, batch__size="2")
    (file,) = files_of(objects, source_settings(props(settle__ms="0")), ALL, 1 << 60)
    batches = list(found.batches(file, 0))
    assert [batch.values for batch in batches] == [[{"n": 0}, {"n": 1}], [{"n": 2}]]
    assert [batch.source_offset for batch in batches] == [
        {"record": 2, "etag": file.etag, "end": False},
        {"record": 3, "etag": file.etag, "end": True},
    ]
    assert batches[0].kafka_partitions == [3, 3]
    assert [batch.values for batch in found.batches(file, 1)] == [[{"n": 1}, {"n": 2}]]
    assert list(found.batches(file, 3)) == []


def test_what_stands_before_damage_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a+0+0000000000.json", '{"n":0}\n')
    put(tmp_path, "a+0+0000000000.keys.json", '"k"\n"l"\n')
    found, objects = reader(tmp_path)
    (file,) = files_of(objects, source_settings(props(settle__ms="0")), ALL, 1 << 60)
    batches = found.batches(file, 0)
    assert next(batches).keys == ["k"]
    with pytest.raises(DataException) as told:
        next(batches)
    assert str(told.value) == f"There are fewer values than other parts of the records of {file.name}"


def test_an_unknown_extension(tmp_path: Path) -> None:
    put(tmp_path, "a+0+0000000000.orc", "x")
    found, objects = reader(tmp_path)
    (file,) = files_of(objects, source_settings(props(settle__ms="0")), ALL, 1 << 60)
    with pytest.raises(DataException) as told:
        list(found.batches(file, 0))
    assert str(told.value) == (
        "The format of object topics/a/p/a+0+0000000000.orc is not known by its extension; set format.bytearray.extension "
        "if it holds bytes"
    )


class TestOffsets:
    @pytest.mark.parametrize(
        ("partition", "offset", "text"),
        [
            ({"bucket": "b"}, {"record": 1}, "The partition {'bucket': 'b'} names no object; give {'bucket': …, 'key': …}"),
            ({"bucket": "b", "key": 5}, None, "The partition {'bucket': 'b', 'key': 5} names no object; give {'bucket': …, 'key': …}"),
            ({"bucket": "b", "key": "k"}, {"record": -1}, "The offset {'record': -1} has no number of records; give {'record': 0}"),
            ({"bucket": "b", "key": "k"}, {}, "The offset {} has no number of records; give {'record': 0}"),
        ],
    )  # fmt: skip
    def test_what_users_cannot_set(
        self, partition: dict[str, object], offset: dict[str, object] | None, text: str
    ) -> None:
        with pytest.raises(ConnectException) as told:
            S3SourceConnector().alter_offsets({}, [(partition, offset)])
        assert str(told.value) == text

    def test_what_they_can(self) -> None:
        where = {"bucket": "b", "key": "k"}
        assert S3SourceConnector().alter_offsets({}, [(where, {"record": 5}), (where, None)])

    def test_stored_ones_that_are_none(self) -> None:
        with pytest.raises(ConnectException) as told:
            _progress_of({"record": "x"}, "k")
        assert str(told.value) == "The stored offset {'record': 'x'} of object k has no number of records; reset it"


class TestConnectors:
    def test_tasks_and_support(self) -> None:
        connector = S3SourceConnector()
        connector.use_config(props())
        assert [task["task.index"] for task in connector.task_configs(2)] == ["0", "1"]
        assert connector.exactly_once_support({}) is ExactlyOnceSupport.SUPPORTED

    def test_validation(self) -> None:
        errors = {
            value.name: value.errors for value in S3SourceConnector().validate({"batch.size": "0"}) if value.errors
        }
        assert errors == {
            "s3.bucket.name": ['Missing required configuration "s3.bucket.name" which has no default value.'],
            "batch.size": ["Invalid value 0 for configuration batch.size: Value must be at least 1"],
        }

    def test_aivens_keys(self) -> None:
        found = aiven_source_settings(
            {
                "aws.s3.bucket.name": "b",
                "file.name.template": "in/{{topic}}/{{partition:padding=true}}-{{start_offset:padding=true}}",
                "input.format": "JSONL",
                "topic": "all",
                "max.poll.records": "7",
            }
        )
        assert (found.prefix, found.topic, found.batch_size) == ("in/", "all", 7)
        named = found.naming.parse("in/a.b/0000000003-00000000000000000042.gz")
        assert named is not None
        assert (named.topic, named.partition, named.offset) == ("a.b", 3, 42)
        assert found.naming.parse("in/a.b/x-42.gz") is None

    def test_aivens_names_must_tell_where_records_came_from(self) -> None:
        with pytest.raises(ConfigException) as told:
            aiven_source_settings({"aws.s3.bucket.name": "b", "file.name.template": "{{key}}"})
        assert str(told.value) == (
            "Invalid value {{key}} for configuration file.name.template: A name must tell {{topic}}, {{partition}} and "
            "{{start_offset}}"
        )

    def test_aivens_validation(self) -> None:
        errors = {value.name: value.errors for value in validate_aiven_source({"input.format": "x"}) if value.errors}
        assert errors == {
            "aws.s3.bucket.name": ['Missing required configuration "aws.s3.bucket.name" which has no default value.'],
            "input.format": ["Invalid value x for configuration input.format: String must be one of (case insensitive): BYTES, PARQUET, AVRO, JSONL"],
        }  # fmt: skip
        assert AivenS3SourceConnector.connect_name == "io.aiven.kafka.connect.s3.source.S3SourceConnector"
