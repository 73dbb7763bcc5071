"""Deadlines: what a slow or dead herder looks like from outside."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.unit.rest.conftest import RunningServer, Start

from penstock.api.exceptions import ConfigException, NotFoundException
from penstock.herder.results import Health, RequestRefused

STAGE = "The worker is currently starting the connector, which began at 2026-11-24T10:00:00Z"
CONFIG = {"connector.class": "FileStreamSource", "topic": "t"}


def failed(error: BaseException) -> Future[object]:
    future: Future[object] = Future()
    future.set_exception(error)
    return future


@pytest.fixture
def hasty(start: Start) -> RunningServer:
    """A server whose deadlines pass at once."""
    return start(request_timeout_s=0.02, health_timeout_s=0.02)


def test_a_timeout_names_the_open_stage(hasty: RunningServer) -> None:
    future: Future[object] = Future()
    hasty.herder.instead["create_connector"] = future
    hasty.herder.open_stage = STAGE
    answer = hasty.client.post("/connectors", json={"name": "a", "config": CONFIG})
    assert answer.json() == {"error_code": 500, "message": f"Request timed out. {STAGE}"}
    assert not future.cancelled(), "the herder must be able to complete what it was asked"


def test_a_timeout_without_a_stage(hasty: RunningServer) -> None:
    hasty.herder.instead["connector_info"] = Future()
    assert hasty.client.get("/connectors/a").json() == {"error_code": 500, "message": "Request timed out"}


def test_a_late_failure_disturbs_nobody(hasty: RunningServer, recwarn: pytest.WarningsRecorder) -> None:
    future: Future[object] = Future()
    hasty.herder.instead["connector_info"] = future
    assert hasty.client.get("/connectors/a").status_code == 500
    future.set_exception(NotFoundException("late"))
    assert hasty.client.get("/").status_code == 200
    assert not recwarn.list


def test_a_request_that_the_herder_gave_up(worker: RunningServer) -> None:
    given_up: Future[object] = Future()
    given_up.cancel()
    worker.herder.instead["delete_connector"] = given_up
    assert worker.client.delete("/connectors/a").json() == {"error_code": 500, "message": "Worker is shutting down"}


def test_slow_requests_do_not_block_others(worker: RunningServer) -> None:
    slow: Future[object] = Future()
    worker.herder.instead["connector_config"] = slow
    with ThreadPoolExecutor(20) as clients:
        waiting = [clients.submit(worker.client.get, "/connectors/a/config") for _ in range(20)]
        began = time.monotonic()
        assert worker.client.get("/").status_code == 200
        assert time.monotonic() - began < 1
        slow.set_result({"name": "a"})
        assert {each.result().json()["name"] for each in waiting} == {"a"}


def test_health_while_starting(hasty: RunningServer) -> None:
    hasty.herder.instead["health"] = Future()
    hasty.herder.ready = False
    answer = hasty.client.get("/health")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "starting", "message": "Worker is still starting up."},
    )


def test_health_of_a_hung_worker(hasty: RunningServer) -> None:
    hasty.herder.instead["health"] = Future()
    hasty.herder.open_stage = STAGE
    answer = hasty.client.get("/health")
    assert answer.status_code == 500
    assert answer.json() == {
        "status": "unhealthy",
        "message": (f"Worker was unable to handle this request and may be unable to handle other requests. {STAGE}"),
    }


def test_health_as_the_herder_tells_it(worker: RunningServer) -> None:
    told: Future[object] = Future()
    told.set_result(Health(503, "starting", "Worker is still starting up."))
    worker.herder.instead["health"] = told
    assert worker.client.get("/health").status_code == 503


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (RequestRefused(418, "no"), 418, "no"),
        (NotFoundException("gone"), 404, "gone"),
        (ConfigException("wrong"), 500, "wrong"),
        (ValueError(), 500, None),
    ],
)
def test_errors_of_the_herder(error: Exception, status: int, message: str | None, worker: RunningServer) -> None:
    worker.herder.instead["connector_info"] = failed(error)
    answer = worker.client.get("/connectors/a")
    assert (answer.status_code, answer.json()) == (status, {"error_code": status, "message": message})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RequestRefused(400, "no type"), "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: no type"),
        (RequestRefused(409, "busy"), "org.apache.kafka.connect.runtime.rest.errors.ConnectRestException: busy"),
        (ConfigException("wrong"), "org.apache.kafka.common.config.ConfigException: wrong"),
        (ValueError("v"), "builtins.ValueError: v"),
    ],
)
def test_a_failed_validation_is_a_500_that_names_the_class(
    error: Exception, message: str, worker: RunningServer
) -> None:
    worker.herder.instead["validate"] = failed(error)
    answer = worker.client.put("/connector-plugins/FileStreamSource/config/validate", json=CONFIG)
    assert (answer.status_code, answer.json()["message"]) == (500, message)


def test_a_validation_that_takes_too_long(hasty: RunningServer) -> None:
    hasty.herder.instead["validate"] = Future()
    answer = hasty.client.put("/connector-plugins/FileStreamSource/config/validate", json=CONFIG)
    assert answer.json() == {"error_code": 500, "message": "Request timed out"}
