"""The server's life, its admin listeners, extra headers, cross-origin answers, TLS and access log."""

from __future__ import annotations

import logging
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.kafka.jars import ServiceUnavailableError
from tests.kafka.tls import Certificates, make_certificates
from tests.unit.rest.conftest import Start

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.rest import response_headers
from penstock.rest.cors import origin_patterns
from penstock.rest.server import RestServer
from penstock.rest.settings import RestSettings
from penstock.rest.tls import server_context

NOT_FOUND = {"error_code": 404, "message": "HTTP 404 Not Found"}
LOCAL = ("http://127.0.0.1:0",)


def test_everything_is_404_until_the_herder_is_registered(start: Start) -> None:
    waiting = start(register=False)
    for path in ("/", "/health", "/connectors", "/admin/loggers"):
        answer = waiting.client.get(path)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_sockets_are_open_before_the_server_starts() -> None:
    server = RestServer(RestSettings(listeners=LOCAL))
    server.open()
    assert server.worker_id == f"127.0.0.1:{server.port}"
    assert server.advertised_url == f"http://127.0.0.1:{server.port}/"
    server.stop()
    server.stop()


def test_one_port_in_use_opens_none() -> None:
    taken = RestServer(RestSettings(listeners=LOCAL))
    taken.open()
    server = RestServer(RestSettings(listeners=(*LOCAL, f"http://127.0.0.1:{taken.port}")))
    with pytest.raises(ConnectException, match="Unable to initialize REST server: failed to bind to"):
        server.open()
    taken.stop()


def test_a_stopped_server_takes_no_requests(start: Start) -> None:
    running = start()
    assert running.client.get("/").status_code == 200
    running.server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.base)


def test_admin_listeners_of_their_own(start: Start) -> None:
    running = start(admin_listeners=LOCAL, allow_origin="*")
    assert running.client.get("/admin/loggers").status_code == 404
    admin = f"http://127.0.0.1:{running.server.admin_port}"
    answer = httpx.get(f"{admin}/admin/loggers", headers={"Origin": "http://a"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert httpx.get(f"{admin}/connectors").json() == NOT_FOUND
    assert httpx.get(f"{admin}/").json() == NOT_FOUND


def test_no_admin_endpoints_at_all(start: Start) -> None:
    running = start(admin_listeners=())
    assert running.server.admin_port is None
    assert running.client.get("/admin/loggers/root").json() == NOT_FOUND


def test_topic_tracking_switched_off(start: Start) -> None:
    running = start(topic_tracking=False)
    for answer in (running.client.get("/connectors/a/topics"), running.client.put("/connectors/a/topics/reset")):
        assert (answer.status_code, answer.json()["message"]) == (403, "Topic tracking is disabled.")
    running = start(topic_tracking_reset=False)
    assert running.client.get("/connectors/a/topics").json() == {"a": {"topics": []}}
    answer = running.client.put("/connectors/a/topics/reset")
    assert (answer.status_code, answer.json()["message"]) == (403, "Topic tracking reset is disabled.")
    assert start().client.put("/connectors/a/topics/reset").status_code == 202


def test_extra_response_headers(start: Start) -> None:
    rules = 'set X-Frame-Options:DENY, "add Cache-Control: no-cache, no-store", setDate X-Now:0, ADDDATE X-Now:1000'
    running = start(response_headers=rules)
    for path in ("/", "/nosuch"):
        answer = running.client.get(path)
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-cache, no-store"
        assert len(answer.headers.get_list("x-now")) == 2


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("set", "Invalid format of header config 'set'. Expected: '[action] [header name]:[header value]'"),
        ("put X:y", "Invalid header config action: 'put'. Expected one of [set, add, setDate, addDate]"),
        (
            "set X:y:z",
            "Invalid format of header name and header value pair 'X:y:z'. Expected: '[header name]:[header value]'",
        ),
        ("set X", "Invalid format of header name and header value pair 'X'. Expected: '[header name]:[header value]'"),
        ("set a b:c", "Invalid header name 'a b'. The '[header name]' cannot contain whitespace"),
        ("set :c", "Invalid header name ''. The '[header name]' cannot contain whitespace"),
        ("setDate X:soon", "Invalid header value 'soon' for setDate X. Expected: milliseconds from now"),
        ('"set X:y', "Invalid format of header config '\"set X:y'. Expected: '[action] [header name]:[header value]'"),
    ],
)
def test_wrong_header_rules(rules: str, message: str) -> None:
    if rules.startswith('"'):
        with pytest.raises(ConfigException):
            response_headers.parse(rules)
        return
    with pytest.raises(ConfigException) as caught:
        response_headers.parse(rules)
    assert str(caught.value) == message


def test_cross_origin(start: Start) -> None:
    running = start(allow_origin="http://a.example, http://b.*", allow_methods="GET, PUT")
    for origin in ("http://a.example", "HTTP://B.EXAMPLE", "http://x http://a.example"):
        answer = running.client.get("/connectors", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["vary"] == "Origin"
        assert "access-control-max-age" not in answer.headers
    stranger = running.client.get("/connectors", headers={"Origin": "http://a.example.evil"})
    assert "access-control-allow-origin" not in stranger.headers
    preflight = running.client.options(
        "/connectors", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "PUT"}
    )
    assert preflight.headers["access-control-allow-methods"] == "GET,PUT"
    assert preflight.headers["access-control-allow-headers"] == "Content-Type"
    assert preflight.headers["access-control-max-age"] == "60"
    assert preflight.headers["allow"] == "HEAD,POST,GET,OPTIONS"
    assert (
        start(allow_origin="*").client.get("/", headers={"Origin": "x"}).headers["access-control-allow-origin"] == "x"
    )
    assert "vary" not in start().client.get("/", headers={"Origin": "x"}).headers


def test_an_origin_that_is_no_expression() -> None:
    with pytest.raises(ConfigException, match=r"for configuration access.control.allow.origin: Invalid regex: \(: "):
        origin_patterns("(")


def test_the_access_log_tells_each_request(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    running = start()
    with caplog.at_level(logging.INFO, "penstock.rest.access_log"):
        running.client.get("/connectors?expand=info", headers={"Referer": "r", "User-Agent": "u"})
        running.server.stop()
    (line,) = (record.getMessage() for record in caplog.records if record.name == "penstock.rest.access_log")
    assert line.startswith("127.0.0.1 - - [")
    assert '] "GET /connectors?expand=info HTTP/1.1" 200 2 "r" "u" ' in line


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    try:
        return make_certificates(tmp_path_factory.mktemp("tls") / "certificates")
    except ServiceUnavailableError as error:
        pytest.skip(str(error))


def test_https(start: Start, certificates: Certificates) -> None:
    values = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(certificates.server_keystore)}
    running = start(listeners=("https://127.0.0.1:0",), ssl=values)
    url = f"https://127.0.0.1:{running.server.port}"
    assert running.server.advertised_url == url + "/"
    trust = ssl.create_default_context(cafile=str(certificates.ca))
    created = httpx.put(
        f"{url}/connectors/a/config", json={"connector.class": "FileStreamSource", "topic": "t"}, verify=trust
    )
    assert created.headers["location"] == f"{url}/connectors/a"


def test_https_with_client_certificates_and_inline_keys(start: Start, certificates: Certificates) -> None:
    keystore = certificates.server_keystore.read_text()
    end = keystore.index("-----BEGIN CERTIFICATE")
    values = {
        "ssl.keystore.key": keystore[:end],
        "ssl.keystore.certificate.chain": keystore[end:],
        "ssl.truststore.certificates": certificates.ca.read_text(),
        "ssl.client.auth": "required",
        "ssl.enabled.protocols": "TLSv1.2",
    }
    running = start(listeners=("https://127.0.0.1:0",), ssl=values)
    trust = ssl.create_default_context(cafile=str(certificates.ca))
    url = f"https://127.0.0.1:{running.server.port}/"
    with pytest.raises(httpx.TransportError):
        httpx.get(url, verify=trust)
    trust.load_cert_chain(certificates.client_certificate, certificates.client_key)
    assert httpx.get(url, verify=trust).status_code == 200


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "An https listener needs 'ssl.keystore.location', a PEM file, and 'ssl.keystore.type=PEM'."),
        (
            {"ssl.keystore.location": "/x.jks"},
            "Invalid value JKS for configuration ssl.keystore.type: only PEM can be read without a JVM. ",
        ),
        (
            {"ssl.keystore.location": "/no/such/file", "ssl.keystore.type": "PEM"},
            "The certificate and private key of the https listener cannot be read from 'ssl.keystore.location': [Errno 2] ",
        ),
        (
            {"ssl.enabled.protocols": "SSLv3"},
            "Invalid value SSLv3 for configuration ssl.enabled.protocols: it must be one of TLSv1.2, TLSv1.3",
        ),
    ],
)
def test_wrong_ssl_keys(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigException) as caught:
        server_context(values)
    assert str(caught.value).startswith(message)


def test_wrong_client_auth_and_trust(certificates: Certificates, tmp_path: Path) -> None:
    own = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(certificates.server_keystore)}
    with pytest.raises(ConfigException, match="String must be one of: required, requested, none"):
        server_context({**own, "ssl.client.auth": "maybe"})
    trust = {**own, "ssl.client.auth": "required", "ssl.truststore.type": "PEM"}
    with pytest.raises(ConfigException, match=r"needs 'ssl\.truststore\.location'"):
        server_context(trust)
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ConfigException, match=r"'ssl.truststore.location' cannot be read: .* It must be a PEM file\."):
        server_context({**trust, "ssl.truststore.location": str(tmp_path / "empty.pem")})


def test_a_request_in_work_ends_before_the_server_stops(start: Start) -> None:
    running = start()
    slow: Future[object] = Future()
    running.herder.instead["connector_config"] = slow
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(httpx.get, f"{running.base}/connectors/a/config")
        assert running.herder.asked_instead.wait(20)
        stopped = pool.submit(running.server.stop)
        slow.set_result({"name": "a"})
        assert answer.result(20).json() == {"name": "a"}
        stopped.result(20)
