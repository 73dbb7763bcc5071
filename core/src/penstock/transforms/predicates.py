"""Predicates: which records a transformation applies to (spec 6.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import ConfigDef, ConfigType, Importance, Predicate, RecordColumns, StructColumn
from penstock.api.regex import compile_regex
from penstock.api.validators import all_of, non_empty, regex
from penstock.transforms.operand import Record

NAME_CONFIG = "name"
PATTERN_CONFIG = "pattern"


class HasHeaderKey(Predicate[Record]):
    """True for records with at least one header of the name."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.predicates.HasHeaderKey"
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        NAME_CONFIG,
        ConfigType.STRING,
        importance=Importance.MEDIUM,
        validator=non_empty(),
        doc="The name of the header.",
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._name = self.config.get_string(NAME_CONFIG, None)

    def test(self, record: Record) -> bool:
        name = self._name  # null, which the configuration may say, is no header's name
        return record.has_headers and any(header.key == name for header in record.headers)

    def test_batch(self, batch: RecordColumns) -> Sequence[bool] | None:
        name, headers = self._name, batch.headers or [None] * len(batch)
        return [any(header.key == name for header in each or ()) for each in headers]


class RecordIsTombstone(Predicate[Record]):
    """True for records without a value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone"

    def test(self, record: Record) -> bool:
        return record.value is None

    def test_batch(self, batch: RecordColumns) -> Sequence[bool] | None:
        if isinstance(batch.values, StructColumn):
            return [False] * len(batch)
        return [value is None for value in batch.values]


class TopicNameMatches(Predicate[Record]):
    """True for records whose whole topic name matches."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches"
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        PATTERN_CONFIG,
        ConfigType.STRING,
        importance=Importance.MEDIUM,
        validator=all_of(non_empty(), regex()),
        doc="A regular expression, as Java writes them, that the whole name of the topic must match.",
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._pattern = compile_regex(self.config.get_string(PATTERN_CONFIG))

    def test(self, record: Record) -> bool:
        return self._matches(record.topic)

    def test_batch(self, batch: RecordColumns) -> Sequence[bool] | None:
        return [self._matches(batch.topic)] * len(batch)

    def _matches(self, topic: str | None) -> bool:
        return topic is not None and self._pattern.fullmatch(topic) is not None
