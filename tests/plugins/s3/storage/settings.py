"""Store settings for tests."""

from __future__ import annotations

from dataclasses import replace

from penstock_s3.config.choices import Credentials
from penstock_s3.config.settings import (
    CredentialSettings,
    EncryptionSettings,
    RetrySettings,
    StoreSettings,
)

PART = 5 << 20


def store_settings(endpoint: str | None, bucket: str, **changes: object) -> StoreSettings:
    """Settings for a server of the tests."""
    settings = StoreSettings(
        bucket=bucket,
        region="us-east-1",
        endpoint=endpoint,
        credentials=CredentialSettings(Credentials.STATIC, "test", "test"),
        encryption=EncryptionSettings(),
        retry=RetrySettings(attempts=3, backoff_ms=1, max_backoff_ms=10),
        proxy=None,
        tagging=None,
        path_style=True,
        accelerate=False,
        part_size=PART,
        buffer_memory=64 << 20,
        acl=None,
        send_digest=False,
        expect_continue=True,
        conditional_writes=True,
        abort_orphans=True,
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


def no_wait(_seconds: float) -> bool:
    """Does not sleep, and is not stopping."""
    return False
