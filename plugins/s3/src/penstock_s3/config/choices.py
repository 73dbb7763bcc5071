"""The choices that a configuration can make, as enums."""

from __future__ import annotations

import enum


class FormatKind(enum.Enum):
    """A format of objects (spec 10). CSV and JSON_ARRAY are known to Aiven's dialect only."""

    AVRO = "avro"
    JSON = "json"
    BYTES = "bytes"
    PARQUET = "parquet"
    CSV = "csv"
    JSON_ARRAY = "json_array"


class Compression(enum.Enum):
    """What is done to the bytes of an object as a whole; Avro and Parquet compress inside, by their own codecs."""

    NONE = "none"
    GZIP = "gzip"
    SNAPPY = "snappy"
    ZSTD = "zstd"


class Partitioning(enum.Enum):
    """How the directory of a record is found (spec 3). NAME is Aiven's: a template gives the whole name of the object."""

    DEFAULT = "default"
    FIELD = "field"
    TIME = "time"
    HOURLY = "hourly"
    DAILY = "daily"
    TEMPLATE = "template"
    NAME = "name"
    CUSTOM = "custom"

    @property
    def time_based(self) -> bool:
        """Whether records have a time of their own, which ``rotate.interval.ms`` goes by (spec 5)."""
        return self in (Partitioning.TIME, Partitioning.HOURLY, Partitioning.DAILY)


class Extractor(enum.Enum):
    """Where the time of a record comes from."""

    WALLCLOCK = "Wallclock"
    RECORD = "Record"
    RECORD_FIELD = "RecordField"


class SchemaAffix(enum.Enum):
    """Where ``schema_name=…`` stands around the encoded partition (spec 7)."""

    NONE = "NONE"
    PREFIX = "PREFIX"
    SUFFIX = "SUFFIX"


class Escaping(enum.Enum):
    """What becomes of values that would make directories of their own. NONE is what Java does."""

    NONE = "none"
    PERCENT = "percent"


class Compatibility(enum.Enum):
    """When another schema needs another file (spec 8)."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"


class OnNull(enum.Enum):
    """What becomes of a record whose value is null (spec 7)."""

    FAIL = "fail"
    IGNORE = "ignore"
    WRITE = "write"


class OnTaggingError(enum.Enum):
    """Whether an object that could not be tagged fails the task (spec 9.4)."""

    IGNORE = "ignore"
    FAIL = "fail"


class DecimalFormat(enum.Enum):
    """How decimals stand in JSON."""

    BASE64 = "BASE64"
    NUMERIC = "NUMERIC"


class Credentials(enum.Enum):
    """Where the credentials for S3 come from (spec 2.4)."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    INSTANCE = "instance"
    CONTAINER = "container"
    WEB_IDENTITY = "web_identity"
    PROCESS = "process"
    ANONYMOUS = "anonymous"
    STATIC = "static"
    ASSUME_ROLE = "assume_role"


class Field(enum.Enum):
    """One part of a record, as Aiven's ``format.output.fields`` names them."""

    KEY = "key"
    VALUE = "value"
    OFFSET = "offset"
    TIMESTAMP = "timestamp"
    HEADERS = "headers"


class ValueEncoding(enum.Enum):
    """How bytes stand in Aiven's text formats."""

    BASE64 = "base64"
    NONE = "none"
