"""SimpleHeaderConverter: header values as text, read back in the narrowest type that the text allows (spec 5.5)."""

from __future__ import annotations

import logging
from typing import ClassVar

from penstock.api import values
from penstock.api.converter import NULL_SCHEMA_AND_VALUE, HeaderConverter, SchemaAndValue
from penstock.api.exceptions import DataException
from penstock.api.schema import Schema
from penstock.converters.charsets import UTF_8

logger = logging.getLogger(__name__)


class SimpleHeaderConverter(HeaderConverter):
    """The default header converter. It does not round-trip strings that look like numbers, dates, lists or maps."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

    def from_connect_header(self, topic: str, header_key: str, schema: Schema | None, value: object) -> bytes | None:  # noqa: ARG002
        """The text of a value, None for a null. Raises DataException for a value of a class that Connect does not know."""
        text = values.convert_to_string(schema, value)
        return None if text is None else UTF_8.encode(text)

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
