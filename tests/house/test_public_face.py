"""The names that authors import from ``penstock.api`` are kept: adding one is a decision, taking one away breaks plugins."""

from __future__ import annotations

import subprocess
import sys

import penstock.api

FACE = [
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
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "KafkaException",
    "NULL_SCHEMA_AND_VALUE",
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
    "REQUIRED",
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
    "UNCHANGED",
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

# A plugin's module with hookimpls imports the face and nothing else; so does every child.
HEAVY = (
    "asyncio",
    "confluent_kafka",
    "kafka",
    "msgspec",
    "multiprocessing",
    "orjson",
    "sqlite3",
    "starlette",
    "uvicorn",
)


def test_the_face_is_as_pinned() -> None:
    assert sorted(penstock.api.__all__) == sorted(FACE)


def test_every_name_is_there() -> None:
    assert [name for name in penstock.api.__all__ if not hasattr(penstock.api, name)] == []


def test_importing_the_face_imports_nothing_heavy() -> None:
    script = f"import sys, penstock.api; print([name for name in {HEAVY!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
