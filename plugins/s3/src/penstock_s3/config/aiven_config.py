"""The keys of Aiven's S3 sink (spec 13), with the older spellings that its configs may have."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigException, ConfigValue, Width, recommenders, validators
from penstock_s3.config.aiven_names import check_name_template
from penstock_s3.config.choices import Field
from penstock_s3.config.key_parts import (
    BOOLEAN,
    HIGH,
    INT,
    LIST,
    LONG,
    MEDIUM,
    PASSWORD,
    STRING,
    Place,
    Rules,
    key,
    part_size,
    timezone,
)
from penstock_s3.config.sink_config import SINK_OPTIONS

_AWS, _FILE, _FORMAT, _RETRY = "AWS", "File", "Format", "Retry"
COMPRESSIONS = ("none", "gzip", "snappy", "zstd")
OUTPUTS = ("csv", "json", "jsonl", "parquet", "avro")
FIELDS = tuple(choice.value for choice in Field)
BUCKET = "aws.s3.bucket.name"

OLDER_NAMES: Mapping[str, str] = {
    "aws_access_key_id": "aws.access.key.id",
    "aws_secret_access_key": "aws.secret.access.key",
    "aws_s3_bucket": BUCKET,
    "aws_s3_endpoint": "aws.s3.endpoint",
    "aws_s3_region": "aws.s3.region",
    "aws_s3_prefix": "aws.s3.prefix",
    "output_compression": "file.compression.type",
    "output_fields": "format.output.fields",
}
"""What older configs say, by what they are called now."""


def _name_template(name: str, value: object) -> None:
    if value is None:
        return
    try:
        check_name_template(str(value))
    except ConfigException as error:
        raise ConfigException.of(name, value, str(error)) from error


def _fields(name: str, value: object) -> None:
    items = value if isinstance(value, list) else []
    if not items:
        raise ConfigException.of(name, value, f"give some of: {', '.join(FIELDS)}")
    for item in items:
        if str(item).lower() not in FIELDS:
            raise ConfigException.of(name, item, f"supported values are: {', '.join(FIELDS)}")


_KEYS = (
    key("aws.access.key.id", STRING, "", Place(_AWS, 1, "AWS Access Key ID", HIGH), "The access key."),
    key("aws.secret.access.key", PASSWORD, "", Place(_AWS, 2, "AWS Secret Access Key", HIGH), "Its secret."),
    key(
        "aws.credentials.provider",
        STRING,
        "",
        Place(_AWS, 3, "AWS credentials provider"),
        "Where credentials come from, by the name of a Java class, when no access key is given.",
    ),
    key(BUCKET, STRING, None, Place(_AWS, 4, "AWS S3 bucket", HIGH), "The bucket, which must exist."),
    key("aws.s3.region", STRING, "us-east-1", Place(_AWS, 5, "AWS S3 region", MEDIUM), "The region of the bucket."),
    key("aws.s3.endpoint", STRING, None, Place(_AWS, 6, "AWS S3 endpoint"), "Where S3 is, when it is not AWS."),
    key(
        "aws.s3.prefix",
        STRING,
        "",
        Place(_AWS, 7, "Prefix"),
        "What object names begin with; older than file.prefix.template and file.name.template.",
    ),
    key(
        "aws.s3.part.size.bytes",
        INT,
        5 * 1024 * 1024,
        Place(_AWS, 8, "Part size", MEDIUM),
        "The bytes of a part of a multipart upload.",
        Rules(part_size),
    ),
    key(
        "aws.s3.sse.algorithm",
        STRING,
        "",
        Place(_AWS, 9, "Server-side encryption"),
        "How the server encrypts objects: AES256 or aws:kms.",
        Rules(validators.one_of("", "AES256", "aws:kms", "aws:kms:dsse")),
    ),
    key("aws.sts.role.arn", STRING, "", Place(_AWS, 10, "Role ARN", MEDIUM), "The role to assume."),
    key("aws.sts.role.external.id", STRING, "", Place(_AWS, 11, "External ID", MEDIUM), "The external id of the role."),
    key("aws.sts.role.session.name", STRING, "", Place(_AWS, 12, "Session name", MEDIUM), "The name of the session."),
    key(
        "aws.sts.role.session.duration",
        INT,
        3600,
        Place(_AWS, 13, "Session duration"),
        "How many seconds a session lasts.",
        Rules(validators.between(900, 43_200)),
    ),
    key("aws.sts.config.endpoint", STRING, "", Place(_AWS, 14, "STS endpoint"), "Where STS is, when it is not AWS."),
    key(
        "aws.s3.backoff.delay.ms",
        LONG,
        100,
        Place(_RETRY, 1, "Backoff delay"),
        "The first pause between attempts.",
        Rules(validators.at_least(1)),
    ),
    key(
        "aws.s3.backoff.max.delay.ms",
        LONG,
        20_000,
        Place(_RETRY, 2, "Longest backoff delay"),
        "The longest pause between attempts.",
        Rules(validators.at_least(1)),
    ),
    key(
        "aws.s3.backoff.max.retries",
        INT,
        3,
        Place(_RETRY, 3, "Retries"),
        "How often a request is tried again.",
        Rules(validators.between(1, 30)),
    ),
    key(
        "kafka.retry.backoff.ms",
        LONG,
        None,
        Place(_RETRY, 4, "Retry backoff"),
        "How long a topic partition rests after a write that failed and may be tried again.",
    ),
    key(
        "file.name.template",
        STRING,
        None,
        Place(_FILE, 1, "File name template", MEDIUM),
        "The names of objects, without the extension of the compression, such as "
        "{{topic}}/{{partition:padding=true}}-{{start_offset:padding=true}}.",
        Rules(validators.described(_name_template, "a template with a supported set of variables")),
    ),
    key(
        "file.prefix.template", STRING, None, Place(_FILE, 2, "File prefix template", MEDIUM), "What names begin with."
    ),
    key(
        "file.compression.type",
        STRING,
        "gzip",
        Place(_FILE, 3, "Compression", MEDIUM, Width.NONE),
        "How objects are compressed.",
        Rules(validators.one_of_ignoring_case(*COMPRESSIONS), recommenders.values(*COMPRESSIONS)),
    ),
    key(
        "file.max.records",
        INT,
        0,
        Place(_FILE, 4, "Records per file", MEDIUM),
        "How many records an object has at most; 0 for any number.",
        Rules(validators.at_least(0)),
    ),
    key(
        "file.name.timestamp.timezone",
        STRING,
        "UTC",
        Place(_FILE, 5, "Timezone of names"),
        "The zone of times in names.",
        Rules(timezone),
    ),
    key(
        "file.name.timestamp.source",
        STRING,
        "wallclock",
        Place(_FILE, 6, "Source of times in names"),
        "Where times in names come from: wallclock, or event (the record's timestamp).",
        Rules(validators.one_of_ignoring_case("wallclock", "event")),
    ),
    key(
        "format.output.type",
        STRING,
        "csv",
        Place(_FORMAT, 1, "Output format", MEDIUM),
        "The format of objects.",
        Rules(validators.one_of_ignoring_case(*OUTPUTS), recommenders.values(*OUTPUTS)),
    ),
    key(
        "format.output.fields",
        LIST,
        ["value"],
        Place(_FORMAT, 2, "Output fields", MEDIUM),
        "Which parts of records are written.",
        Rules(validators.described(_fields, f"some of {', '.join(FIELDS)}"), recommenders.values(*FIELDS)),
    ),
    key(
        "format.output.fields.value.encoding",
        STRING,
        "base64",
        Place(_FORMAT, 3, "Encoding of values", MEDIUM),
        "How bytes stand in csv, json and jsonl: base64 or none.",
        Rules(validators.one_of_ignoring_case("base64", "none")),
    ),
    key(
        "format.output.envelope",
        BOOLEAN,
        True,
        Place(_FORMAT, 4, "Envelope", MEDIUM),
        "Whether a single field stands in an envelope with its name.",
    ),
)
AIVEN_CONFIG = ConfigDef(_KEYS)


def with_present_names(props: Mapping[str, str | None]) -> dict[str, str | None]:
    """The configuration with older spellings under the present names; a present name wins."""
    return {OLDER_NAMES[name]: value for name, value in props.items() if name in OLDER_NAMES} | {
        name: value for name, value in props.items() if name not in OLDER_NAMES
    }


def validate_aiven(props: Mapping[str, str]) -> list[ConfigValue]:
    """Every key with all that is wrong with it, alone and with others; of our own keys those that are set."""
    named = with_present_names(props)
    values = {value.name: value for value in AIVEN_CONFIG.validate(named)}
    if not values[BUCKET].value:
        values[BUCKET].add_error(f'Missing required configuration "{BUCKET}" which has no default value.')
    fields, envelope = values["format.output.fields"].value, values["format.output.envelope"]
    if envelope.value is False and isinstance(fields, list) and len(fields) != 1:
        envelope.add_error("When format.output.envelope is false, format.output.fields must have just one field")
    options = [value for value in SINK_OPTIONS.validate(props) if value.name in props]
    return [*values.values(), *options]
