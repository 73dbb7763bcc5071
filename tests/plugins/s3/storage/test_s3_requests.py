"""What requests carry: encryption, ACL, digests, addressing, credentials, proxies (spec 2.4, 9.1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.api import ConnectException
from penstock_s3.config.choices import Credentials
from penstock_s3.config.settings import CredentialSettings, EncryptionSettings, ProxySettings, RetrySettings
from penstock_s3.storage.body import Body
from penstock_s3.storage.s3_client import make_client
from penstock_s3.storage.s3_store import S3Store
from penstock_s3.storage.store import IF_ABSENT, Precondition, read_all
from tests.plugins.s3.storage.settings import no_wait, store_settings
from tests.s3_server.fault_proxy import FaultProxy
from tests.s3_server.fixtures import S3

KEY = bytes(range(32))


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultProxy]:
    """Sees all requests on their way to the server."""
    with FaultProxy(s3.endpoint, lambda *_: None) as proxy:
        yield proxy


def store_of(proxy: FaultProxy, s3: S3, **changes: Any) -> S3Store:
    return S3Store(store_settings(proxy.endpoint, s3.bucket(), **changes), no_wait)


def sent(proxy: FaultProxy) -> list[dict[str, str]]:
    """The headers of each request, in lower case."""
    return [{name.lower(): value for name, value in headers.items()} for headers in proxy.headers]


def write_both_ways(store: S3Store) -> None:
    store.put("a", Body.of(b"small"))
    upload = store.begin_upload("b")
    part = store.upload_part("b", upload, 1, Body.of(b"large"))
    store.complete_upload("b", upload, [part])
    assert read_all(store, "b") == b"large"
    store.close()


def test_nothing_is_added_that_was_not_asked_for(proxy: FaultProxy, s3: S3) -> None:
    write_both_ways(store_of(proxy, s3))
    odd = (
        "x-amz-acl",
        "x-amz-server-side",
        "x-amz-storage",
        "x-amz-tagging",
        "x-amz-meta",
        "x-amz-checksum",
        "x-amz-sdk",
    )
    assert [name for headers in sent(proxy) for name in headers if name.startswith(odd)] == []
    assert [method for method, _ in proxy.requests] == ["PUT", "POST", "PUT", "POST", "GET"]


def test_acl(proxy: FaultProxy, s3: S3) -> None:
    write_both_ways(store_of(proxy, s3, acl="bucket-owner-full-control"))
    found = [headers.get("x-amz-acl") for headers in sent(proxy)]
    assert found == ["bucket-owner-full-control", "bucket-owner-full-control", None, None, None]


@pytest.mark.parametrize(
    ("encryption", "algorithm", "kms_key"),
    [
        (EncryptionSettings("AES256"), "AES256", None),
        (EncryptionSettings("aws:kms"), "aws:kms", None),
        (EncryptionSettings("aws:kms", "the-key"), "aws:kms", "the-key"),
    ],
)
def test_encryption_by_the_server(
    proxy: FaultProxy, s3: S3, encryption: EncryptionSettings, algorithm: str, kms_key: str | None
) -> None:
    write_both_ways(store_of(proxy, s3, encryption=encryption))
    created = [sent(proxy)[0], sent(proxy)[1]]
    assert [headers["x-amz-server-side-encryption"] for headers in created] == [algorithm, algorithm]
    assert [headers.get("x-amz-server-side-encryption-aws-kms-key-id") for headers in created] == [kms_key, kms_key]
    assert "x-amz-server-side-encryption" not in sent(proxy)[2]


def test_encryption_by_a_key_of_the_customer(proxy: FaultProxy, s3: S3) -> None:
    write_both_ways(store_of(proxy, s3, encryption=EncryptionSettings(customer_key=KEY)))
    prefix = "x-amz-server-side-encryption-customer-"
    for headers in sent(proxy):
        assert headers[f"{prefix}algorithm"] == "AES256"
        assert headers[f"{prefix}key"] == base64.b64encode(KEY).decode()
        assert headers[f"{prefix}key-md5"] == base64.b64encode(hashlib.md5(KEY).digest()).decode()


def test_digests(proxy: FaultProxy, s3: S3) -> None:
    write_both_ways(store_of(proxy, s3, send_digest=True))
    digests = [base64.b64encode(hashlib.md5(data).digest()).decode() for data in (b"small", b"large")]
    assert [headers.get("content-md5") for headers in sent(proxy)] == [digests[0], None, digests[1], None, None]


@pytest.mark.parametrize(
    ("wanted", "large", "expected"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_large_bodies_ask_first_if_they_are_welcome(
    proxy: FaultProxy, s3: S3, wanted: bool, large: bool, expected: bool
) -> None:
    store = store_of(proxy, s3, expect_continue=wanted)
    store.put("a", Body.of(b"x" * (100_000 if large else 10)))
    assert ("expect" in sent(proxy)[0]) is expected
    store.close()


def test_preconditions(proxy: FaultProxy, s3: S3) -> None:
    store = store_of(proxy, s3)
    etag = store.put("a", Body.of(b"1"), IF_ABSENT)
    store.put("a", Body.of(b"2"), Precondition(etag=etag))
    assert sent(proxy)[0]["if-none-match"] == "*"
    assert sent(proxy)[1]["if-match"] == f'"{etag}"'
    store.close()


def test_tags_are_replaced(s3: S3) -> None:
    bucket = s3.bucket()
    store = S3Store(store_settings(s3.endpoint, bucket), no_wait)
    store.put("a", Body.of(b"1"))
    store.tag("a", {"startOffset": "0", "team": "däta"})
    client = s3.client()
    assert client.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [
        {"Key": "startOffset", "Value": "0"},
        {"Key": "team", "Value": "däta"},
    ]
    client.close()
    store.close()


def test_a_body_of_many_pieces_arrives_whole(s3: S3) -> None:
    from penstock_s3.storage.body import InMemory

    store = S3Store(store_settings(s3.endpoint, s3.bucket()), no_wait)
    pieces = [InMemory(bytes([number]) * 70_001) for number in range(100)]
    store.put("a", Body(pieces))
    assert read_all(store, "a") == b"".join(piece.read() for piece in pieces)
    store.close()


def test_by_way_of_a_proxy(s3: S3) -> None:
    """An HTTP proxy gets whole URLs, and its password."""
    with FaultProxy(s3.endpoint, lambda *_: None) as proxy:
        given = ProxySettings(proxy.endpoint, "me", "it's secret")
        bucket = s3.bucket()
        store = S3Store(store_settings(s3.endpoint, bucket, proxy=given), no_wait)
        store.put("a", Body.of(b"1"))
        assert proxy.requests == [("PUT", f"{s3.endpoint}/{bucket}/a")]
        expected = base64.b64encode(b"me:it's secret").decode()
        assert sent(proxy)[0]["proxy-authorization"] == f"Basic {expected}"
        store.close()


class TestAddresses:
    def url(self, **changes: Any) -> str:
        client = make_client(store_settings(**{"endpoint": None, "bucket": "bucket", **changes}))
        try:
            return str(client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})).partition("?")[0]
        finally:
            client.close()

    def test_path_style(self) -> None:
        assert self.url() == "https://s3.amazonaws.com/bucket/k"
        assert self.url(endpoint="http://minio:9000") == "http://minio:9000/bucket/k"

    def test_virtual_hosts(self) -> None:
        assert self.url(path_style=False, region="eu-west-1").startswith("https://bucket.s3.")
        assert self.url(path_style=False, endpoint="http://minio:9000") == "http://bucket.minio:9000/k"

    def test_accelerated(self) -> None:
        assert self.url(path_style=False, accelerate=True) == "https://bucket.s3-accelerate.amazonaws.com/k"


class TestCredentials:
    def client(self, settings: CredentialSettings, **changes: Any) -> Any:
        return make_client(store_settings("http://127.0.0.1:1", "b", credentials=settings, **changes))

    def test_fixed(self) -> None:
        client = self.client(CredentialSettings(Credentials.STATIC, "id", "secret"))
        found = client._request_signer._credentials
        assert (found.access_key, found.secret_key) == ("id", "secret")
        client.close()

    def test_of_the_environment_alone(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-env")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        client = self.client(CredentialSettings(Credentials.ENVIRONMENT))
        assert client._request_signer._credentials.access_key == "from-env"
        client.close()

    def test_of_a_profile_not_of_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        file = tmp_path / "credentials"
        file.write_text("[work]\naws_access_key_id = from-file\naws_secret_access_key = secret\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-env")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        client = self.client(CredentialSettings(Credentials.PROFILE, profile="work"))
        assert client._request_signer._credentials.access_key == "from-file"
        client.close()

    def test_an_unknown_profile_is_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        settings = store_settings(None, "b", credentials=CredentialSettings(Credentials.PROFILE, profile="nope"))
        with pytest.raises(ConnectException, match=r"Could not make a client for S3: .*nope"):
            S3Store(settings, no_wait)

    def test_none(self, proxy: FaultProxy, s3: S3) -> None:
        store = store_of(proxy, s3, credentials=CredentialSettings(Credentials.ANONYMOUS))
        store.head("a")
        assert "authorization" not in sent(proxy)[0]
        store.close()

    def test_missing_ones_are_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        store = S3Store(
            store_settings("http://127.0.0.1:1", "b", credentials=CredentialSettings(Credentials.ENVIRONMENT)), no_wait
        )
        with pytest.raises(ConnectException, match="Unable to locate credentials"):
            store.put("a", Body.of(b"1"))
        store.close()

    def test_a_role_is_assumed(self, s3: S3) -> None:
        with FaultProxy(s3.endpoint, lambda *_: None) as sts:
            settings = CredentialSettings(
                Credentials.ASSUME_ROLE,
                "id",
                "secret",
                role_arn="arn:aws:iam::123456789012:role/writer",
                role_session_name="penstock",
                role_external_id="ext",
                sts_region="us-east-1",
                sts_endpoint=sts.endpoint,
            )
            with FaultProxy(s3.endpoint, lambda *_: None) as seen:
                store = store_of(seen, s3, credentials=settings, retry=RetrySettings(1, 1, 1))
                assert sts.requests == []  # not before it is needed
                store.put("a", Body.of(b"1"))
                store.put("b", Body.of(b"1"))
                assert [method for method, _ in sts.requests] == ["POST"]
                assert "x-amz-security-token" in sent(seen)[0]
                store.close()
