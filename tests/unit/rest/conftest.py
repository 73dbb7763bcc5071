"""A REST server on a free port, over a herder in memory."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from tests.unit.rest.fake_herder import FakeHerder

from penstock.clock import SYSTEM_CLOCK
from penstock.discovery.plugins import PluginIndex
from penstock.rest.backend import Backend
from penstock.rest.log_levels import LogLevels
from penstock.rest.server import RestServer
from penstock.rest.settings import RestSettings


@dataclass(frozen=True)
class RunningServer:
    """A server with what stands behind it."""

    server: RestServer
    herder: FakeHerder
    client: httpx.Client

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def raw(self, request: bytes) -> bytes:
        """What comes back on a connection of its own that sends exactly these bytes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def get(self, target: str, *headers: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body for a request line that no client library would let pass."""
        lines = [f"{method} {target} HTTP/1.1", "Host: a.example", "Connection: close", *headers, "", ""]
        head, _, body = self.raw("\r\n".join(lines).encode()).partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in rest)
        return int(status.split(" ")[1]), {name.lower(): value for name, _, value in pairs}, body


Start = Callable[..., RunningServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers; ``settings`` fields are keyword arguments, ``catalog`` is what discovery found."""
    running: list[RunningServer] = []

    def started(catalog: PluginIndex | None = None, register: bool = True, **settings: object) -> RunningServer:
        chosen = replace(RestSettings(listeners=("http://127.0.0.1:0",)), **settings)  # type: ignore[arg-type]
        server = RestServer(chosen)
        server.start()
        herder = FakeHerder(worker_id=server.worker_id)
        if register:
            server.register(
                Backend(herder, chosen, LogLevels(SYSTEM_CLOCK), catalog or PluginIndex(), lambda: herder.ready)
            )
        client = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20)
        running.append(RunningServer(server, herder, client))
        return running[-1]

    yield started
    for each in running:
        each.client.close()
        each.server.stop(timeout_s=1)
        each.herder.close()


@pytest.fixture
def worker(start: Start) -> RunningServer:
    """A server with default settings."""
    return start()
