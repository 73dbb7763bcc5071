"""All that an author of connectors, tasks, converters, transformations and config providers imports.

The face of the house: the names below are kept, and a test pins them. Everything else is inside. Beside the classes there are
three modules to import from here: ``validators`` and ``recommenders`` for ``ConfigDef``, and ``values`` for conversions.
"""

from penstock.api import recommenders, validators, values
from penstock.api.batch import Offset, SinkBatch, SinkSlice, SourceBatch
from penstock.api.check import Check, PlannedStep
from penstock.api.config import ConfigDef
from penstock.api.config_key import REQUIRED, ConfigKey, ConfigValue, Recommender, Validator
from penstock.api.config_types import ClassLookup, ConfigType, Importance, Password, Width
from penstock.api.connector import (
    Connector,
    ConnectorContext,
    ConnectorTransactionBoundaries,
    ExactlyOnceSupport,
    SinkConnector,
    SourceConnector,
    SourceConnectorContext,
)
from penstock.api.converter import (
    NULL_SCHEMA_AND_VALUE,
    ColumnAndSchema,
    Converter,
    Encoded,
    HeaderConverter,
    PartialBatch,
    SchemaAndValue,
)
from penstock.api.equality import same_value
from penstock.api.exceptions import (
    AlreadyExistsException,
    ConfigException,
    ConnectException,
    DataException,
    IllegalWorkerStateException,
    KafkaException,
    NotFoundException,
    RetriableException,
    SchemaBuilderException,
    SchemaProjectorException,
)
from penstock.api.function_transform import transform
from penstock.api.header import Header, Headers
from penstock.api.header_columns import HeaderColumn, HeaderColumns
from penstock.api.hooks import Plugin, PluginKind, hookimpl
from penstock.api.instant import Instant
from penstock.api.javatext import java_str
from penstock.api.keys import FrozenMap, as_key
from penstock.api.logical import Date, Decimal, Time, Timestamp
from penstock.api.numerics import Float32, Float64, Int8, Int16, Int32, Int64
from penstock.api.override import (
    ClientType,
    ConnectorClientConfigOverridePolicy,
    ConnectorClientConfigRequest,
)
from penstock.api.parsed_config import ParsedConfig
from penstock.api.plugin import Configurable
from penstock.api.projector import project
from penstock.api.provider import ConfigData, ConfigProvider
from penstock.api.record import UNCHANGED, ConnectRecord, SinkRecord, SourceRecord, TimestampType, TopicPartition
from penstock.api.record_columns import RecordColumns
from penstock.api.schema import Field, Schema, Type
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.api.struct_column import StructColumn
from penstock.api.task import (
    ErrantRecordReporter,
    OffsetStorageReader,
    RecordMetadata,
    SinkTask,
    SinkTaskContext,
    SourceTask,
    SourceTaskContext,
    Task,
    TaskContext,
    TransactionBoundary,
    TransactionContext,
)
from penstock.api.transform import AnyRecord, Predicate, Transformation
from penstock.api.validation import validate_value

__all__ = [
    "NULL_SCHEMA_AND_VALUE",
    "REQUIRED",
    "UNCHANGED",
    "AlreadyExistsException",
    "AnyRecord",
    "Check",
    "ClassLookup",
    "ClientType",
    "ColumnAndSchema",
    "ConfigData",
    "ConfigDef",
    "ConfigException",
    "ConfigKey",
    "ConfigProvider",
    "ConfigType",
    "ConfigValue",
    "Configurable",
    "ConnectException",
    "ConnectRecord",
    "Connector",
    "ConnectorClientConfigOverridePolicy",
    "ConnectorClientConfigRequest",
    "ConnectorContext",
    "ConnectorTransactionBoundaries",
    "Converter",
    "DataException",
    "Date",
    "Decimal",
    "Encoded",
    "ErrantRecordReporter",
    "ExactlyOnceSupport",
    "Field",
    "Float32",
    "Float64",
    "FrozenMap",
    "Header",
    "HeaderColumn",
    "HeaderColumns",
    "HeaderConverter",
    "Headers",
    "IllegalWorkerStateException",
    "Importance",
    "Instant",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "KafkaException",
    "NotFoundException",
    "Offset",
    "OffsetStorageReader",
    "ParsedConfig",
    "PartialBatch",
    "Password",
    "PlannedStep",
    "Plugin",
    "PluginKind",
    "Predicate",
    "Recommender",
    "RecordColumns",
    "RecordMetadata",
    "RetriableException",
    "Schema",
    "SchemaAndValue",
    "SchemaBuilder",
    "SchemaBuilderException",
    "SchemaProjectorException",
    "SinkBatch",
    "SinkConnector",
    "SinkRecord",
    "SinkSlice",
    "SinkTask",
    "SinkTaskContext",
    "SourceBatch",
    "SourceConnector",
    "SourceConnectorContext",
    "SourceRecord",
    "SourceTask",
    "SourceTaskContext",
    "Struct",
    "StructColumn",
    "Task",
    "TaskContext",
    "Time",
    "Timestamp",
    "TimestampType",
    "TopicPartition",
    "TransactionBoundary",
    "TransactionContext",
    "Transformation",
    "Type",
    "Validator",
    "Width",
    "as_key",
    "hookimpl",
    "java_str",
    "project",
    "recommenders",
    "same_value",
    "transform",
    "validate_value",
    "validators",
    "values",
]
