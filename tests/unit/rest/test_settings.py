"""From a worker's configuration to what the REST server is told."""

from __future__ import annotations

from penstock.config.worker import WorkerConfig, WorkerMode
from penstock.rest.settings import RestSettings, rest_settings


def settings_of(**props: str) -> RestSettings:
    given = {key.replace("_", "."): value for key, value in props.items()}
    config = WorkerConfig.parse(given, WorkerMode.EMBEDDED)
    return rest_settings(config.values, config.props)


def test_defaults_are_connects() -> None:
    assert settings_of() == RestSettings(ssl={"ssl.client.auth": "none"}, admin_ssl={"ssl.client.auth": "none"})


def test_every_key_arrives() -> None:
    found = settings_of(
        listeners="http://a:1, https://b:2",
        admin_listeners="http://c:3",
        rest_advertised_host_name="me",
        rest_advertised_port="99",
        rest_advertised_listener="https",
        access_control_allow_origin="*",
        access_control_allow_methods="GET",
        response_http_headers_config="set A:b",
        topic_tracking_enable="false",
        topic_tracking_allow_reset="false",
        ssl_client_auth="required",
        listeners_https_ssl_keystore_type="PEM",
    )
    assert found == RestSettings(
        listeners=("http://a:1", "https://b:2"),
        admin_listeners=("http://c:3",),
        advertised_host="me",
        advertised_port=99,
        advertised_listener="https",
        allow_origin="*",
        allow_methods="GET",
        response_headers="set A:b",
        topic_tracking=False,
        topic_tracking_reset=False,
        ssl={"ssl.client.auth": "required", "ssl.keystore.type": "PEM"},
        admin_ssl={"ssl.client.auth": "required"},
    )


def test_admin_listeners_set_to_nothing() -> None:
    assert settings_of(admin_listeners="").admin_listeners == ()
