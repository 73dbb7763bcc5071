"""The task: nulls, dead letters, time, offsets, stops."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from penstock.api import (
    ConnectException,
    DataException,
    Schema,
    SchemaBuilder,
    SinkBatch,
    SinkSlice,
    Struct,
    TopicPartition,
)
from penstock_s3.config.choices import FormatKind, OnNull, Partitioning
from tests.plugins.s3.sink.rig import HERE, Rig, RigTask, Row, bucket, sink_settings
from tests.plugins.s3.sink.test_kills import replace_part, rows

HOUR = 3_600_000
NOON = int(datetime(2024, 3, 31, 12, tzinfo=UTC).timestamp() * 1000)


def texts(rig: Rig) -> dict[str, str]:
    return {key.removeprefix("topics/t/"): data.decode() for key, data in rig.objects().items()}


class TestNulls:
    records = (Row({"id": 0}, key="a"), Row(None, key="b"), Row({"id": 2}, key="c"), Row(None), Row({"id": 4}, key="e"))

    def test_fail(self, tmp_path: Path) -> None:
        rig = Rig(self.records, sink_settings(behavior=OnNull.FAIL), bucket(tmp_path), dead_letters=True)
        task = rig.started()
        with pytest.raises(
            ConnectException,
            match=r"^Null valued records are not writeable with current behavior.on.null.values 'settings.$",
        ):
            rig.deliver(task, 5)
        assert rig.context.reported == []
        rig.end(task)

    @pytest.mark.parametrize("dead_letters", [True, False])
    @pytest.mark.parametrize("report", [True, False])
    def test_ignore(self, report: bool, dead_letters: bool, tmp_path: Path) -> None:
        settings = sink_settings(behavior=OnNull.IGNORE, report=report)
        rig = Rig(self.records, settings, bucket(tmp_path), dead_letters=dead_letters)
        task = rig.started()
        rig.deliver(task, 5)
        assert texts(rig) == {"partition=0/t+0+0000000000.json": '{"id":0}\n{"id":2}\n{"id":4}\n'}
        told = [(record.kafka_offset, str(error)) for record, error in rig.context.reported]
        reason = "Skipping null value record."
        assert told == ([(1, reason), (3, reason)] if report and dead_letters else [])
        rig.end(task)

    def test_write(self, tmp_path: Path) -> None:
        settings = sink_settings(behavior=OnNull.WRITE, keys=FormatKind.JSON, tombstone="gone", flush_size=4)
        rig = Rig(self.records, settings, bucket(tmp_path), dead_letters=True)
        task = rig.started()
        rig.deliver(task, 5)
        assert texts(rig) == {
            "partition=0/t+0+0000000000.json": '{"id":0}\n{"id":2}\n{"id":4}\n',
            "partition=0/t+0+0000000000.keys.json": '"a"\n"c"\n"e"\n',
            "gone/t+0+0000000001.keys.json": '"b"\n',
        }
        ((record, error),) = rig.context.reported
        assert (
            str(error) == "Key cannot be null for SinkRecord: SinkRecord{kafkaOffset=3, topic='t', kafkaPartition=0} "
        )
        assert record.kafka_offset == 3
        rig.end(task)

    def test_a_topic_with_the_name_of_tombstones_is_like_any_other(self, tmp_path: Path) -> None:
        settings = sink_settings(behavior=OnNull.WRITE, keys=FormatKind.JSON, tombstone="tombstone", flush_size=2)
        records = [Row({"id": 0}, key="a", topic="tombstone-x"), Row(None, key="b", topic="tombstone-x")]
        rig = Rig(records, settings, bucket(tmp_path))
        rig.run()
        assert {key: data.decode() for key, data in rig.objects().items()} == {
            "topics/tombstone-x/partition=0/tombstone-x+0+0000000000.json": '{"id":0}\n',
            "topics/tombstone-x/partition=0/tombstone-x+0+0000000000.keys.json": '"a"\n',
            "topics/tombstone-x/tombstone/tombstone-x+0+0000000001.keys.json": '"b"\n',
        }
        assert rig.committed == 2

    def test_a_value_never_goes_to_the_directory_of_tombstones(self, tmp_path: Path) -> None:
        """There only its key would be stored, and the value lost."""
        settings = sink_settings(behavior=OnNull.WRITE, keys=FormatKind.JSON, tombstone="partition=0", flush_size=2)
        rig = Rig([Row(None, key="a"), Row({"id": 1}, key="b"), Row(None, key="c")], settings, bucket(tmp_path))
        rig.dead_letters = True
        rig.run()
        ((record, error),) = rig.context.reported
        assert record.kafka_offset == 1
        assert str(error) == (
            "The record of t, partition 0, offset 1 has a value, and belongs into the directory of records without one. Set "
            "'tombstone.encoded.partition' to a name that no other record's directory has"
        )
        assert texts(rig) == {"partition=0/t+0+0000000000.keys.json": '"a"\n"c"\n'}


class TestDeadLetters:
    records = (Row(b"0"), Row("one"), Row(b"2"), Row(b"3"), Row(b"4"))
    settings = replace_part(sink_settings(flush_size=2), "format", kind=FormatKind.BYTES)

    def test_one_record_at_fault_goes_there_alone(self, tmp_path: Path) -> None:
        rig = Rig(self.records, self.settings, bucket(tmp_path), dead_letters=True)
        rig.run()
        assert texts(rig) == {"partition=0/t+0+0000000000.bin": "0\n2\n", "partition=0/t+0+0000000003.bin": "3\n4\n"}
        ((record, error),) = rig.context.reported
        assert (record.kafka_offset, type(error)) == (1, DataException)

    def test_without_a_queue_the_task_fails(self, tmp_path: Path) -> None:
        rig = Rig(self.records, self.settings, bucket(tmp_path))
        task = rig.started()
        with pytest.raises(DataException, match="ByteArrayConverter is not compatible with objects of type"):
            rig.deliver(task, 5)
        rig.end(task)

    def test_a_faulty_first_record_gives_no_file_its_name(self, tmp_path: Path) -> None:
        rig = Rig(self.records[1:], self.settings, bucket(tmp_path), dead_letters=True)
        rig.run()
        assert list(texts(rig)) == ["partition=0/t+0+0000000001.bin"]

    def test_offsets_stay_behind_what_was_skipped(self, tmp_path: Path) -> None:
        rig = Rig([Row("bad"), Row("bad")], self.settings, bucket(tmp_path), dead_letters=True)
        rig.run()
        assert rig.committed is None

    def test_or_pass_it_if_asked_to(self, tmp_path: Path) -> None:
        from dataclasses import replace

        rig = Rig(
            [Row("bad"), Row("bad")], replace(self.settings, past_skipped=True), bucket(tmp_path), dead_letters=True
        )
        rig.run()
        assert rig.committed == 2

    def test_but_not_past_an_open_file(self, tmp_path: Path) -> None:
        from dataclasses import replace

        rig = Rig(
            [Row(b"0"), Row("bad")], replace(self.settings, past_skipped=True), bucket(tmp_path), dead_letters=True
        )
        rig.run()
        assert rig.committed is None


class TestTime:
    def started(self, rig: Rig, time_ms: int = NOON) -> RigTask:
        rig.time_ms = time_ms
        return rig.started()

    def test_the_schedule_is_kept_without_records(self, tmp_path: Path) -> None:
        rig = Rig(rows(2), sink_settings(flush_size=100, schedule_ms=HOUR), bucket(tmp_path))
        task = self.started(rig, NOON + 60_000)
        rig.deliver(task)
        assert rig.context.timeouts[-1] == HOUR - 60_000
        task.time_ms = NOON + HOUR - 1
        rig.deliver(task)
        assert rig.committed is None
        task.time_ms = NOON + HOUR
        rig.deliver(task)
        assert rig.committed == 2
        assert list(texts(rig)) == ["partition=0/t+0+0000000000.json"]
        rig.end(task)

    def test_a_schedule_that_passed_with_nothing_to_write_is_moved(self, tmp_path: Path) -> None:
        rig = Rig(rows(2), sink_settings(flush_size=100, schedule_ms=HOUR), bucket(tmp_path))
        task = self.started(rig)
        task.time_ms = NOON + 3 * HOUR + 5
        rig.deliver(task)
        assert rig.context.timeouts[-1] == HOUR - 5
        assert rig.committed is None
        rig.end(task)

    def test_idle_files_are_finished(self, tmp_path: Path) -> None:
        rig = Rig(rows(2), sink_settings(flush_size=100, idle_ms=5_000), bucket(tmp_path))
        task = self.started(rig)
        rig.deliver(task)
        assert rig.context.timeouts[-1] == 5_000
        task.time_ms = NOON + 5_000
        rig.deliver(task)
        assert rig.committed == 2
        rig.end(task)

    def test_without_a_schedule_nothing_is_asked_for(self, tmp_path: Path) -> None:
        rig = Rig(rows(2), sink_settings(flush_size=100), bucket(tmp_path))
        task = self.started(rig)
        rig.deliver(task)
        assert rig.context.timeouts == []
        rig.end(task)

    def test_short_turns_write_everything_in_the_end(self, tmp_path: Path) -> None:
        rig = Rig(rows(60), sink_settings(flush_size=3, max_write_ms=0), bucket(tmp_path), batch=20)
        task = rig.started()
        for _ in range(100):
            rig.deliver(task)
        assert rig.committed == 60
        assert rig.context.paused == set()
        rig.end(task)

    def test_no_turn_at_all_writes_nothing(self, tmp_path: Path) -> None:
        rig = Rig(rows(6), sink_settings(max_write_ms=-1), bucket(tmp_path))
        task = rig.started()
        rig.deliver(task, 6)
        assert rig.objects() == {}
        assert rig.context.paused == {HERE}
        assert rig.context.timeouts == []  # being called again would change nothing
        rig.end(task)


class TestBytes:
    def test_a_file_of_enough_bytes_is_finished(self, tmp_path: Path) -> None:
        rig = Rig(rows(9), sink_settings(flush_size=None, flush_bytes=30), bucket(tmp_path), batch=2)
        rig.run()
        assert rig.committed == 8
        assert all(len(data) >= 30 for data in rig.objects().values())


class TestEnds:
    def test_open_files_are_given_up(self, tmp_path: Path) -> None:
        rig = Rig(rows(5), sink_settings(flush_size=3), bucket(tmp_path))
        rig.run()
        assert rig.committed == 3
        assert list(texts(rig)) == ["partition=0/t+0+0000000000.json"]

    def test_or_finished_if_asked_to(self, tmp_path: Path) -> None:
        rig = Rig(rows(5), sink_settings(flush_size=3, flush_on_close=True), bucket(tmp_path))
        rig.run()
        assert rig.committed == 5
        assert sorted(texts(rig)) == ["partition=0/t+0+0000000000.json", "partition=0/t+0+0000000003.json"]

    def test_also_when_the_partition_goes_to_another_task(self, tmp_path: Path) -> None:
        """Its offset cannot be committed then; the next owner writes the same object again, with more in it."""
        rig = Rig(rows(5), sink_settings(flush_size=3, flush_on_close=True), bucket(tmp_path))
        task = rig.started()
        rig.deliver(task, 5)
        task.close([HERE])
        assert sorted(texts(rig)) == ["partition=0/t+0+0000000000.json", "partition=0/t+0+0000000003.json"]
        task.stop()
        rig.rows = rows(6)
        rig.run()
        assert [json.loads(line)["id"] for text in texts(rig).values() for line in text.splitlines()] == list(range(6))

    @pytest.mark.parametrize("stopping", [True, False])
    def test_but_never_over_what_a_later_owner_wrote(self, stopping: bool, tmp_path: Path) -> None:
        """The partition was lost long ago, and this task hears of it last."""
        settings = sink_settings(flush_size=5, flush_on_close=True)
        zombie = Rig(rows(3), settings, bucket(tmp_path))
        task = zombie.started()
        zombie.deliver(task)
        heir = Rig(rows(5), settings, zombie.bucket)
        heir.run()
        whole = texts(heir)
        if stopping:
            zombie.end(task)
        else:
            task.close([HERE])
            task.stop()
        assert texts(heir) == whole
        assert zombie.committed is None

    def test_a_task_that_was_stopped_takes_nothing(self, tmp_path: Path) -> None:
        rig = Rig(rows(5), sink_settings(), bucket(tmp_path))
        task = rig.started()
        rig.end(task)
        with pytest.raises(ConnectException, match=r"^No writer found for topic partition t-0$"):
            rig.deliver(task)

    def test_stop_before_start(self) -> None:
        RigTask(sink_settings(), None).stop()  # type: ignore[arg-type]


class TestRouting:
    def test_a_topic_that_a_transformation_changed_is_written_under_its_new_name(self, tmp_path: Path) -> None:
        records = [Row({"id": number}, topic="even" if number % 2 == 0 else "odd") for number in range(4)]
        rig = Rig(records, sink_settings(flush_size=4), bucket(tmp_path))
        rig.run()
        assert {key: data.decode() for key, data in rig.objects().items()} == {
            "topics/even/partition=0/even+0+0000000000.json": '{"id":0}\n{"id":2}\n',
            "topics/odd/partition=0/odd+0+0000000001.json": '{"id":1}\n{"id":3}\n',
        }
        assert rig.committed == 4

    def test_a_partition_that_was_not_opened(self, tmp_path: Path) -> None:
        rig = Rig([], sink_settings(), bucket(tmp_path))
        task = rig.started()
        part = SinkSlice(topic="t", kafka_partition=7, offsets=[0], values=[1])
        with pytest.raises(ConnectException, match=r"^No writer found for topic partition t-7$"):
            task.put(SinkBatch([part]))
        rig.end(task)


class TestMissingBucket:
    def test_is_told(self, tmp_path: Path) -> None:
        from penstock_s3.storage.local_store import LocalStore

        rig = Rig([], sink_settings(), LocalStore(tmp_path, "nope"))
        with pytest.raises(ConnectException, match=r"^Non-existent S3 bucket: nope$"):
            rig.started()


class TestManyFiles:
    def test_interleaved_directories_are_finished_together(self, tmp_path: Path) -> None:
        settings = replace_part(sink_settings(flush_size=8), "partition", kind=Partitioning.TIME)
        records = [Row({"id": n}, timestamp=NOON + (n % 4) * HOUR) for n in range(8)]
        rig = Rig(records, settings, bucket(tmp_path), batch=3)
        rig.run()
        assert texts(rig) == {
            f"2024-03-31-{12 + hour}/t+0+{hour:010d}.json": f'{{"id":{hour}}}\n{{"id":{hour + 4}}}\n'
            for hour in range(4)
        }

    def test_a_limit_of_open_files(self, tmp_path: Path) -> None:
        settings = replace_part(sink_settings(flush_size=100, max_open_files=2), "partition", kind=Partitioning.TIME)
        records = [Row({"id": n}, timestamp=NOON + hour * HOUR) for n, hour in enumerate((0, 1, 0, 2, 2, 0, 1))]
        rig = Rig(records, settings, bucket(tmp_path), batch=7)
        rig.run()
        assert sorted(texts(rig)) == [
            "2024-03-31-12/t+0+0000000000.json",
            "2024-03-31-12/t+0+0000000005.json",
            "2024-03-31-13/t+0+0000000001.json",
            "2024-03-31-14/t+0+0000000003.json",
        ]
        assert rig.committed == 6


class TestSchemasOfKeys:
    """With keys stored, a file's keys have one schema."""

    ID = SchemaBuilder.struct().field("id", Schema.INT32).build()

    def delivered(self, tmp_path: Path, *keys: tuple[Schema | None, object]) -> tuple[Rig, dict[str, str]]:
        rig = Rig([], sink_settings(keys=FormatKind.JSON, flush_size=4), bucket(tmp_path), dead_letters=True)
        task = rig.started()
        for offset, (schema, key) in enumerate(keys):
            part = SinkSlice(
                topic="t",
                kafka_partition=0,
                offsets=range(offset, offset + 1),
                values=[{"id": offset}],
                keys=[key],
                key_schema=schema,
            )
            task.put(SinkBatch([part]))
        found = {key: text for key, text in texts(rig).items() if ".keys." in key}
        rig.end(task)
        return rig, found

    def test_another_one_begins_another_file(self, tmp_path: Path) -> None:
        struct = (self.ID, Struct.of(self.ID, [1]))
        _, found = self.delivered(tmp_path, struct, struct, (Schema.STRING, "a"), *[(Schema.STRING, "b")] * 3)
        assert found == {
            "partition=0/t+0+0000000000.keys.json": '{"id":1}\n{"id":1}\n',
            "partition=0/t+0+0000000002.keys.json": '"a"\n"b"\n"b"\n"b"\n',
        }

    def test_a_key_that_is_missing_does_not(self, tmp_path: Path) -> None:
        """Converters give it no schema; it is a dead letter, and the file goes on."""
        rig, found = self.delivered(tmp_path, (Schema.STRING, "a"), (None, None), *[(Schema.STRING, "b")] * 3)
        assert found == {"partition=0/t+0+0000000000.keys.json": '"a"\n"b"\n"b"\n"b"\n'}
        assert [record.kafka_offset for record, _ in rig.context.reported] == [1]


def test_a_second_partition_is_written_apart(tmp_path: Path) -> None:
    other = TopicPartition("t", 1)
    rig = Rig(rows(3), sink_settings(flush_size=3), bucket(tmp_path))
    task: Any = rig.started()
    task.open([other])
    task.put(SinkBatch([SinkSlice(topic="t", kafka_partition=1, offsets=range(3), values=[1, 2, 3])]))
    rig.deliver(task, 3)
    assert sorted(texts(rig)) == ["partition=0/t+0+0000000000.json", "partition=1/t+1+0000000000.json"]
    assert task.pre_commit({HERE: 3, other: 3}) == {HERE: 3, other: 3}
    assert task.pre_commit({HERE: 2}) == {HERE: 2}
    task.close([other])
    rig.end(task)
