"""SimpleHeaderConverter: header values as text, read back in the narrowest type that the text allows (spec 5.5)."""

from __future__ import annotations

import datetime as dt
import decimal
import logging
from typing import ClassVar

from penstock.api import values
from penstock.api.converter import NULL_SCHEMA_AND_VALUE, HeaderConverter, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.charsets import UTF_8

logger = logging.getLogger(__name__)

_UNCHANGING = frozenset({str, float, bytes, dt.datetime, dt.date, dt.time, decimal.Decimal})
_MOST_NAMES = 64


class SimpleHeaderConverter(HeaderConverter):
    """The default header converter. It does not round-trip strings that look like numbers, dates, lists or maps."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, Schema | None, bytes | None]] = {}
        """By name: the value that was converted last and its bytes. Sources often give one value to thousands of records."""

    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        """The text of a value, None for a null. Raises DataException for a value of a class that Connect does not know."""
        last = self._last.get(header_key)
        if last is not None and last[0] is value and last[1] is schema:
            return last[2]
        if value.__class__ is int and (schema is None or schema is Schema.INT64):
            return b"%d" % value
        text = values.convert_to_string(schema, value)
        encoded = None if text is None else UTF_8.encode(text)
        if value.__class__ in _UNCHANGING and (header_key in self._last or len(self._last) < _MOST_NAMES):
            self._last[header_key] = value, schema, encoded
        return encoded

    def to_connect_header(self, topic: str, header_key: str, value: bytes | None) -> SchemaAndValue | None:
        """The value that a text spells; None where it spells ``null``."""
        if value is None:
            return NULL_SCHEMA_AND_VALUE
        text = UTF_8.decode(value)
        try:
            return values.parse_string(text)
        except LookupError as error:
            raise DataException(f"Failed to deserialize value for header '{header_key}' on topic '{topic}'") from error
        except Exception as error:  # whatever parsing stumbles over, the bytes are still there to be had
            logger.warning(
                "Failed to deserialize value for header '%s' on topic '%s', so using byte array",
                header_key,
                topic,
                exc_info=error,
            )
            return SchemaAndValue(Schema.BYTES, value)
