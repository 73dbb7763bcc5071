"""Topics that Connect creates for source connectors: groups of settings, and which topic falls into which (spec 3.3, KIP-158).

Not part of REST validation: a wrong value fails the connector, and its tasks, when it is started.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from penstock.api.config import REQUIRED, ConfigDef, ConfigKey, ConfigType, Importance
from penstock.api.config_types import wrong_value
from penstock.api.regex import compile_regex
from penstock.api.validators import described

PREFIX = "topic.creation."
GROUPS = PREFIX + "groups"
DEFAULT_GROUP = "default"

logger = logging.getLogger(__name__)


def check_partitions(name: str, value: object) -> None:
    """A number of partitions."""
    if not _is_count(value):
        raise wrong_value(name, value, "Number of partitions must be positive, or -1 to use the broker's default")


def check_replication_factor(name: str, value: object) -> None:
    """A replication factor."""
    if not _is_count(value):
        raise wrong_value(
            name,
            value,
            "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to "
            "use the broker's default",
        )


def check_regexes(name: str, value: object) -> None:
    """A list of regular expressions."""
    for item in value if isinstance(value, list) else ():
        try:
            compile_regex(str(item))
        except ValueError as error:
            raise wrong_value(name, value, f"Syntax error in regular expression: {error}") from error


PARTITIONS = described(check_partitions, "Positive number, or -1 to use the broker's default")
REPLICATION_FACTOR = described(
    check_replication_factor,
    "Positive number not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
)
_REGEXES = described(check_regexes, "Regular expressions")


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """How topics of one group are created. ``partitions`` and ``replication_factor`` -1 leave it to the broker."""

    name: str
    partitions: int
    replication_factor: int
    include: str
    exclude: str
    configs: Mapping[str, str] = field(default_factory=dict)

    def matches(self, topic: str) -> bool:
        """Whether the whole topic name is included, and not excluded."""
        return _whole(self.include, topic) and not _whole(self.exclude, topic)


@dataclass(frozen=True, slots=True)
class TopicCreation:
    """All groups of one connector; the default one comes last and matches every topic."""

    groups: tuple[TopicGroup, ...]

    def group_for(self, topic: str) -> TopicGroup:
        """The first group, in the order of ``topic.creation.groups``, that matches."""
        return next((group for group in self.groups if group.matches(topic)), self.groups[-1])


def uses_topic_creation(props: Mapping[str, object]) -> bool:
    """Whether a source connector asks for its topics to be created: any ``topic.creation.*`` key does."""
    return any(key.startswith(PREFIX) for key in props)


def parse_topic_creation(props: Mapping[str, str | None], groups: list[str]) -> TopicCreation | None:
    """The groups of a source connector whose config (references resolved) is ``props``, ``groups`` being the parsed value of
    ``topic.creation.groups``; None where it doesn't use topic creation.

    Raises :class:`ConfigException` for a key that is missing or wrong, in Connect's words.
    """
    if not uses_topic_creation(props):
        return None
    if DEFAULT_GROUP in groups:
        logger.warning(
            "'%s' topic creation group always exists and does not need to be listed explicitly", DEFAULT_GROUP
        )
    given = _read(DEFAULT_GROUP, props, _keys(DEFAULT_GROUP, REQUIRED, REQUIRED))
    default = replace(given, include=".*", exclude="")  # what a user gives for these two is ignored
    named = [
        _read(name, props, _keys(name, default.partitions, default.replication_factor))
        for name in dict.fromkeys(groups)
        if name != DEFAULT_GROUP
    ]
    return TopicCreation((*named, default))


def _keys(group: str, partitions: object, replication_factor: object) -> ConfigDef:
    child = ConfigDef(
        ConfigKey(name, type_, default=default, importance=Importance.LOW, doc=doc, validator=check, order=place)
        for place, (name, type_, default, check, doc) in enumerate(
            (
                ("include", ConfigType.LIST, [], _REGEXES, "Regular expressions of topics of this group."),
                ("exclude", ConfigType.LIST, [], _REGEXES, "Regular expressions of topics that are not of this group."),
                (
                    "replication.factor",
                    ConfigType.SHORT,
                    replication_factor,
                    REPLICATION_FACTOR,
                    "Replicas of a topic.",
                ),
                ("partitions", ConfigType.INT, partitions, PARTITIONS, "Partitions of a topic."),
            )
        )
    )
    return ConfigDef().embed(f"{PREFIX}{group}.", f"Topic Creation: {group}", 0, child)


def _read(name: str, props: Mapping[str, str | None], definition: ConfigDef) -> TopicGroup:
    start = f"{PREFIX}{name}."
    values = definition.parsed(props)
    others = {
        key.removeprefix(start): value
        for key, value in props.items()
        if key.startswith(start) and key not in definition and value is not None
    }
    return TopicGroup(
        name,
        partitions=values.get_int(start + "partitions"),
        replication_factor=values.get_int(start + "replication.factor"),
        include="|".join(values.get_list(start + "include")),
        exclude="|".join(values.get_list(start + "exclude")),
        configs=others,
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and (value >= 1 or value == -1)


def _whole(pattern: str, topic: str) -> bool:
    return compile_regex(pattern).fullmatch(topic) is not None
