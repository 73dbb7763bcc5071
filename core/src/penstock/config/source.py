"""The keys of source connectors (spec 3.3)."""

from __future__ import annotations

from penstock.api.config import ConfigDef, ConfigType, Importance, Width
from penstock.api.validators import at_least, described, non_empty, one_of_ignoring_case
from penstock.config.connector_keys import alias_list
from penstock.config.topic_creation import GROUPS

EXACTLY_ONCE_SUPPORT = "exactly.once.support"
TRANSACTION_BOUNDARY = "transaction.boundary"
TRANSACTION_BOUNDARY_INTERVAL = "transaction.boundary.interval.ms"
OFFSETS_TOPIC = "offsets.storage.topic"

_AT_LEAST_ZERO = at_least(0)


def _check_interval(name: str, value: object) -> None:
    if value is not None:
        _AT_LEAST_ZERO(name, value)


SOURCE_KEYS = (
    ConfigDef()
    .define(
        GROUPS,
        ConfigType.LIST,
        default=[],
        importance=Importance.LOW,
        doc="Names of groups of topics that are created alike; topic.creation.<group>.include says which topics are meant.",
        validator=alias_list("topic creation groups"),
        group="Topic Creation",
        order=1,
        width=Width.LONG,
        display_name="Topic Creation Groups",
    )
    .define(
        EXACTLY_ONCE_SUPPORT,
        ConfigType.STRING,
        default="requested",
        importance=Importance.MEDIUM,
        doc="required: refuse to run unless every record is written exactly once. requested: do so where it is possible.",
        validator=one_of_ignoring_case("requested", "required"),
        group="Exactly Once Support",
        order=2,
        width=Width.SHORT,
        display_name="Exactly once support",
    )
    .define(
        TRANSACTION_BOUNDARY,
        ConfigType.STRING,
        default="poll",
        importance=Importance.MEDIUM,
        doc="What one transaction holds: the records of a poll, those of an interval, or what the connector says.",
        validator=one_of_ignoring_case("poll", "interval", "connector"),
        group="Exactly Once Support",
        order=3,
        width=Width.SHORT,
        display_name="Transaction Boundary",
    )
    .define(
        TRANSACTION_BOUNDARY_INTERVAL,
        ConfigType.LONG,
        default=None,
        importance=Importance.LOW,
        doc="That interval in milliseconds. Not set: the worker's offset.flush.interval.ms.",
        validator=described(_check_interval, str(_AT_LEAST_ZERO)),
        group="Exactly Once Support",
        order=4,
        width=Width.SHORT,
        display_name="Transaction boundary interval",
    )
    .define(
        OFFSETS_TOPIC,
        ConfigType.STRING,
        default=None,
        importance=Importance.LOW,
        doc="Topic for the offsets of this connector alone, on the cluster that it writes to. Not set: the worker's.",
        validator=non_empty(),
        group="offsets.topic",
        order=1,
        width=Width.LONG,
        display_name="Offsets topic",
    )
)
