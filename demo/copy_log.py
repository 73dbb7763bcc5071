"""Copies a real log file of this machine through a log into another file, and compares the two byte for byte.

    python demo/copy_log.py                        through the embedded log: no broker, no JVM
    python demo/copy_log.py --bootstrap HOST:PORT  the same connector files through Kafka

Everything it makes is in ``demo/out``: the worker's properties, the two connector files, the log, the copy.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

CANDIDATES = (
    "/var/log/dpkg.log",
    "/var/log/apt/term.log",
    "/var/log/alternatives.log",
    "/var/log/install.log",
    "/etc/services",
)
PATIENCE_S = 60


def find_log() -> Path:
    """The first text file of this machine that is not empty and ends with its last line finished."""
    for name in CANDIDATES:
        path = Path(name)
        try:
            content = path.read_bytes()
            content.decode()
        except (OSError, UnicodeDecodeError):
            continue
        if content.endswith(b"\n") and b"\r" not in content:
            return path
    raise SystemExit(f"No readable log file among {', '.join(CANDIDATES)}: name one with --file")


def write_files(out: Path, source: Path, bootstrap: str | None) -> list[str]:
    """The worker's properties and the two connector files; the command that runs them."""
    topic = f"log-lines-{os.getpid()}"
    properties = [
        "key.converter=org.apache.kafka.connect.storage.StringConverter",
        "value.converter=org.apache.kafka.connect.storage.StringConverter",
        "offset.flush.interval.ms=1000",
        "listeners=http://127.0.0.1:0",
    ]
    if bootstrap:
        properties += [f"bootstrap.servers={bootstrap}", f"offset.storage.file.filename={out / 'offsets'}"]
    else:
        properties += [f"embedded.log.path={out / 'log.db'}"]
    (out / "worker.properties").write_text("\n".join(properties) + "\n")
    connectors = {
        "source": {"connector.class": "FileStreamSource", "file": str(source), "topic": topic},
        "sink": {"connector.class": "FileStreamSink", "file": str(out / "copy.log"), "topics": topic},
    }
    for name, config in connectors.items():
        (out / f"{name}.json").write_text(json.dumps({"name": f"copy-{name}", "config": config}, indent=2) + "\n")
    return ["worker.properties", "source.json", "sink.json"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", help="brokers of a Kafka cluster; without it the embedded log is used")
    parser.add_argument("--file", type=Path, help="the file to copy")
    arguments = parser.parse_args()
    source = arguments.file or find_log()
    out = Path(__file__).parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    files = write_files(out, source, arguments.bootstrap)
    command = [shutil.which("penstock", path=str(Path(sys.executable).parent)) or "penstock", "standalone", *files]
    print(f"$ cd {os.path.relpath(out)} && penstock standalone {' '.join(files)}", flush=True)
    started = time.monotonic()
    with (out / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=out, stdout=log, stderr=subprocess.STDOUT)
    try:
        copied = wait_for_copy(source, out / "copy.log", worker)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    if not copied:
        print((out / "worker.log").read_text()[-4000:])
        print(f"The copy is not complete after {PATIENCE_S} s; the worker's log is above and in {out / 'worker.log'}")
        return 1
    lines = source.read_bytes().count(b"\n")
    through = f"Kafka at {arguments.bootstrap}" if arguments.bootstrap else "the embedded log"
    print(f"{lines} lines of {source} went through {through} into {os.path.relpath(out / 'copy.log')}")
    print(f"cmp: equal, {source.stat().st_size} bytes, {time.monotonic() - started:.1f} s from start to end")
    return 0


def wait_for_copy(source: Path, copy: Path, worker: subprocess.Popen[bytes]) -> bool:
    """Wait until the copy has all bytes, the worker ended, or patience did; whether both files are equal."""
    deadline = time.monotonic() + PATIENCE_S
    size = source.stat().st_size
    while time.monotonic() < deadline and worker.poll() is None:
        if copy.exists() and copy.stat().st_size >= size:
            return filecmp.cmp(source, copy, shallow=False)
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    sys.exit(main())
