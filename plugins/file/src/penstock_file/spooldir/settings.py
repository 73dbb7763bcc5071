"""A configuration of a directory source, read once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.api import ConfigException, ParsedConfig, Schema
from penstock_file.spooldir import checks, names
from penstock_file.spooldir.dates import DateReader, zone_of
from penstock_file.spooldir.glob import compile_glob
from penstock_file.spooldir.keys import OWN_KEYS
from penstock_file.spooldir.schema_text import read_schema


@dataclass(frozen=True, slots=True)
class FileChoice:
    """Which files a task reads, and in which order."""

    input_path: Path
    pattern: re.Pattern[str]
    glob: re.Pattern[str] | None
    recursive: bool
    minimum_age_ms: int
    sort: tuple[names.FileAttribute, ...]
    extension: str
    task_index: int
    task_count: int


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Where files go."""

    policy: names.CleanupPolicy
    input_path: Path
    finished_path: Path | None
    error_path: Path
    keep_directories: bool


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """What all directory sources have in common. Times are in milliseconds unless their name says otherwise."""

    topic: str
    batch_size: int
    wait_s: float
    halt_on_error: bool
    buffer_size: int
    timestamp_mode: names.TimestampMode
    identity: names.Identity
    headers: names.HeaderChoice
    last_line: names.LastLine
    hold_ms: int
    status_topic: str
    files: FileChoice
    cleaning: Cleaning

    @classmethod
    def of(cls, config: ParsedConfig, props: Mapping[str, str]) -> SpoolSettings:
        """Raises ConfigException where keys contradict each other or one of Penstock's own is wrong."""
        own = OWN_KEYS.parsed(props)
        glob = own.get_string(names.FILE_GLOB)
        return cls(
            topic=config.get_string(names.TOPIC),
            batch_size=config.get_int(names.BATCH_SIZE),
            wait_s=config.get_long(names.EMPTY_POLL_WAIT_MS) / 1000,
            halt_on_error=config.get_bool(names.HALT_ON_ERROR),
            buffer_size=config.get_int(names.FILE_BUFFER_SIZE),
            timestamp_mode=names.TimestampMode(config.get_string(names.TIMESTAMP_MODE)),
            identity=names.Identity(own.get_string(names.FILE_IDENTITY)),
            headers=names.HeaderChoice(own.get_string(names.FILE_HEADERS)),
            last_line=names.LastLine(own.get_string(names.LAST_LINE)),
            hold_ms=own.get_long(names.LAST_LINE_HOLD_MS),
            status_topic=own.get_string(names.STATUS_TOPIC),
            files=FileChoice(
                input_path=Path(config.get_string(names.INPUT_PATH)),
                pattern=re.compile(config.get_string(names.INPUT_FILE_PATTERN)),
                glob=compile_glob(glob) if glob else None,
                recursive=config.get_bool(names.WALK_RECURSIVELY),
                minimum_age_ms=config.get_long(names.FILE_MINIMUM_AGE_MS),
                sort=tuple(names.FileAttribute(item) for item in config.get_list(names.FILES_SORT_ATTRIBUTES)),
                extension=config.get_string(names.PROCESSING_FILE_EXTENSION),
                task_index=config.get_int(names.TASK_INDEX),
                task_count=config.get_int(names.TASK_COUNT),
            ),
            cleaning=_cleaning(config),
        )


def _cleaning(config: ParsedConfig) -> Cleaning:
    policy = names.CleanupPolicy(config.get_string(names.CLEANUP_POLICY))
    finished = config.get_string(names.FINISHED_PATH)
    if policy.moves and not finished:
        raise ConfigException(
            f'Missing required configuration "{names.FINISHED_PATH}": {names.CLEANUP_POLICY}={policy.value} needs a directory '
            "to move files to"
        )
    if policy.moves:  # with other policies SpoolDir does not look at it
        checks.directory(names.FINISHED_PATH, finished)
    return Cleaning(
        policy=policy,
        input_path=Path(config.get_string(names.INPUT_PATH)),
        finished_path=Path(finished) if policy.moves else None,
        error_path=Path(config.get_string(names.ERROR_PATH)),
        keep_directories=config.get_bool(names.MAINTAIN_RELATIVE_PATH),
    )


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of keys and values, both structs, and the field of the value that is the record's timestamp."""

    key: Schema
    value: Schema
    timestamp_field: str | None

    @classmethod
    def of(cls, config: ParsedConfig) -> Schemas:
        """Raises ConfigException where one is missing or the timestamp's field won't do."""
        texts = {name: config.get_string(name) for name in (names.KEY_SCHEMA, names.VALUE_SCHEMA)}
        for name, text in texts.items():
            if not text:
                raise ConfigException(f"'{name}' must be set if '{names.SCHEMA_GENERATION}' = false.")
        key, value = (read_schema(name, text) for name, text in texts.items())
        return cls(key, value, timestamp_field_of(config, value))


def timestamp_field_of(config: ParsedConfig, value: Schema | None) -> str | None:
    """The field that ``timestamp.mode=FIELD`` names, checked against the schema if there is one. Raises ConfigException."""
    if config.get_string(names.TIMESTAMP_MODE) != names.TimestampMode.FIELD.value:
        return None
    name = config.get_string(names.TIMESTAMP_FIELD)
    if not name:
        raise ConfigException(
            f"When `{names.TIMESTAMP_MODE}` is set to `FIELD`, `{names.TIMESTAMP_FIELD}` must be set to a timestamp field. "
            "Cannot be null or empty."
        )
    if value is None:
        return name
    field = value.field(name)
    if field is None or field.schema.optional or field.schema.name != "org.apache.kafka.connect.data.Timestamp":
        raise ConfigException(
            f"Field '{name}' must be present and set to a timestamp and cannot be optional. Example "
            '{"name":"org.apache.kafka.connect.data.Timestamp","type":"INT64","version":1,"isOptional":false}'
        )
    return name


def date_reader(config: ParsedConfig) -> tuple[DateReader, dt.tzinfo]:
    """What reads dates, and the zone that they are in."""
    zone = zone_of(config.get_string(names.TIMESTAMP_ZONE))
    return DateReader(config.get_list(names.DATE_FORMATS), zone), zone
