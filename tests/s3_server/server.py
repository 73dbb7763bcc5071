"""moto's server as a process of its own, killed by the kernel if the tests are."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.kafka.process import free_ports

PATIENCE_S = 60.0


class S3Server:
    """A running server; ``endpoint`` is its URL. Objects are in its memory."""

    def __init__(self) -> None:
        port = free_ports(1)[0]
        self.endpoint = f"http://127.0.0.1:{port}"
        self._log = Path(tempfile.mkstemp(prefix="penstock-moto-")[1])
        setpriv = shutil.which("setpriv")
        tie = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*tie, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        atexit.register(self.stop)
        self._wait()

    def requests(self) -> int:
        """How many requests it has answered."""
        return self._log.read_bytes().count(b' HTTP/1.1" ')

    def stop(self) -> None:
        """End it. Idempotent."""
        self._process.kill()
        self._process.wait()
        self._log.unlink(missing_ok=True)
        atexit.unregister(self.stop)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5).close()
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"moto did not start:\n{self._log.read_text(errors='replace')}") from None
                time.sleep(0.05)
            else:
                return
