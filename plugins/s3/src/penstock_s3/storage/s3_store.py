"""S3 and what speaks its protocol, by boto3 (spec 9)."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

from botocore.exceptions import ClientError

from penstock.api import ConnectException, RetriableException
from penstock_s3.config.settings import EncryptionSettings, StoreSettings
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import (
    ForbiddenException,
    NoSuchUploadException,
    NotThereException,
    PreconditionException,
)
from penstock_s3.storage.retrying import Retrying, Wait
from penstock_s3.storage.s3_client import make_client
from penstock_s3.storage.s3_errors import translated
from penstock_s3.storage.s3_reading import ObjectStream
from penstock_s3.storage.store import ALWAYS, ObjectInfo, Part, PendingUpload, Precondition

T = TypeVar("T")

_AT_ONCE = 32 << 20
"""Bodies up to so many bytes are handed over in one piece, larger ones as a file."""
_BLOCK = 1 << 20


class S3Store:
    """An :class:`ObjectStore`."""

    def __init__(self, settings: StoreSettings, wait: Wait, client: Any = None) -> None:
        """``wait`` pauses between attempts. Raises ConnectException when the settings make no client."""
        self._settings = settings
        self._retrying = Retrying(settings.retry, wait)
        try:
            self._client = client if client is not None else make_client(settings)
        except Exception as error:
            raise translated(error, "make a client for S3") from error
        self._bucket = settings.bucket
        self._customer = _customer_key(settings.encryption)
        self._created = _created(settings)

    def check(self) -> None:
        missing = f"Non-existent S3 bucket: {self._bucket}"
        if not self._bucket:
            raise ConnectException(missing)
        try:
            self._ask("look whether there is anything", lambda: self._client.head_bucket(Bucket=self._bucket))
        except NotThereException as error:
            raise ConnectException(missing) from error
        except ForbiddenException:
            return  # it exists (spec 2.4)
        except ConnectException as error:
            if not _redirected(error.__cause__):
                raise

    def head(self, key: str) -> ObjectInfo | None:
        try:
            answer = self._call("head_object", f"look at {key}", Key=key, **self._customer)
        except NotThereException:
            return None
        return ObjectInfo(key, answer["ContentLength"], _bare(answer["ETag"]), _ms(answer["LastModified"]))

    def put(self, key: str, body: Body, precondition: Precondition = ALWAYS) -> str:
        keys = {**self._created, **self._customer, **_conditions(precondition)}
        try:
            return _bare(self._send("put_object", f"write {key}", body, Key=key, **keys)["ETag"])
        except (PreconditionException, NotThereException) as refused:
            if precondition == ALWAYS:
                raise
            found = self._same_there(key, body)
            if found is not None:
                return found
            if isinstance(refused, NotThereException):  # If-Match where there is nothing
                raise PreconditionException(str(refused)) from refused
            raise

    def begin_upload(self, key: str) -> str:
        keys = {**self._created, **self._customer}
        answer = self._call("create_multipart_upload", f"begin an upload of {key}", Key=key, **keys)
        return str(answer["UploadId"])

    def upload_part(self, key: str, upload_id: str, number: int, body: Body) -> Part:
        keys = {"Key": key, "UploadId": upload_id, "PartNumber": number, **self._customer}
        answer = self._send("upload_part", f"upload part {number} of {key}", body, **keys)
        return Part(number, _bare(answer["ETag"]), body.size)

    def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[Part], precondition: Precondition = ALWAYS
    ) -> str:
        listed = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
        keys = {"Key": key, "UploadId": upload_id, "MultipartUpload": {"Parts": listed}, **self._customer}
        try:
            answer = self._call("complete_multipart_upload", f"complete {key}", **keys, **_conditions(precondition))
        except (NoSuchUploadException, PreconditionException):
            found = self.head(key)
            if found is not None and _made_of(found, parts):
                return found.etag
            raise
        return _bare(answer.get("ETag", ""))

    def abort_upload(self, key: str, upload_id: str) -> None:
        try:
            self._call("abort_multipart_upload", f"abort the upload of {key}", Key=key, UploadId=upload_id)
        except (NoSuchUploadException, NotThereException):
            return

    def uploads(self, prefix: str) -> Iterator[PendingUpload]:
        marker: dict[str, str] = {}
        while True:
            try:
                answer = self._call("list_multipart_uploads", f"list uploads under {prefix}", Prefix=prefix, **marker)
            except NoSuchUploadException:  # how some of S3's likenesses say that there is none
                return
            for found in answer.get("Uploads", []):
                if found["Key"].startswith(prefix):
                    yield PendingUpload(found["Key"], found["UploadId"], _ms(found["Initiated"]))
            if not answer.get("IsTruncated"):
                return
            marker = {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer["NextUploadIdMarker"]}

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        wanted = {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}
        self._call("put_object_tagging", f"tag {key}", Key=key, Tagging=wanted)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        marker: dict[str, str] = {"StartAfter": after} if after else {}
        while True:
            answer = self._call("list_objects_v2", f"list objects under {prefix}", Prefix=prefix, **marker)
            for found in answer.get("Contents", []):
                yield ObjectInfo(found["Key"], found["Size"], _bare(found["ETag"]), _ms(found["LastModified"]))
            if not answer.get("IsTruncated"):
                return
            marker = {"ContinuationToken": answer["NextContinuationToken"]}

    def open(self, key: str) -> BinaryIO:
        body = self._call("get_object", f"read {key}", Key=key, **self._customer)["Body"]
        return io.BufferedReader(ObjectStream(body, f"read {key} in the bucket {self._bucket}"), _BLOCK)

    def delete(self, key: str) -> None:
        self._call("delete_object", f"delete {key}", Key=key)

    def close(self) -> None:
        self._client.close()

    def _send(self, operation: str, what: str, body: Body, **keys: object) -> Any:
        """A call with a body, which each attempt reads from its beginning."""
        if self._settings.send_digest:
            keys["ContentMD5"] = base64.b64encode(_md5(body).digest()).decode()

        def attempt() -> Any:
            sent = body.read() if body.size <= _AT_ONCE else body.stream()
            return getattr(self._client, operation)(Bucket=self._bucket, Body=sent, ContentLength=body.size, **keys)

        return self._ask(what, attempt)

    def _call(self, operation: str, what: str, **keys: object) -> Any:
        return self._ask(what, lambda: getattr(self._client, operation)(Bucket=self._bucket, **keys))

    def _ask(self, what: str, attempt: Callable[[], T]) -> T:
        def once() -> T:
            try:
                return attempt()
            except (ConnectException, RetriableException):
                raise  # of a body that could not be read from disk
            except Exception as error:
                raise translated(error, f"{what} in the bucket {self._bucket}") from error

        return self._retrying.run(once)

    def _same_there(self, key: str, body: Body) -> str | None:
        """The etag of an object with the very bytes of ``body``, as an attempt leaves it whose answer was lost."""
        found = self.head(key)
        if found is None or found.size != body.size:
            return None
        with self.open(key) as stream:
            digest = hashlib.md5(usedforsecurity=False)
            while block := stream.read(_BLOCK):
                digest.update(block)
        return found.etag if digest.digest() == _md5(body).digest() else None


def _customer_key(encryption: EncryptionSettings) -> dict[str, object]:
    """SSE-C goes with every request that reads or writes data; botocore adds the digest of the key."""
    if encryption.customer_key is None:
        return {}
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": encryption.customer_key}


def _created(settings: StoreSettings) -> dict[str, object]:
    """What makes an object: ACL and encryption."""
    keys: dict[str, object] = {}
    if settings.acl is not None:
        keys["ACL"] = settings.acl
    if settings.encryption.customer_key is None and settings.encryption.algorithm is not None:
        keys["ServerSideEncryption"] = settings.encryption.algorithm
        if settings.encryption.kms_key_id is not None:
            keys["SSEKMSKeyId"] = settings.encryption.kms_key_id
    return keys


def _conditions(precondition: Precondition) -> dict[str, object]:
    if precondition.absent:
        return {"IfNoneMatch": "*"}
    return {} if precondition.etag is None else {"IfMatch": f'"{precondition.etag}"'}


def _made_of(found: ObjectInfo, parts: Sequence[Part]) -> bool:
    """Whether an object was completed of these parts. Its etag tells where it is the digest of theirs; where KMS or a likeness
    of S3 makes another, size and number of parts must do."""
    if found.size != sum(part.size for part in parts):
        return False
    return found.etag in _etags(parts) or found.etag.endswith(f"-{len(parts)}")


def _etags(parts: Sequence[Part]) -> set[str]:
    try:
        joined = b"".join(bytes.fromhex(part.etag) for part in parts)
    except ValueError:
        return set()
    return {f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"}


def _redirected(cause: BaseException | None) -> bool:
    """301: the bucket exists, in another region (spec 2.4)."""
    return isinstance(cause, ClientError) and cause.response["ResponseMetadata"]["HTTPStatusCode"] == 301


def _md5(body: Body) -> Any:
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in body:
        digest.update(chunk)
    return digest


def _bare(etag: str) -> str:
    return etag.strip('"')


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)
