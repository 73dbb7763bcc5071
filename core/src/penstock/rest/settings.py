"""What the REST server is told by the worker's configuration (spec 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.api.parsed_config import ParsedConfig


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


def rest_settings(values: ParsedConfig, props: Mapping[str, str]) -> RestSettings:
    """The settings in a worker's configuration. ``props`` are its properties as given: they hold the ``ssl.*`` keys."""
    admin = values.get_list("admin.listeners", None)
    common = {"ssl.client.auth": values.get_string("ssl.client.auth")}
    return RestSettings(
        listeners=tuple(values.get_list("listeners")),
        admin_listeners=None if admin is None else tuple(admin),
        advertised_host=values.get_string("rest.advertised.host.name", None),
        advertised_port=values.get_int("rest.advertised.port", None),
        advertised_listener=values.get_string("rest.advertised.listener", None),
        allow_origin=values.get_string("access.control.allow.origin"),
        allow_methods=values.get_string("access.control.allow.methods"),
        response_headers=values.get_string("response.http.headers.config"),
        topic_tracking=values.get_bool("topic.tracking.enable"),
        topic_tracking_reset=values.get_bool("topic.tracking.allow.reset"),
        ssl={**common, **ssl_values(props, "listeners.https.")},
        admin_ssl={**common, **ssl_values(props, "admin.listeners.https.")},
    )
