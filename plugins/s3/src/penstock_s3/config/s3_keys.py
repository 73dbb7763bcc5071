"""The keys of Confluent's S3 sink that concern the bucket and the way to it (spec 2.4)."""

from __future__ import annotations

from penstock.api import REQUIRED, Width, recommenders, validators
from penstock_s3.config.java_classes import DEFAULT_PROVIDER
from penstock_s3.config.key_parts import (
    BOOLEAN,
    CLASS,
    HIGH,
    INT,
    LIST,
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
_S3 = "S3"


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
)
