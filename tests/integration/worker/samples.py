"""Runners that behave badly on request: what children run in these tests instead of connectors and tasks.

They are named in HELLO by module path, so that a child imports them by itself.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import Future

from penstock.discovery.plugins import PluginDescriptor
from penstock.states import State, TargetState
from penstock.tasks.control import Control
from penstock.tasks.link import OffsetEntry, WorkerLink
from penstock.tasks.spec import ConnectorSpec, TaskSpec, WorkerSettings

logger = logging.getLogger("sample")

RELEASED = threading.Event()
"""Lets the threads go that tests of thread mode had to leave behind."""


def hold_the_gil() -> None:
    """Forty characters that take centuries to match, in C code that never lets go of the interpreter."""
    re.match(r"(a+)+$", "a" * 40 + "b")


def crash() -> None:
    ctypes.string_at(0)


def eat_memory() -> None:
    """Take memory until the limit, which is set low: then the allocator's failure is the end, as under an OOM killer."""
    hoard = []
    while True:
        hoard.append(bytearray(10_000_000))
        if len(hoard) > 20:
            os.kill(os.getpid(), signal.SIGKILL)


def flood() -> None:
    line = b"x" * 199 + b"\n"
    while True:
        os.write(1, line * 100)


def slow_once(path: str) -> str:
    """Hangs unless the file is there; makes it."""
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii"):
            threading.Event().wait()
    return "answered the second time"


def wait_for_stop(control: Control) -> None:
    while not control.stopping:
        control.wait(3600)


def run_task(spec: TaskSpec, control: Control, link: WorkerLink) -> None:
    """``act`` in the task's config says what to do once it runs."""
    act = spec.task_config.get("act", "")
    if act == "hang-before-ready":
        time.sleep(3600)
    link.ready("1.2.3", None)
    link.state(State.RUNNING)
    if act == "segfault":
        crash()
    elif act == "exit":
        print("these are my last words", flush=True)
        os._exit(3)
    elif act == "sys-exit":
        sys.exit("no more")
    elif act == "suicide":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == "leak":
        eat_memory()
    elif act == "gil":
        hold_the_gil()
    elif act == "deaf":
        while True:
            time.sleep(3600)
    elif act == "hang-until-released":
        RELEASED.wait()
    elif act == "flood":
        threading.Thread(target=flood, daemon=True).start()
    elif act == "log-flood":
        for number in range(20_000):
            logger.warning("record %d", number)
        link.topic_active("flooded")
    elif act == "log":
        logger.info("hello from the task")
        try:
            raise ValueError("with \udcff in it")
        except ValueError:
            logger.exception("caught")
        print("printed by the task")
    elif act == "fail":
        link.state(State.FAILED, "org.apache.kafka.connect.errors.ConnectException: it broke\n")
        return
    elif act == "offsets":
        stored = link.offsets([OffsetEntry(b'{"file":"a"}', b'{"position":7}')])
        stored.result(10)
        link.topic_active(repr(link.read_offsets([b'{"file":"a"}', b'{"file":"b"}']).result(10)))
        error = link.offsets([OffsetEntry(b"refuse", None)]).exception(10)
        link.topic_active(f"{type(error).__name__}: {error}")
    elif act == "modules":
        link.topic_active(" ".join(sorted(sys.modules)))
    elif act == "transitions":
        while not control.stopping:
            before = control.target
            link.state(State.PAUSED if before is TargetState.PAUSED else State.RUNNING)
            control.wait_while(before, 3600)
    wait_for_stop(control)
    if act == "crash-at-stop":
        crash()
    elif act == "slow-to-stop":
        RELEASED.wait()
    link.state(State.UNASSIGNED)


class ConnectorRunner:
    """As ``tasks.connector.ConnectorRunner``, with ``act`` in the connector's config."""

    def __init__(self, spec: ConnectorSpec, control: Control, link: WorkerLink) -> None:
        self._spec = spec
        self._control = control
        self._link = link
        self._act = spec.config.get("act", "")
        self._wishes: list[tuple[TargetState, Future[None]]] = []
        self._wished = threading.Condition()
        control.on_change(self._wake)

    def run(self) -> None:
        self._link.ready("4.5.6", None)
        if self._act == "return":
            return
        while not self._control.stopping:
            with self._wished:
                self._wished.wait_for(lambda: self._wishes or self._control.stopping)
            while self._wishes:
                self._serve(*self._wishes.pop(0))
        if self._act == "hang-in-stop":
            time.sleep(3600)
        elif self._act == "slow-to-stop":
            RELEASED.wait()
        self._link.state(State.UNASSIGNED)

    def transition(self, target: TargetState) -> Future[None]:
        done: Future[None] = Future()
        with self._wished:
            self._wishes.append((target, done))
            self._wished.notify_all()
        return done

    def task_configs(self, max_tasks: int) -> Future[list[dict[str, str]]]:
        configs: Future[list[dict[str, str]]] = Future()
        if self._act != "hang-in-task-configs":
            configs.set_result([{"task": str(number)} for number in range(max_tasks)])
        return configs

    def _wake(self) -> None:
        with self._wished:
            self._wished.notify_all()

    def _serve(self, target: TargetState, done: Future[None]) -> None:
        if self._act == "hang-in-start":
            time.sleep(3600)
        elif self._act == "gil-in-start":
            hold_the_gil()
        elif self._act == "crash-in-start":
            crash()
        elif self._act == "fail-in-start":
            error = ValueError("no such host")
            self._link.state(State.FAILED, "ValueError: no such host\n")
            done.set_exception(error)
            return
        states = {
            TargetState.STARTED: State.RUNNING,
            TargetState.PAUSED: State.PAUSED,
            TargetState.STOPPED: State.STOPPED,
        }
        self._link.state(states[target])
        done.set_result(None)
        if self._act == "reconfigure":
            self._link.reconfigure()
        elif self._act == "raise-error":
            self._link.error_raised("org.apache.kafka.connect.errors.ConnectException: lost the database\n")


def answer(call: str, arguments: dict[str, object], descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    """As ``tasks.plugin_calls.answer``."""
    if call == "pid":
        return os.getpid()
    if call == "echo":
        return [arguments, descriptor.name, settings.worker_id]
    if call == "hang":
        RELEASED.wait()
    if call == "slow-once":
        return slow_once(str(arguments["file"]))
    if call == "gil":
        hold_the_gil()
    if call == "raise":
        from penstock.api.exceptions import ConfigException

        raise ConfigException("Invalid value x for configuration y")
    if call == "object":
        return object()
    if call == "crash":
        crash()
    raise ValueError(f"unknown call {call}")
