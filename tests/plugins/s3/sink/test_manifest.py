"""Manifests: what they say, who owns them, what is done with what they tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.api import ConnectException, SinkBatch, TopicPartition
from penstock_s3.config.choices import Extractor, Partitioning
from penstock_s3.sink.connector import S3SinkConnector
from penstock_s3.sink.manifest import Manifest, Pending, State
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import PreconditionException, StoreException, StoreRetriableException
from penstock_s3.storage.store import ALWAYS, Part, Precondition, read_all
from penstock_s3.storage.uploading import StagedObject
from tests.plugins.s3.sink.rig import HERE, FaultyStore, Rig, sink_settings, slices
from tests.plugins.s3.sink.test_kills import START, replace_part, rows
from tests.s3_server.memory_store import MemoryStore

KEY = "topics/.state/c/t/0.json"
FIRST_HOUR = "2023-11-14-22"


def staged(store: MemoryStore, key: str, data: bytes) -> StagedObject:
    upload = store.begin_upload(key)
    return StagedObject(key, upload, (store.upload_part(key, upload, 1, Body.of(data)),))


def taken(store: MemoryStore, owner: str = "me") -> Manifest:
    manifest = Manifest(store, KEY, HERE, owner)
    manifest.take()
    return manifest


def test_says_what_it_said() -> None:
    upload = StagedObject("a/b", "u1", (Part(1, "e1", 5), Part(2, "e2", 7)))
    for state in (State(1, "me", None), State(7, "x", 42, Pending(45, (upload,)))):
        assert State.from_bytes(KEY, state.to_bytes()) == state
    assert upload.size == 12


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"version": 1}', b'{"version": 1, "epoch": 1, "owner": "x", "pending": 5}']
)
def test_a_damaged_one_is_told(data: bytes) -> None:
    with pytest.raises(
        ConnectException, match=f"^The manifest {KEY} cannot be read: .* Restore it from a version or backup;"
    ):
        State.from_bytes(KEY, data)


def test_one_of_a_later_version_is_told() -> None:
    with pytest.raises(
        ConnectException, match=r"has version 2; this version of penstock-s3 reads 1. Use the version that wrote it"
    ):
        State.from_bytes(KEY, b'{"version": 2}')


def test_each_owner_has_an_epoch_of_its_own() -> None:
    store = MemoryStore()
    taken(store)
    taken(store, "other")
    assert json.loads(read_all(store, KEY)) == {
        "version": 1,
        "epoch": 2,
        "owner": "other",
        "committed": None,
        "pending": None,
    }


def test_a_rotation() -> None:
    store = MemoryStore()
    manifest = taken(store)
    upload = staged(store, "a", b"data")
    manifest.decide(10, [upload])
    assert store.head("a") is None
    assert manifest.committed is None
    store.complete_upload(upload.key, upload.upload_id, upload.parts)
    manifest.carried_out()
    assert manifest.committed == 10
    assert taken(store).committed == 10


@pytest.mark.parametrize("completed", [0, 1, 2])
def test_the_next_owner_carries_through_what_was_decided(completed: int) -> None:
    store = MemoryStore()
    uploads = [staged(store, "a", b"A"), staged(store, "b", b"B")]
    taken(store).decide(10, uploads)
    for upload in uploads[:completed]:
        store.complete_upload(upload.key, upload.upload_id, upload.parts)
    assert taken(store).committed == 10
    assert (read_all(store, "a"), read_all(store, "b")) == (b"A", b"B")
    assert list(store.uploads("")) == []


@pytest.mark.parametrize("completed", [0, 1])
def test_or_takes_it_back_when_an_upload_is_gone(completed: int, caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    uploads = [staged(store, "a", b"A"), staged(store, "b", b"B")]
    manifest = taken(store)
    manifest.decide(5, [])
    manifest.carried_out()
    manifest.decide(10, uploads)
    for upload in uploads[:completed]:
        store.complete_upload(upload.key, upload.upload_id, upload.parts)
    store.abort_upload("b", uploads[1].upload_id)
    assert taken(store).committed == 5
    assert store.head("a") is None
    assert "its records are written again from offset 5" in caplog.text


def test_a_former_owner_decides_nothing() -> None:
    store = MemoryStore()
    former = taken(store, "former")
    taken(store, "later")
    with pytest.raises(
        ConnectException,
        match=rf"^Another task has taken over t-0 \(the manifest {KEY} is not that of former, epoch 1, any more\). This task "
        "writes nothing more of it, so that nothing is there twice$",
    ):
        former.decide(10, [])
    assert not former.unsure


def test_a_decision_that_was_not_heard_of_may_stand() -> None:
    class Lossy(MemoryStore):
        lost = False

        def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
            etag = super().put(key, body, precondition)
            if self.lost:
                raise StoreRetriableException("cut")
            return etag

    store = Lossy()
    manifest = taken(store)
    store.lost = True
    with pytest.raises(StoreRetriableException):
        manifest.decide(10, [])
    assert manifest.unsure
    store.lost = False
    manifest.decide(10, [])
    assert not manifest.unsure


def test_others_who_change_it_all_the_time_are_told() -> None:
    store = FaultyStore(MemoryStore(), lambda name, _: PreconditionException("412") if name == "put" else None)
    with pytest.raises(
        ConnectException, match=f"The manifest {KEY} was changed by others 10 times in a row; who else writes it"
    ):
        Manifest(store, KEY, HERE, "me").take()


def check_carried_out_by_the_next(rig: Rig, store: MemoryStore, faulty: FaultyStore) -> None:
    """A task on the faulty store decides and ends with nothing visible; its upload stays, and the next task completes it."""
    task = rig.started(faulty)
    rig.deliver(task)
    rig.end(task)
    assert rig.objects() == {}
    assert len(list(store.uploads(""))) == 1
    rig.end(rig.started())
    assert list(rig.objects()) == ["topics/t/partition=0/t+0+0000000000.json"]


class TestTheSink:
    def test_uploads_of_a_decision_not_heard_of_are_left_for_the_next_owner(self) -> None:
        store = MemoryStore()
        rig = Rig(rows(3), sink_settings(flush_size=3, manifest=True, retry_backoff_ms=3_600_000), store)
        probes, taking, deciding = 4, 1, 1
        lossy = FaultyStore(
            store,
            lambda name, number: (
                StoreRetriableException("cut") if name == "put" and number == probes + taking + deciding else None
            ),
            after=True,
        )
        check_carried_out_by_the_next(rig, store, lossy)

    def test_uploads_of_a_decision_are_left_for_the_next_owner(self) -> None:
        store = MemoryStore()
        rig = Rig(rows(3), sink_settings(flush_size=3, manifest=True, retry_backoff_ms=3_600_000), store)
        cut = StoreRetriableException("cut")
        faulty = FaultyStore(store, lambda name, _: cut if name == "complete_upload" else None)
        check_carried_out_by_the_next(rig, store, faulty)

    def test_a_decision_outlives_files_that_are_given_up(self) -> None:
        """Another partition's flush fails for good, and the runtime goes back to what is committed for both."""
        other = TopicPartition("t", 1)
        settings = sink_settings(flush_size=None, on_flush=True, manifest=True, retry_backoff_ms=60_000)
        settings = replace_part(settings, "partition", kind=Partitioning.TIME, extractor=Extractor.WALLCLOCK)
        rig = Rig(rows(3), settings, MemoryStore(), time_ms=START)
        faults = {"complete_upload": StoreRetriableException("cut"), "begin_upload": StoreException("AccessDenied")}
        at_fault = {("complete_upload", 1), ("begin_upload", 2)}
        task = rig.started(
            FaultyStore(rig.bucket, lambda name, number: faults[name] if (name, number) in at_fault else None)
        )
        rig.deliver(task)
        assert rig.committed is None
        task.open([other])
        task.put(SinkBatch([replace(part, kafka_partition=1) for part in slices(rig.rows, 0, 3)]))
        with pytest.raises(StoreException, match="AccessDenied"):
            task.pre_commit({HERE: 3, other: 3})
        rig.position = 0
        task.time_ms = START + 3_600_000
        rig.deliver(task)
        assert rig.committed == 3
        assert list(rig.objects()) == [f"topics/t/{FIRST_HOUR}/t+0+0000000000.json"]
        rig.end(task)

    @pytest.mark.parametrize("ignored", [Precondition(absent=True), Precondition(etag="0" * 32)])
    def test_a_store_without_preconditions_is_refused(self, ignored: Precondition) -> None:
        class Careless(MemoryStore):
            def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
                return super().put(key, body, ALWAYS if precondition == ignored else precondition)

        rig = Rig([], sink_settings(manifest=True), Careless())
        header = "If-None-Match" if ignored.absent else "If-Match"
        with pytest.raises(
            ConnectException, match=f"^s3.exactly.once.manifest needs a store that keeps to {header}, and"
        ):
            rig.started()

    def test_what_the_manifest_has_is_not_written_again(self) -> None:
        """The offsets of the group are older than the manifest, as when a task dies between the two."""
        rig = Rig(rows(10), sink_settings(flush_size=3, manifest=True), MemoryStore())
        rig.run()
        before = rig.objects()
        rig.committed = 1
        task = rig.started(
            FaultyStore(rig.bucket, lambda name, _: AssertionError() if name == "begin_upload" else None)
        )
        rig.deliver(task, 9)
        assert rig.committed == 9
        assert rig.objects() == before
        rig.end(task)

    def test_offsets_that_a_user_sets_count_also_against_the_manifest(self, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        props = {
            "name": "c",
            "topics": "t",
            "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
            "flush.size": "3",
            "storage.class": "io.confluent.connect.s3.storage.S3Storage",
            "s3.bucket.name": "b",
            "store.url": f"file://{tmp_path}",
            "s3.exactly.once.manifest": "true",
        }
        from penstock_s3.storage.local_store import LocalStore

        rig = Rig(rows(6), sink_settings(flush_size=3, manifest=True), LocalStore(tmp_path, "b", fsync=False))
        rig.run()
        manifests = [info.key for info in rig.bucket.list("topics/.state/")]
        assert manifests == [KEY]
        assert S3SinkConnector().alter_offsets(props, {TopicPartition("t", 0): 0, TopicPartition("t", 1): None})
        assert list(rig.bucket.list("topics/.state/")) == []
        assert S3SinkConnector().alter_offsets({**props, "s3.exactly.once.manifest": "false"}, {HERE: 0})
