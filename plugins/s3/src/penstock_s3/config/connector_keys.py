"""The keys of Confluent's sinks to any store: the groups Connector and Schema, Storage, Partitioner (spec 2.1 to 2.3)."""

from __future__ import annotations

from penstock.api import REQUIRED, Width, recommenders, validators
from penstock_s3.config.choices import Partitioning
from penstock_s3.config.java_classes import (
    AVRO_FORMAT,
    BYTES_FORMAT,
    DEFAULT_PARTITIONER,
    JSON_FORMAT,
    PARQUET_FORMAT,
    PARTITIONERS,
    STORAGE,
    TEMPLATE_PARTITIONER,
)
from penstock_s3.config.key_parts import (
    BOOLEAN,
    CLASS,
    HIGH,
    INT,
    LIST,
    LONG,
    MEDIUM,
    STRING,
    Place,
    Rules,
    class_is,
    field_names,
    key,
    listed,
    partitioner_uses,
    shown_if,
    timezone,
)

AVRO_CODECS = ("null", "deflate", "snappy", "bzip2")
PARQUET_CODECS = ("none", "gzip", "snappy", "lz4", "brotli", "lz4_raw", "zstd", "lzo")
VALUE_FORMATS = (AVRO_FORMAT, JSON_FORMAT, BYTES_FORMAT, PARQUET_FORMAT)

_CONNECTOR = "Connector"
_STORAGE = "Storage"
_PARTITIONER = "Partitioner"

CONNECTOR_KEYS = (
    key(
        "format.class",
        CLASS,
        REQUIRED,
        Place(_CONNECTOR, 1, "Format class", HIGH, Width.NONE),
        "The format of value objects: Avro, JSON lines, bytes or Parquet.",
        Rules(recommender=recommenders.values(*VALUE_FORMATS)),
    ),
    key(
        "flush.size",
        INT,
        REQUIRED,
        Place(_CONNECTOR, 2, "Flush Size", HIGH),
        "After how many records the open files of a topic partition are finished, counted over all of them.",
    ),
    key(
        "rotate.interval.ms",
        LONG,
        -1,
        Place(_CONNECTOR, 3, "Rotate Interval (ms)", HIGH, Width.MEDIUM),
        "How many milliseconds the times of records in open files may lie apart, with a time-based partitioner. -1: any.",
    ),
    key(
        "rotate.schedule.interval.ms",
        LONG,
        -1,
        Place(_CONNECTOR, 4, "Rotate Schedule Interval (ms)", MEDIUM, Width.MEDIUM),
        "At which intervals, counted by the wall clock from the start of a day in timezone, open files are finished. -1: "
        "never. What is read again after a failure may then be cut into other files.",
    ),
    key(
        "schemas.cache.config",
        INT,
        1000,
        Place(_CONNECTOR, 5, "Schema Cache Size"),
        "How many Avro schemas are kept.",
    ),
    key(
        "enhanced.avro.schema.support",
        BOOLEAN,
        True,
        Place(_CONNECTOR, 6, "Enhanced Avro Support", width=Width.SHORT),
        "Whether enums and namespaces are kept in Avro schemas.",
    ),
    key(
        "connect.meta.data",
        BOOLEAN,
        True,
        Place(_CONNECTOR, 7, "Connect Metadata", width=Width.SHORT),
        "Whether Avro schemas carry names, versions and parameters of Connect's schemas.",
    ),
    key(
        "retry.backoff.ms",
        LONG,
        5000,
        Place(_CONNECTOR, 8, "Retry Backoff (ms)", width=Width.MEDIUM),
        "How long a topic partition rests after a write that failed and may be tried again.",
    ),
    key(
        "filename.offset.zero.pad.width",
        INT,
        10,
        Place(_CONNECTOR, 10, "Filename Offset Zero Pad Width"),
        "To how many digits offsets in object keys are filled up with zeros.",
        Rules(validators.at_least(0)),
    ),
    key(
        "avro.codec",
        STRING,
        "null",
        Place(_CONNECTOR, 11, "Avro Compression Codec", width=Width.MEDIUM),
        "The compression inside Avro files.",
        Rules(validators.one_of(*AVRO_CODECS), shown_if(class_is("format.class", AVRO_FORMAT), AVRO_CODECS)),
    ),
    key(
        "allow.optional.map.keys",
        BOOLEAN,
        False,
        Place(_CONNECTOR, 12, "Allow Optional Map Keys", width=Width.SHORT),
        "Whether maps with optional strings as keys become Avro maps.",
    ),
    key(
        "schema.compatibility",
        STRING,
        "NONE",
        Place("Schema", 1, "Schema Compatibility", HIGH, Width.SHORT),
        "Which records of other schemas share a file by being projected to its schema: NONE, BACKWARD, FORWARD or FULL; "
        "anything else counts as NONE.",
        Rules(recommender=recommenders.values("NONE", "BACKWARD", "FORWARD", "FULL")),
    ),
    key(
        "parquet.codec",
        STRING,
        "snappy",
        Place(_CONNECTOR, 13, "Parquet Compression Codec", width=Width.MEDIUM),
        "The compression inside Parquet files.",
        Rules(listed(PARQUET_CODECS), shown_if(class_is("format.class", PARQUET_FORMAT), PARQUET_CODECS)),
    ),
)

STORAGE_KEYS = (
    key(
        "storage.class",
        CLASS,
        REQUIRED,
        Place(_STORAGE, 1, "Storage Class", HIGH, Width.NONE),
        f"Where objects are stored: {STORAGE}.",
        Rules(recommender=recommenders.values(STORAGE)),
    ),
    key(
        "topics.dir",
        STRING,
        "topics",
        Place(_STORAGE, 2, "Topics directory", HIGH, Width.NONE),
        "What object keys begin with; blank for nothing.",
    ),
    key(
        "store.url",
        STRING,
        None,
        Place(_STORAGE, 3, "Store URL", HIGH, Width.NONE),
        "Where S3 is, when it is not AWS; a file: URL stores in a local directory.",
    ),
    key(
        "directory.delim",
        STRING,
        "/",
        Place(_STORAGE, 4, "Directory Delimiter", MEDIUM),
        "What stands between directories in object keys.",
    ),
    key(
        "file.delim",
        STRING,
        "+",
        Place(_STORAGE, 5, "File Delimiter", MEDIUM),
        "What stands between topic, partition and offset in object keys.",
    ),
)

_OF_PARTITIONER = ("partition.field.name", "partition.duration.ms", "path.format", "locale", "timezone")
_TIMES = (Partitioning.TIME, Partitioning.HOURLY, Partitioning.DAILY)

PARTITIONER_KEYS = (
    key(
        "partitioner.class",
        CLASS,
        DEFAULT_PARTITIONER,
        Place(_PARTITIONER, 1, "Partitioner Class", HIGH),
        "How records are divided into directories.",
        Rules(
            recommender=recommenders.values(*(name for name in PARTITIONERS if name != TEMPLATE_PARTITIONER)),
            dependents=_OF_PARTITIONER,
        ),
    ),
    key(
        "partition.field.name",
        LIST,
        [],
        Place(_PARTITIONER, 2, "Partition Field Name", MEDIUM, Width.NONE),
        "Fields of the value, as dotted paths, whose values make the directory (FieldPartitioner).",
        Rules(field_names, partitioner_uses(Partitioning.FIELD)),
    ),
    key(
        "partition.duration.ms",
        LONG,
        -1,
        Place(_PARTITIONER, 3, "Partition Duration (ms)", MEDIUM),
        "How many milliseconds share a directory (TimeBasedPartitioner).",
        Rules(recommender=partitioner_uses(Partitioning.TIME)),
    ),
    key(
        "path.format",
        STRING,
        "",
        Place(_PARTITIONER, 4, "Path Format", MEDIUM),
        "The directory of a time, as a pattern of Joda-Time (TimeBasedPartitioner).",
        Rules(recommender=partitioner_uses(Partitioning.TIME)),
    ),
    key(
        "locale",
        STRING,
        "",
        Place(_PARTITIONER, 5, "Locale", MEDIUM),
        "The language of names of months and days in directories, such as en.",
        Rules(recommender=partitioner_uses(*_TIMES)),
    ),
    key(
        "timezone",
        STRING,
        "",
        Place(_PARTITIONER, 6, "Timezone", MEDIUM),
        "The zone of times in directories and of rotate.schedule.interval.ms, such as Europe/Berlin, UTC or +05:30.",
        Rules(timezone, partitioner_uses(*_TIMES)),
    ),
    key(
        "timestamp.extractor",
        STRING,
        "Wallclock",
        Place(_PARTITIONER, 7, "Timestamp Extractor", MEDIUM),
        "Where the time of a record comes from: Wallclock, Record (its Kafka timestamp) or RecordField.",
    ),
    key(
        "timestamp.field",
        STRING,
        "timestamp",
        Place(_PARTITIONER, 8, "Record Field for Timestamp Extractor", MEDIUM),
        "The field with the time of a record, as a dotted path (RecordField).",
    ),
)
