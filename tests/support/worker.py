"""A real ``penstock standalone`` process, its children and its REST address; for end-to-end tests and benchmarks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from tests.kafka.process import free_ports

STRING = "org.apache.kafka.connect.storage.StringConverter"
PATIENCE_S = 60.0


def eventually(condition: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S, pause_s: float = 0.02) -> Any:
    """The first true answer of ``condition``; there is no event to wait for across processes but asking."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {timeout_s:.0f} s: {what}; last answer {answer!r}")
        time.sleep(pause_s)


class WorkerProcess:
    """Starts on ``start``; may be killed and started again with the same directory, which keeps its log and offsets."""

    def __init__(self, directory: Path, properties: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        embedded = (
            {} if properties and "bootstrap.servers" in properties else {"embedded.log.path": str(directory / "log.db")}
        )
        standalone = {"offset.storage.file.filename": str(directory / "offsets")} if not embedded else {}
        self.properties = {
            "key.converter": STRING,
            "value.converter": STRING,
            "listeners": self.url,
            "offset.flush.interval.ms": "200",
            **embedded,
            **standalone,
            **(properties or {}),
        }
        self.log_path = directory / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=self.url, timeout=95.0)

    def start(self, *connector_files: Path, ready: bool = True, environment: Mapping[str, str] | None = None) -> Self:
        """Start the process and wait until REST answers healthy."""
        path = self.directory / "worker.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in self.properties.items()))
        command = [sys.executable, "-m", "penstock", "standalone", str(path), *map(str, connector_files)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.directory,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )
        if ready:
            eventually(self._healthy, "the worker is ready")
            wanted = {json.loads(path.read_text())["name"] for path in connector_files}
            eventually(lambda: wanted <= set(self._connectors()), f"connectors {wanted} are created")
        return self

    def _connectors(self) -> list[str]:
        assert self._process is not None
        assert self._process.poll() is None, f"The worker ended with {self._process.returncode}:\n{self.log()[-4000:]}"
        return self.request("GET", "/connectors").json()

    @property
    def process(self) -> psutil.Process:
        """The worker's process."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def tree(self) -> list[psutil.Process]:
        """The worker, its forkservers and their children."""
        worker = self.process
        return [worker, *worker.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """CPU seconds of the whole tree so far, ended children included where they were waited for."""
        total = 0.0
        for process in self.tree():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def pss_mb(self) -> float:
        """Proportional memory of the whole tree, in megabytes."""
        return sum(process.memory_full_info().pss for process in self.tree()) / 1e6

    def request(self, method: str, path: str, body: object = None, *, ok: bool = True) -> httpx.Response:
        """One REST call; with ``ok`` a status of 400 and above is a failure that shows the answer."""
        answer = (
            self._client.request(method, path, json=body) if body is not None else self._client.request(method, path)
        )
        if ok and answer.status_code >= 400:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def create(self, name: str, config: Mapping[str, object]) -> Any:
        """POST /connectors."""
        return self.request("POST", "/connectors", {"name": name, "config": dict(config)}).json()

    def status(self, name: str) -> Any:
        """GET the status, or None when there is none yet."""
        answer = self.request("GET", f"/connectors/{name}/status", ok=False)
        return answer.json() if answer.status_code == 200 else None

    def task_state(self, name: str, task: int = 0) -> str | None:
        """The state of one task as REST shows it."""
        status = self.status(name)
        return next((entry["state"] for entry in (status or {}).get("tasks", []) if entry["id"] == task), None)

    def wait_for_task(self, name: str, state: str = "RUNNING", task: int = 0, timeout_s: float = PATIENCE_S) -> Any:
        """Wait until a task is in a state; the whole status."""
        eventually(
            lambda: self.task_state(name, task) == state,
            f"task {name}-{task} is {state}: {self.status(name)}",
            timeout_s,
        )
        return self.status(name)

    def position(self, name: str) -> int | None:
        """The stored ``position`` of a file source."""
        offsets = self.request("GET", f"/connectors/{name}/offsets").json()["offsets"]
        return offsets[0]["offset"]["position"] if offsets else None

    def kill(self) -> None:
        """kill -9 of the worker alone; its children must not outlive it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self, timeout_s: float = 30.0) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)

    def close(self) -> None:
        """End it, whatever its state."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop(20.0)
            except subprocess.TimeoutExpired:
                self.kill()
        self._client.close()

    def log(self) -> str:
        """Everything that the worker and its children logged."""
        return self.log_path.read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.log()[-6000:])  # pytest shows it with the failure
        self.close()

    def _healthy(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"The worker ended with {self._process.returncode}:\n{self.log()[-4000:]}")
        try:
            return self._client.get("/health").status_code == 200
        except httpx.TransportError:
            return False


def lines_file(path: Path, count: int, start: int = 0) -> Sequence[bytes]:
    """Write ``count`` numbered lines of 100 bytes, newline included (the data set "lines" of the benchmarks)."""
    pool = _POOL
    lines = [
        b"%010d " % index + pool[index * 7919 % (65536 - 88) :][:88] + b"\n" for index in range(start, start + count)
    ]
    path.write_bytes(b"".join(lines))
    return lines


def _make_pool() -> bytes:
    import random

    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 "
    numbers = random.Random(42)
    return bytes(numbers.choice(alphabet) for _ in range(65536))


_POOL = _make_pool()
