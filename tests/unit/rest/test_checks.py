"""``/penstock/connector-plugins/{class}/check`` and ``/plan``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.rest.conftest import RunningServer

PLUGIN = "/penstock/connector-plugins/FileStreamSource"
WHAT_TO_SEND = 'Send a JSON object with "config", an object of the connector\'s keys and values.'


def sent(worker: RunningServer, path: str, body: Any) -> tuple[int, Any]:
    response = worker.client.post(f"{PLUGIN}/{path}", json=body)
    return response.status_code, response.json()


def test_a_check_that_passes(worker: RunningServer) -> None:
    assert sent(worker, "check", {"config": {"name": "n", "topic": "t", "tasks.max": 1}}) == (
        200,
        {"ok": True, "checks": [{"name": "configuration", "ok": True, "text": "", "milliseconds": 3}]},
    )


def test_a_check_that_fails_is_an_answer_too(worker: RunningServer) -> None:
    status, answer = sent(worker, "check", {"config": {}})
    assert (status, answer["ok"], answer["checks"][0]["ok"]) == (200, False, False)
    assert answer["checks"][0]["text"] != ""


def test_a_plan_is_made_for_records_as_they_lie_in_the_topic(worker: RunningServer) -> None:
    records = [
        {"topic": "a", "key": "k", "value": {"n": 1.10, "é": [None, True]}},
        {"topic": "b", "key": 7},
    ]
    assert sent(worker, "plan", {"config": {}, "records": records}) == (
        200,
        {
            "ok": False,
            "steps": [
                {"target": "a", "text": repr(b"k") + " " + repr('{"n":1.1,"é":[null,true]}'.encode()), "ok": True},
                {"target": "b", "text": "b'7' None", "ok": False},
            ],
        },
    )


def test_an_unknown_plugin_is_not_found(worker: RunningServer) -> None:
    for path in ("check", "plan"):
        response = worker.client.post(f"/penstock/connector-plugins/nope/{path}", json={"config": {}, "records": []})
        assert (response.status_code, response.json()["message"]) == (404, "Unknown plugin nope.")


def test_only_post_is_served(worker: RunningServer) -> None:
    assert worker.client.get(f"{PLUGIN}/check").status_code == 405


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("check", [], WHAT_TO_SEND),
        ("check", {}, WHAT_TO_SEND),
        ("check", {"config": "x"}, WHAT_TO_SEND),
        ("check", {"config": {"a": {}}}, f"The value of a in the config is no string. {WHAT_TO_SEND}"),
        (
            "plan",
            {"config": {}},
            'Send a JSON object with "config" and "records", a list of sample records: {"topic": …',
        ),
        ("plan", {"config": {}, "records": ["x"]}, 'Send a JSON object with "config" and "records"'),
        (
            "plan",
            {"config": {}, "records": [{"topic": "a"}, {"value": 1}]},
            "Record 2 has no topic. Send a JSON object",
        ),
        (
            "plan",
            {"config": {}, "records": [{"topic": "a", "x": 1}]},
            "Record 1 has 'x', which nobody knows. Send a JSON",
        ),
    ],
)
def test_a_body_that_is_none_is_told(worker: RunningServer, path: str, body: object, message: str) -> None:
    status, answer = sent(worker, path, body)
    assert (status, answer["error_code"]) == (400, 400)
    assert answer["message"].startswith(message)


def test_a_body_that_is_no_json_is_told(worker: RunningServer) -> None:
    response = worker.client.post(f"{PLUGIN}/check", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["message"].startswith("The body is no JSON: ")
    assert response.json()["message"].endswith(WHAT_TO_SEND)
