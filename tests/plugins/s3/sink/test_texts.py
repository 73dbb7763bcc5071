"""What is said when something cannot be: messages that no other test reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.api import ConnectException, DataException, SinkBatch
from penstock_s3.partition.naming import FileKeys
from penstock_s3.sink.open_file import Outputs, open_file
from penstock_s3.sink.phases import Phase
from penstock_s3.storage.body import Body
from penstock_s3.storage.buffers import BufferPool
from penstock_s3.storage.errors import NoSuchUploadException, PreconditionException, StoreException
from penstock_s3.storage.local_store import LocalStore
from penstock_s3.storage.spill import SpillFile
from penstock_s3.storage.store import IF_ABSENT, Precondition
from penstock_s3.storage.uploading import PartThreads
from tests.plugins.s3.sink.rig import HERE, FaultyStore, Rig, bucket, sink_settings
from tests.plugins.s3.sink.test_failures import big
from tests.plugins.s3.sink.test_kills import rows
from tests.s3_server.memory_store import MemoryStore


def test_nothing_to_write_of_a_null() -> None:
    rig = Rig([], sink_settings(), MemoryStore())
    task = rig.started()
    outputs = Outputs(MemoryStore(), BufferPool(1 << 20, SpillFile()), PartThreads(), 5 << 20)
    with pytest.raises(
        DataException,
        match=r"^Null values leave nothing to write unless keys are stored: set 'store.kafka.keys' to true$",
    ):
        open_file(task._tools.formats, outputs, FileKeys(None, None, None), (None, None))
    rig.end(task)


def test_a_state_that_cannot_follow() -> None:
    rig = Rig([], sink_settings(), MemoryStore())
    task = rig.started()
    with pytest.raises(ConnectException, match=r"^t-0: WRITE_STARTED cannot become FILE_COMMITTED$"):
        task._writers[HERE]._move(Phase.FILE_COMMITTED)
    rig.end(task)


def test_a_stopped_task() -> None:
    rig = Rig([], sink_settings(), MemoryStore())
    task = rig.started()
    rig.end(task)
    with pytest.raises(ConnectException, match=r"^The S3 sink task was stopped$"):
        task.put(SinkBatch())


def test_an_upload_that_cannot_be_aborted(caplog: pytest.LogCaptureFixture) -> None:
    store = FaultyStore(MemoryStore(), lambda name, _: StoreException("no") if name == "abort_upload" else None)
    rig = Rig(big(4), sink_settings(flush_size=100), store)
    task = rig.started()
    rig.deliver(task)
    task.close([HERE])
    assert "The upload of topics/t/partition=0/t+0+0000000000.json could not be aborted" in caplog.text
    task.stop()


def test_a_wait_for_the_store(caplog: pytest.LogCaptureFixture) -> None:
    from penstock_s3.storage.errors import StoreRetriableException

    store = FaultyStore(MemoryStore(), lambda name, _: StoreRetriableException("SlowDown") if name == "put" else None)
    rig = Rig(rows(3), sink_settings(retry_backoff_ms=5_000), store)
    task = rig.started()
    rig.deliver(task)
    assert "t-0: goes on in 5000 ms; nothing is lost" in caplog.text
    assert "SlowDown" in caplog.text
    rig.end(task)


def test_a_directory_says_what_is_not_as_expected(tmp_path: Path) -> None:
    store: LocalStore = bucket(tmp_path)
    store.put("a", Body.of(b"1"))
    with pytest.raises(
        PreconditionException, match=r"^a was expected to be absent, but there is ObjectInfo\(key='a', size=1"
    ):
        store.put("a", Body.of(b"2"), IF_ABSENT)
    with pytest.raises(
        PreconditionException, match=r"^a was expected with the etag x, but there is ObjectInfo\(key='a'"
    ):
        store.put("a", Body.of(b"2"), Precondition(etag="x"))
    with pytest.raises(NoSuchUploadException, match=rf"^There is no upload u1 of a in {tmp_path}/bucket$"):
        store.upload_part("a", "u1", 1, Body.of(b"1"))
    assert list((tmp_path / "bucket" / ".penstock").glob("put-*")) == []
