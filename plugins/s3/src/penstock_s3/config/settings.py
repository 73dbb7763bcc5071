"""What a task needs to know, typed and checked: no other room reads configuration keys.

Both dialects end here (:mod:`penstock_s3.config.sink_settings`, :mod:`penstock_s3.config.aiven_settings`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    OnTaggingError,
    Partitioning,
    SchemaAffix,
    ValueEncoding,
)


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """How to be known to S3. The secret is left out of the repr. ``endpoint`` and ``region`` are those of STS."""

    source: Credentials = Credentials.DEFAULT
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    role_arn: str = ""
    role_session_name: str = ""
    role_external_id: str = ""
    role_session_seconds: int | None = None
    sts_region: str = ""
    sts_endpoint: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class EncryptionSettings:
    """Server-side encryption. At most one of ``customer_key`` (32 bytes, SSE-C) and ``algorithm`` is in force.

    ``algorithm``: ``AES256``, ``aws:kms``, ``aws:kms:dsse`` or ``aws:fsx``; None for none. ``kms_key_id``: None means the
    account's default key, where Java's connector would silently not encrypt by KMS at all (spec 12)."""

    algorithm: str | None = None
    kms_key_id: str | None = None
    customer_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """An HTTP proxy on the way to S3."""

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TaggingSettings:
    """Tags on finished value objects: ``startOffset``, ``endOffset``, ``recordCount`` and ``extra`` (spec 9.4)."""

    extra: Mapping[str, str]
    on_error: OnTaggingError


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """Requests: ``attempts`` (at least 1) with full-jitter pauses from ``backoff_ms``, at most ``max_backoff_ms``."""

    attempts: int
    backoff_ms: int
    max_backoff_ms: int


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where objects are stored. ``endpoint`` None is AWS; a ``file:`` URL is a local directory.

    ``part_size`` and ``buffer_memory`` in bytes; ``buffer_memory`` bounds what one task holds of unfinished objects."""

    bucket: str
    region: str
    endpoint: str | None
    credentials: CredentialSettings
    encryption: EncryptionSettings
    retry: RetrySettings
    proxy: ProxySettings | None
    tagging: TaggingSettings | None
    path_style: bool
    accelerate: bool
    part_size: int
    buffer_memory: int
    acl: str | None
    send_digest: bool
    expect_continue: bool
    conditional_writes: bool
    abort_orphans: bool


@dataclass(frozen=True, slots=True)
class NamingSettings:
    """How object keys are put together (spec 4). ``topics_dir`` blank: left out. ``pad_width`` at least 1."""

    topics_dir: str
    directory_delim: str
    file_delim: str
    pad_width: int


@dataclass(frozen=True, slots=True)
class PartitionSettings:
    """How records find their directories (spec 3). What does not matter to ``kind`` is still what was configured; the
    partitioner checks what it needs. ``duration_ms`` -1: not given. ``custom``: ``module.Class`` of a partitioner of the
    user's own. ``tombstone`` None: null values never reach the partitioner. ``most_records``: how many records of one path
    share a file (Aiven's ``file.max.records`` where names have the key), None: any number."""

    kind: Partitioning
    delim: str
    fields: tuple[str, ...]
    duration_ms: int
    path_format: str
    locale: str
    timezone: str
    extractor: Extractor | str
    timestamp_field: str
    affix: SchemaAffix
    tombstone: str | None
    template: str
    escaping: Escaping
    custom: str
    most_records: int | None = None


@dataclass(frozen=True, slots=True)
class AvroSettings:
    """Options of the conversion to Avro schemas, which Parquet goes by too (spec 2.1)."""

    codec: str
    connect_meta_data: bool
    enhanced: bool
    optional_map_keys: bool
    schemas_cached: int


@dataclass(frozen=True, slots=True)
class EnvelopeSettings:
    """Aiven's: which parts of a record are written, and whether a single part stands bare."""

    fields: tuple[Field, ...]
    value_encoding: ValueEncoding
    enveloped: bool


@dataclass(frozen=True, slots=True)
class FormatSettings:
    """What value objects, and beside them keys and headers, look like (spec 7, 10).

    ``compression`` holds for JSON and bytes, of side files too; level -1 is the library's own. ``bytes_separator`` are the
    bytes after each record of the bytes format. ``keys`` and ``headers`` None: not stored. ``envelope`` None: values only."""

    kind: FormatKind
    compression: Compression
    compression_level: int
    avro: AvroSettings
    parquet_codec: str
    decimals: DecimalFormat
    bytes_extension: str
    bytes_separator: bytes
    keys: FormatKind | None
    headers: FormatKind | None
    envelope: EnvelopeSettings | None = None


@dataclass(frozen=True, slots=True)
class RotationSettings:
    """When open files are finished (spec 5). Times in ms; ``interval_ms``, ``schedule_ms``, ``idle_ms`` None: never.

    ``flush_size`` is at least 1, None: no limit. ``interval_ms`` is None unless the partitioner is time-based. ``timezone``
    is where the days of the schedule begin. ``flush_bytes`` (encoded bytes of one file) and ``idle_ms`` are ours (spec 17.1).
    ``on_flush``: all files are finished whenever the runtime commits, as Aiven's sink does."""

    flush_size: int | None
    interval_ms: int | None
    schedule_ms: int | None
    timezone: str
    on_partition_change: bool
    max_open_files: int | None
    compatibility: Compatibility
    flush_bytes: int | None
    idle_ms: int | None
    on_flush: bool = False


@dataclass(frozen=True, slots=True)
class NullSettings:
    """What becomes of null values, and whether ignored ones are reported to the dead letter queue (spec 7)."""

    behavior: OnNull
    report: bool


@dataclass(frozen=True, slots=True)
class TemplateSettings:
    """Aiven's names of objects: the template of the whole key, without the extension of the codec (spec 13)."""

    name: str
    timezone: str
    source: Extractor


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """Everything. ``connector`` is the connector's name. ``retry_backoff_ms``: the pause of a topic partition after a write
    that may be tried again; ``max_write_ms``: how long one ``put`` may work, None: without limit. ``manifest``: exactly once
    in every mode by a manifest object (spec 6). ``names`` is set in Aiven's dialect only. ``flush_on_close``: finish files when
    partitions go (spec 17.8); ``past_skipped``: offsets may pass records of which there is nothing to write (spec 6). ``scan_limit``, at
    least 1: how many names are tried for a file whose own is taken."""

    connector: str
    store: StoreSettings
    naming: NamingSettings
    partition: PartitionSettings
    format: FormatSettings
    rotation: RotationSettings
    nulls: NullSettings
    retry_backoff_ms: int
    max_write_ms: int | None
    manifest: bool
    names: TemplateSettings | None = None
    flush_on_close: bool = False
    past_skipped: bool = False
    scan_limit: int = 100
