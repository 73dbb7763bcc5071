"""The Java Connect worker (standalone) of the version in ``pom.xml``, for comparisons and benchmarks."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kafka.jars import ServiceUnavailableError, class_path, java
from tests.kafka.process import JavaProcess, free_ports

_CONNECT = "org.apache.kafka.connect"


class JavaWorker:
    """A running worker. ``url`` is its REST address, ``process.cpu_seconds()`` what it has used.

    ``properties`` are added to the worker's (they win), ``connectors`` are connector configs to start with. Its connectors are
    those on the class path: file, and what the runtime brings.
    """

    def __init__(
        self,
        bootstrap: str,
        properties: Mapping[str, str] | None = None,
        connectors: Sequence[Mapping[str, str]] = (),
        *,
        heap: str = "2G",
        extra_class_path: Sequence[Path] = (),
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="penstock-java-worker-"))
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        defaults = {
            "bootstrap.servers": bootstrap,
            "key.converter": f"{_CONNECT}.storage.StringConverter",
            "value.converter": f"{_CONNECT}.storage.StringConverter",
            "offset.storage.file.filename": str(self.directory / "offsets"),
            "offset.flush.interval.ms": "1000",
            "plugin.discovery": "service_load",
            "listeners": self.url,
        }
        files = [self._write("worker", {**defaults, **(properties or {})})]
        files += [self._write(f"connector-{index}", config) for index, config in enumerate(connectors)]
        classes = ":".join([class_path(), *map(str, extra_class_path)])
        command = [java(), f"-Xmx{heap}", "-Xms256M", *_JVM, "-cp", classes, f"{_CONNECT}.cli.ConnectStandalone"]
        self.process = JavaProcess([*command, *map(str, files)], self.directory / "worker.log", self.directory)
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def request(self, method: str, path: str, body: object = None) -> object:
        """One REST call; the decoded JSON answer, None when it is empty. Raises urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(asked, timeout=90) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def close(self) -> None:
        """Stop it and delete its files. Idempotent."""
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, name: str, config: Mapping[str, str]) -> Path:
        path = self.directory / f"{name}.properties"
        escaped = {key: value.replace("\\", "\\\\").replace("\n", "\\n") for key, value in config.items()}
        path.write_text("".join(f"{key}={value}\n" for key, value in escaped.items()))
        return path

    def _wait_until_ready(self) -> None:
        """There is no event to wait for from outside a JVM but its REST port."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if not self.process.running:
                break
            try:
                self.request("GET", "/connectors")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
            else:
                return
        raise ServiceUnavailableError(f"the Java worker did not start:\n{self.process.log_tail()}")


_JVM = (
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
