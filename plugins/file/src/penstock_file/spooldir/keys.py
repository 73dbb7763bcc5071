"""The configuration keys that all directory sources share: SpoolDir's to the letter, and Penstock's own apart from them."""

from __future__ import annotations

from typing import Final

from penstock.api import ConfigDef, ConfigType, Importance, recommenders, validators
from penstock_file.spooldir import checks, names

_FILES, _GENERAL, _TIMES = "File System", "General", "Timestamps"
_LONGEST: Final = (1 << 63) - 1

GENERAL_KEYS = (
    ConfigDef()
    .define(names.TOPIC, ConfigType.STRING, importance=Importance.HIGH, group=_GENERAL, doc="The topic to write to.")
    .define(
        names.BATCH_SIZE,
        ConfigType.INT,
        default=1000,
        validator=validators.at_least(1),
        importance=Importance.LOW,
        group=_GENERAL,
        doc="How many records a task hands out at a time, at most.",
    )
    .define(
        names.EMPTY_POLL_WAIT_MS,
        ConfigType.LONG,
        default=500,
        validator=validators.between(1, _LONGEST),
        importance=Importance.LOW,
        group=_GENERAL,
        doc="How long to wait, in ms, before the directory is looked at again when there was nothing to read.",
    )
    .define(
        names.CLEANUP_POLICY,
        ConfigType.STRING,
        default=names.CleanupPolicy.MOVE.value,
        validator=checks.choice(names.CleanupPolicy),
        importance=Importance.MEDIUM,
        group=_FILES,
        doc="What becomes of a file once the offsets of all its records are stored: MOVE to finished.path, MOVEBYDATE to a "
        "subdirectory of it named after the day of the file's last change, DELETE, or NONE to leave it where it is.",
    )
    .define(
        names.INPUT_PATH,
        ConfigType.STRING,
        validator=checks.directory,
        importance=Importance.HIGH,
        group=_FILES,
        doc="The directory to read from. It must exist and be writable.",
    )
    .define(
        names.FINISHED_PATH,
        ConfigType.STRING,
        default="",
        importance=Importance.HIGH,
        group=_FILES,
        recommender=recommenders.visible_if(
            lambda parsed: str(parsed.get(names.CLEANUP_POLICY)).startswith(names.CleanupPolicy.MOVE.value)
        ),
        doc="The directory for files that were read to their end. Needed for the cleanup policies MOVE and MOVEBYDATE.",
    )
    .define(
        names.ERROR_PATH,
        ConfigType.STRING,
        validator=checks.directory,
        importance=Importance.HIGH,
        group=_FILES,
        doc="The directory for files with something in them that cannot be read.",
    )
    .define(
        names.INPUT_FILE_PATTERN,
        ConfigType.STRING,
        validator=checks.file_pattern,
        importance=Importance.HIGH,
        group=_FILES,
        doc="A regular expression that the whole name of a file must match.",
    )
    .define(
        names.HALT_ON_ERROR,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.HIGH,
        group=_FILES,
        doc="Whether the task fails at a record that cannot be read. If not, it goes on with the next file. Either way the "
        "records before it are sent and the file goes to error.path.",
    )
    .define(
        names.FILE_MINIMUM_AGE_MS,
        ConfigType.LONG,
        default=0,
        validator=validators.at_least(0),
        importance=Importance.LOW,
        group=_FILES,
        doc="How long, in ms, a file must have been left unchanged before it is read.",
    )
    .define(
        names.PROCESSING_FILE_EXTENSION,
        ConfigType.STRING,
        default=".PROCESSING",
        validator=checks.extension,
        importance=Importance.LOW,
        group=_FILES,
        doc="What is added to a file's name to name the flag that stands beside it while it is being read.",
    )
    .define(
        names.TIMESTAMP_MODE,
        ConfigType.STRING,
        default=names.TimestampMode.PROCESS_TIME.value,
        validator=checks.choice(names.TimestampMode),
        importance=Importance.MEDIUM,
        group=_TIMES,
        doc="What the timestamp of a record is: FIELD, the field of the value that timestamp.field names; FILE_TIME, when the "
        "file was last changed; PROCESS_TIME, when the record is sent.",
    )
    .define(
        names.FILES_SORT_ATTRIBUTES,
        ConfigType.LIST,
        default=names.FileAttribute.NAME_ASC.value,
        validator=checks.choice(names.FileAttribute),
        importance=Importance.LOW,
        group=_FILES,
        doc="In which order files are read: by the first of these, where that is equal by the next.",
    )
    .define(
        names.TASK_INDEX,
        ConfigType.INT,
        default=0,
        validator=validators.at_least(0),
        importance=Importance.LOW,
        group=_GENERAL,
        doc="Which of the tasks this one is. The connector sets it.",
    )
    .define(
        names.TASK_COUNT,
        ConfigType.INT,
        default=1,
        validator=validators.at_least(1),
        importance=Importance.LOW,
        group=_GENERAL,
        doc="How many tasks there are. The connector sets it.",
    )
    .define(
        names.TASK_PARTITIONER,
        ConfigType.STRING,
        default=names.TaskPartitioner.BY_NAME.value,
        validator=checks.choice(names.TaskPartitioner),
        importance=Importance.MEDIUM,
        group=_FILES,
        doc="How files are divided among tasks: by a hash of their names.",
    )
    .define(
        names.WALK_RECURSIVELY,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        group=_FILES,
        doc="Whether directories inside input.path are looked into as well. The header file.relative.path then tells where "
        "a file lay, and it keeps its place below finished.path and error.path.",
    )
    .define(
        names.MAINTAIN_RELATIVE_PATH,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        group=_FILES,
        doc="Whether directories inside input.path stay when the last file has left them.",
    )
    .define(
        names.FILE_BUFFER_SIZE,
        ConfigType.INT,
        default=128 * 1024,
        validator=validators.at_least(1),
        importance=Importance.LOW,
        group=_FILES,
        doc="How many bytes are read at a time, at least.",
    )
)

CHARSET_KEYS = ConfigDef().define(
    names.FILE_CHARSET,
    ConfigType.STRING,
    default="UTF-8",
    validator=checks.charset,
    importance=Importance.LOW,
    display_name="File character set.",
    doc="The charset of the files.",
)

OWN_KEYS = (
    ConfigDef()
    .define(
        names.FILE_GLOB,
        ConfigType.STRING,
        default="",
        validator=checks.glob,
        importance=Importance.LOW,
        doc="A pattern that a file's path below input.path must match as well, such as 'in/**/*.csv': '**' stands for any "
        "directories, '*' and '?' for parts of one name. An option of Penstock.",
    )
    .define(
        names.FILE_IDENTITY,
        ConfigType.STRING,
        default=names.Identity.NAME.value,
        validator=checks.choice(names.Identity),
        importance=Importance.LOW,
        doc="What offsets are stored under: 'name' as SpoolDir does, or 'inode', so that a file that is renamed is not read "
        "again. In both cases a file is recognised by its first and last bytes too. An option of Penstock.",
    )
    .define(
        names.FILE_HEADERS,
        ConfigType.STRING,
        default=names.HeaderChoice.ALL.value,
        validator=checks.choice(names.HeaderChoice),
        importance=Importance.LOW,
        doc="Whether records get headers that tell of their file: 'all' as SpoolDir does, or 'none', which is faster. An "
        "option of Penstock.",
    )
    .define(
        names.LAST_LINE,
        ConfigType.STRING,
        default=names.LastLine.EMIT.value,
        validator=checks.choice(names.LastLine),
        importance=Importance.LOW,
        doc="What becomes of a last line that does not end: 'emit' makes it a record as SpoolDir does, 'hold' waits for the "
        "file to grow. An option of Penstock.",
    )
    .define(
        names.LAST_LINE_HOLD_MS,
        ConfigType.LONG,
        default=-1,
        validator=validators.at_least(-1),
        importance=Importance.LOW,
        doc="With file.last.line=hold: after how many ms without a change such a line becomes a record after all; -1 means "
        "never. An option of Penstock.",
    )
    .define(
        names.STATUS_TOPIC,
        ConfigType.STRING,
        default="",
        importance=Importance.LOW,
        doc="A topic to which the states of every file are sent: STARTED, COMPLETED, FAILED, CLEANED. An option of Penstock.",
    )
)
