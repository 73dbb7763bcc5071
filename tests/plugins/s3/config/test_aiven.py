"""Aiven's keys: from configurations to settings, what is refused, older spellings."""

from __future__ import annotations

import pytest

from penstock.api import ConfigException
from penstock_s3.config.aiven_config import validate_aiven
from penstock_s3.config.aiven_names import Grouping, check_name_template
from penstock_s3.config.aiven_settings import aiven_settings
from penstock_s3.config.choices import Compression, Credentials, Extractor, Field, FormatKind, OnNull, ValueEncoding

BUCKET = {"aws.s3.bucket.name": "b"}
SUPPORTED = (
    "supported sets are: partition,start_offset,topic,timestamp; key,partition,start_offset,topic,timestamp; key; "
    "key,partition,topic (timestamp may be left out)"
)


def errors_of(**changes: str) -> dict[str, list[str]]:
    props = BUCKET | {name.replace("__", "."): value for name, value in changes.items()}
    return {value.name: value.errors for value in validate_aiven(props) if value.errors}


def test_defaults() -> None:
    found = aiven_settings(BUCKET)
    assert (found.store.bucket, found.store.region, found.store.part_size) == ("b", "us-east-1", 5 << 20)
    assert (found.store.retry.attempts, found.store.retry.backoff_ms, found.store.retry.max_backoff_ms) == (
        4,
        100,
        20_000,
    )
    assert (found.format.kind, found.format.compression) == (FormatKind.CSV, Compression.GZIP)
    assert found.format.envelope is not None
    assert found.format.envelope.fields == (Field.VALUE,)
    assert found.format.envelope.value_encoding is ValueEncoding.BASE64
    assert found.rotation.on_flush
    assert found.rotation.flush_size is None
    assert found.nulls.behavior is OnNull.WRITE
    assert found.names is not None
    assert found.names.name == "{{topic}}-{{partition}}-{{start_offset:padding=true}}"
    assert found.retry_backoff_ms == 5000


def test_older_spellings_give_way_to_present_ones() -> None:
    older = {
        "aws_s3_bucket": "old",
        "aws_access_key_id": "a",
        "aws_secret_access_key": "s",
        "aws_s3_region": "eu-west-1",
        "aws_s3_endpoint": "minio:9000",
        "output_compression": "none",
        "output_fields": "key,value",
    }
    found = aiven_settings(older)
    assert (found.store.bucket, found.store.region, found.store.endpoint) == ("old", "eu-west-1", "https://minio:9000")
    assert found.store.credentials.source is Credentials.STATIC
    assert found.store.path_style
    assert found.format.compression is Compression.NONE
    assert found.format.envelope is not None
    assert found.format.envelope.fields == (Field.KEY, Field.VALUE)
    assert aiven_settings(older | BUCKET).store.bucket == "b"
    assert {value.name: value.errors for value in validate_aiven(older) if value.errors} == {}


def test_everything_else() -> None:
    found = aiven_settings(
        BUCKET
        | {
            "aws.sts.role.arn": "arn",
            "aws.sts.role.session.name": "s",
            "aws.sts.role.external.id": "e",
            "aws.sts.role.session.duration": "900",
            "aws.sts.config.endpoint": "http://sts",
            "aws.s3.sse.algorithm": "AES256",
            "kafka.retry.backoff.ms": "7",
            "file.name.template": "{{topic}}/{{partition}}-{{start_offset}}",
            "file.name.timestamp.source": "EVENT",
            "file.max.records": "5",
            "format.output.type": "PARQUET",
        }
    )
    role = found.store.credentials
    assert (role.source, role.role_session_seconds, role.sts_endpoint) == (Credentials.ASSUME_ROLE, 900, "http://sts")
    assert found.store.encryption.algorithm == "AES256"
    assert found.retry_backoff_ms == 7
    assert found.rotation.flush_size == 5
    assert found.partition.extractor is Extractor.RECORD
    assert (found.format.kind, found.format.parquet_codec) == (FormatKind.PARQUET, "gzip")


@pytest.mark.parametrize(
    ("template", "grouping"),
    [
        ("{{topic}}-{{partition}}-{{start_offset}}", Grouping.PARTITION),
        (
            "{{timestamp:unit=yyyy}}/{{topic}}/{{partition:padding=true}}-{{start_offset:padding=true}}",
            Grouping.PARTITION,
        ),
        ("{{ topic }}-{{key}}-{{partition}}-{{start_offset}}", Grouping.KEY_OF_PARTITION),
        ("{{key}}", Grouping.LAST_OF_KEY),
        ("{{topic}}/{{partition}}/{{key}}", Grouping.LAST_OF_KEY_OF_PARTITION),
    ],
)
def test_groupings(template: str, grouping: Grouping) -> None:
    assert check_name_template(template) is grouping
    changes = BUCKET | {"file.name.template": template}
    assert aiven_settings(changes).rotation.flush_size == (1 if grouping.compacted else None)


@pytest.mark.parametrize("group", ["{{key}}", "{{timestamp:unit=HH}}"])
def test_records_are_counted_by_group_where_there_are_several(group: str) -> None:
    template = f"{{{{topic}}}}-{group}-{{{{partition}}}}-{{{{start_offset}}}}"
    found = aiven_settings(BUCKET | {"file.name.template": template, "file.max.records": "9"})
    assert (found.rotation.flush_size, found.partition.most_records) == (None, 9)


@pytest.mark.parametrize(
    ("changes", "key", "text"),
    [
        ({"file__name__template": "{{topic}}"}, "file.name.template", f"Invalid value {{{{topic}}}} for configuration file.name.template: unsupported set of template variables (topic), {SUPPORTED}"),
        ({"file__name__template": "{{key}}-{{timestamp:unit=yyyy}}"}, "file.name.template", f"Invalid value {{{{key}}}}-{{{{timestamp:unit=yyyy}}}} for configuration file.name.template: unsupported set of template variables (key,timestamp), {SUPPORTED}"),
        ({"format__output__fields": "value,nope"}, "format.output.fields", "Invalid value nope for configuration format.output.fields: supported values are: key, value, offset, timestamp, headers"),
        ({"format__output__fields": ""}, "format.output.fields", "Invalid value [] for configuration format.output.fields: give some of: key, value, offset, timestamp, headers"),
        ({"format__output__envelope": "false", "format__output__fields": "key,value"}, "format.output.envelope", "When format.output.envelope is false, format.output.fields must have just one field"),
        ({"aws__s3__backoff__max__retries": "31"}, "aws.s3.backoff.max.retries", "Invalid value 31 for configuration aws.s3.backoff.max.retries: Value must be no more than 30"),
        ({"file__name__timestamp__timezone": "Nope"}, "file.name.timestamp.timezone", "Invalid value Nope for configuration file.name.timestamp.timezone: The datetime zone id 'Nope' is not recognised"),
        ({"aws__s3__bucket__name": ""}, "aws.s3.bucket.name", 'Missing required configuration "aws.s3.bucket.name" which has no default value.'),
    ],
)  # fmt: skip
def test_what_validation_refuses(changes: dict[str, str], key: str, text: str) -> None:
    assert errors_of(**changes) == {key: [text]}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"aws.s3.bucket.name": ""}, 'Missing required configuration "aws.s3.bucket.name" which has no default value.'),
        ({"file.name.template": "{{key}}", "file.max.records": "2"}, "Invalid value 2 for configuration file.max.records: With names by key alone an object holds one record; give 1 or 0"),
        ({"format.output.envelope": "false", "format.output.fields": "key,value"}, "Invalid value false for configuration format.output.envelope: Without an envelope format.output.fields must have just one field"),
        ({"aws.sts.role.arn": "arn"}, "aws.sts.role.arn needs aws.sts.role.session.name beside it"),
    ],
)  # fmt: skip
def test_what_no_task_can_do(changes: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as told:
        aiven_settings(BUCKET | changes)
    assert str(told.value) == text


def test_providers_of_credentials() -> None:
    for name, source in (
        ("com.amazonaws.auth.EnvironmentVariableCredentialsProvider", Credentials.ENVIRONMENT),
        ("software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider", Credentials.ANONYMOUS),
    ):
        assert aiven_settings(BUCKET | {"aws.credentials.provider": name}).store.credentials.source is source
    with pytest.raises(ConfigException, match=r"There is no such provider here; use one of Environment"):
        aiven_settings(BUCKET | {"aws.credentials.provider": "a.Nope"})
