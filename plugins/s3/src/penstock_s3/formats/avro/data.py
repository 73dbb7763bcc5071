"""From Connect schemas to Avro schemas, remembered (spec 10)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from penstock.api import Schema
from penstock_s3.config.settings import AvroSettings
from penstock_s3.formats.avro.anything import ANYTHING
from penstock_s3.formats.avro.conversion import SchemaConversion
from penstock_s3.formats.avro.schema import AvroNode, schema_text


class AvroSchema(NamedTuple):
    """An Avro schema and its text."""

    node: AvroNode
    text: str


class AvroData:
    """Converts schemas and remembers the last of them (``schemas.cache.config``)."""

    def __init__(self, settings: AvroSettings) -> None:
        self.settings = settings
        self.schema = lru_cache(maxsize=max(settings.schemas_cached, 1))(self._convert)
        """The Avro schema of a Connect schema; None is for schemaless values. Raises DataException for what Avro refuses."""

    def _convert(self, schema: Schema | None) -> AvroSchema:
        node = ANYTHING if schema is None else SchemaConversion(self.settings).node(schema)
        return AvroSchema(node, schema_text(node))
