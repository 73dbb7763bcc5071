"""Forkservers: what is imported in advance, and what happens when that, or they themselves, fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.worker.harness import PATIENCE_S, Harness, children_of, descriptor, exists, index_of

from penstock.states import State

CONNECTOR = """
import os, threading, time
{body}
class Source:
    task_class = "{package}.tasks:Task"
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("forked_")]:
        del sys.modules[name]


def make_package(root: Path, name: str, body: str = "") -> None:
    """A package whose connector module runs ``body`` at import and notes in which process it did."""
    folder = root / name
    folder.mkdir()
    note = f"open({str(root / name)!r} + '/imported', 'a').write(f'{{os.getpid()}}\\n')\n"
    (folder / "__init__.py").write_text("")
    (folder / "source.py").write_text(CONNECTOR.format(body=note + body, package=name))
    (folder / "tasks.py").write_text("class Task: pass\n")


def imported_by(root: Path, name: str) -> list[int]:
    path = root / name / "imported"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def start(harness: Harness, package: str, act: str = "modules") -> set[str]:
    """Start a task of the package and return the names of the modules in its process."""
    task = harness.start_task(act, descriptor=descriptor(package, f"{package}.source:Source"), connector=package)
    return set(harness.listener.wait_for_topic(task).split())


def test_a_distribution_is_imported_once_for_all_its_children(packages: Path) -> None:
    make_package(packages, "forked_plain")
    with Harness(index=index_of(("forked_plain", "forked_plain.source:Source"))) as harness:
        modules = start(harness, "forked_plain")
        assert {"forked_plain.source", "forked_plain.tasks"} <= modules, "its task's module is imported in advance, too"
        importers = imported_by(packages, "forked_plain")
        assert len(importers) == 1
        assert importers[0] != os.getpid(), "the worker imports no plugin"


def test_children_of_other_distributions_dont_have_it(packages: Path) -> None:
    make_package(packages, "forked_one")
    make_package(packages, "forked_two")
    index = index_of(("forked_one", "forked_one.source:Source"), ("forked_two", "forked_two.source:Source"))
    with Harness(index=index) as harness:
        start(harness, "forked_one")
        assert not [name for name in start(harness, "forked_two") if name.startswith("forked_one")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "threading.Thread(target=time.sleep, args=(3600,), name='pool', daemon=True).start()",
            "left threads running: pool",
        ),
        ("raise RuntimeError('no driver')", "its import failed: PluginLoadError"),
        ("raise SystemExit(3)", "its import failed: SystemExit(3)"),
        ("time.sleep(3600)", "importing it took more than 0.5 s"),
    ],
)
def test_a_distribution_that_cannot_be_imported_in_advance_gets_children_without_it(
    packages: Path, body: str, reason: str
) -> None:
    make_package(packages, "forked_bad", body)
    with Harness(index=index_of(("forked_bad", "forked_bad.source:Source")), options={"preload_s": 0.5}) as harness:
        assert "forked_bad.source" not in start(harness, "forked_bad")
        told = harness.log.wait_for_text("Children of forked_bad are started without a forkserver of their own: ")
        assert reason in told.getMessage()


def test_an_import_that_ends_the_forkserver_fails_the_start_and_is_not_tried_again(packages: Path) -> None:
    make_package(packages, "forked_exit", "print('bye', flush=True); os._exit(3)")
    with Harness(index=index_of(("forked_exit", "forked_exit.source:Source"))) as harness:
        assert "forked_exit.source" not in start(harness, "forked_exit")
        told = harness.log.wait_for_text("Children of forked_exit are started without a forkserver of their own: ")
        assert "it ended before it was ready. bye" in told.getMessage()


def test_children_of_a_forkserver_that_died_have_failed_and_new_ones_get_another(packages: Path) -> None:
    make_package(packages, "forked_dying")
    with Harness(index=index_of(("forked_dying", "forked_dying.source:Source"))) as harness:
        start(harness, "forked_dying")
        (server,) = imported_by(packages, "forked_dying")
        os.kill(server, signal.SIGKILL)
        failed = harness.listener.wait_for(lambda event: event.state is State.FAILED)
        assert failed.trace is not None
        assert "Task process for forked_dying-0 is gone: its forkserver has ended unexpectedly" in failed.trace
        harness.log.wait_for_text("The forkserver of forked_dying has ended unexpectedly")
        assert start_again(harness, "forked_dying")
        assert len(imported_by(packages, "forked_dying")) == 2


def start_again(harness: Harness, package: str) -> str:
    task = harness.start_task("modules", descriptor=descriptor(package, f"{package}.source:Source"), connector=package)
    return harness.listener.wait_for_topic(task, 2)


def test_the_core_forkserver_is_started_anew_when_it_died() -> None:
    others = children_of(os.getpid())  # servers of other tests
    with Harness() as harness:
        first = harness.start_task()
        harness.listener.wait_for_state(first, State.RUNNING)
        core = next(pid for pid in children_of(os.getpid()) if pid not in others and children_of(pid))
        os.kill(core, signal.SIGKILL)
        failed = harness.listener.wait_for_state(first, State.FAILED)
        assert failed.trace is not None
        assert "is gone: its forkserver has ended unexpectedly" in failed.trace
        second = harness.start_task(number=1)
        harness.listener.wait_for_state(second, State.RUNNING)


def test_a_core_forkserver_that_cannot_start_fails_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.worker.nursery.BOOT", "raise SystemExit('no interpreter to speak of')")
    with Harness() as harness:
        task = harness.start_task()
        failed = harness.listener.wait_for_state(task, State.FAILED)
        assert failed.trace is not None
        assert "the core forkserver has ended. " in failed.trace
        assert "no interpreter to speak of" in failed.trace


def test_what_cannot_be_imported_in_advance_is_left_to_the_children() -> None:
    with Harness(options={"preload": ("no_such_module_at_all",)}) as harness:
        harness.listener.wait_for_state(harness.start_task(), State.RUNNING)
        harness.log.wait_for_text("No module named 'no_such_module_at_all'")


def test_the_log_is_imported_in_advance() -> None:
    with Harness() as harness:
        assert "penstock.log.sqlite" in harness.listener.wait_for_topic(harness.start_task("modules")).split()


WORKER = """
import logging, sys, threading
from tests.integration.worker.harness import Harness
with Harness() as harness:
    tasks = [harness.start_task("gil" if number == 3 else "", number) for number in range(10)]
    harness.start_connector("c").result(30)
    for task in tasks:
        from penstock.states import State
        harness.listener.wait_for_state(task, State.RUNNING)
    print("up", flush=True)
    threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child that holds the GIL outlives its worker")
def test_no_child_outlives_a_killed_worker() -> None:
    root = Path(__file__).parents[3]
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, cwd=root)
    assert worker.stdout is not None
    with worker, worker.stdout:
        assert worker.stdout.readline() == b"up\n"
        children = children_of(worker.pid)
        assert len(children) == 12, "ten tasks, a host and the forkserver"
        worker.kill()
        worker.wait(PATIENCE_S)
        deadline = time.monotonic() + 2.0
        while alive := [pid for pid in children if exists(pid)]:
            assert time.monotonic() < deadline, f"still there: {alive}"
            os.sched_yield()
