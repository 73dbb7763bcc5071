"""Many processes on one embedded log: how long a writer waits for others at worst, and what idle readers cost.

``python -m tests.bench.log_embedded_crowd [--seconds S] [--writers N] [--idle N] [--busy]``
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from penstock.api.record import TopicPartition
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.sqlite import SqliteLog


def start(role: str, path: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.log_embedded_crowd", "--role", role, "--path", str(path)]
    return subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def write(path: str, seconds: float, batch_records: int) -> None:
    """Write as fast as it goes; prints records, worst and total wait of a call in seconds."""
    producer = SqliteLog(path).producer({})
    batch = OutgoingBatch(topic="t", values=[b"x" * 100] * batch_records)
    end, worst, sent = time.monotonic() + seconds, 0.0, 0
    while time.monotonic() < end:
        started = time.monotonic()
        producer.send_batch(batch)
        worst = max(worst, time.monotonic() - started)
        sent += batch_records
    producer.close(10)
    print(sent, worst)


def idle(path: str, seconds: float) -> None:
    """Read a topic that nobody writes to; prints the CPU seconds that it took after the start."""
    consumer = SqliteLog(path).consumer({})
    consumer.assign({TopicPartition("quiet", 0): 0})
    consumer.poll(1, 100)
    before = resource.getrusage(resource.RUSAGE_SELF)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        consumer.poll(0.2, 500)
    after = resource.getrusage(resource.RUSAGE_SELF)
    consumer.close()
    print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def crowd_of_writers(directory: Path, count: int, seconds: float) -> None:
    for batch_records in (1000, 10_000, 10):
        path = directory / f"writers-{batch_records}.db"
        running = [start("write", path, "--seconds", seconds, "--batch", batch_records) for _ in range(count)]
        results = [process.communicate()[0].split() for process in running]
        total = sum(int(sent) for sent, _ in results)
        worst = max(float(wait) for _, wait in results)
        shares = [int(sent) / max(1, total) for sent, _ in results]
        wal = Path(f"{path}-wal")
        print(
            f"{count} writers, {batch_records:6} a batch: {total / seconds / 1000:6.0f} k/s together, longest call "
            f"{worst * 1000:.0f} ms, shares {min(shares):.0%} to {max(shares):.0%}, "
            f"wal {wal.stat().st_size / 1e6 if wal.exists() else 0:.0f} MB"
        )


def crowd_of_idlers(directory: Path, count: int, seconds: float, *, busy: bool) -> None:
    path = directory / f"idle-{busy}.db"
    admin = SqliteLog(str(path)).admin({})
    admin.create_topics([NewTopic("quiet", 1)], 30)
    admin.close()
    running = [start("idle", path, "--seconds", seconds) for _ in range(count)]
    writer = start("write", path, "--seconds", seconds + 5, "--batch", 100) if busy else None
    used = sum(float(process.communicate()[0]) for process in running)
    if writer is not None:
        writer.communicate()
    beside = " beside a busy writer" if busy else ""
    print(f"{count} idle readers{beside}: {used / seconds:.1%} of a core together")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", choices=["write", "idle"])
    parser.add_argument("--path")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--idle", type=int, default=50)
    options = parser.parse_args()
    if options.role == "write":
        write(options.path, options.seconds, options.batch)
    elif options.role == "idle":
        idle(options.path, options.seconds)
    else:
        with tempfile.TemporaryDirectory() as directory:
            crowd_of_writers(Path(directory), options.writers, options.seconds)
            crowd_of_idlers(Path(directory), options.idle, options.seconds, busy=False)
            crowd_of_idlers(Path(directory), options.idle, options.seconds, busy=True)


if __name__ == "__main__":
    main()
