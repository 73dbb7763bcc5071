"""DropHeaders: removes headers by name (spec 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from penstock.api import ConfigDef, ConfigType, Headers, Importance, RecordColumns, Transformation
from penstock.api.validators import unique_list
from penstock.transforms.operand import Record

HEADERS_CONFIG = "headers"


class DropHeaders(Transformation[Record]):
    """Removes every header whose name is listed."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.DropHeaders"
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        HEADERS_CONFIG,
        ConfigType.LIST,
        importance=Importance.HIGH,
        validator=unique_list(empty_allowed=False, null_allowed=False),
        doc="The names of the headers to remove.",
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._names = frozenset(self.config.get_list(HEADERS_CONFIG))

    def apply(self, record: Record) -> Record:
        names = self._names
        return record.replace(headers=Headers(header for header in record.headers if header.key not in names))

    def apply_batch(self, batch: RecordColumns) -> Sequence[RecordColumns] | None:
        if batch.headers is None:
            return [batch]
        names = self._names
        left = [Headers(header for header in headers or () if header.key not in names) for headers in batch.headers]
        return [replace(batch, headers=left)]
