"""Keys of the sink that Kafka Connect's connectors don't have.

They stand apart from the ConfigDef that clients see, and are read and validated when somebody sets them (design decision 11).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigType, ConfigValue, Importance, validators

EXACTLY_ONCE_CONFIG = "exactly.once.offsets"
OFFSETS_TABLE_CONFIG = "exactly.once.offsets.table"
INVALID_RECORDS_CONFIG = "invalid.records"


class OnInvalid(enum.Enum):
    """``invalid.records``: what becomes of a record that has no columns to be written to, such as one without a schema."""

    FAIL = "fail"
    REPORT = "report"


SINK_OPTIONS = (
    ConfigDef()
    .define(
        EXACTLY_ONCE_CONFIG,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        doc="Whether offsets are kept in a table of the target database and moved in the same transaction as the rows, so that "
        "no row is written twice or left out, also in insert mode. An option of Penstock.",
    )
    .define(
        OFFSETS_TABLE_CONFIG,
        ConfigType.STRING,
        default="penstock_sink_offsets",
        validator=validators.non_empty(),
        importance=Importance.LOW,
        doc="The table for these offsets, created when it is missing. An option of Penstock.",
    )
    .define(
        INVALID_RECORDS_CONFIG,
        ConfigType.STRING,
        default=OnInvalid.FAIL.value,
        validator=validators.one_of(*(choice.value for choice in OnInvalid)),
        importance=Importance.LOW,
        doc="What becomes of a record that has no key, value or schema where pk.mode and delete.enabled ask for one: 'fail' "
        "ends the task as Kafka Connect's sink does, 'report' sends it to the dead letter queue. An option of Penstock.",
    )
)


def validate_options(props: Mapping[str, str]) -> list[ConfigValue]:
    """What is to be said of those options that somebody set."""
    return [value for value in SINK_OPTIONS.validate(props) if value.name in props]
