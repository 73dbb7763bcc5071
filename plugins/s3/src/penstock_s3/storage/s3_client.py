"""The boto3 client of a task (spec 2.4, 9.1, 9.5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from botocore.config import Config
from botocore.handlers import add_expect_header

from penstock_s3.config.settings import ProxySettings, StoreSettings
from penstock_s3.storage.s3_credentials import session_for, signature_of

CONNECTIONS = 16
"""Requests of one task at the same time, at most."""

_LARGE = 64 << 10
"""Larger bodies are sent after ``Expect: 100-continue``; for smaller ones asking costs more than sending in vain."""

_CONNECT_S = 10
_READ_S = 60


def make_client(settings: StoreSettings) -> Any:
    """A client, which threads may share. It does not try again: :class:`Retrying` does."""
    keys: dict[str, Any] = {
        "signature_version": signature_of(settings.credentials),
        "s3": _addressing(settings),
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "max_pool_connections": CONNECTIONS,
        "connect_timeout": _CONNECT_S,
        "read_timeout": _READ_S,
        "tcp_keepalive": True,
        "proxies": _proxies(settings.proxy),
    }
    if settings.endpoint is not None:
        # Some of S3's likenesses take checksum trailers for data (spec 9.1).
        keys["request_checksum_calculation"] = "when_required"
        keys["response_checksum_validation"] = "when_required"
    client = session_for(settings.credentials, settings.region).client(
        "s3", endpoint_url=_endpoint(settings), config=Config(**{k: v for k, v in keys.items() if v is not None})
    )
    client.meta.events.unregister("before-call.s3", add_expect_header)  # it asks for a single byte, too
    if settings.expect_continue:
        client.meta.events.register("before-call.s3", _ask_before_large)
    return client


def _ask_before_large(params: dict[str, Any], **_unused: object) -> None:
    """Ask whether a large body is welcome before it is sent."""
    if int(params["headers"].get("Content-Length", 0)) > _LARGE:
        params["headers"]["Expect"] = "100-continue"


def _endpoint(settings: StoreSettings) -> str | None:
    if not settings.endpoint:
        return None
    return settings.endpoint if "://" in settings.endpoint else f"https://{settings.endpoint}"


def _addressing(settings: StoreSettings) -> dict[str, object]:
    if settings.accelerate:
        return {"use_accelerate_endpoint": True, "addressing_style": "virtual"}
    return {"addressing_style": "path" if settings.path_style else "virtual"}


def _proxies(proxy: ProxySettings | None) -> dict[str, str] | None:
    if proxy is None:
        return None
    parts = urlsplit(proxy.url if "://" in proxy.url else f"http://{proxy.url}")
    if proxy.user:
        secret = f":{quote(proxy.password, safe='')}" if proxy.password else ""
        parts = parts._replace(netloc=f"{quote(proxy.user, safe='')}{secret}@{parts.netloc.rpartition('@')[2]}")
    url = urlunsplit(parts)
    return {"http": url, "https": url}
