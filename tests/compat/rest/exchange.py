"""One HTTP exchange of a scenario: the request as it was recorded, byte for byte, and its answer against the recording."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from tests.compat.rest.expectation import Comparison, Variables

Json = dict[str, object]
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(base: str, request: Mapping[str, object], variables: Variables, timeout: float = 120) -> Reply:
    """Send a recorded request: the path stays as it is written, nothing is added but the length."""
    body = _body(request, variables)
    headers = {
        name: variables.text(value) for name, value in cast("dict[str, str]", request.get("headers") or {}).items()
    }
    if "body" in request and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    method, target = cast("str", request["method"]), variables.text(cast("str", request["path"]))
    if request.get("query"):
        target += "?" + variables.text(cast("str", request["query"]))
    url = urlsplit(base)
    assert url.hostname is not None
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders()
        if body:
            with suppress(BrokenPipeError, ConnectionResetError):  # the worker may answer before it has read everything
                connection.send(body)
        return _reply(connection.getresponse())
    finally:
        connection.close()


def differences(expected: Mapping[str, object], reply: Reply, variables: Variables) -> list[str]:
    """What of the reply is not as recorded."""
    found: list[str] = []
    if reply.status != expected["status"]:
        found.append(f"status: expected {expected['status']}, got {reply.status} {reply.body[:_SHOWN]!r}")
    for name, value in cast("dict[str, str | None]", expected.get("headers", {})).items():
        found += _header_differences(name, value, reply.headers.get(name.lower()), variables)
    if expected.get("body_empty"):
        return found + ([f"body: expected empty, got {reply.body[:_SHOWN]!r}"] if reply.body else [])
    if "body_text" in expected:
        text = variables.text(cast("str", expected["body_text"]))
        if not variables.matches(text, reply.body.decode("utf-8", "replace")):
            found.append(f"body: expected text {text!r}, got {reply.body[:_SHOWN]!r}")
    elif "body" in expected:
        found += _json_differences(expected, reply, variables)
    return found


def _json_differences(expected: Mapping[str, object], reply: Reply, variables: Variables) -> list[str]:
    try:
        actual = json.loads(reply.body)
    except ValueError:
        return [f"body: not JSON: {reply.body[:_SHOWN]!r}"]
    how = cast("dict[str, bool]", expected.get("compare", {}))
    comparison = Comparison(variables, how.get("unordered", False), how.get("subset", False))
    return comparison.differences(variables.fill(expected["body"]), actual)


def _header_differences(name: str, expected: str | None, actual: str | None, variables: Variables) -> list[str]:
    if expected is None:
        return [] if actual is None else [f"header {name}: expected absent, got {actual!r}"]
    if actual is None:
        return [f"header {name}: expected {expected!r}, absent"]
    if name.lower() == "allow":
        same = sorted(map(str.strip, actual.split(","))) == sorted(map(str.strip, expected.split(",")))
    else:
        same = variables.matches(variables.text(expected), actual)
    return [] if same else [f"header {name}: expected {variables.text(expected)!r}, got {actual!r}"]


def _body(request: Mapping[str, object], variables: Variables) -> bytes | None:
    if "body_b64" in request:
        return base64.b64decode(cast("str", request["body_b64"]))
    if "body_repeat" in request:
        repeat = cast("dict[str, object]", request["body_repeat"])
        middle = cast("str", repeat["unit"]) * cast("int", repeat["count"])
        return (
            variables.text(cast("str", repeat["head"])) + middle + variables.text(cast("str", repeat["tail"]))
        ).encode()
    if "body_raw" in request:
        return variables.text(cast("str", request["body_raw"])).encode()
    if "body" in request:
        return json.dumps(variables.fill(request["body"])).encode()
    return None


def _reply(response: http.client.HTTPResponse) -> Reply:
    body = response.read()
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return Reply(response.status, headers, body)
