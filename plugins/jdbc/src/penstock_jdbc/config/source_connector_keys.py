"""The source's keys of the group "Connector" (spec jdbc 3)."""

from __future__ import annotations

import re

from penstock.api import ConfigException, ConfigKey, ConfigType, Importance, Width, validators
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.enumerators import Enumerator, lower_names
from penstock_jdbc.config.layout import in_group

GRANULARITIES = (
    "connect_logical",
    "micros_long",
    "micros_string",
    "micros_iso_datetime_string",
    "nanos_long",
    "nanos_string",
    "nanos_iso_datetime_string",
)
_LONGEST_TOPIC = 249
_BLANKS = "".join(map(chr, range(0x21)))
_WRONG_PREFIX = "Topic prefix must not contain any character other than ASCII alphanumerics, '.', '_' and '-'."


def _topic_prefix(name: str, value: object) -> None:
    if value is None:
        raise ConfigException.of(name, value, "Topic prefix must not be null.")
    trimmed = str(value).strip(_BLANKS)
    if len(trimmed) > _LONGEST_TOPIC:
        raise ConfigException.of(name, value, "Topic prefix length must not exceed max topic name length, 249 chars")
    if not re.fullmatch(r"[A-Za-z0-9._-]*", trimmed):
        raise ConfigException.of(name, value, _WRONG_PREFIX)


CONNECTOR_KEYS = in_group(
    "Connector",
    [
        ConfigKey(
            "table.types",
            ConfigType.LIST,
            "TABLE",
            Importance.LOW,
            "The types of tables to look for: TABLE, VIEW, PARTITIONED TABLE, MATERIALIZED VIEW, SYNONYM and what else the "
            "database has.",
            width=Width.MEDIUM,
            display_name="Table Types",
        ),
        ConfigKey(
            "poll.interval.ms",
            ConfigType.INT,
            5000,
            Importance.HIGH,
            "Milliseconds between the end of one query of a table and the next.",
            width=Width.SHORT,
            display_name="Poll Interval (ms)",
        ),
        ConfigKey(
            "batch.max.rows",
            ConfigType.INT,
            1000,
            Importance.LOW,
            "How many rows are read and handed on at a time.",
            width=Width.SHORT,
            display_name="Max Rows Per Batch",
        ),
        ConfigKey(
            "max.buffer.size",
            ConfigType.INT,
            0,
            Importance.LOW,
            "How many rows a task reads ahead; 0: four times batch.max.rows.",
            width=Width.SHORT,
            display_name="Maximum Buffer Size",
        ),
        ConfigKey(
            "poll.linger.ms",
            ConfigType.LONG,
            5000,
            Importance.LOW,
            "How long a task waits for a first row, in milliseconds.",
            width=Width.SHORT,
            display_name="Poll Linger Milliseconds",
        ),
        ConfigKey(
            "table.monitoring.startup.polling.limit.ms",
            ConfigType.LONG,
            10000,
            Importance.LOW,
            internal=True,
        ),
        ConfigKey(
            "table.poll.interval.ms",
            ConfigType.LONG,
            60000,
            Importance.LOW,
            "Milliseconds between two looks for new and dropped tables.",
            width=Width.SHORT,
            display_name="Metadata Change Monitoring Interval (ms)",
        ),
        ConfigKey(
            "topic.prefix",
            ConfigType.STRING,
            "",
            Importance.HIGH,
            "What stands before the table's name in the name of its topic; with a query the whole name of the topic.",
            validators.described(_topic_prefix, "ASCII alphanumerics, '.', '_' and '-', at most 249"),
            width=Width.MEDIUM,
            display_name="Topic Prefix",
        ),
        ConfigKey(
            "timestamp.delay.interval.ms",
            ConfigType.LONG,
            0,
            Importance.HIGH,
            "How old a row must be before timestamp modes read it, so that transactions with earlier timestamps can end.",
            width=Width.MEDIUM,
            display_name="Delay Interval (ms)",
        ),
        shared_keys.db_timezone("DB time zone"),
        ConfigKey(
            "timestamp.granularity",
            ConfigType.STRING,
            "connect_logical",
            Importance.LOW,
            "What timestamps become: Connect's Timestamp of milliseconds, or micro- or nanoseconds since 1970 as a number, as "
            "text, or as an ISO date and time.",
            Enumerator(GRANULARITIES),
            width=Width.MEDIUM,
            display_name="Timestamp granularity for timestamp columns",
            recommender=lower_names(GRANULARITIES),
        ),
    ],
)
