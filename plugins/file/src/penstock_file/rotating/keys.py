"""The configuration keys of the rotating sink. They are Penstock's own: Connect has no such connector."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from penstock.api import ConfigDef, ConfigException, ConfigType, Importance, ParsedConfig, validators
from penstock_file.rotating.template import NameTemplate
from penstock_file.settings import FSYNC_CONFIG

DIRECTORY: Final = "directory"
TEMPLATE: Final = "file.name.template"
FORMAT: Final = "file.format"
COMPRESSION: Final = "file.compression"
ROTATE_RECORDS: Final = "rotate.records"
ROTATE_BYTES: Final = "rotate.bytes"
ROTATE_INTERVAL_MS: Final = "rotate.interval.ms"


class LineFormat(enum.Enum):
    """What a line is; the values are those of ``file.format``."""

    JSONL = "jsonl"
    """The value as JSON, without its schema."""
    RAW = "raw"
    """Texts and bytes as they are, other values as Java prints them."""


class Compression(enum.Enum):
    """How a file is packed; the values are those of ``file.compression``."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


def _check_directory(name: str, value: object) -> None:
    path = Path(str(value))
    if "\0" in str(value) or not path.is_absolute():
        raise ConfigException.of(name, value, "This must be the absolute path of a directory")
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        raise ConfigException.of(
            name, value, f"'{path}' must be a directory that exists and is writable where the worker runs"
        )


def _check_template(name: str, value: object) -> None:
    try:
        NameTemplate.parse(str(value))
    except ValueError as error:
        raise ConfigException.of(name, value, str(error)) from error


CONFIG = (
    ConfigDef()
    .define(
        DIRECTORY,
        ConfigType.STRING,
        validator=validators.described(_check_directory, "Absolute path to a directory that exists and is writable."),
        importance=Importance.HIGH,
        doc="The directory to write to. It must exist and be writable.",
    )
    .define(
        TEMPLATE,
        ConfigType.STRING,
        default="{{topic}}-{{partition}}-{{start_offset}}",
        validator=validators.described(_check_template, "A path with {{topic}}, {{partition}} and {{start_offset}}"),
        importance=Importance.MEDIUM,
        doc="The path of a file below the directory, to which an extension is added. {{topic}}, {{partition}} and "
        "{{start_offset}} must be in it: those from which its first record was read. {{partition:padding=true}} has 10 "
        "digits, {{start_offset:padding=true}} 20. {{timestamp:unit=yyyy}}, MM, dd, HH and mm are of the first record's "
        "timestamp, in UTC.",
    )
    .define(
        FORMAT,
        ConfigType.STRING,
        default=LineFormat.JSONL.value,
        validator=validators.one_of(*(choice.value for choice in LineFormat)),
        importance=Importance.HIGH,
        doc="What a line is: 'jsonl', the value as JSON without its schema; 'raw', texts and bytes as they are and other values "
        "as Java prints them.",
    )
    .define(
        COMPRESSION,
        ConfigType.STRING,
        default=Compression.NONE.value,
        validator=validators.one_of(*(choice.value for choice in Compression)),
        importance=Importance.MEDIUM,
        doc="How files are packed: 'none', 'gzip', or 'zstd', which needs the library zstandard.",
    )
    .define(
        ROTATE_RECORDS,
        ConfigType.INT,
        default=100_000,
        validator=validators.at_least(0),
        importance=Importance.MEDIUM,
        doc="After how many records a file is finished; 0 for never.",
    )
    .define(
        ROTATE_BYTES,
        ConfigType.LONG,
        default=0,
        validator=validators.at_least(0),
        importance=Importance.MEDIUM,
        doc="After how many bytes, before they are packed, a file is finished; 0 for never. The record that reaches them is the "
        "last one.",
    )
    .define(
        ROTATE_INTERVAL_MS,
        ConfigType.LONG,
        default=60_000,
        validator=validators.at_least(0),
        importance=Importance.MEDIUM,
        doc="How long after its first record, in ms, a file is finished; 0 for never. It may be a little later when nothing "
        "is written.",
    )
    .define(
        FSYNC_CONFIG,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        doc="Whether a file must be on disk before its offsets are committed, so that a power cut loses nothing.",
    )
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a file is finished. 0 for never."""

    records: int
    size: int
    interval_s: float


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """The configuration, read once."""

    directory: Path
    template: NameTemplate
    format: LineFormat
    compression: Compression
    rotation: Rotation
    fsync: bool

    @classmethod
    def of(cls, config: ParsedConfig) -> SinkSettings:
        """Raises ConfigException when no file would ever be finished."""
        rotation = Rotation(
            config.get_int(ROTATE_RECORDS), config.get_long(ROTATE_BYTES), config.get_long(ROTATE_INTERVAL_MS) / 1000
        )
        if not (rotation.records or rotation.size or rotation.interval_s):
            raise ConfigException(
                f"No file would ever be finished: set one of {ROTATE_RECORDS}, {ROTATE_BYTES} and {ROTATE_INTERVAL_MS}"
            )
        return cls(
            directory=Path(config.get_string(DIRECTORY)),
            template=NameTemplate.parse(config.get_string(TEMPLATE)),
            format=LineFormat(config.get_string(FORMAT)),
            compression=Compression(config.get_string(COMPRESSION)),
            rotation=rotation,
            fsync=config.get_bool(FSYNC_CONFIG),
        )

    @property
    def extension(self) -> str:
        """What is added to names."""
        packed: Mapping[Compression, str] = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}
        return (".jsonl" if self.format is LineFormat.JSONL else ".txt") + packed[self.compression]
