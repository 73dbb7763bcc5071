"""The contract of an object store. A store passes when a subclass with its fixture does."""

from __future__ import annotations

import threading

import pytest

from penstock.api import ConnectException
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import NoSuchUploadException, NotThereException, PreconditionException
from penstock_s3.storage.store import IF_ABSENT, ObjectStore, Precondition, read_all

MIB = 1 << 20
KEYS = [
    "a/b+0+0000000000.json",
    "a//b",
    "/lead",
    "trail/x ",
    "ü/ñ",
    "p%20q+r",
    "a=1/b=..c",
    "k" * 300 + "/" + "l" * 300,
]


class StoreContract:
    """``store`` is an empty bucket, ``missing`` a bucket that is not there."""

    def test_an_existing_bucket_is_fine(self, store: ObjectStore) -> None:
        store.check()

    def test_a_missing_bucket_is_told(self, missing: ObjectStore) -> None:
        with pytest.raises(ConnectException, match=r"^Non-existent S3 bucket: nope$"):
            missing.check()

    @pytest.mark.parametrize("key", KEYS)
    def test_what_is_put_is_there(self, store: ObjectStore, key: str) -> None:
        etag = store.put(key, Body.of(b"some bytes"))

        info = store.head(key)
        assert info is not None
        assert (info.key, info.size, info.etag) == (key, 10, etag)
        assert read_all(store, key) == b"some bytes"
        assert [found.key for found in store.list("")] == [key]

    def test_nothing_is_there_at_first(self, store: ObjectStore) -> None:
        assert store.head("a/b") is None
        assert list(store.list("")) == []
        with pytest.raises(NotThereException, match="a/b"):
            store.open("a/b")

    def test_an_empty_object(self, store: ObjectStore) -> None:
        store.put("empty", Body.of(b""))
        assert read_all(store, "empty") == b""

    def test_a_later_put_replaces(self, store: ObjectStore) -> None:
        store.put("a", Body.of(b"long and old"))
        store.put("a", Body.of(b"new"))
        assert read_all(store, "a") == b"new"

    def test_delete(self, store: ObjectStore) -> None:
        store.put("a/b", Body.of(b"1"))
        store.delete("a/b")
        store.delete("a/b")
        assert store.head("a/b") is None

    def test_lists_by_prefix_in_order(self, store: ObjectStore) -> None:
        for key in ("b/2", "a/1", "b/10", "b-", "b/1", "c"):
            store.put(key, Body.of(b"x"))
        assert [found.key for found in store.list("b/")] == ["b/1", "b/10", "b/2"]
        assert [found.key for found in store.list("b", after="b/1")] == ["b/10", "b/2"]

    def test_put_if_absent(self, store: ObjectStore) -> None:
        store.put("a", Body.of(b"first"), IF_ABSENT)
        with pytest.raises(PreconditionException, match="a"):
            store.put("a", Body.of(b"second"), IF_ABSENT)
        assert read_all(store, "a") == b"first"

    def test_the_same_bytes_again_are_a_lost_answer_not_a_conflict(self, store: ObjectStore) -> None:
        etag = store.put("a", Body.of(b"first"), IF_ABSENT)
        assert store.put("a", Body.of(b"first"), Precondition(etag="0" * 32)) != ""
        store.put("a", Body.of(b"first"), IF_ABSENT)
        assert etag != ""

    def test_put_if_unchanged(self, store: ObjectStore) -> None:
        first = store.put("a", Body.of(b"first"))
        second = store.put("a", Body.of(b"second"), Precondition(etag=first))
        with pytest.raises(PreconditionException):
            store.put("a", Body.of(b"third"), Precondition(etag=first))
        assert second != first
        assert read_all(store, "a") == b"second"

    def test_put_if_unchanged_where_there_is_nothing(self, store: ObjectStore) -> None:
        with pytest.raises(PreconditionException):
            store.put("a", Body.of(b"first"), Precondition(etag="0" * 32))
        assert store.head("a") is None

    def test_only_one_of_many_wins(self, store: ObjectStore) -> None:
        won: list[bytes] = []

        def race(data: bytes) -> None:
            try:
                store.put("a", Body.of(data), IF_ABSENT)
            except PreconditionException:
                return
            won.append(data)

        threads = [threading.Thread(target=race, args=(b"%d" % number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [read_all(store, "a")]

    def test_an_upload_is_seen_when_completed(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a/b")
        two = store.upload_part("a/b", upload, 2, Body.of(b"end"))
        one = store.upload_part("a/b", upload, 1, Body.of(b"x" * 5 * MIB))
        assert store.head("a/b") is None
        assert [(found.key, found.upload_id) for found in store.uploads("a/")] == [("a/b", upload)]
        assert list(store.uploads("b/")) == []

        store.complete_upload("a/b", upload, [one, two])

        assert read_all(store, "a/b") == b"x" * 5 * MIB + b"end"
        assert list(store.uploads("")) == []
        assert [found.key for found in store.list("")] == ["a/b"]

    def test_a_part_may_be_sent_again(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a")
        store.upload_part("a", upload, 1, Body.of(b"first"))
        again = store.upload_part("a", upload, 1, Body.of(b"second"))
        store.complete_upload("a", upload, [again])
        assert read_all(store, "a") == b"second"

    def test_completing_twice_is_completing_once(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b"first"))]
        store.complete_upload("a", upload, parts)
        store.complete_upload("a", upload, parts)
        assert read_all(store, "a") == b"first"

    def test_an_aborted_upload_cannot_be_completed(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b"first"))]
        store.abort_upload("a", upload)
        store.abort_upload("a", upload)
        assert list(store.uploads("")) == []
        with pytest.raises(NoSuchUploadException):
            store.complete_upload("a", upload, parts)

    def test_another_object_of_that_size_is_no_completed_upload(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b"first"))]
        store.abort_upload("a", upload)
        store.put("a", Body.of(b"other"))
        with pytest.raises(NoSuchUploadException):
            store.complete_upload("a", upload, parts)

    def test_complete_if_absent(self, store: ObjectStore) -> None:
        store.put("a", Body.of(b"there"))
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b"first"))]
        with pytest.raises(PreconditionException):
            store.complete_upload("a", upload, parts, IF_ABSENT)
        assert read_all(store, "a") == b"there"

    def test_an_empty_upload(self, store: ObjectStore) -> None:
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b""))]
        store.complete_upload("a", upload, parts)
        assert read_all(store, "a") == b""

    def test_tags(self, store: ObjectStore) -> None:
        store.put("a", Body.of(b"x"))
        store.tag("a", {"startOffset": "0", "team": "data"})

    def test_closes_twice(self, store: ObjectStore) -> None:
        store.close()
        store.close()
