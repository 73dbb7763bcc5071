"""What the REST server is told by the worker's configuration (spec 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RestSettings:
    """``listeners`` and ``admin_listeners`` are URLs; ``admin_listeners`` None: ``/admin`` on the main listeners, empty:
    nowhere. ``ssl`` and ``admin_ssl`` hold the ``ssl.*`` keys for https listeners, prefixes already resolved."""

    listeners: tuple[str, ...] = ("http://:8083",)
    admin_listeners: tuple[str, ...] | None = None
    advertised_host: str | None = None
    advertised_port: int | None = None
    advertised_listener: str | None = None
    allow_origin: str = ""
    allow_methods: str = ""
    response_headers: str = ""
    topic_tracking: bool = True
    topic_tracking_reset: bool = True
    ssl: Mapping[str, str] = field(default_factory=dict)
    admin_ssl: Mapping[str, str] = field(default_factory=dict)
    request_timeout_s: float = 90.0
    health_timeout_s: float = 10.0


def ssl_values(props: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The ``ssl.*`` keys of a listener: those with ``prefix`` (``listeners.https.``), or else the plain ones; all or nothing
    (spec 1.1)."""
    start = prefix + "ssl."
    prefixed = {key.removeprefix(prefix): value for key, value in props.items() if key.startswith(start)}
    return prefixed or {key: value for key, value in props.items() if key.startswith("ssl.")}
