"""Putting a sink task together."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Final

from penstock.api.config import ParsedConfig
from penstock.api.task import SinkTask
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.dlq import DeadLetterQueue, create_dead_letter_topic
from penstock.errors.errant import WorkerErrantRecordReporter
from penstock.log.base import Reports
from penstock.tasks.closing import close_all
from penstock.tasks.contexts import RunningSinkTaskContext
from penstock.tasks.sink import SinkParts, SinkRunner
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.sink_commit import SinkOffsetCommitter
from penstock.tasks.workshop import BuiltTask, Workshop

DEFAULT_MAX_RECORDS: Final = 1000
"""Records a ``put`` receives at most where the consumer's ``max.poll.records`` is not set: more a call is no cheaper."""


def build_sink(shop: Workshop, task: SinkTask) -> BuiltTask:
    """A sink task with everything around it; what was made is closed again when a later step raises."""
    parts = _parts(shop, task)
    runner = SinkRunner(parts, shop.control, shop.link, SYSTEM_CLOCK)
    dead_letter_topic = _dead_letter_topic(shop.parsed)

    def open_reporters() -> None:
        if dead_letter_topic:
            parts.operator.add_reporter(_dead_letter_queue(shop, dead_letter_topic))

    def start() -> None:
        runner.subscribe()
        shop.start(task)

    return BuiltTask(
        task=task,
        runner=runner,
        version=shop.version,
        config_ttl_ms=shop.config_ttl_ms,
        flush_timeout_s=shop.flush_timeout_s,
        open_reporters=open_reporters,
        initialize=lambda: task.initialize(parts.context),
        start=start,
    )


def _parts(shop: Workshop, task: SinkTask) -> SinkParts:
    operator = shop.operator()
    assembly = shop.assembly()
    topics = _topics(shop.parsed)
    consumer_config = shop.clients.sink_consumer(shop.spec.task.task)
    max_records = int(consumer_config.get("max.poll.records", DEFAULT_MAX_RECORDS))
    with ExitStack() as undo:
        transformations = assembly.chain(operator)
        undo.callback(close_all, [("transformations", transformations.close)])
        converters = assembly.converters()
        undo.callback(close_all, [("converters", converters.close)])
        consumer = shop.log.consumer(consumer_config)
        undo.pop_all()  # from here nothing raises; the runner closes them
    chain = SinkChain(transformations, converters, operator)
    reports = shop.parsed.get_bool("errors.log.enable") or _dead_letter_topic(shop.parsed)
    errant = WorkerErrantRecordReporter(operator, chain.original) if reports else None
    return SinkParts(
        task=task,
        chain=chain,
        consumer=consumer,
        operator=operator,
        committer=SinkOffsetCommitter(task, consumer, operator, shop.flush_timeout_s),
        context=RunningSinkTaskContext(shop.control, shop.configs, lambda: consumer.assignment, errant),
        errant=errant,
        topics=topics,
        max_records=max_records,
        commit_interval_s=shop.flush_interval_s,
    )


def _dead_letter_topic(parsed: ParsedConfig) -> str | None:
    return parsed.get_string("errors.deadletterqueue.topic.name")


def _dead_letter_queue(shop: Workshop, topic: str) -> DeadLetterQueue:
    admin = shop.admin("connector-dlq-adminclient")
    try:
        factor = shop.parsed.get_int("errors.deadletterqueue.topic.replication.factor")
        create_dead_letter_topic(admin, topic, factor)
    finally:
        admin.close()
    producer = shop.log.producer(shop.clients.dead_letter_producer(shop.spec.task.task), Reports.ALL)
    return DeadLetterQueue(
        producer, topic, context_headers=shop.parsed.get_bool("errors.deadletterqueue.context.headers.enable")
    )


def _topics(parsed: ParsedConfig) -> list[str] | re.Pattern[str]:
    pattern = parsed.get_string("topics.regex")
    return re.compile(pattern) if pattern else parsed.get_list("topics")
