"""The keys of Confluent's S3 sink that concern S3 and what is stored there (spec 2.4)."""

from __future__ import annotations

from penstock.api import REQUIRED, Width, recommenders, validators
from penstock_s3.config.java_classes import DEFAULT_PROVIDER
from penstock_s3.config.key_parts import (
    BOOLEAN,
    CLASS,
    HIGH,
    INT,
    LIST,
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
    part_size,
    provider,
    region,
    shown_if,
)
from penstock_s3.config.regions import REGIONS

KMS = "aws:kms"
ENCRYPTIONS = ("AES256", "aws:fsx", KMS, "aws:kms:dsse")
ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
AFFIXES = ("SUFFIX", "PREFIX", "NONE")
_LEVELS = tuple(range(-1, 9))
_FOREVER = (1 << 63) - 1
_S3 = "S3"


def _short(order: int, title: str) -> Place:
    return Place(_S3, order, title, LOW, Width.SHORT)


S3_KEYS = (
    key(
        "s3.bucket.name",
        STRING,
        REQUIRED,
        Place(_S3, 1, "S3 Bucket", HIGH),
        "The bucket, which must exist.",
    ),
    key(
        "s3.object.tagging",
        BOOLEAN,
        False,
        Place(_S3, 2, "S3 Object Tagging"),
        "Whether finished value objects get the tags startOffset, endOffset and recordCount.",
    ),
    key(
        "s3.object.tagging.key.value.pairs",
        LIST,
        [],
        Place(_S3, 3, "S3 Object Tagging Extra Key Value pairs"),
        "Further tags, as name:value.",
    ),
    key(
        "s3.object.behavior.on.tagging.error",
        STRING,
        "ignore",
        Place(_S3, 4, "Behavior for S3 object tagging error", width=Width.SHORT),
        "What happens when an object cannot be tagged: ignore, or fail the task.",
        Rules(one_of_enum(("ignore", "fail"))),
    ),
    key(
        "s3.region",
        STRING,
        "us-west-2",
        Place(_S3, 5, "AWS region", MEDIUM),
        "The region of the bucket.",
        Rules(region, recommenders.values(*REGIONS)),
    ),
    key(
        "s3.part.size",
        INT,
        26_214_400,
        Place(_S3, 6, "S3 Part Size", HIGH),
        "The bytes of a part of a multipart upload.",
        Rules(part_size),
    ),
    key(
        "s3.credentials.provider.class",
        CLASS,
        DEFAULT_PROVIDER,
        Place(_S3, 7, "AWS Credentials Provider Class"),
        "Where credentials come from. s3.credentials.provider.<key> are its own keys.",
        Rules(provider),
    ),
    key(
        "aws.access.key.id",
        STRING,
        "",
        Place(_S3, 8, "AWS Access Key ID", HIGH),
        "The access key; with aws.secret.access.key it stands for any provider of credentials.",
    ),
    key(
        "aws.secret.access.key",
        PASSWORD,
        "",
        Place(_S3, 9, "AWS Secret Access Key", HIGH),
        "The secret that belongs to aws.access.key.id.",
    ),
    key(
        "s3.ssea.name",
        STRING,
        "",
        Place(_S3, 10, "S3 Server Side Encryption Algorithm"),
        "How the server encrypts objects; empty for the bucket's default.",
        Rules(validators.one_of("", *ENCRYPTIONS), recommenders.values(*ENCRYPTIONS)),
    ),
    key(
        "s3.sse.customer.key",
        PASSWORD,
        "",
        Place(_S3, 11, "S3 Server Side Encryption Customer-Provided Key (SSE-C)"),
        "A key of the customer's own for AES256: 32 bytes in base64.",
    ),
    key(
        "s3.sse.kms.key.id",
        STRING,
        "",
        Place(_S3, 12, "S3 Server Side Encryption Key"),
        "The key of AWS KMS for aws:kms; empty for the account's default key.",
        Rules(recommender=shown_if(lambda parsed: str(parsed.get("s3.ssea.name")).lower() == KMS)),
    ),
    key(
        "s3.acl.canned",
        STRING,
        None,
        Place(_S3, 13, "S3 Canned ACL"),
        "The canned ACL of objects.",
        Rules(listed(ACLS, null_allowed=True)),
    ),
    key(
        "s3.wan.mode",
        BOOLEAN,
        False,
        Place(_S3, 14, "S3 accelerated endpoint enabled", MEDIUM),
        "Whether the bucket is reached through S3 Transfer Acceleration.",
    ),
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
