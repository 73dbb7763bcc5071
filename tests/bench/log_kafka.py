"""What the Kafka adapter costs: CPU seconds per million records, written and read through its clients by one process.

``python -m tests.bench.log_kafka [--records N] [--size BYTES] [--runs N] [--bootstrap HOST:PORT]``

Without a bootstrap address it starts a broker of its own (1 GB heap). CPU is this process's, librdkafka's threads included;
the broker's is in the last column, for its share of the same work.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from penstock.api.record import TopicPartition
from penstock.log.base import Log, LogProducer, NewTopic, OutgoingBatch, ReceivedBatch, Reports
from penstock.log.kafka import KafkaLog
from tests.kafka.broker import Broker, BrokerOptions

CONNECT = {
    "acks": "all",
    "enable.idempotence": "false",
    "max.in.flight.requests.per.connection": "1",
    "delivery.timeout.ms": "2147483647",
    "max.block.ms": "9223372036854775807",
}
"""What Connect gives a source's producer (spec 8.6)."""
TUNED = {**CONNECT, "linger.ms": "20", "batch.size": "1000000"}
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Case:
    """One way of using the log; ``run`` moves so many records and returns after the last."""

    name: str
    run: Callable[[Log, str, int], None]


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def writing(
    name: str,
    batch: Callable[[str], OutgoingBatch],
    config: dict[str, str] = TUNED,
    reports: Reports = Reports.ERRORS,
    *,
    told: bool = False,
) -> Case:
    def run(log: Log, topic: str, records: int) -> None:
        producer: LogProducer = log.producer(config, reports)
        columns = batch(topic)
        rounds = max(1, records // len(columns))
        for _ in range(rounds):
            producer.send_batch(columns, on_delivery=(lambda _index, _metadata, _error: None) if told else None)
        assert producer.flush(120)
        assert producer.acknowledged == rounds
        producer.close(5)

    return Case(name, run)


def reading(
    name: str, look: Callable[[ReceivedBatch], object], most: int, config: dict[str, str] | None = None
) -> Case:
    def run(log: Log, topic: str, records: int) -> None:
        consumer = log.consumer(config or {})
        partition = TopicPartition(topic, 0)
        consumer.assign({partition: 0})
        while consumer.position(partition) < records:
            for received in consumer.poll(0.2, most):
                look(received)
        consumer.close()

    return Case(name, run)


def cases(size: int) -> tuple[list[Case], list[Case]]:
    text = [f"{number:010d} " + "x" * (size - 11) for number in range(CHUNK)]
    keys = [b"key-%06d" % number for number in range(CHUNK)]
    stamps = list(range(1_700_000_000_000, 1_700_000_000_000 + CHUNK))
    headers = [[("source", b"bench")]] * CHUNK

    def values(topic: str) -> OutgoingBatch:
        return OutgoingBatch(topic=topic, values=text)

    def keyed(topic: str) -> OutgoingBatch:
        return OutgoingBatch(topic=topic, values=text, keys=keys, timestamps=stamps)

    def full(topic: str) -> OutgoingBatch:
        return OutgoingBatch(topic=topic, values=text, keys=keys, timestamps=stamps, headers=headers)

    every = lambda b: (b.values, b.keys, b.timestamps, b.headers, b.offsets)  # noqa: E731
    return [
        writing("values, Connect's defaults", values, CONNECT),
        writing("values, linger 20, batch 1 MB", values),
        writing("… all reports counted", values, reports=Reports.ALL),
        writing("… all reports called", values, reports=Reports.ALL, told=True),
        writing("… five requests in flight", values, {**TUNED, "max.in.flight.requests.per.connection": "5"}),
        writing("… idempotent", values, {**TUNED, "enable.idempotence": "true"}),
        writing("… lz4", values, {**TUNED, "compression.type": "lz4"}),
        writing("keys and times", keyed),
        writing("keys, times and headers", full),
    ], [
        reading("values, 500 a poll", lambda b: b.values, 500),
        reading("values, 1,000 a poll", lambda b: b.values, 1000),
        reading("values, 5,000 a poll", lambda b: b.values, 5000),
        reading("… read committed", lambda b: b.values, 1000, {"isolation.level": "read_committed"}),
        reading("all columns", every, 1000),
    ]


def new_topic(log: Log) -> str:
    admin = log.admin({})
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    assert admin.create_topics([NewTopic(topic, 1)], 30) == {topic: None}
    admin.close()
    return topic


def measure(log: Log, case: Case, topic: str, records: int, broker_cpu_s: Callable[[], float]) -> str:
    wall, cpu, broker = time.perf_counter(), cpu_s(), broker_cpu_s()
    case.run(log, topic, records)
    wall, cpu, broker = time.perf_counter() - wall, cpu_s() - cpu, broker_cpu_s() - broker
    millions = records / 1e6
    return f"{case.name:32} {records / wall / 1000:9.0f} {cpu / millions:8.2f} {broker / millions:8.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--bootstrap", default=os.environ.get("PENSTOCK_KAFKA_BOOTSTRAP"))
    options = parser.parse_args()
    records = options.records // CHUNK * CHUNK
    with ExitStack() as stack:
        broker = None if options.bootstrap else stack.enter_context(Broker(BrokerOptions(heap="1G")))
        log = KafkaLog(options.bootstrap or (broker.bootstrap if broker else ""))
        broker_cpu_s = broker.process.cpu_seconds if broker else (lambda: 0.0)
        print(f"{os.uname().machine}, {options.size}-byte values, one process, one partition")
        print(f"{'':32} {'k/s':>9} {'CPU s/M':>8} {'broker':>8}")
        writes, reads = cases(options.size)
        admin = log.admin({})
        for run in range(options.runs):
            for case in writes:
                topic = new_topic(log)
                print("write", measure(log, case, topic, records, broker_cpu_s), flush=True)
                if case is not writes[0]:
                    admin.delete_topics([topic], 30)
                elif run == 0:
                    plain = topic
            for case in reads:
                print("read ", measure(log, case, plain, records, broker_cpu_s), flush=True)
        admin.close()


if __name__ == "__main__":
    main()
