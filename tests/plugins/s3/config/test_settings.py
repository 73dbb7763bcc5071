"""From configurations to settings, and what no task can do."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest

from penstock.api import ConfigException
from penstock_s3.config.choices import (
    Compatibility,
    Compression,
    Credentials,
    Escaping,
    Extractor,
    FormatKind,
    OnNull,
    OnTaggingError,
    Partitioning,
    SchemaAffix,
)
from penstock_s3.config.settings import CredentialSettings, EncryptionSettings, ProxySettings, TaggingSettings
from tests.plugins.s3.config.configs import FORMATS, PARTITIONERS, config, settings_of

SCHEDULE = {"rotate_schedule_interval_ms": "60000", "timezone": "UTC"}
ROLE = {
    "s3.credentials.provider.class": "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider",
    "s3.credentials.provider.sts.role.arn": "arn:aws:iam::1:role/r",
    "s3.credentials.provider.sts.role.session.name": "s",
    "s3.credentials.provider.sts.role.external.id": "e",
}


class TestStore:
    def test_defaults(self) -> None:
        store = settings_of(config()).store
        assert (store.bucket, store.region, store.endpoint) == ("bkt", "us-east-1", None)
        assert store.credentials.source is Credentials.DEFAULT
        assert store.part_size == 26_214_400
        assert (store.retry.attempts, store.retry.backoff_ms) == (3, 200)
        assert store.path_style
        assert store.tagging is store.proxy is store.acl is None

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("http://s3:9000", "http://s3:9000"),
            ("s3:9000", "https://s3:9000"),
            ("file:///tmp/x", "file:///tmp/x"),
            (" ", None),
        ],
    )
    def test_endpoints(self, url: str, expected: str | None) -> None:
        assert settings_of(config(store_url=url)).store.endpoint == expected

    def test_keys_replace_the_provider(self) -> None:
        props = config(**{"aws.access.key.id": "a", "aws.secret.access.key": "s"})
        found = settings_of(props).store.credentials
        assert found == CredentialSettings(Credentials.STATIC, "a", "s")
        assert "'s'" not in repr(found)
        assert settings_of(config(**{"aws.access.key.id": "a"})).store.credentials.source is Credentials.DEFAULT

    def test_an_assumed_role(self) -> None:
        keys = {
            "aws.access.key.id": "a",
            "aws.secret.access.key": "s",
            "s3.credentials.provider.sts.region": "eu-west-1",
        }
        found = settings_of(config(**ROLE, **keys)).store.credentials
        assert found.source is Credentials.ASSUME_ROLE
        assert (found.role_arn, found.role_session_name, found.role_external_id) == ("arn:aws:iam::1:role/r", "s", "e")
        assert (found.access_key_id, found.secret_access_key, found.sts_region) == ("a", "s", "eu-west-1")

    def test_encryption(self, caplog: pytest.LogCaptureFixture) -> None:
        def of(**changes: str) -> EncryptionSettings:
            return settings_of(config(**changes)).store.encryption

        key = base64.b64encode(bytes(range(32))).decode()
        assert of() == EncryptionSettings()
        assert of(s3_ssea_name="AES256") == EncryptionSettings("AES256")
        assert of(s3_ssea_name="AES256", s3_sse_customer_key=key) == EncryptionSettings(customer_key=bytes(range(32)))
        assert of(s3_ssea_name="aws:kms", s3_sse_kms_key_id="k") == EncryptionSettings("aws:kms", "k")
        with caplog.at_level(logging.WARNING):
            assert of(s3_ssea_name="aws:kms") == EncryptionSettings("aws:kms")
            assert of(s3_sse_customer_key=key) == EncryptionSettings()
        assert "account's default key of AWS KMS" in caplog.messages[0]
        assert "s3.sse.customer.key is not used" in caplog.messages[1]

    def test_proxy_and_tags(self) -> None:
        proxied = config(s3_proxy_url="p:3128", s3_proxy_user="u", s3_proxy_password="w")
        assert settings_of(proxied).store.proxy == ProxySettings("http://p:3128", "u", "w")
        tagged = config(**{"s3.object.tagging": "true", "s3.object.tagging.key.value.pairs": "a:b,x:y:z"})
        assert settings_of(tagged).store.tagging == TaggingSettings({"a": "b", "x": "y"}, OnTaggingError.IGNORE)

    def test_conditional_writes_need_a_schedule_and_values_alone(self) -> None:
        assert not settings_of(config()).store.conditional_writes
        assert settings_of(config(**SCHEDULE)).store.conditional_writes
        assert not settings_of(config(**SCHEDULE, store_kafka_keys="true")).store.conditional_writes
        assert not settings_of(config(**SCHEDULE, enable_conditional_writes="false")).store.conditional_writes


class TestFormats:
    def test_kinds_and_separators(self) -> None:
        found = settings_of(
            config(
                **{
                    "format.class": f"{FORMATS}.bytearray.ByteArrayFormat",
                    "format.bytearray.separator": " | ",
                    "s3.compression.type": "gzip",
                    "store.kafka.headers": "true",
                    "headers.format.class": f"{FORMATS}.json.JsonFormat",
                }
            )
        ).format
        assert (found.kind, found.keys, found.headers) == (FormatKind.BYTES, None, FormatKind.JSON)
        assert found.bytes_separator == b" | "
        assert found.compression is Compression.GZIP
        assert settings_of(config()).format.bytes_separator == b"\n"

    def test_decimals_in_any_case(self) -> None:
        assert settings_of(config(json_decimal_format="numeric")).format.decimals.value == "NUMERIC"


class TestPartitionsAndRotation:
    def test_everything(self) -> None:
        found = settings_of(
            config(
                **{
                    "partitioner.class": f"{PARTITIONERS}.TimeBasedPartitioner",
                    "partition.duration.ms": "1000",
                    "path.format": "yyyy",
                    "locale": "en",
                    "timezone": "UTC",
                    "timestamp.extractor": f"{PARTITIONERS}.TimeBasedPartitioner$RecordTimestampExtractor",
                    "rotate.interval.ms": "5000",
                    "s3.schema.partition.affix.type": "SUFFIX",
                    "behavior.on.null.values": "WRITE",
                    "store.kafka.keys": "true",
                    "schema.compatibility": "FULL",
                    "partitioner.max.open.files": "0",
                    "max.write.duration.ms": "9",
                    "flush.bytes": "100",
                    "flush.idle.ms": "7",
                    "partition.value.escape": "percent",
                }
            )
        )
        assert found.partition.kind is Partitioning.TIME
        assert found.partition.extractor is Extractor.RECORD
        assert (found.partition.affix, found.partition.tombstone) == (SchemaAffix.SUFFIX, "tombstone")
        assert found.partition.escaping is Escaping.PERCENT
        assert (found.rotation.interval_ms, found.rotation.max_open_files) == (5000, 0)
        assert (found.rotation.flush_bytes, found.rotation.idle_ms) == (100, 7)
        assert found.rotation.compatibility is Compatibility.FULL
        assert found.nulls.behavior is OnNull.WRITE
        assert found.max_write_ms == 9

    @pytest.mark.parametrize(("given", "expected"), [("5", 5), ("0", 1), ("-1", 1)])
    def test_names_that_are_tried(self, given: str, expected: int) -> None:
        assert settings_of(config(max_files_scan_limit=given)).scan_limit == expected

    def test_what_means_never(self) -> None:
        found = settings_of(config(flush_size="0", rotate_interval_ms="5000"))
        assert found.rotation.flush_size == 1
        assert found.rotation.interval_ms is None  # not by time
        assert found.rotation.schedule_ms is found.rotation.max_open_files is found.max_write_ms is None
        assert found.partition.tombstone is None

    @pytest.mark.parametrize("name", ["full", "NOPE", "BACKWARD_TRANSITIVE"])
    def test_unknown_compatibility_is_none(self, name: str) -> None:
        assert settings_of(config(schema_compatibility=name)).rotation.compatibility is Compatibility.NONE

    def test_templates(self) -> None:
        found = settings_of(config(partition_template="{{topic}}/{{ ts:HH}}", rotate_interval_ms="5"))
        assert found.partition.kind is Partitioning.TEMPLATE
        assert found.rotation.interval_ms == 5
        assert settings_of(config(partition_template="{{topic}}", rotate_interval_ms="5")).rotation.interval_ms is None

    def test_a_partitioner_of_the_users_own(self) -> None:
        found = settings_of(config(partitioner_class="tests.plugins.s3.partition.test_partitioners.Reversing"))
        assert found.partition.kind is Partitioning.CUSTOM
        assert found.partition.custom.endswith(".Reversing")


SDK = "software.amazon.awssdk.auth.credentials"
GONE = "Invalid value no.Such for configuration {0}: Class no.Such could not be found."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"format.class": "no.Such"}, GONE.format("format.class")),
        ({"storage.class": "no.Such"}, GONE.format("storage.class")),
        ({"partitioner.class": "no.Such"}, GONE.format("partitioner.class")),
        ({"s3.credentials.provider.class": "no.Such"}, GONE.format("s3.credentials.provider.class")),
        ({"storage.class": "java.lang.String"}, "Invalid value java.lang.String for configuration storage.class: This class does not serve here; use one of io.confluent.connect.s3.storage.S3Storage"),
        ({"s3.credentials.provider.class": f"{SDK}.StaticCredentialsProvider"}, f"Invalid value {SDK}.StaticCredentialsProvider for configuration s3.credentials.provider.class: This class does not serve here; use one of {SDK}.DefaultCredentialsProvider, {SDK}.EnvironmentVariableCredentialsProvider, {SDK}.ProfileCredentialsProvider, {SDK}.InstanceProfileCredentialsProvider, {SDK}.ContainerCredentialsProvider, {SDK}.WebIdentityTokenFileCredentialsProvider, {SDK}.AnonymousCredentialsProvider, io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider"),
        ({"filename.offset.zero.pad.width": "0"}, "Invalid value 0 for configuration filename.offset.zero.pad.width: An offset has at least one digit; give 1 for no zeros before it"),
        ({"rotate.schedule.interval.ms": "1"}, "Invalid value  for configuration timezone: Timezone cannot be empty when using scheduled file rotation."),
        ({"behavior.on.null.values": "write"}, "behavior.on.null.values is write, so the keys of tombstones are to be stored; set store.kafka.keys to true"),
        ({"s3.compression.type": "gzip", "format.class": f"{FORMATS}.avro.AvroFormat"}, "Invalid value gzip for configuration s3.compression.type: The format avro has codecs of its own"),
        ({"s3.wan.mode": "true"}, "s3.wan.mode and s3.path.style.access.enabled cannot both be true; set s3.path.style.access.enabled to false"),
        ({"store.url": "ftp://x"}, "Invalid value ftp://x for configuration store.url: Give the URL of an S3 service, such as http://minio:9000, or file:///dir"),
        ({"store.url": "http://"}, "Invalid value http:// for configuration store.url: Give the URL of an S3 service, such as http://minio:9000, or file:///dir"),
        ({"s3.proxy.url": ":::"}, "Invalid value ::: for configuration s3.proxy.url: Give the URL of a proxy, such as http://proxy:3128"),
        ({"s3.ssea.name": "AES256", "s3.sse.customer.key": "c2hvcnQ="}, "Invalid value [hidden] for configuration s3.sse.customer.key: Give 32 bytes in base64, which are 44 characters"),
        ({"s3.ssea.name": "AES256", "s3.sse.customer.key": "%%"}, "Invalid value [hidden] for configuration s3.sse.customer.key: Give 32 bytes in base64, which are 44 characters"),
        ({"s3.object.tagging": "true", "s3.object.tagging.key.value.pairs": "a"}, "Invalid value a for configuration s3.object.tagging.key.value.pairs: Give each tag as name:value"),
        ({"s3.credentials.provider.class": ROLE["s3.credentials.provider.class"]}, 'Missing required configuration "s3.credentials.provider.sts.role.arn" which has no default value.'),
        ({"partition.template": "{{topic}}", "partitioner.class": f"{PARTITIONERS}.FieldPartitioner"}, f"partition.template and partitioner.class={PARTITIONERS}.FieldPartitioner cannot both say the directory; take one out"),
    ],
)  # fmt: skip
def test_what_no_task_can_do(changes: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigException) as told:
        settings_of(config(**changes))
    assert str(told.value) == text


def test_the_readme_of_the_package_names_every_key_of_ours() -> None:
    from penstock_s3.config.sink_config import SINK_OPTIONS

    readme = (Path(__file__).parents[4] / "plugins" / "s3" / "README.md").read_text(encoding="utf-8")
    assert [name for name in SINK_OPTIONS.keys if f"`{name}`" not in readme] == []
