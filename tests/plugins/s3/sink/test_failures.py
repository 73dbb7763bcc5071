"""A store that fails for a while, or for good; uploads that vanish; objects that are there already."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from penstock.api import ConnectException, DataException, RetriableException, SinkBatch
from penstock_s3.config.choices import FormatKind, OnTaggingError, Partitioning
from penstock_s3.config.settings import TaggingSettings
from penstock_s3.storage.body import Body
from penstock_s3.storage.buffers import FileBuffer
from penstock_s3.storage.errors import NoSuchUploadException, StoreException, StoreRetriableException
from penstock_s3.storage.store import read_all
from tests.plugins.s3.sink.rig import HERE, FaultyStore, Rig, Row, bucket, sink_settings, slices
from tests.plugins.s3.sink.test_kills import START, replace_part, rows, settings_of

MIB = 1 << 20


def later(*_numbers: int, name: str = "put"):
    """Calls of this name and these numbers fail, and would not if asked again."""
    return lambda call, number: StoreRetriableException("SlowDown") if call == name and number in _numbers else None


def ids(objects: dict[str, bytes]) -> Counter[int]:
    return Counter(json.loads(line)["id"] for data in objects.values() for line in data.splitlines())


@pytest.fixture
def settings():
    return sink_settings(flush_size=3, retry_backoff_ms=0)


def deliver_all(rig: Rig, task, most: int = 50) -> None:
    """Batches until everything was read and no writer waits."""
    for _ in range(most):
        rig.deliver(task)
        if rig.position == len(rig.rows) and not any(writer.waiting for writer in task._writers.values()):
            return
    raise AssertionError("the task does not come to an end")


@pytest.mark.parametrize("after", [False, True], ids=["refused", "answer lost"])
def test_a_storm_is_sat_out_with_everything_kept(settings, after: bool, tmp_path: Path) -> None:
    rig = Rig(rows(10), settings, bucket(tmp_path))
    store = FaultyStore(rig.bucket, later(1, 2, 4, 5, 6), after=after)
    task = rig.started(store)
    deliver_all(rig, task)
    assert sorted(ids(rig.objects()).elements()) == list(range(9))
    assert rig.committed == 9
    assert rig.context.rewinds == {}
    rig.end(task)


def test_a_partition_that_waits_is_paused_and_asks_to_be_called(tmp_path: Path) -> None:
    rig = Rig(rows(20), sink_settings(flush_size=3, retry_backoff_ms=3_600_000), bucket(tmp_path))
    task = rig.started(FaultyStore(rig.bucket, later(*range(1, 100))))
    rig.deliver(task, 8)
    assert rig.context.paused == {HERE}
    assert 3_000_000 < rig.context.timeouts[-1] <= 3_600_000
    assert rig.committed is None
    rig.end(task)
    assert rig.objects() == {}


def test_what_is_visible_is_not_sent_again(tmp_path: Path) -> None:
    settings = replace_part(settings_of({"partition": None, "flush_size": 6}), "partition", kind=Partitioning.TIME)
    settings = replace_part(settings, "rotation", on_partition_change=False)
    records = [Row({"id": number}, timestamp=START + number * 3_600_000) for number in range(6)]
    rig = Rig(records, settings, bucket(tmp_path), batch=6)
    store = FaultyStore(rig.bucket, later(3))
    task = rig.started(store)
    for _ in range(20):
        rig.deliver(task)
        if rig.committed == 6:
            break
    assert sorted(Counter(store.puts).values()) == [1, 1, 1, 1, 1, 2]
    assert ids(rig.objects()) == Counter(range(6))
    rig.end(task)


def test_what_cannot_be_helped_ends_the_task(settings, tmp_path: Path) -> None:
    rig = Rig(rows(3), settings, bucket(tmp_path))
    store = FaultyStore(rig.bucket, lambda name, _: StoreException("AccessDenied") if name == "put" else None)
    task = rig.started(store)
    with pytest.raises(StoreException, match=r"^AccessDenied$") as caught:
        rig.deliver(task)
    assert not isinstance(caught.value, RetriableException)
    rig.end(task)


def big(count: int, size: int = 2 * MIB) -> list[Row]:
    return [Row({"id": number, "pad": "x" * size}) for number in range(count)]


@pytest.mark.parametrize("name", ["begin_upload", "upload_part", "complete_upload"])
@pytest.mark.parametrize("after", [False, True], ids=["refused", "answer lost"])
def test_large_objects_survive_failures_of_each_call(name: str, after: bool, tmp_path: Path) -> None:
    rig = Rig(big(8), sink_settings(flush_size=8, retry_backoff_ms=0), bucket(tmp_path), batch=2)
    task = rig.started(FaultyStore(rig.bucket, later(1, 2, name=name), after=after))
    for _ in range(30):
        rig.deliver(task)
        if rig.committed == 8:
            break
    assert list(ids(rig.objects()).elements()) == list(range(8))
    assert len(rig.objects()) == 1
    rig.end(task)


@pytest.mark.parametrize("manifest", [False, True])
def test_a_vanished_upload_is_written_again(manifest: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(big(8), sink_settings(flush_size=8, retry_backoff_ms=0, manifest=manifest), bucket(tmp_path), batch=2)
    store = FaultyStore(
        rig.bucket,
        lambda name, number: NoSuchUploadException("gone") if (name, number) == ("complete_upload", 1) else None,
    )
    task = rig.started(store)
    for _ in range(30):
        rig.deliver(task)
        if rig.committed == 8:
            break
    assert ids(rig.objects()) == Counter(range(8))
    assert f"{HERE}: an upload is gone; its records are read again" in caplog.messages
    rig.end(task)


def test_an_upload_is_aborted_when_its_partition_goes(tmp_path: Path) -> None:
    rig = Rig(big(6), sink_settings(flush_size=100), bucket(tmp_path), batch=6)
    task = rig.started()
    rig.deliver(task)
    assert len(list(rig.bucket.uploads(""))) == 1
    task.close([HERE])
    assert list(rig.bucket.uploads("")) == []
    assert rig.objects() == {}
    task.stop()


def test_uploads_of_a_killed_task_are_aborted_by_the_next(tmp_path: Path) -> None:
    rig = Rig([], sink_settings(), bucket(tmp_path))
    ours = "topics/t/partition=0/t+0+0000000000.json"
    theirs = ["topics/t/partition=1/t+1+0000000000.json", "topics/u/partition=0/u+0+0000000000.json", "topics/t/else"]
    for key in (ours, *theirs):
        rig.bucket.begin_upload(key)
    rig.end(rig.started())
    assert sorted(upload.key for upload in rig.bucket.uploads("")) == sorted(theirs)


def test_orphans_may_be_left_alone(tmp_path: Path) -> None:
    rig = Rig([], sink_settings(abort_orphans=False), bucket(tmp_path))
    rig.bucket.begin_upload("topics/t/partition=0/t+0+0000000000.json")
    rig.end(rig.started())
    assert len(list(rig.bucket.uploads(""))) == 1


def test_a_bucket_that_forbids_listing_is_no_obstacle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(rows(3), sink_settings(), bucket(tmp_path))
    store = FaultyStore(rig.bucket, lambda name, _: StoreException("AccessDenied") if name == "uploads" else None)
    rig.run(store)
    assert rig.committed == 3
    assert "Unfinished uploads under topics/t/ were not looked for: AccessDenied" in caplog.text


def conditional():
    """Conditional writes are in force with a schedule (spec 6)."""
    return sink_settings(flush_size=3, schedule_ms=3_600_000, retry_backoff_ms=0)


def test_an_object_of_another_owner_is_not_overwritten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(rows(6), conditional(), bucket(tmp_path))
    longer = b'{"id":0}\n{"id":1}\n{"id":2}\n{"id":3}\n'
    rig.bucket.put("topics/t/partition=0/t+0+0000000000.json", Body.of(longer))
    task = rig.started()
    for _ in range(10):
        rig.deliver(task)
    assert read_all(rig.bucket, "topics/t/partition=0/t+0+0000000000.json") == longer
    assert sorted(rig.objects()) == [
        "topics/t/partition=0/t+0+0000000000.json",
        "topics/t/partition=0/t+0+0000000001.json",
    ]
    assert ids(rig.objects()).keys() == {0, 1, 2, 3}  # the rest waits for its file to be full
    assert rig.committed == 4
    assert f"{HERE}: an object exists already; goes on from offset 1" in caplog.messages
    rig.end(task)


def test_the_very_same_object_is_no_other_owners(tmp_path: Path) -> None:
    """Its answer was lost, or the task was killed before it could commit."""
    rig = Rig(rows(3), conditional(), bucket(tmp_path))
    rig.run()
    rig.committed = None
    rig.run()
    assert list(rig.objects()) == ["topics/t/partition=0/t+0+0000000000.json"]
    assert rig.committed == 3


def tagged(on_error: OnTaggingError):
    return sink_settings(flush_size=3, tagging=TaggingSettings({"team": "data"}, on_error))


class TagStore(FaultyStore):
    """Remembers tags."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.tags: dict[str, dict[str, str]] = {}

    def tag(self, key, tags) -> None:
        super().tag(key, tags)
        self.tags[key] = dict(tags)


def test_tags(tmp_path: Path) -> None:
    rig = Rig(rows(7), tagged(OnTaggingError.FAIL), bucket(tmp_path))
    store = TagStore(rig.bucket, lambda *_: None)
    rig.run(store)
    assert store.tags == {
        "topics/t/partition=0/t+0+0000000000.json": {
            "startOffset": "0",
            "endOffset": "2",
            "recordCount": "3",
            "team": "data",
        },
        "topics/t/partition=0/t+0+0000000003.json": {
            "startOffset": "3",
            "endOffset": "5",
            "recordCount": "3",
            "team": "data",
        },
    }


def test_a_failing_tag_is_told_and_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(rows(3), tagged(OnTaggingError.IGNORE), bucket(tmp_path))
    rig.run(TagStore(rig.bucket, lambda name, _: StoreException("no") if name == "tag" else None))
    assert rig.committed == 3
    assert "Unable to tag S3 object topics/t/partition=0/t+0+0000000000.json. Ignoring." in caplog.text


def test_a_failing_tag_fails_the_task(tmp_path: Path) -> None:
    rig = Rig(rows(3), tagged(OnTaggingError.FAIL), bucket(tmp_path))
    task = rig.started(TagStore(rig.bucket, lambda name, _: StoreException("no") if name == "tag" else None))
    with pytest.raises(ConnectException, match=r"^Unable to tag S3 object topics/t/partition=0/t\+0\+0000000000.json$"):
        rig.deliver(task)
    rig.end(task)


def test_a_store_that_contradicts_itself_is_told(tmp_path: Path) -> None:
    from penstock_s3.storage.errors import PreconditionException

    rig = Rig(rows(3), conditional(), bucket(tmp_path))
    task = rig.started(FaultyStore(rig.bucket, lambda name, _: PreconditionException("412") if name == "put" else None))
    with pytest.raises(ConnectException, match="it does not exist: the store contradicts itself"):
        rig.deliver(task)
    rig.end(task)


def test_a_failing_flush_forgets_what_comes_again(tmp_path: Path) -> None:
    """The runtime rewinds after it: nothing may be there twice."""
    rig = Rig(rows(9), sink_settings(flush_size=None, on_flush=True), bucket(tmp_path), batch=3)
    store = FaultyStore(
        rig.bucket, lambda name, number: StoreException("AccessDenied") if (name, number) == ("put", 2) else None
    )
    task = rig.started(store)
    rig.deliver(task)
    with pytest.raises(StoreException, match="AccessDenied"):
        rig.deliver(task)
    assert rig.committed == 3
    rig.position = rig.committed
    rig.deliver(task)
    rig.deliver(task)
    assert ids(rig.objects()) == Counter(range(9))
    rig.end(task)


def test_a_file_broken_off_in_a_record_is_never_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = sink_settings(flush_size=100, flush_on_close=True, keys=FormatKind.JSON)
    rig = Rig(rows(4), settings, bucket(tmp_path), batch=2)
    task = rig.started()
    rig.deliver(task)

    with monkeypatch.context() as patch:
        written = FileBuffer.write

        def fails_for_keys(self: FileBuffer, data: bytes, /) -> int:
            if b'"k' in bytes(data):
                raise ConnectException("no space left")
            return written(self, data)

        patch.setattr(FileBuffer, "write", fails_for_keys)
        with pytest.raises(ConnectException, match="no space left"):
            rig.deliver(task)
    with pytest.raises(
        ConnectException,
        match=r"^topics/t/partition=0/t\+0\+0000000000.json was left in the middle of a record by an earlier failure; it is not "
        "finished$",
    ):
        task.close([HERE])
    assert rig.objects() == {}
    task.stop()


def test_too_many_parts_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_s3.storage.uploading.MOST_PARTS", 2)
    rig = Rig(big(10), sink_settings(flush_size=10), bucket(tmp_path), batch=10)
    task = rig.started()
    with pytest.raises(
        StoreException,
        match=r"has more than 2 parts of 5242880 bytes, which S3 does not take. Raise 's3.part.size', or lower",
    ):
        rig.deliver(task)
    rig.end(task)


@pytest.mark.parametrize("manifest", [True, False])
def test_a_record_that_fails_the_task_is_not_passed_by_those_of_other_files(manifest: bool, tmp_path: Path) -> None:
    """The runtime commits once more after a failure: files that were ahead of the failed record must not be vouched for."""
    settings = sink_settings(flush_size=100, flush_on_close=True, manifest=manifest)
    settings = replace_part(settings, "format", kind=FormatKind.BYTES)
    settings = replace_part(settings, "partition", kind=Partitioning.TIME)
    rows = [Row(str(n).encode(), timestamp=START + n % 2 * 3_600_000) for n in range(6)]
    rig = Rig([*rows[:3], Row("no bytes", timestamp=rows[3].timestamp), *rows[4:]], settings, bucket(tmp_path))
    task = rig.started()
    rig.deliver(task, 2)
    with pytest.raises(DataException, match="ByteArrayConverter is not compatible with objects of type"):
        task.put(SinkBatch(slices(rig.rows, 2, 6)))
    rig.position = 6  # as if a storm had kept them waiting since an earlier batch
    rig.end(task)
    rig.rows = rows
    rig.run()
    assert Counter(b"".join(rig.objects().values()).split()) == Counter(row.value for row in rows)
