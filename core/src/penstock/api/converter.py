"""Converters: between Connect's data and the log's bytes (spec 4.1, 5.2).

A converter is called by one task's thread only. ``configure`` comes once, before any conversion, with the sub-keys of
``key.converter.`` or ``value.converter.`` without their prefix, and ``converter.type`` added.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penstock.api.header import Headers
from penstock.api.plugin import Configurable
from penstock.api.schema import Schema


class SchemaAndValue(NamedTuple):
    """A value with its schema; ``SchemaAndValue.NULL`` is no schema and no value."""

    schema: Schema | None
    value: object


NULL_SCHEMA_AND_VALUE = SchemaAndValue(None, None)


class ColumnAndSchema(NamedTuple):
    """Decoded values that share one schema, as ``to_connect_data_batch`` returns them."""

    schema: Schema | None
    values: Sequence[object]


Encoded = bytes | str | None
"""One encoded key or value. ``str`` stands for its UTF-8 bytes: the log's client encodes it faster than Python does."""


class PartialBatch(Exception):  # a signal, not an error: it carries the good part
    """Raised by a ``…_batch`` method: the items before ``index`` are done (``done``), item ``index`` raised ``error``.

    The runtime keeps what is done, treats item ``index`` on the careful path with ``error`` as its first attempt, and calls
    again for the rest (design decision 9). Nothing is converted twice.
    """

    def __init__(self, index: int, done: Sequence[object], error: Exception) -> None:
        super().__init__(index, done, error)
        self.index = index
        self.done = done
        self.error = error


class Converter(Configurable, ABC):
    """Turns keys or values into bytes and back.

    Only the two abstract methods are needed. The batch methods have defaults that call them for each item; override them
    where a column can be converted faster.
    """

    def configure(self, configs: Mapping[str, object], is_key: bool) -> None:  # noqa: ARG002  # Connect's signature
        """Take the configuration; ``self.config`` and ``self.props`` are set already. Raises ConfigException."""
        return

    @abstractmethod
    def from_connect_data(
        self, topic: str, headers: Headers | None, schema: Schema | None, value: object
    ) -> bytes | None:
        """Bytes for the log, None for a null. May add headers. Raises DataException when the value does not fit."""

    @abstractmethod
    def to_connect_data(self, topic: str, headers: Headers | None, value: bytes | None) -> SchemaAndValue:
        """The data behind bytes from the log. Raises DataException when they cannot be understood."""

    def from_connect_data_batch(self, topic: str, schema: Schema | None, values: Sequence[object]) -> Sequence[Encoded]:
        """Encode values that share ``schema``. Headers are not touched: a converter that writes headers must not be
        given batches and says so with ``uses_headers``. Raises :class:`PartialBatch` at the first item that fails."""
        done: list[Encoded] = []
        encode = self.from_connect_data
        try:
            for value in values:
                done.append(encode(topic, None, schema, value))
        except Exception as error:
            raise PartialBatch(len(done), done, error) from error
        return done

    def to_connect_data_batch(self, topic: str, values: Sequence[bytes | None]) -> list[ColumnAndSchema]:
        """Decode a column into runs that share a schema (by identity or equality), in order.

        Raises :class:`PartialBatch` at the first item that fails; ``done`` is then a list of :class:`ColumnAndSchema`.
        """
        runs: list[ColumnAndSchema] = []
        current: list[object] = []
        schema: Schema | None = None
        decode = self.to_connect_data
        count = 0
        try:
            for value in values:
                item_schema, item = decode(topic, None, value)
                if current and item_schema is not schema and item_schema != schema:
                    runs.append(ColumnAndSchema(schema, current))
                    current = []
                schema = item_schema
                current.append(item)
                count += 1
        except Exception as error:
            if current:
                runs.append(ColumnAndSchema(schema, current))
            raise PartialBatch(count, runs, error) from error
        if current:
            runs.append(ColumnAndSchema(schema, current))
        return runs

    @property
    def uses_headers(self) -> bool:
        """Whether conversion reads or writes the record's headers; then the runtime converts record by record."""
        return False


class HeaderConverter(Configurable, ABC):
    """Turns header values into bytes and back."""

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002  # Connect's signature
        """Take the configuration; ``converter.type`` is ``header``. Raises ConfigException."""
        return

    @abstractmethod
    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:
        """Bytes for one header's value. Raises DataException."""

    @abstractmethod
    def to_connect_header(self, topic: str, header_key: str, value: bytes | None) -> SchemaAndValue | None:
        """The data behind one header's bytes. Raises DataException."""

    def close(self) -> None:
        """Release what was taken; called once, after the last conversion."""
        return
