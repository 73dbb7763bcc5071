"""Exceptions that authors raise and the runtime understands (spec 4.1).

The tree, grouped by what the runtime does next::

    KafkaException                         a fault of a client or a configuration
    └── ConfigException                    a configuration value is wrong: the connector or task FAILS
    ConnectException                       fatal: the task or connector FAILS with this trace
    ├── RetriableException                 try the same thing again later
    ├── DataException                      this record cannot be converted: tolerated, dead-lettered, or fatal
    │   └── SchemaBuilderException         a schema was put together wrongly
    │       (SchemaProjectorException      a value does not fit the schema it is projected to)
    ├── IllegalWorkerStateException        a call at a moment when it has no meaning
    ├── NotFoundException                  404 at the REST border
    └── AlreadyExistsException             409 at the REST border

``connect_name`` is the Java class name under which traces, dead letter headers and REST clients see the exception.
"""

from __future__ import annotations

from typing import ClassVar


class KafkaException(Exception):
    """A fault reported by the log's client library, or a wrong configuration."""

    connect_name: ClassVar[str] = "org.apache.kafka.common.KafkaException"


class ConfigException(KafkaException):
    """A configuration key has a missing or wrong value.

    ``ConfigException("text")`` keeps the text. ``ConfigException.of(name, value, reason)`` builds Connect's wording,
    "Invalid value V for configuration K: reason".
    """

    connect_name: ClassVar[str] = "org.apache.kafka.common.config.ConfigException"

    @classmethod
    def of(cls, name: str, value: object, reason: str | None = None) -> ConfigException:
        """Connect's wording for one wrong value. ``value`` is shown as Java shows it; secrets must be masked before."""
        text = f"Invalid value {_java_text(value)} for configuration {name}"
        return cls(text if reason is None else f"{text}: {reason}")


class ConnectException(Exception):
    """The base of what a connector, task, converter or transformation raises on purpose."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.ConnectException"


class RetriableException(ConnectException):
    """The operation may succeed when tried again: ``put`` is repeated with the same batch, ``poll`` is called again."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.RetriableException"


class DataException(ConnectException):
    """The data does not fit its schema, or cannot be converted."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.DataException"


class SchemaBuilderException(DataException):
    """A schema builder was used against its rules."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.SchemaBuilderException"


class SchemaProjectorException(DataException):
    """A value cannot be projected from its schema to another."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.SchemaProjectorException"


class IllegalWorkerStateException(ConnectException):
    """A call came when the worker or task was in no state to serve it."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.IllegalWorkerStateException"


class NotFoundException(ConnectException):
    """A named thing does not exist."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.NotFoundException"


class AlreadyExistsException(ConnectException):
    """A thing of this name exists."""

    connect_name: ClassVar[str] = "org.apache.kafka.connect.errors.AlreadyExistsException"


def _java_text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_java_text(item) for item in value) + "]"
    return str(value)
