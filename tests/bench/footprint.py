"""``python -m tests.bench.footprint``: what a worker costs before it does anything, and with 50 idle connectors.

Memory is proportional (PSS), summed over worker, forkservers and children, so that shared pages count once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.support.worker import WorkerProcess


def report(worker: WorkerProcess, what: str) -> None:
    print(
        f"{what:38} {worker.pss_mb():6.1f} MB PSS in {len(worker.tree()):3} processes, {worker.cpu_seconds():5.2f} CPU s so far"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connectors", type=int, default=50)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to watch the idle worker")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-footprint-") as name, WorkerProcess(Path(name)) as worker:
        begun = time.monotonic()
        worker.start()
        print(f"ready after {time.monotonic() - begun:.2f} s")
        report(worker, "REST-ready, no connectors")
        (worker.directory / "in.txt").write_text("a line\n")
        begun = time.monotonic()
        for number in range(arguments.connectors):
            worker.create(
                f"idle-{number}",
                {"connector.class": "FileStreamSource", "file": str(worker.directory / "in.txt"), "topic": "idle"},
            )
        print(f"{arguments.connectors} POSTs in {time.monotonic() - begun:.2f} s")
        for number in range(arguments.connectors):
            worker.wait_for_task(f"idle-{number}")
        report(worker, f"{arguments.connectors} FileStreamSource connectors")
        cpu, begun = worker.cpu_seconds(), time.monotonic()
        time.sleep(arguments.idle)
        used, seconds = worker.cpu_seconds() - cpu, time.monotonic() - begun
        report(worker, "after idling")
        print(f"idle for {seconds:.0f} s: {used:.2f} CPU s, {100 * used / seconds:.1f} % of a core")


if __name__ == "__main__":
    main()
