"""From settings to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from penstock.api import ConnectException
from penstock_s3.config.settings import StoreSettings
from penstock_s3.storage.local_store import LocalStore
from penstock_s3.storage.retrying import Wait
from penstock_s3.storage.store import ObjectStore


def open_store(settings: StoreSettings, wait: Wait) -> ObjectStore:
    """The store that ``store.url`` names: a directory for a ``file:`` URL, else S3. ``wait`` pauses between attempts.

    Raises ConnectException for a URL or credentials of which no store can be made."""
    endpoint = settings.endpoint or ""
    if endpoint.lower().startswith("file:"):
        return LocalStore(_directory(endpoint), settings.bucket)
    from penstock_s3.storage.s3_store import S3Store  # boto3 is dear to import

    return S3Store(settings, wait)


def _directory(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ConnectException(
            f"store.url {url} names no directory of this machine. Write file:///DIRECTORY, with three slashes"
        )
    return Path(unquote(parts.path))
