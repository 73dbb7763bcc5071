"""The keys of sink connectors, and what concerns several of them (spec 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.api.config import ConfigDef, ConfigType, ConfigValue, Importance, Width
from penstock.api.config_types import java_text, parse_value, wrong_value
from penstock.api.regex import compile_regex
from penstock.api.validators import regex, unique_list
from penstock.config.connector_keys import COMMON, ERROR_HANDLING

TOPICS = "topics"
TOPICS_REGEX = "topics.regex"
DLQ_TOPIC = "errors.deadletterqueue.topic.name"
DLQ_REPLICATION_FACTOR = "errors.deadletterqueue.topic.replication.factor"
DLQ_HEADERS = "errors.deadletterqueue.context.headers.enable"

Props = Mapping[str, str | None]
AddError = Callable[[str, str], None]

SINK_KEYS = (
    ConfigDef()
    .define(
        TOPICS,
        ConfigType.LIST,
        default=[],
        importance=Importance.HIGH,
        doc="Topics to read, separated by commas.",
        validator=unique_list(empty_allowed=True, null_allowed=False),
        group=COMMON,
        order=4,
        width=Width.LONG,
        display_name="Topics",
    )
    .define(
        TOPICS_REGEX,
        ConfigType.STRING,
        default="",
        importance=Importance.HIGH,
        doc="Regular expression; all topics whose whole names match are read. Either this or topics is given.",
        validator=regex(),
        group=COMMON,
        order=4,
        width=Width.LONG,
        display_name="Topics regex",
    )
    .define(
        DLQ_TOPIC,
        ConfigType.STRING,
        default="",
        importance=Importance.MEDIUM,
        doc="Topic for records that failed in this connector, its transformations or its converters. Empty: none.",
        group=ERROR_HANDLING,
        order=6,
        width=Width.MEDIUM,
        display_name="Dead Letter Queue Topic Name",
    )
    .define(
        DLQ_REPLICATION_FACTOR,
        ConfigType.SHORT,
        default=3,
        importance=Importance.MEDIUM,
        doc="Replicas of that topic, when it is missing and created.",
        group=ERROR_HANDLING,
        order=7,
        width=Width.MEDIUM,
        display_name="Dead Letter Queue Topic Replication Factor",
    )
    .define(
        DLQ_HEADERS,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        doc="Whether records there get headers, __connect.errors.*, that tell what happened.",
        group=ERROR_HANDLING,
        order=8,
        width=Width.MEDIUM,
        display_name="Enable Error Context Headers",
    )
)


def has_topics(props: Props) -> bool:
    """Whether ``topics`` is set to anything but blanks."""
    return not _is_blank(props.get(TOPICS))


def has_topics_regex(props: Props) -> bool:
    """Whether ``topics.regex`` is set to anything but blanks."""
    return not _is_blank(props.get(TOPICS_REGEX))


def has_dead_letter_queue(props: Props) -> bool:
    """Whether a dead letter queue is asked for."""
    return not _is_blank(props.get(DLQ_TOPIC))


def topics_of(props: Props) -> list[str]:
    """The items of ``topics``: empty ones dropped, each once."""
    given = parse_value(TOPICS, props.get(TOPICS), ConfigType.LIST)
    return list(dict.fromkeys(str(topic) for topic in given if topic)) if isinstance(given, list) else []


def check_sink(props: Props, values: dict[str, ConfigValue]) -> None:
    """Add to ``values`` what is wrong with ``topics``, ``topics.regex`` and the dead letter queue together."""

    def add(name: str, message: str) -> None:
        values.setdefault(name, ConfigValue(name, props.get(name))).add_error(message)

    both, neither = has_topics(props) and has_topics_regex(props), not has_topics(props) and not has_topics_regex(props)
    for holds, message in (
        (both, "topics and topics.regex are mutually exclusive options, but both are set."),
        (neither, "Must configure one of topics or topics.regex"),
    ):
        if holds:
            add(TOPICS, message)
            add(TOPICS_REGEX, message)
    _check_dead_letter_queue(props, add)


def require_topics(props: Props) -> None:
    """The same checks when a sink is started: raises :class:`ConfigException` for the first that fails."""
    values: dict[str, ConfigValue] = {}
    check_sink(props, values)
    for value in values.values():
        raise wrong_value(value.name, value.value, value.errors[0])


def _check_dead_letter_queue(props: Props, add: AddError) -> None:
    if not has_dead_letter_queue(props):
        return
    queue = (props.get(DLQ_TOPIC) or "").strip()
    if has_topics(props) and queue in topics_of(props):
        add(
            TOPICS,
            f"The DLQ topic '{queue}' may not be included in the list of topics ('{TOPICS}={java_text(topics_of(props))}') "
            "consumed by the connector",
        )
    pattern = props.get(TOPICS_REGEX)
    if pattern is not None and has_topics_regex(props) and _matches(pattern, queue):
        add(
            TOPICS_REGEX,
            f"The DLQ topic '{queue}' may not be matched by the regex for the topics ('{TOPICS_REGEX}={pattern}') "
            "consumed by the connector",
        )


def _matches(pattern: str, topic: str) -> bool:
    try:
        return compile_regex(pattern).fullmatch(topic) is not None
    except ValueError:
        return False  # the key's own validator tells what is wrong with it


def _is_blank(text: str | None) -> bool:
    return text is None or not text.strip()
