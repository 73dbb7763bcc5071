"""The configuration of Confluent's S3 sink, key for key, and our own keys beside it.

Clients see the original's definitions and no others (design decision 11); what is ours is read, and validated, when it is set.
"""

from __future__ import annotations

from penstock.api import ConfigDef, Width, validators
from penstock_s3.config.choices import Escaping
from penstock_s3.config.connector_keys import CONNECTOR_KEYS, PARTITIONER_KEYS, STORAGE_KEYS
from penstock_s3.config.key_parts import BOOLEAN, LONG, STRING, Place, Rules, key
from penstock_s3.config.object_keys import OBJECT_KEYS
from penstock_s3.config.s3_keys import S3_KEYS
from penstock_s3.config.side_keys import SIDE_KEYS

SINK_CONFIG = ConfigDef([*CONNECTOR_KEYS, *S3_KEYS, *OBJECT_KEYS, *SIDE_KEYS, *STORAGE_KEYS, *PARTITIONER_KEYS])
"""The keys in the order of the original (recorded)."""

_OURS = "Penstock"
_SMALLEST_BUFFER = 1024 * 1024

SINK_OPTIONS = ConfigDef(
    [
        key(
            "s3.buffer.memory.bytes",
            LONG,
            64 * 1024 * 1024,
            Place(_OURS, 1, "Buffer memory"),
            "How many bytes of unfinished objects a task keeps in memory; the rest waits on disk.",
            Rules(validators.at_least(_SMALLEST_BUFFER)),
        ),
        key(
            "s3.exactly.once.manifest",
            BOOLEAN,
            False,
            Place(_OURS, 2, "Manifest", width=Width.SHORT),
            "Whether a small object for each topic partition tells which objects are finished, so that records are stored "
            "exactly once whatever finishes files.",
        ),
        key(
            "s3.abort.orphans",
            BOOLEAN,
            True,
            Place(_OURS, 3, "Abort orphans", width=Width.SHORT),
            "Whether uploads that an earlier task left unfinished are aborted at the start.",
        ),
        key(
            "flush.bytes",
            LONG,
            -1,
            Place(_OURS, 4, "Flush bytes"),
            "At how many bytes of one file, as they are stored, the open files of a topic partition are finished. -1: any.",
        ),
        key(
            "flush.idle.ms",
            LONG,
            -1,
            Place(_OURS, 5, "Flush when idle (ms)"),
            "After how many milliseconds without a record the open files of a topic partition are finished. -1: never.",
        ),
        key(
            "partition.template",
            STRING,
            "",
            Place(_OURS, 6, "Partition template"),
            "The directory of records as a template, such as {{field:country}}/{{ts:yyyy-MM-dd}}.",
        ),
        key(
            "partition.value.escape",
            STRING,
            Escaping.NONE.value,
            Place(_OURS, 7, "Escaping of values"),
            "What becomes of slashes, control characters, '.' and '..' in values that make directories: none leaves them, "
            "percent writes %2F.",
            Rules(validators.one_of(*(choice.value for choice in Escaping))),
        ),
        key(
            "flush.on.close",
            BOOLEAN,
            False,
            Place(_OURS, 8, "Flush on close", width=Width.SHORT),
            "Whether open files are finished when a task gives its partitions back, at a stop or a rebalance, rather than "
            "written again by the next owner.",
        ),
        key(
            "offsets.past.skipped",
            BOOLEAN,
            False,
            Place(_OURS, 9, "Offsets past skipped records", width=Width.SHORT),
            "Whether offsets may pass records of which there is nothing to write (ignored null values, dead letters) when no "
            "file is open. The original leaves them behind, so that a connector seems to lag for ever.",
        ),
    ]
)
"""Keys of our own."""
