"""An HTTP proxy in front of an S3 server that misbehaves as a plan says: 503s, cut connections, lost answers."""

from __future__ import annotations

import enum
import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message>'
    b"<RequestId>1</RequestId></Error>"
)


class Fault(enum.Enum):
    """What happens to a request."""

    SLOW_DOWN = "answered with 503 SlowDown, not passed on"
    CUT = "the connection ends before anything is passed on"
    LOST = "passed on; the connection ends instead of the answer"
    HALF = "passed on; the answer breaks off in its middle"


Plan = Callable[[str, str, int], Fault | None]
"""Asked with method, path with query, and the number of the request, from 1."""


class FaultProxy:
    """Listens on loopback; ``endpoint`` is its URL. ``requests`` are (method, path with query) of all that came."""

    def __init__(self, target: str, plan: Plan) -> None:
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        proxy, where = self, urlsplit(target)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.requests.append((self.command, self.path))
                proxy.headers.append(dict(self.headers.items()))
                fault = plan(self.command, self.path, len(proxy.requests))
                if fault is Fault.CUT:
                    self._cut()
                    return
                if fault is Fault.SLOW_DOWN:
                    self._answer(503, [("Content-Type", "application/xml")], _SLOW_DOWN)
                    return
                upstream = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                data = answer.read()
                upstream.close()
                if fault is Fault.LOST:
                    self._cut()
                    return
                kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("transfer-encoding", "connection")]
                self._answer(answer.status, kept, data, half=fault is Fault.HALF)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  # the base class's names

            def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, half: bool = False) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "server", "date"):
                        self.send_header(name, value)
                length = next((v for k, v in headers if k.lower() == "content-length"), str(len(data)))
                self.send_header("Content-Length", length if self.command == "HEAD" else str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data[: len(data) // 2] if half else data)
                if half:
                    self._cut()

            def _cut(self) -> None:
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
