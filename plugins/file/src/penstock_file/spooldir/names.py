"""The words of SpoolDir's configuration: values of keys that are choices, and the names of keys."""

from __future__ import annotations

import enum
from typing import Final

TOPIC: Final = "topic"
BATCH_SIZE: Final = "batch.size"
EMPTY_POLL_WAIT_MS: Final = "empty.poll.wait.ms"
CLEANUP_POLICY: Final = "cleanup.policy"
MAINTAIN_RELATIVE_PATH: Final = "cleanup.policy.maintain.relative.path"
INPUT_PATH: Final = "input.path"
FINISHED_PATH: Final = "finished.path"
ERROR_PATH: Final = "error.path"
INPUT_FILE_PATTERN: Final = "input.file.pattern"
WALK_RECURSIVELY: Final = "input.path.walk.recursively"
HALT_ON_ERROR: Final = "halt.on.error"
FILE_MINIMUM_AGE_MS: Final = "file.minimum.age.ms"
PROCESSING_FILE_EXTENSION: Final = "processing.file.extension"
TIMESTAMP_MODE: Final = "timestamp.mode"
TIMESTAMP_FIELD: Final = "timestamp.field"
FILES_SORT_ATTRIBUTES: Final = "files.sort.attributes"
TASK_INDEX: Final = "task.index"
TASK_COUNT: Final = "task.count"
TASK_PARTITIONER: Final = "task.partitioner"
FILE_BUFFER_SIZE: Final = "file.buffer.size.bytes"
FILE_CHARSET: Final = "file.charset"

KEY_SCHEMA: Final = "key.schema"
VALUE_SCHEMA: Final = "value.schema"
SCHEMA_GENERATION: Final = "schema.generation.enabled"
GENERATION_KEY_FIELDS: Final = "schema.generation.key.fields"
GENERATION_KEY_NAME: Final = "schema.generation.key.name"
GENERATION_VALUE_NAME: Final = "schema.generation.value.name"
TIMESTAMP_ZONE: Final = "parser.timestamp.timezone"
DATE_FORMATS: Final = "parser.timestamp.date.formats"

CSV_SKIP_LINES: Final = "csv.skip.lines"
CSV_SEPARATOR: Final = "csv.separator.char"
CSV_QUOTE: Final = "csv.quote.char"
CSV_ESCAPE: Final = "csv.escape.char"
CSV_STRICT_QUOTES: Final = "csv.strict.quotes"
CSV_IGNORE_LEADING_WHITESPACE: Final = "csv.ignore.leading.whitespace"
CSV_IGNORE_QUOTATIONS: Final = "csv.ignore.quotations"
CSV_KEEP_CARRIAGE_RETURN: Final = "csv.keep.carriage.return"
CSV_VERIFY_READER: Final = "csv.verify.reader"
CSV_NULL_FIELD_INDICATOR: Final = "csv.null.field.indicator"
CSV_FIRST_ROW_AS_HEADER: Final = "csv.first.row.as.header"
CSV_CHARSET: Final = "csv.file.charset"
CSV_CASE_SENSITIVE: Final = "csv.case.sensitive.field.names"
CSV_RFC_4180: Final = "csv.rfc.4180.parser.enabled"

# Penstock's own
FILE_GLOB: Final = "input.file.glob"
FILE_IDENTITY: Final = "file.identity"
FILE_HEADERS: Final = "file.headers"
LAST_LINE: Final = "file.last.line"
LAST_LINE_HOLD_MS: Final = "file.last.line.hold.ms"
STATUS_TOPIC: Final = "file.status.topic"
INFER_TYPES: Final = "schema.generation.infer.types"


class CleanupPolicy(enum.Enum):
    """What becomes of a file of which every record's offset is stored."""

    NONE = "NONE"
    """It stays. It is read again when it changes, and from where it was when it only grew."""
    DELETE = "DELETE"
    MOVE = "MOVE"
    MOVEBYDATE = "MOVEBYDATE"
    """As MOVE, into a subdirectory named after the day on which the file was last changed."""

    @property
    def removes(self) -> bool:
        """Whether the file leaves ``input.path``."""
        return self is not CleanupPolicy.NONE

    @property
    def moves(self) -> bool:
        """Whether ``finished.path`` is needed."""
        return self in {CleanupPolicy.MOVE, CleanupPolicy.MOVEBYDATE}


class TimestampMode(enum.Enum):
    """Where the timestamp of a record comes from."""

    FIELD = "FIELD"
    FILE_TIME = "FILE_TIME"
    PROCESS_TIME = "PROCESS_TIME"
    """None of our own: the log's client takes the time at which it sends."""


class FileAttribute(enum.Enum):
    """By what files are sorted."""

    NAME_ASC = "NameAsc"
    NAME_DESC = "NameDesc"
    LENGTH_ASC = "LengthAsc"
    LENGTH_DESC = "LengthDesc"
    LAST_MODIFIED_ASC = "LastModifiedAsc"
    LAST_MODIFIED_DESC = "LastModifiedDesc"


class TaskPartitioner(enum.Enum):
    """How files are divided among tasks."""

    BY_NAME = "ByName"


class NullFieldIndicator(enum.Enum):
    """Which empty fields of a CSV file are null."""

    EMPTY_SEPARATORS = "EMPTY_SEPARATORS"
    EMPTY_QUOTES = "EMPTY_QUOTES"
    BOTH = "BOTH"
    NEITHER = "NEITHER"


class Identity(enum.Enum):
    """What a file's offset is stored under; the values are those of ``file.identity``."""

    NAME = "name"
    """``{"fileName": …}``, as SpoolDir does."""
    INODE = "inode"
    """``{"inode": …}``, so that a renamed file is gone on with."""


class LastLine(enum.Enum):
    """What becomes of a last line that doesn't end; the values are those of ``file.last.line``."""

    EMIT = "emit"
    """It is a record, as in SpoolDir."""
    HOLD = "hold"
    """The file is still being written: it is looked at again when it has grown."""


class HeaderChoice(enum.Enum):
    """Which headers a record gets; the values are those of ``file.headers``."""

    ALL = "all"
    NONE = "none"
