"""Putting a source task together."""

from __future__ import annotations

from contextlib import ExitStack

from penstock.api.task import SourceTask
from penstock.clock import SYSTEM_CLOCK
from penstock.config.topic_creation import parse_topic_creation
from penstock.log.base import Reports
from penstock.tasks.closing import close_all
from penstock.tasks.contexts import RunningSourceTaskContext
from penstock.tasks.source import SourceParts, SourceRunner
from penstock.tasks.source_chain import SourceChain
from penstock.tasks.source_commit import CommitPolicy, SourceOffsetCommitter
from penstock.tasks.topic_creation import TopicCreator
from penstock.tasks.workshop import BuiltTask, Workshop


def build_source(shop: Workshop, task: SourceTask) -> BuiltTask:
    """A source task with everything around it; what was made is closed again when a later step raises."""
    operator = shop.operator()
    assembly = shop.assembly()
    with ExitStack() as undo:
        transformations = assembly.chain(operator)
        undo.callback(close_all, [("transformations", transformations.close)])
        converters = assembly.converters()
        undo.callback(close_all, [("converters", converters.close)])
        topics = _topic_creator(shop)
        if topics is not None:
            undo.callback(close_all, [("topic creation", topics.close)])
        per_record = type(task).commit_record is not SourceTask.commit_record or operator.tolerates
        producer = shop.log.producer(
            shop.clients.source_producer(shop.spec.task.task), Reports.ALL if per_record else Reports.ERRORS
        )
        undo.pop_all()  # from here nothing raises; the runner closes them
    policy = CommitPolicy(shop.flush_interval_s, shop.flush_timeout_s)
    parts = SourceParts(
        task=task,
        chain=SourceChain(transformations, converters, operator),
        producer=producer,
        operator=operator,
        committer=SourceOffsetCommitter(task, producer, shop.link, policy, SYSTEM_CLOCK, lambda: shop.control.stopping),
        topics=topics,
    )
    context = RunningSourceTaskContext(shop.control, shop.configs, shop.link)
    return BuiltTask(
        task=task,
        runner=SourceRunner(parts, shop.control, shop.link),
        version=shop.version,
        config_ttl_ms=shop.config_ttl_ms,
        flush_timeout_s=shop.flush_timeout_s,
        open_reporters=lambda: None,
        initialize=lambda: task.initialize(context),
        start=lambda: shop.start(task),
    )


def _topic_creator(shop: Workshop) -> TopicCreator | None:
    if shop.spec.settings.props.get("topic.creation.enable", "true").strip().lower() != "true":
        return None
    creation = parse_topic_creation(shop.connector, shop.parsed.get_list("topic.creation.groups"))
    return None if creation is None else TopicCreator(shop.admin("connector-adminclient"), creation)
