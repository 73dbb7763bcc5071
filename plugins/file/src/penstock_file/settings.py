"""Which configuration keys there are.

The definitions that ``CONFIG`` shows to clients are Connect's, key for key. Penstock's own options stand apart: they are
read and validated when somebody sets them, and clients that know Connect's keys see nothing new (design decision 11).
"""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigException, ConfigType, ConfigValue, Importance, validators
from penstock_file.text import OnMalformed

FILE_CONFIG = "file"
TOPIC_CONFIG = "topic"
BATCH_SIZE_CONFIG = "batch.size"
ENCODING_CONFIG = "file.encoding"
ENCODING_ERRORS_CONFIG = "file.encoding.errors"
FSYNC_CONFIG = "file.fsync"


def check_encoding(name: str, value: object) -> None:
    """Accept an encoding that Python knows and in which a line end is one byte that never stands for anything else."""
    try:
        ends = "\r\n".encode(str(value))
    except (LookupError, UnicodeError):
        reason = "Unknown encoding; use a name such as UTF-8, ISO-8859-1 or windows-1252"
        raise ConfigException.of(name, value, reason) from None
    if ends != b"\r\n":
        reason = "Lines cannot be found in this encoding, in which a line end is not one byte; convert the file first"
        raise ConfigException.of(name, value, reason)


SOURCE_CONFIG = (
    ConfigDef()
    .define(
        FILE_CONFIG,
        ConfigType.STRING,
        default=None,
        importance=Importance.HIGH,
        doc="The file to read. Without it the standard input of the process is read.",
    )
    .define(
        TOPIC_CONFIG,
        ConfigType.STRING,
        validator=validators.non_empty(),
        importance=Importance.HIGH,
        doc="The topic to which each line is sent.",
    )
    .define(
        BATCH_SIZE_CONFIG,
        ConfigType.INT,
        default=2000,
        importance=Importance.LOW,
        doc="How many lines the task hands out at a time, at most.",
    )
)

SINK_CONFIG = ConfigDef().define(
    FILE_CONFIG,
    ConfigType.STRING,
    default=None,
    importance=Importance.HIGH,
    doc="The file to append to. Without it records go to the standard output of the process.",
)

SOURCE_OPTIONS = (
    ConfigDef()
    .define(
        ENCODING_CONFIG,
        ConfigType.STRING,
        default="UTF-8",
        validator=validators.described(check_encoding, "an encoding in which a line end is one byte"),
        importance=Importance.LOW,
        doc="The encoding of the file, by a name that Python knows. An option of Penstock.",
    )
    .define(
        ENCODING_ERRORS_CONFIG,
        ConfigType.STRING,
        default=OnMalformed.REPLACE.value,
        validator=validators.one_of(*(choice.value for choice in OnMalformed)),
        importance=Importance.LOW,
        doc="What becomes of bytes that are no text: 'replace' reads U+FFFD as Connect does and warns, 'escape' reads \\xNN "
        "and warns, 'strict' fails the task at their line. An option of Penstock.",
    )
)

SINK_OPTIONS = ConfigDef().define(
    FSYNC_CONFIG,
    ConfigType.BOOLEAN,
    default=True,
    importance=Importance.LOW,
    doc="Whether what was written must be on disk before offsets are committed, so that a power cut loses nothing. "
    "An option of Penstock.",
)


def validate_options(options: ConfigDef, props: Mapping[str, str]) -> list[ConfigValue]:
    """What is to be said of those options that somebody set."""
    return [value for value in options.validate(props) if value.name in props]
