"""Request lines, methods and media types, as Connect 4.3.1 answered them."""

from __future__ import annotations

import json

import pytest
from tests.unit.rest.conftest import RunningServer

from penstock.rest.errors import MalformedRequestError
from penstock.rest.paths import canonical, location

NOT_FOUND = b'{"error_code":404,"message":"HTTP 404 Not Found"}'


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("/connectors/./config", 404, "Connector . not found"),
        ("/connectors/%2e%2e/config", 404, "Connector .. not found"),
        ("/connectors/a%2Fb/config", 404, "Connector a/b not found"),
        ("/connectors/a%252Fb/config", 404, "Connector a%2Fb not found"),
        ("/connectors/x;y/config", 404, "Connector x not found"),
        ("/connectors/x/;y", 404, "Connector x not found"),
        ("/connectors/x/config;jsessionid=1/", 404, "Connector x not found"),
        ("/connectors/x/status;a=b;c", 404, "No status found for connector x"),
        ("/connectors/..", 404, "Connector .. not found"),
        ("/connectors/a/../config", 404, "HTTP 404 Not Found"),
        ("/x/../connectors", 404, "HTTP 404 Not Found"),
        ("/connectors/x/tasks/+1/status", 404, "No status found for task x-1"),
        ("/connectors/x/tasks/%2B1/status", 404, "No status found for task x-1"),
        ("/connectors/x/tasks/1_0/status", 404, "HTTP 404 Not Found"),
        ("/connectors/x/tasks/%201/status", 404, "HTTP 404 Not Found"),
        ("/connectors/x/tasks/2147483648/status", 404, "HTTP 404 Not Found"),
        ("/connectors/;y/config", 400, "Ambiguous URI empty segment: /connectors/;y/config"),
        ("//connectors", 400, "Ambiguous URI empty segment: //connectors"),
        ("/connectors/x//", 400, "Ambiguous URI empty segment: /connectors/x//"),
        ("/connectors/a%ff/config", 400, "Bad UTF-8 encoding: /connectors/a%ff/config"),
        ("/connectors/%4", 400, "A percent sign must be followed by two hex digits: /connectors/%4"),
        ("/connectors/a%00", 400, "A path may not contain the character NUL: /connectors/a%00"),
        ("/connectors/../..", 400, "Path above the root: /connectors/../.."),
        ("*", 400, "Ambiguous URI empty segment: *"),
    ],
)
def test_paths(target: str, status: int, message: str, worker: RunningServer) -> None:
    answered, _, body = worker.get(target)
    assert (answered, json.loads(body)) == (status, {"error_code": status, "message": message})


def test_matrix_parameters_and_trailing_slashes_are_nothing(worker: RunningServer) -> None:
    for target in ("/;x", "/connectors;x=1", "/connectors/", "/connectors/;x=1", "/health/?x=y"):
        assert worker.get(target)[0] == 200


def test_a_name_of_any_characters_can_be_addressed(worker: RunningServer) -> None:
    for name in ("a/b", "a\\b", "100%", "%2F", "..", "a{b}", "ü 漢😀", "?#&=+;"):
        config = {"connector.class": "FileStreamSource", "topic": "t"}
        assert worker.client.post("/connectors", json={"name": name, "config": config}).status_code == 201
        path = "/connectors/" + canonical_segment(name)
        assert json.loads(worker.get(path)[2])["name"] == name
        assert worker.get(path, method="DELETE")[0] == 204


def canonical_segment(name: str) -> str:
    return "".join(f"%{byte:02x}" for byte in name.encode())


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a b", "a%20b"),
        ("a~!$'()*,:@b", "a~!$'()*,:@b"),
        ("a[b]^`|<b>", "a%5Bb%5D%5E%60%7C%3Cb%3E"),
        ("a%20b", "a%20b"),
        ("a%zz", "a%25zz"),
        ("a%2", "a%252"),
        ("é", "%C3%A9"),
        ("a//b", "a//b"),
        ("/a", "a"),
        ("a;b=c", "a;b=c"),
        ('"?#', "%22%3F%23"),
        ("a\\b", "a%5Cb"),
    ],
)
def test_location_is_built_as_java_does(name: str, url: str) -> None:
    assert location("http://h:1", name) == f"http://h:1/connectors/{url}"


def test_location_has_the_host_that_the_client_used(worker: RunningServer) -> None:
    body = b'{"connector.class":"FileStreamSource","topic":"t"}'
    head = f"Content-Length: {len(body)}\r\n\r\n".encode()
    first = worker.raw(b"PUT /connectors/a/config HTTP/1.1\r\nHost: ex.org:80\r\nConnection: close\r\n" + head + body)
    assert b"location: http://ex.org:80/connectors/a\r\n" in first
    second = worker.raw(b"PUT /connectors/b/config HTTP/1.0\r\n" + head + body)
    assert f"location: {worker.base}/connectors/b\r\n".encode() in second


def test_a_path_without_leading_slash_is_refused() -> None:
    with pytest.raises(MalformedRequestError, match="Ambiguous URI empty segment: connectors"):
        canonical("connectors")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json;q=0", 200),
        ("text/*", 406),
        ("application/*", 200),
        ("application/json; charset=utf-8", 200),
        ("text/html,*/*;q=0.1", 200),
        ("foo", 406),
        ("", 200),
        ("*", 200),
        ("application/JSON", 200),
        ("application/vnd.x+json", 406),
        ("application/json;q=abc", 400),
    ],
)
def test_accept(accept: str, status: int, worker: RunningServer) -> None:
    answered, headers, body = worker.get("/connectors", f"Accept: {accept}")
    assert answered == status
    if status == 406:
        assert "content-type" not in headers
        assert json.loads(body) == {"error_code": 406, "message": "HTTP 406 Not Acceptable"}
    if status == 400:
        assert "Accept has a quality that is no number: 'application/json;q=abc'" in json.loads(body)["message"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("foo", 400),
        ("", 400),
        ("application/json, text/plain", 400),
        ("APPLICATION/JSON", 200),
        ("application/json;charset=utf-8", 200),
        ("application/json;", 200),
        ("text/json", 415),
        ("application/*+json", 415),
        ("application/*", 415),
    ],
)
def test_content_type(content_type: str, status: int, worker: RunningServer) -> None:
    answered, _, body = worker.get("/connectors", f"Content-Type: {content_type}")
    assert answered == status
    if status == 400:
        assert json.loads(body)["message"] == f"Content-Type is no media type: {content_type!r}"


def test_content_type_is_nothing_to_root_and_health(worker: RunningServer) -> None:
    for target in ("/", "/health"):
        assert worker.get(target, "Content-Type: text/plain")[0] == 200


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/", "HEAD, GET, OPTIONS"),
        ("/connectors", "HEAD, POST, GET, OPTIONS"),
        ("/connectors/x", "HEAD, DELETE, GET, OPTIONS"),
        ("/connectors/x/config", "HEAD, GET, OPTIONS, PUT, PATCH"),
        ("/connectors/x/status", "HEAD, GET, OPTIONS"),
        ("/connectors/x/restart", "POST, OPTIONS"),
        ("/connectors/x/pause", "OPTIONS, PUT"),
        ("/connectors/x/resume", "OPTIONS, PUT"),
        ("/connectors/x/stop", "OPTIONS, PUT"),
        ("/connectors/x/fence", "OPTIONS, PUT"),
        ("/connectors/x/tasks", "HEAD, POST, GET, OPTIONS"),
        ("/connectors/x/tasks/0/status", "HEAD, GET, OPTIONS"),
        ("/connectors/x/tasks/0/restart", "POST, OPTIONS"),
        ("/connectors/x/topics", "HEAD, GET, OPTIONS"),
        ("/connectors/x/topics/reset", "OPTIONS, PUT"),
        ("/connectors/x/offsets", "HEAD, DELETE, GET, OPTIONS, PATCH"),
        ("/connector-plugins", "HEAD, GET, OPTIONS"),
        ("/connector-plugins/x/config", "HEAD, GET, OPTIONS"),
        ("/connector-plugins/x/config/validate", "OPTIONS, PUT"),
        ("/admin/loggers", "HEAD, GET, OPTIONS"),
        ("/admin/loggers/x", "HEAD, GET, OPTIONS, PUT"),
        ("/penstock/version", "HEAD, GET, OPTIONS"),
        ("/penstock/plugins", "HEAD, GET, OPTIONS"),
    ],
)
def test_options(target: str, allowed: str, worker: RunningServer) -> None:
    status, headers, body = worker.get(target, "Content-Type: text/plain", method="OPTIONS")
    assert (status, headers["content-type"], body.decode()) == (200, "text/plain", allowed)
    assert headers["allow"] == allowed.replace(" ", "")


def test_options_for_a_client_that_wants_no_text(worker: RunningServer) -> None:
    status, headers, body = worker.get("/connectors", "Accept: */*, application/json", method="OPTIONS")
    assert (status, headers["content-type"], body) == (200, "application/json", b"")
    assert worker.get("/nosuch", method="OPTIONS")[0] == 404


def test_head_is_get_without_a_body(worker: RunningServer) -> None:
    status, headers, body = worker.get("/connectors", method="HEAD")
    assert (status, headers["content-type"], headers["content-length"], body) == (200, "application/json", "2", b"")
    assert worker.get("/connectors/nosuch", method="HEAD")[0] == 404
    assert worker.get("/connectors/x/pause", method="HEAD")[0] == 405


def test_methods_are_case_sensitive(worker: RunningServer) -> None:
    status, headers, body = worker.get("/connectors", method="get")
    assert status == 405
    assert "content-type" not in headers
    assert body == b'{"error_code":405,"message":"HTTP 405 Method Not Allowed"}'


def test_what_is_no_http_gets_connects_error_shape(worker: RunningServer) -> None:
    head, _, body = worker.raw(b"garbage\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert json.loads(body) == {"error_code": 400, "message": "Invalid HTTP request received."}
    assert worker.raw(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_chunked_bodies_are_read(worker: RunningServer) -> None:
    chunks = b"2\r\n{}\r\n0\r\n\r\n"
    head = b"PUT /connectors/a/config HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b"Connector config {name=a} contains no connector type" in worker.raw(head + chunks)


def test_flags_are_read_as_java_does(worker: RunningServer) -> None:
    for query in (
        "",
        "connectorsOnly",
        "connectorsOnly=",
        "connectorsOnly=TRUE",
        "connectorsOnly=true&connectorsOnly=x",
    ):
        assert len(worker.client.get(f"/connector-plugins?{query}").json()) == 7
    for query in ("connectorsOnly=x", "connectorsOnly=%20true", "connectorsOnly=false&connectorsOnly=true"):
        assert worker.client.get(f"/connector-plugins?{query}").json()[-1] == {
            "class": "a.Filter",
            "type": "transformation",
        }


def test_every_answer_has_a_date(worker: RunningServer) -> None:
    for target in ("/", "/nosuch", "//"):
        assert worker.get(target)[1]["date"].endswith(" GMT")
    assert worker.get("/nosuch")[2] == NOT_FOUND
