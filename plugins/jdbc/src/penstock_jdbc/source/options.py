"""Keys of the source that are Penstock's own. They stand apart from Connect's: clients that know those see nothing new."""

from __future__ import annotations

import enum

from penstock.api import ConfigDef, ConfigType, Importance, Validator, validators

KEY_MODE_CONFIG = "key.mode"
KEY_COLUMNS_CONFIG = "key.columns"
LATE_COMMITS_CONFIG = "late.commits"
LATE_COMMITS_WINDOW_CONFIG = "late.commits.overlap.ms"
LATE_COMMITS_IDS_CONFIG = "late.commits.overlap.ids"
LATE_COMMITS_ROWS_CONFIG = "late.commits.overlap.max.rows"
SNAPSHOT_MODE_CONFIG = "snapshot.mode"
SNAPSHOT_CHUNK_CONFIG = "snapshot.chunk.rows"


class KeyMode(enum.Enum):
    """``key.mode``: what the keys of records are."""

    NONE = "none"
    PRIMARY_KEY = "pk"
    COLUMNS = "columns"


class LateCommits(enum.Enum):
    """``late.commits``: how rows are not passed over that become visible behind what was read already."""

    IGNORE = "ignore"
    """As Java does: they are lost."""
    WAIT = "wait"
    """Read only up to where no running transaction can write any more."""
    OVERLAP = "overlap"
    """Read a window again in every pass, and leave out what was sent."""


class SnapshotMode(enum.Enum):
    """``snapshot.mode``: how rows that are there at the first start are read."""

    NONE = "none"
    """As all others."""
    INITIAL = "initial"
    """In chunks by primary key, going on after a restart where the last one ended."""


def _choice(kind: type[enum.Enum]) -> Validator:
    return validators.one_of(*(member.value for member in kind))


SOURCE_OPTIONS = (
    ConfigDef()
    .define(
        KEY_MODE_CONFIG,
        ConfigType.STRING,
        default=KeyMode.NONE.value,
        validator=_choice(KeyMode),
        importance=Importance.MEDIUM,
        doc="What the keys of records are: 'none' as in Connect, 'pk' a struct of the table's primary key, 'columns' one of the "
        "columns in 'key.columns'. An option of Penstock.",
    )
    .define(
        KEY_COLUMNS_CONFIG,
        ConfigType.LIST,
        default=[],
        importance=Importance.MEDIUM,
        doc="The columns of the key for 'key.mode=columns'. An option of Penstock.",
    )
    .define(
        LATE_COMMITS_CONFIG,
        ConfigType.STRING,
        default=LateCommits.IGNORE.value,
        validator=_choice(LateCommits),
        importance=Importance.MEDIUM,
        doc="What to do about rows that are committed after others with higher numbers or later times were read: 'ignore' loses "
        "them as Connect does, 'wait' reads no further than the oldest running transaction (PostgreSQL, MySQL, MariaDB), "
        "'overlap' reads a window again in every pass and leaves out what was sent. An option of Penstock.",
    )
    .define(
        LATE_COMMITS_WINDOW_CONFIG,
        ConfigType.LONG,
        default=60_000,
        validator=validators.at_least(0),
        importance=Importance.LOW,
        doc="For 'late.commits=overlap': how far before the newest timestamp a pass begins, in milliseconds. An option of "
        "Penstock.",
    )
    .define(
        LATE_COMMITS_IDS_CONFIG,
        ConfigType.LONG,
        default=1000,
        validator=validators.at_least(0),
        importance=Importance.LOW,
        doc="For 'late.commits=overlap' in incrementing mode: how far below the highest number a pass begins. An option of "
        "Penstock.",
    )
    .define(
        LATE_COMMITS_ROWS_CONFIG,
        ConfigType.INT,
        default=100_000,
        validator=validators.at_least(1),
        importance=Importance.LOW,
        doc="For 'late.commits=overlap': how many rows of the window are remembered per table; 16 bytes each, and Python's "
        "own. An option of Penstock.",
    )
    .define(
        SNAPSHOT_MODE_CONFIG,
        ConfigType.STRING,
        default=SnapshotMode.NONE.value,
        validator=_choice(SnapshotMode),
        importance=Importance.MEDIUM,
        doc="How rows that are there at the first start are read: 'none' as all others, 'initial' in chunks by primary key, "
        "which a restart goes on with, before the mode takes over. An option of Penstock.",
    )
    .define(
        SNAPSHOT_CHUNK_CONFIG,
        ConfigType.INT,
        default=100_000,
        validator=validators.at_least(1),
        importance=Importance.LOW,
        doc="Rows of one chunk of a snapshot, each read in a transaction of its own. An option of Penstock.",
    )
)
