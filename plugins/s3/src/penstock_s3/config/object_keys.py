"""The keys of Confluent's S3 sink that concern what objects are like and how they are written; the group is still S3 (spec 2.4)."""

from __future__ import annotations

from penstock.api import Width, recommenders, validators
from penstock_s3.config.key_parts import (
    BOOLEAN,
    INT,
    LONG,
    LOW,
    MEDIUM,
    PASSWORD,
    STRING,
    Place,
    Rules,
    key,
    listed,
    one_of_enum,
)

AFFIXES = ("SUFFIX", "PREFIX", "NONE")
_LEVELS = tuple(range(-1, 9))
_FOREVER = (1 << 63) - 1
_S3 = "S3"


def _short(order: int, title: str) -> Place:
    return Place(_S3, order, title, LOW, Width.SHORT)


OBJECT_KEYS = (
    key(
        "s3.compression.type",
        STRING,
        "none",
        Place(_S3, 15, "Compression type"),
        "The compression of JSON and bytes objects: none or gzip.",
        Rules(listed(("none", "gzip"))),
    ),
    key(
        "s3.compression.level",
        INT,
        -1,
        Place(_S3, 16, "Compression Level"),
        "The level of gzip, from 0 to 9; -1 for the usual one.",
        Rules(validators.between(-1, 9), recommenders.values(*_LEVELS)),
    ),
    key(
        "json.decimal.format",
        STRING,
        "BASE64",
        Place(_S3, 17, "Decimal Format", MEDIUM, Width.MEDIUM),
        "How decimals stand in JSON: BASE64 or NUMERIC.",
        Rules(validators.one_of_ignoring_case("BASE64", "NUMERIC")),
    ),
    key(
        "s3.part.retries",
        INT,
        3,
        Place(_S3, 18, "S3 Part Upload Retries", MEDIUM),
        "How often a request is sent before it has failed.",
        Rules(validators.at_least(0)),
    ),
    key(
        "s3.retry.backoff.ms",
        LONG,
        200,
        _short(19, "Retry Backoff (ms)"),
        "The first pause between two attempts; it doubles from then on.",
        Rules(validators.at_least(0)),
    ),
    key(
        "format.bytearray.extension",
        STRING,
        ".bin",
        Place(_S3, 20, "Output file extension for ByteArrayFormat"),
        "The extension of objects in the bytes format.",
    ),
    key(
        "format.bytearray.separator",
        STRING,
        None,
        Place(_S3, 21, "Line separator ByteArrayFormat"),
        "What stands after each record in the bytes format; by default the end of a line.",
    ),
    key(
        "s3.proxy.url",
        STRING,
        "",
        Place(_S3, 22, "S3 Proxy Settings"),
        "The proxy on the way to S3, such as http://proxy:3128.",
    ),
    key(
        "s3.proxy.user",
        STRING,
        None,
        Place(_S3, 23, "S3 Proxy User"),
        "The user known to the proxy.",
    ),
    key(
        "s3.proxy.password",
        PASSWORD,
        "",
        Place(_S3, 24, "S3 Proxy Password"),
        "The password known to the proxy.",
    ),
    key(
        "s3.http.send.expect.continue",
        BOOLEAN,
        True,
        _short(25, "S3 HTTP Send Uses Expect Continue"),
        "Whether uploads ask with Expect: 100-continue before they send.",
    ),
    key(
        "behavior.on.null.values",
        STRING,
        "fail",
        _short(26, "Behavior for null-valued records"),
        "What happens to records without a value: fail the task, ignore them, or write their keys as tombstones.",
        Rules(one_of_enum(("ignore", "fail", "write"))),
    ),
    key(
        "report.null.values.to.dlq",
        BOOLEAN,
        True,
        _short(27, "Report null value to dlq"),
        "Whether ignored records without a value go to the dead letter queue.",
    ),
    key(
        "max.write.duration.ms",
        LONG,
        _FOREVER,
        _short(28, "Maximum write duration"),
        "How long the task works at a time before it lets the runtime have a turn.",
    ),
    key(
        "rotate.file.on.partition.change",
        BOOLEAN,
        True,
        _short(29, "Rotate files on partition change"),
        "Whether, with rotate.interval.ms, a record for another directory finishes the open files.",
    ),
    key(
        "tombstone.encoded.partition",
        STRING,
        "tombstone",
        _short(30, "Tombstone Encoded Partition"),
        "The directory of tombstones.",
    ),
    key(
        "s3.schema.partition.affix.type",
        STRING,
        "NONE",
        Place(_S3, 31, "Schema Partition Affix Type"),
        "Where the name of the value's schema stands around the directory: PREFIX, SUFFIX or NONE.",
        Rules(validators.one_of(*AFFIXES), recommenders.values(*AFFIXES)),
    ),
    key(
        "s3.send.digest",
        BOOLEAN,
        False,
        _short(32, "S3 Send Upload Message Digest"),
        "Whether parts carry their MD5.",
    ),
    key(
        "enable.conditional.writes",
        BOOLEAN,
        True,
        _short(33, "Enable conditional writes during multipart upload"),
        "Whether, with rotate.schedule.interval.ms, an object that exists is not written over.",
    ),
    key(
        "max.files.scan.limit",
        INT,
        100,
        Place("", -1, "max.files.scan.limit", width=Width.NONE),
        "How many names are tried.",
    ),
)
