"""Listener syntax, sockets and the advertised URL (spec 1.1)."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.rest.listeners import BoundListener, Listener, Scheme, advertised_url, bind, parse, worker_id
from penstock.rest.settings import RestSettings, ssl_values


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("http://:8083", Listener(Scheme.HTTP, "", 8083)),
        (" HTTPS://host-1.example:0 ", Listener(Scheme.HTTPS, "host-1.example", 0)),
        ("http://[::1]:80", Listener(Scheme.HTTP, "::1", 80)),
    ],
)
def test_syntax(text: str, listener: Listener) -> None:
    assert parse(text) == listener


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("localhost:8083", "Listener doesn't have the right format (protocol://hostname:port)."),
        ("http://localhost", "Listener doesn't have the right format (protocol://hostname:port)."),
        ("ftp://localhost:1", 'Listener protocol must be either "http" or "https".'),
        (
            "http://h:70000",
            "Listener http://h:70000 has port 70000. A port is a number from 0 (any free one) to 65535.",
        ),
        ("http://h:-1", "Listener http://h:-1 has port -1. A port is a number from 0 (any free one) to 65535."),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(ConfigException) as caught:
        parse(text)
    assert str(caught.value) == message


def test_a_port_in_use() -> None:
    with bind(parse("http://127.0.0.1:0")).socket as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConnectException) as caught:
            bind(Listener(Scheme.HTTP, "127.0.0.1", port))
    assert str(caught.value) == (
        f"Unable to initialize REST server: failed to bind to http://127.0.0.1:{port}: Address already in use. "
        "Stop the process that listens there, or give the worker another address in 'listeners' (port 0 takes any free one)."
    )


def test_a_host_that_is_not_here() -> None:
    with pytest.raises(ConnectException, match=r"failed to bind to http://no\.such\.host\.invalid:0: .*'listeners'"):
        bind(parse("http://no.such.host.invalid:0"))


def test_an_empty_host_is_every_address() -> None:
    bound = bind(parse("http://:0"))
    with bound.socket, socket.create_connection(("127.0.0.1", bound.port), timeout=5):
        assert bound.port > 0


@pytest.fixture
def both() -> list[BoundListener]:
    """Bound listeners whose sockets are not looked at: their ports are given."""
    unused = socket.socket()
    unused.close()
    return [
        BoundListener(parse("https://secure.example:0"), unused, 8443),
        BoundListener(parse("http://:8083"), unused, 8083),
    ]


def test_the_advertised_url(both: list[BoundListener]) -> None:
    settings = RestSettings(listeners=("https://secure.example:0", "http://:8083"), advertised_host="me")
    assert advertised_url(settings, both) == "http://me:8083/"
    assert advertised_url(replace(settings, advertised_listener="HTTPS"), both) == "https://me:8443/"
    assert advertised_url(replace(settings, advertised_port=99), both) == "http://me:99/"
    assert advertised_url(replace(settings, advertised_host="::1"), both) == "http://[::1]:8083/"
    only_https = replace(settings, listeners=("https://secure.example:0",), advertised_host=None)
    assert advertised_url(only_https, both[:1]) == "https://secure.example:8443/"
    anywhere = advertised_url(replace(settings, advertised_host=None), both)
    assert anywhere.endswith(":8083/")
    assert worker_id(anywhere).partition(":")[0]
    assert worker_id("http://me:8083/") == "me:8083"


def test_ssl_keys_of_a_listener_are_all_or_nothing() -> None:
    props = {"ssl.key.password": "a", "ssl.keystore.type": "PEM", "listeners.https.ssl.keystore.type": "JKS", "x": "y"}
    assert ssl_values(props, "listeners.https.") == {"ssl.keystore.type": "JKS"}
    assert ssl_values(props, "admin.listeners.https.") == {"ssl.key.password": "a", "ssl.keystore.type": "PEM"}
