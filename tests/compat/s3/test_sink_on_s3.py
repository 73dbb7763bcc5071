"""The recordings against an S3 server: all that concern S3 itself, and a sample of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.compat.s3.judged import judged
from tests.compat.s3.played import Place, played
from tests.compat.s3.recorded import Json, deviations, explaining, lines
from tests.compat.s3.test_sink import FILES
from tests.s3_server.fixtures import S3
from tests.support.recordings import COUNTS

SAMPLE = 16
"""One vector in so many, chosen by its id, so that other recordings bring other vectors."""


def about_s3(vector: Json) -> bool:
    """Whether the server has a say in it."""
    return (
        vector.get("store") == "moto" or vector.get("bucket_exists") is False or vector["id"].startswith("multipart/")
    )


@cache
def chosen() -> list[Json]:
    """The vectors to replay."""
    return [
        vector
        for path in FILES
        for vector in lines(path)
        if about_s3(vector) or int(vector["id"].rpartition("/")[2], 16) % SAMPLE == 0
    ]


def objects_of(client: Any, bucket: str) -> dict[str, bytes]:
    """What is in a bucket."""
    found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def tags_of(client: Any, bucket: str, key: str) -> dict[str, str]:
    """The tags of an object."""
    found = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_does_what_java_did(
    s3: S3, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    client, known = s3.client(), deviations()
    counts, wrong = Counter(passed=0, deviations=0, failed=0), []
    for vector in chosen():
        there = vector.get("bucket_exists") is not False
        bucket = s3.bucket() if there else "no-such-bucket"
        outcome = played(
            vector,
            Place(
                {
                    "${bucket}": bucket,
                    "${endpoint}": s3.endpoint,
                    "${accesskey}": s3.access_key,
                    "${secretkey}": s3.secret_key,
                }
            ),
        )
        told = judged(vector, outcome, objects_of(client, bucket) if there else {})
        for expected in vector["expect"].get("objects", []) if not told else []:
            if "tags" in expected and expected["tags"] != tags_of(client, bucket, expected["key"]):
                told.append(f"tags of {expected['key']}: {tags_of(client, bucket, expected['key'])}")
        if told and not explaining(vector, known):
            wrong.append("\n   ".join([vector["id"], *told]))
        counts["failed" if wrong and told else "deviations" if told else "passed"] += 1
    client.close()
    record_property(COUNTS, ("s3/on a server", dict(counts)))
    assert not wrong, "\n".join(wrong)
