"""What the embedded log costs: CPU seconds per million records, written and read through its clients by one process.

``python -m tests.bench.log_embedded [--records N] [--size BYTES] [--directory DIR]``
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from penstock.api.record import TopicPartition
from penstock.log.base import LogHeader, OutgoingBatch
from penstock.log.sqlite import SqliteLog


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of using the log: thousand records a second and CPU seconds per million, written and read."""

    name: str
    write_rate: float
    write_cpu: float
    read_rate: float
    read_cpu: float
    megabytes: float


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the wall and of the processor."""
    wall, cpu = time.perf_counter(), cpu_s()
    work()
    return time.perf_counter() - wall, cpu_s() - cpu


def measure(path: str, name: str, batch: OutgoingBatch, records: int, max_records: int, durability: str) -> Measured:
    log = SqliteLog(path, durability)
    rounds = max(1, records // len(batch))
    total = rounds * len(batch)

    def write() -> None:
        producer = log.producer({})
        for _ in range(rounds):
            producer.send_batch(batch)
        assert producer.flush(60)
        assert producer.acknowledged == rounds
        producer.close(60)

    def read() -> None:
        consumer = log.consumer({})
        consumer.assign({TopicPartition(batch.topic, 0): 0})
        count = 0
        while count < total:
            for received in consumer.poll(0.2, max_records):
                count += len(received.values)
                assert received.next_offset
        consumer.close()

    write_wall, write_cpu = timed(write)
    size = sum(file.stat().st_size for file in Path(path).parent.glob(Path(path).name + "*")) / 1e6
    read_wall, read_cpu = timed(read)
    millions = total / 1e6
    return Measured(
        name,
        total / write_wall / 1000,
        write_cpu / millions,
        total / read_wall / 1000,
        read_cpu / millions,
        size / millions,
    )


def cases(size: int, records: int) -> list[tuple[str, OutgoingBatch, int, str, int]]:
    def payload(count: int) -> list[bytes]:
        return [b"%010d " % number + b"x" * (size - 11) for number in range(count)]

    def text(count: int) -> list[str]:
        return [value.decode() for value in payload(count)]

    keys = [b"key-%06d" % number for number in range(1000)]
    headers: list[list[LogHeader]] = [[("source", b"bench")]] * 1000
    return [
        ("1,000 a batch", OutgoingBatch(topic="t", values=payload(1000)), 2000, "NORMAL", records),
        ("10,000 a batch", OutgoingBatch(topic="t", values=payload(10_000)), 2000, "NORMAL", records),
        ("10,000, as str", OutgoingBatch(topic="t", values=text(10_000)), 2000, "NORMAL", records),
        ("1,000, FULL", OutgoingBatch(topic="t", values=payload(1000)), 2000, "FULL", records),
        ("1,000, keys, times", keyed(payload(1000), keys), 2000, "NORMAL", records),
        ("1,000, headers too", keyed(payload(1000), keys, headers), 2000, "NORMAL", records // 2),
        ("100 a batch", OutgoingBatch(topic="t", values=payload(100)), 2000, "NORMAL", records // 4),
        ("1 a batch", OutgoingBatch(topic="t", values=payload(1)), 2000, "NORMAL", records // 50),
    ]


def keyed(values: list[bytes], keys: list[bytes], headers: list[list[LogHeader]] | None = None) -> OutgoingBatch:
    stamps = list(range(1_700_000_000_000, 1_700_000_000_000 + len(values)))
    return OutgoingBatch(topic="t", values=values, keys=keys, timestamps=stamps, headers=headers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--directory", default=None)
    options = parser.parse_args()
    print(f"{os.uname().machine}, {options.size}-byte values, one process")
    print(f"{'':20} {'written k/s':>12} {'CPU s/M':>8} {'read k/s':>10} {'CPU s/M':>8} {'MB/M on disk':>13}")
    for name, batch, max_records, durability, records in cases(options.size, options.records):
        with tempfile.TemporaryDirectory(dir=options.directory) as directory:
            path = str(Path(directory) / "log.db")
            found = measure(path, name, batch, records, max_records, durability)
        print(
            f"{found.name:20} {found.write_rate:12.0f} {found.write_cpu:8.2f} {found.read_rate:10.0f} {found.read_cpu:8.2f} "
            f"{found.megabytes:13.0f}"
        )


if __name__ == "__main__":
    main()
