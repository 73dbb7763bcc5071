"""From the keys of Aiven's dialect to :class:`SinkSettings` (spec 13)."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigException, ParsedConfig
from penstock_s3.config.aiven_config import AIVEN_CONFIG, BUCKET, with_present_names
from penstock_s3.config.aiven_names import DEFAULT_NAME, Grouping, check_name_template, has_groups
from penstock_s3.config.choices import (
    Compatibility,
    Compression,
    Credentials,
    DecimalFormat,
    Escaping,
    Extractor,
    Field,
    FormatKind,
    OnNull,
    Partitioning,
    SchemaAffix,
    ValueEncoding,
)
from penstock_s3.config.settings import (
    AvroSettings,
    CredentialSettings,
    EncryptionSettings,
    EnvelopeSettings,
    FormatSettings,
    NamingSettings,
    NullSettings,
    PartitionSettings,
    RetrySettings,
    RotationSettings,
    SinkSettings,
    StoreSettings,
    TemplateSettings,
)
from penstock_s3.config.sink_config import SINK_OPTIONS
from penstock_s3.config.store_settings import endpoint

_KINDS = {
    "csv": FormatKind.CSV,
    "json": FormatKind.JSON_ARRAY,
    "jsonl": FormatKind.JSON,
    "parquet": FormatKind.PARQUET,
    "avro": FormatKind.AVRO,
}
_AVRO_CODECS = {"none": "null", "gzip": "deflate", "snappy": "snappy", "zstd": "zstandard"}
_PROVIDERS = {
    "EnvironmentVariableCredentialsProvider": Credentials.ENVIRONMENT,
    "ProfileCredentialsProvider": Credentials.PROFILE,
    "InstanceProfileCredentialsProvider": Credentials.INSTANCE,
    "EC2ContainerCredentialsProviderWrapper": Credentials.CONTAINER,
    "ContainerCredentialsProvider": Credentials.CONTAINER,
    "WebIdentityTokenCredentialsProvider": Credentials.WEB_IDENTITY,
    "WebIdentityTokenFileCredentialsProvider": Credentials.WEB_IDENTITY,
    "AnonymousCredentialsProvider": Credentials.ANONYMOUS,
    "DefaultAWSCredentialsProviderChain": Credentials.DEFAULT,
    "DefaultCredentialsProvider": Credentials.DEFAULT,
}
_RETRY_BACKOFF_MS = 5000


def aiven_settings(props: Mapping[str, str | None]) -> SinkSettings:
    """What a task needs to know. Raises ConfigException for the first key whose value is missing or wrong."""
    config = AIVEN_CONFIG.parsed(with_present_names(props))
    options = SINK_OPTIONS.parsed(props)
    template, grouping = _name(config)
    backoff = config["kafka.retry.backoff.ms"]
    by_event = config.get_string("file.name.timestamp.source").lower() == "event"
    names = TemplateSettings(
        name=template,
        timezone=config.get_string("file.name.timestamp.timezone"),
        source=Extractor.RECORD if by_event else Extractor.WALLCLOCK,
    )
    most = config.get_int("file.max.records")
    if grouping.compacted and most > 1:
        raise ConfigException.of(
            "file.max.records", most, "With names by key alone an object holds one record; give 1 or 0"
        )
    return SinkSettings(
        connector=props.get("name") or "",
        store=_store(config, options),
        naming=NamingSettings(topics_dir="", directory_delim="/", file_delim="-", pad_width=1),
        partition=_partition(names, options, most if has_groups(template) and not grouping.compacted else 0),
        format=_format(config),
        rotation=RotationSettings(
            flush_size=1 if grouping.compacted else None if has_groups(template) else most or None,
            interval_ms=None,
            schedule_ms=None,
            timezone="UTC",
            on_partition_change=False,
            max_open_files=None,
            compatibility=Compatibility.NONE,
            flush_bytes=_positive(options.get_long("flush.bytes")),
            idle_ms=_positive(options.get_long("flush.idle.ms")),
            on_flush=True,
        ),
        nulls=NullSettings(OnNull.WRITE, report=False),
        retry_backoff_ms=int(str(backoff)) if backoff is not None else _RETRY_BACKOFF_MS,
        max_write_ms=None,
        manifest=options.get_bool("s3.exactly.once.manifest"),
        names=names,
        flush_on_close=options.get_bool("flush.on.close"),
        past_skipped=options.get_bool("offsets.past.skipped"),
    )


def _name(config: ParsedConfig) -> tuple[str, Grouping]:
    template = config.get_string("file.name.template", None)
    if template is not None:
        return template, check_name_template(template)
    prefix = config.get_string("file.prefix.template", None)
    return (config.get_string("aws.s3.prefix") if prefix is None else prefix) + DEFAULT_NAME, Grouping.PARTITION


def _partition(names: TemplateSettings, options: ParsedConfig, most: int) -> PartitionSettings:
    return PartitionSettings(
        kind=Partitioning.NAME,
        delim="/",
        fields=(),
        duration_ms=-1,
        path_format="",
        locale="en",
        timezone=names.timezone,
        extractor=names.source,
        timestamp_field="",
        affix=SchemaAffix.NONE,
        tombstone=None,
        template=names.name,
        escaping=Escaping(options.get_string("partition.value.escape")),
        custom="",
        most_records=most or None,
    )


def _format(config: ParsedConfig) -> FormatSettings:
    compression = config.get_string("file.compression.type").lower()
    kind = _KINDS[config.get_string("format.output.type").lower()]
    fields = tuple(dict.fromkeys(Field(name.lower()) for name in config.get_list("format.output.fields")))
    enveloped = config.get_bool("format.output.envelope")
    if not enveloped and len(fields) != 1:
        raise ConfigException.of(
            "format.output.envelope", "false", "Without an envelope format.output.fields must have just one field"
        )
    return FormatSettings(
        kind=kind,
        compression=Compression(compression),
        compression_level=-1,
        avro=AvroSettings(
            codec=_AVRO_CODECS[compression],
            connect_meta_data=True,
            enhanced=True,
            optional_map_keys=False,
            schemas_cached=1000,
        ),
        parquet_codec=compression,
        decimals=DecimalFormat.BASE64,
        bytes_extension="",
        bytes_separator=b"\n",
        keys=None,
        headers=None,
        envelope=EnvelopeSettings(
            fields, ValueEncoding(config.get_string("format.output.fields.value.encoding").lower()), enveloped
        ),
    )


def _store(config: ParsedConfig, options: ParsedConfig) -> StoreSettings:
    bucket = config.get_string(BUCKET, "")
    if not bucket:
        raise ConfigException(f'Missing required configuration "{BUCKET}" which has no default value.')
    url = endpoint(config.get_string("aws.s3.endpoint", None))
    return StoreSettings(
        bucket=bucket,
        region=config.get_string("aws.s3.region"),
        endpoint=url,
        credentials=_credentials(config),
        encryption=EncryptionSettings(config.get_string("aws.s3.sse.algorithm") or None),
        retry=RetrySettings(
            attempts=config.get_int("aws.s3.backoff.max.retries") + 1,
            backoff_ms=config.get_long("aws.s3.backoff.delay.ms"),
            max_backoff_ms=config.get_long("aws.s3.backoff.max.delay.ms"),
        ),
        proxy=None,
        tagging=None,
        path_style=url is not None,
        accelerate=False,
        part_size=config.get_int("aws.s3.part.size.bytes"),
        buffer_memory=options.get_long("s3.buffer.memory.bytes"),
        acl=None,
        send_digest=False,
        expect_continue=True,
        conditional_writes=False,
        abort_orphans=options.get_bool("s3.abort.orphans"),
    )


def _credentials(config: ParsedConfig) -> CredentialSettings:
    key_id, secret = config.get_string("aws.access.key.id"), config.get_password("aws.secret.access.key").value
    role = config.get_string("aws.sts.role.arn")
    if role:
        session = config.get_string("aws.sts.role.session.name")
        if not session:
            raise ConfigException("aws.sts.role.arn needs aws.sts.role.session.name beside it")
        return CredentialSettings(
            Credentials.ASSUME_ROLE,
            key_id,
            secret,
            role_arn=role,
            role_session_name=session,
            role_external_id=config.get_string("aws.sts.role.external.id"),
            role_session_seconds=config.get_int("aws.sts.role.session.duration"),
            sts_endpoint=config.get_string("aws.sts.config.endpoint"),
        )
    if key_id and secret:
        return CredentialSettings(Credentials.STATIC, key_id, secret)
    provider = config.get_string("aws.credentials.provider").rpartition(".")[2]
    if provider and provider not in _PROVIDERS:
        reason = f"There is no such provider here; use one of {', '.join(_PROVIDERS)}"
        raise ConfigException.of("aws.credentials.provider", provider, reason)
    return CredentialSettings(_PROVIDERS.get(provider, Credentials.DEFAULT))


def _positive(number: int) -> int | None:
    return number if number > 0 else None
