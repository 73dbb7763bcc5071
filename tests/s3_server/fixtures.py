"""Pytest fixtures, loaded by the root ``conftest.py`` and so usable by every test.

Without moto the tests that ask for S3 are skipped; with ``PENSTOCK_REQUIRE_SERVICES=1`` they fail.
``PENSTOCK_S3_ENDPOINT`` names a server to use instead of starting one, ``PENSTOCK_S3_ACCESS_KEY`` and
``PENSTOCK_S3_SECRET_KEY`` who to be there.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.s3_server.server import S3Server


@dataclass(frozen=True, slots=True)
class S3:
    """A server that tests share: make buckets of your own."""

    endpoint: str
    access_key: str = "penstock-access-key"
    secret_key: str = "penstock-secret-key"
    is_moto: bool = False

    def client(self) -> Any:
        """boto3's client, for looking at what a test brought about."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )

    def bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"b-{uuid4().hex[:20]}"
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return name


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """The S3 server of this test session."""
    given = os.environ.get("PENSTOCK_S3_ENDPOINT")
    if given:
        known = (os.environ.get("PENSTOCK_S3_ACCESS_KEY", "test"), os.environ.get("PENSTOCK_S3_SECRET_KEY", "test"))
        yield S3(given, *known)
        return
    if importlib.util.find_spec("moto") is None:
        reason = "moto is not installed: pip install 'moto[server]'"
        if os.environ.get("PENSTOCK_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{reason} (PENSTOCK_REQUIRE_SERVICES=1)", pytrace=False)
        pytest.skip(reason)
    server = S3Server()
    yield S3(server.endpoint, is_moto=True)
    server.stop()
