"""S3 that misbehaves: SlowDown storms, cut connections, lost and broken answers, refusals."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from penstock.api import ConnectException, RetriableException
from penstock_s3.config.settings import RetrySettings
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import (
    ForbiddenException,
    NoSuchUploadException,
    NotThereException,
    PreconditionException,
    StoreException,
    StoreRetriableException,
)
from penstock_s3.storage.retrying import Retrying
from penstock_s3.storage.s3_errors import translated
from penstock_s3.storage.s3_store import S3Store
from penstock_s3.storage.store import IF_ABSENT, Precondition, read_all
from tests.plugins.s3.sink.rig import Rig, sink_settings
from tests.plugins.s3.sink.test_kills import rows
from tests.plugins.s3.storage.settings import no_wait, store_settings
from tests.s3_server.fault_proxy import Fault, FaultProxy
from tests.s3_server.fixtures import S3


def store_of(endpoint: str, bucket: str, attempts: int = 3, **changes: Any) -> S3Store:
    return S3Store(store_settings(endpoint, bucket, retry=RetrySettings(attempts, 1, 5), **changes), no_wait)


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.CUT, Fault.LOST])
def test_a_request_is_tried_again(fault: Fault, s3: S3) -> None:
    with FaultProxy(s3.endpoint, lambda method, path, number: fault if number <= 2 else None) as proxy:
        store = store_of(proxy.endpoint, s3.bucket())
        store.put("a", Body.of(b"x" * 100_000))
        assert [method for method, _ in proxy.requests] == ["PUT", "PUT", "PUT"]
        assert read_all(store, "a") == b"x" * 100_000
        store.close()


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.CUT, Fault.LOST])
def test_when_attempts_are_used_up_it_may_be_tried_later(fault: Fault, s3: S3) -> None:
    with FaultProxy(s3.endpoint, lambda method, path, number: fault) as proxy:
        store = store_of(proxy.endpoint, s3.bucket(), attempts=2)
        with pytest.raises(StoreRetriableException, match="write a in the bucket b-"):
            store.put("a", Body.of(b"x"))
        assert len(proxy.requests) == 2
        store.close()


def test_a_conditional_write_whose_answer_was_lost_is_done(s3: S3) -> None:
    with FaultProxy(s3.endpoint, lambda method, path, number: Fault.LOST if number == 1 else None) as proxy:
        store = store_of(proxy.endpoint, s3.bucket())
        store.put("a", Body.of(b"x"), IF_ABSENT)
        assert read_all(store, "a") == b"x"
        store.close()


def test_a_completed_upload_whose_answer_was_lost_is_done(s3: S3) -> None:
    def plan(method: str, path: str, number: int) -> Fault | None:
        return Fault.LOST if method == "POST" and "uploadId" in path and number == 3 else None

    with FaultProxy(s3.endpoint, plan) as proxy:
        store = store_of(proxy.endpoint, s3.bucket())
        upload = store.begin_upload("a")
        parts = [store.upload_part("a", upload, 1, Body.of(b"x" * 10))]
        store.complete_upload("a", upload, parts)
        assert read_all(store, "a") == b"x" * 10
        store.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_loses_and_doubles_nothing(seed: int, s3: S3) -> None:
    """A third of all requests go wrong somehow, for ever."""
    chance = random.Random(seed)
    faults = [Fault.SLOW_DOWN, Fault.CUT, Fault.LOST]

    def plan(method: str, path: str, number: int) -> Fault | None:
        return chance.choice(faults) if chance.random() < 0.34 else None

    calm = Rig(rows(20), sink_settings(flush_size=5), store_of(s3.endpoint, s3.bucket()))
    calm.run()
    bucket = s3.bucket()
    with FaultProxy(s3.endpoint, plan) as proxy:
        rig = Rig(rows(20), sink_settings(flush_size=5, retry_backoff_ms=0), store_of(s3.endpoint, bucket))
        store = store_of(proxy.endpoint, bucket, attempts=3)
        task = rig.started(_Patient(store))
        for _ in range(200):
            rig.deliver(task)
            if rig.committed == 20:
                break
        rig.end(task)
        assert rig.committed == 20
        assert rig.objects() == calm.objects()
    calm.bucket.close()
    rig.bucket.close()


class _Patient:
    """The store, but its check at the start is not part of the storm."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def check(self) -> None:
        return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class TestRetrying:
    def test_pauses_grow_with_full_jitter_up_to_a_day(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        asked: list[tuple[float, float]] = []

        def uniform(low: float, high: float) -> float:
            asked.append((low, high))
            return high

        monkeypatch.setattr("penstock_s3.storage.retrying.random.uniform", uniform)
        retrying = Retrying(RetrySettings(40, 200, 86_400_000), lambda seconds: pauses.append(seconds) or False)
        with pytest.raises(StoreRetriableException):
            retrying.run(self._fails)
        assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
        assert max(pauses) == 86_400
        assert {low for low, _ in asked} == {0}

    def test_a_stop_ends_the_pauses(self, caplog: pytest.LogCaptureFixture) -> None:
        calls: list[int] = []

        def fails() -> None:
            calls.append(1)
            self._fails()

        with pytest.raises(StoreRetriableException):
            Retrying(RetrySettings(10, 1, 1), lambda _seconds: True).run(fails)
        assert len(calls) == 1
        assert caplog.messages == ["SlowDown; attempt 2 follows in 0.00 s"]

    def _fails(self) -> None:
        raise StoreRetriableException("SlowDown")


def client_error(code: str, status: int) -> aws.ClientError:
    response: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(response, "PutObject")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("SlowDown", 503), StoreRetriableException),
        (client_error("InternalError", 500), StoreRetriableException),
        (client_error("InternalError", 200), StoreRetriableException),
        (client_error("Whatever", 502), StoreRetriableException),
        (client_error("RequestTimeout", 400), StoreRetriableException),
        (client_error("RequestTimeTooSkewed", 403), StoreRetriableException),
        (client_error("TooManyRequestsException", 429), StoreRetriableException),
        (client_error("ConditionalRequestConflict", 409), StoreRetriableException),
        (client_error("PreconditionFailed", 412), PreconditionException),
        (client_error("PreconditionFailed", 200), PreconditionException),
        (client_error("NoSuchUpload", 404), NoSuchUploadException),
        (client_error("NoSuchKey", 404), NotThereException),
        (client_error("404", 404), NotThereException),
        (client_error("403", 403), ForbiddenException),
        (client_error("AccessDenied", 403), ForbiddenException),
        (client_error("InvalidAccessKeyId", 403), StoreException),
        (client_error("NoSuchBucket", 404), StoreException),
        (aws.EndpointConnectionError(endpoint_url="http://x"), StoreRetriableException),
        (aws.ConnectTimeoutError(endpoint_url="http://x"), StoreRetriableException),
        (aws.ReadTimeoutError(endpoint_url="http://x"), StoreRetriableException),
        (aws.ConnectionClosedError(endpoint_url="http://x"), StoreRetriableException),
        (aws.ProxyConnectionError(proxy_url="http://x"), StoreRetriableException),
        (aws.CredentialRetrievalError(provider="p", error_msg="m"), StoreRetriableException),
        (aws.SSLError(endpoint_url="http://x", error="bad certificate"), StoreException),
        (aws.NoCredentialsError(), StoreException),
        (ConnectionResetError("reset"), StoreRetriableException),
        (ResponseParserError("no XML"), StoreRetriableException),
        (ValueError("odd"), StoreException),
    ],
)
def test_failures_by_what_to_do_next(error: Exception, kind: type[Exception]) -> None:
    found = translated(error, "write a")
    assert type(found) is kind
    assert "write a" in str(found)
    assert isinstance(found, RetriableException) is (kind is StoreRetriableException)
    assert isinstance(found, ConnectException)


def test_a_write_that_finds_nothing_is_told_as_it_is(s3: S3) -> None:
    """Without a precondition none can have failed."""

    class Client:
        def put_object(self, **_: object) -> Any:
            raise client_error("404", 404)

        def head_object(self, **_: object) -> Any:
            raise client_error("404", 404)

    store = S3Store(store_settings(s3.endpoint, "b"), no_wait, Client())
    with pytest.raises(NotThereException, match=r"^S3 did not write a in the bucket b: "):
        store.put("a", Body.of(b"x"))
    with pytest.raises(PreconditionException, match=r"^S3 did not write a in the bucket b: "):
        store.put("a", Body.of(b"x"), Precondition(etag="e"))


def test_a_hidden_bucket_and_a_bucket_elsewhere_exist(s3: S3) -> None:
    class Client:
        def __init__(self, error: Exception) -> None:
            self._error = error

        def head_bucket(self, **_keys: object) -> None:
            raise self._error

    for error in (client_error("403", 403), client_error("301", 301)):
        S3Store(store_settings(s3.endpoint, "b"), no_wait, Client(error)).check()
    with pytest.raises(ConnectException, match=r"^Non-existent S3 bucket: b$"):
        S3Store(store_settings(s3.endpoint, "b"), no_wait, Client(client_error("404", 404))).check()
    with pytest.raises(StoreException, match="look whether there is anything in the bucket b: An error occurred"):
        S3Store(store_settings(s3.endpoint, "b"), no_wait, Client(client_error("400", 400))).check()


class Pages:
    """A client whose lists come in pages of one."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def list_objects_v2(self, **keys: object) -> dict[str, object]:
        self.asked.append(keys)
        number = len(self.asked)
        found = [{"Key": f"a/{number}", "Size": number, "ETag": '"e"', "LastModified": WHEN}]
        return {"Contents": found, "IsTruncated": number < 3, "NextContinuationToken": f"after {number}"}

    def list_multipart_uploads(self, **keys: object) -> dict[str, object]:
        self.asked.append(keys)
        number = len(self.asked)
        found = [{"Key": f"a/{number}", "UploadId": f"u{number}", "Initiated": WHEN}]
        more = {"NextKeyMarker": f"a/{number}", "NextUploadIdMarker": f"u{number}"}
        return {"Uploads": found, "IsTruncated": number < 3, **more}


WHEN = datetime(2024, 1, 1, tzinfo=UTC)


def test_long_lists_come_in_pages() -> None:
    store = S3Store(store_settings("http://127.0.0.1:1", "b"), no_wait, client := Pages())
    assert [info.key for info in store.list("a/", after="a/0")] == ["a/1", "a/2", "a/3"]
    common = {"Bucket": "b", "Prefix": "a/"}
    assert client.asked == [
        {**common, "StartAfter": "a/0"},
        {**common, "ContinuationToken": "after 1"},
        {**common, "ContinuationToken": "after 2"},
    ]
    store = S3Store(store_settings("http://127.0.0.1:1", "b"), no_wait, client := Pages())
    assert [(found.key, found.upload_id, found.begun_ms) for found in store.uploads("a/")] == [
        (f"a/{number}", f"u{number}", 1_704_067_200_000) for number in (1, 2, 3)
    ]
    assert client.asked[2] == {**common, "KeyMarker": "a/2", "UploadIdMarker": "u2"}


def test_no_uploads_may_be_told_as_an_error() -> None:
    class Client:
        def list_multipart_uploads(self, **_keys: object) -> None:
            raise client_error("NoSuchUpload", 404)

    store = S3Store(store_settings("http://127.0.0.1:1", "b"), no_wait, Client())
    assert list(store.uploads("a/")) == []


def test_an_answer_that_breaks_off_is_no_end_of_an_object(s3: S3) -> None:
    with FaultProxy(s3.endpoint, lambda method, path, number: Fault.HALF if method == "GET" else None) as proxy:
        store = store_of(proxy.endpoint, s3.bucket())
        store.put("a", Body.of(b"x" * 1000))
        with pytest.raises(StoreRetriableException, match="Could not read a in the bucket b-"):
            read_all(store, "a")
        store.close()


def test_half_a_list_is_asked_for_again(s3: S3) -> None:
    def plan(method: str, path: str, number: int) -> Fault | None:
        return Fault.HALF if "list-type" in path and number < 4 else None

    with FaultProxy(s3.endpoint, plan) as proxy:
        store = store_of(proxy.endpoint, s3.bucket())
        store.put("a", Body.of(b"x"))
        assert [info.key for info in store.list("")] == ["a"]
        store.close()
