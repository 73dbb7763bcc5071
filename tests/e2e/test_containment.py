"""A connector that misbehaves harms itself only: REST answers, others run, a stop ends it, its stacks are in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.packages import BAD_IMPORTS, UNRULY, make_package, on_path
from tests.support.worker import WorkerProcess, eventually

CLASS = "unruly.UnrulySource"
DEADLINE_S = 2.0


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    packages = tmp_path / "packages"
    make_package(packages, "unruly", UNRULY)
    with WorkerProcess(tmp_path, {"task.shutdown.graceful.timeout.ms": str(int(DEADLINE_S * 1000))}) as worker:
        yield worker.start(environment=on_path(packages))


def start_neighbour(worker: WorkerProcess) -> None:
    """A well-behaved connector beside the unruly one."""
    (worker.directory / "in.txt").write_text("a line\n")
    worker.create(
        "good", {"connector.class": "FileStreamSource", "file": str(worker.directory / "in.txt"), "topic": "good"}
    )
    worker.wait_for_task("good")


def check_answers(worker: WorkerProcess, seconds: float = 1.5) -> None:
    """REST answers within a second all the while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in ("/", "/connectors?expand=status", "/health"):
            begun = time.monotonic()
            assert worker.request("GET", path).status_code == 200
            assert time.monotonic() - begun < 1.0, f"{path} took {time.monotonic() - begun:.2f} s"
    assert worker.task_state("good") == "RUNNING"


def delete_within(worker: WorkerProcess, name: str, seconds: float) -> None:
    begun = time.monotonic()
    worker.request("DELETE", f"/connectors/{name}")
    took = time.monotonic() - begun
    assert took < seconds, f"the stop took {took:.1f} s"


@pytest.mark.parametrize("mode", ["start", "poll", "stop", "gil"])
def test_a_hanging_task_is_killed_at_the_deadline_and_its_stacks_are_logged(worker: WorkerProcess, mode: str) -> None:
    start_neighbour(worker)
    worker.create("bad", {"connector.class": CLASS, "mode": mode})
    if mode != "start":
        worker.wait_for_task("bad")
    check_answers(worker)
    delete_within(worker, "bad", DEADLINE_S + 3)
    check_answers(worker, 0.3)
    log = worker.log()
    assert "[bad|task-0]" in log
    wanted = {"start": "in start", "poll": "in poll", "stop": "in stop", "gil": "in poll"}[mode]
    eventually(lambda: wanted in worker.log(), "the stacks of the hanging task are in the log", 5)


def test_a_connector_that_hangs_in_validate_keeps_nobody_waiting(worker: WorkerProcess) -> None:
    start_neighbour(worker)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{worker.url}/connectors",
            json={"name": "bad", "config": {"connector.class": CLASS, "mode": "validate"}},
            timeout=1.0,
        )
    check_answers(worker)
    worker.create("fine", {"connector.class": CLASS, "mode": "none"})
    worker.wait_for_task("fine")


@pytest.mark.parametrize("mode", ["connector-start", "connector-stop"])
def test_a_connector_instance_that_hangs_is_contained(worker: WorkerProcess, mode: str) -> None:
    start_neighbour(worker)
    try:
        httpx.post(
            f"{worker.url}/connectors",
            json={"name": "bad", "config": {"connector.class": CLASS, "mode": mode}},
            timeout=2.0,
        )
    except httpx.ReadTimeout:
        assert mode == "connector-start"
    check_answers(worker)
    delete_within(worker, "bad", 5 + 3)  # a connector has five seconds to stop (spec 8.5)
    check_answers(worker, 0.3)


def test_a_task_that_floods_its_output_is_contained(worker: WorkerProcess) -> None:
    start_neighbour(worker)
    worker.create("bad", {"connector.class": CLASS, "mode": "flood"})
    worker.wait_for_task("bad")
    check_answers(worker, 2.0)
    eventually(lambda: "[bad|task-0]" in worker.log() and "xxxx" in worker.log(), "what it prints is in the log", 5)
    delete_within(worker, "bad", DEADLINE_S + 3)
    assert worker.log_path.stat().st_size < 50_000_000


@pytest.mark.parametrize(("mode", "cause"), [("segfault", "SIGSEGV"), ("exit", "exit code 7"), ("leak", "SIGKILL")])
def test_a_task_that_dies_has_failed_with_its_cause(worker: WorkerProcess, mode: str, cause: str) -> None:
    start_neighbour(worker)
    worker.create("bad", {"connector.class": CLASS, "mode": mode})
    if mode == "leak":
        kill_the_fattest(worker)
    status = worker.wait_for_task("bad", "FAILED")
    assert cause in status["tasks"][0]["trace"]
    check_answers(worker, 0.3)
    worker.request("POST", "/connectors/bad/tasks/0/restart")
    eventually(lambda: worker.task_state("bad") in ("RUNNING", "FAILED"), "it was started again")


def kill_the_fattest(worker: WorkerProcess) -> None:
    """What the kernel does when memory runs out: SIGKILL to the process that leaks."""

    def fat() -> psutil.Process | None:
        found = [p for p in worker.process.children(recursive=True) if p.memory_info().rss > 400_000_000]
        return found[0] if found else None

    eventually(fat, "a task leaks").kill()


def test_packages_that_cannot_be_imported_are_listed_with_their_error(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    for name, source in BAD_IMPORTS.items():
        make_package(packages, name, source)
    properties = {"plugin.discovery.timeout.ms": "5000"}
    with WorkerProcess(tmp_path, properties) as worker:
        worker.start(environment=on_path(packages))
        classes = {plugin["class"] for plugin in worker.request("GET", "/connector-plugins").json()}
        assert "org.apache.kafka.connect.file.FileStreamSourceConnector" in classes
        failures = {
            entry["distribution"]: entry["error"]
            for entry in worker.request("GET", "/penstock/plugins").json()["failures"]
        }
        assert set(failures) == set(BAD_IMPORTS)
        assert "broken on purpose" in failures["raises_at_import"]
        assert "exit" in failures["exits_at_import"]
        start_neighbour(worker)
        check_answers(worker, 0.2)
