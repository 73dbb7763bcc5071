"""What holds for a transformation, written as a class or as a function with ``@transform``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, TypeAlias

import pytest

from penstock.api.exceptions import DataException
from penstock.api.function_transform import plugin_class
from penstock.api.header import Headers
from penstock.api.hooks import PluginKind
from penstock.api.record import SinkRecord, SourceRecord
from penstock.api.schema import Schema
from penstock.api.schema_builder import SchemaBuilder
from penstock.api.struct import Struct
from penstock.api.transform import Transformation
from penstock.discovery.named import find_plugin
from penstock.discovery.plugins import PluginIndex, load_class
from penstock.testing import columns_contract, config_contract

Record: TypeAlias = SourceRecord | SinkRecord

_SCHEMA = SchemaBuilder.struct().field("id", Schema.INT64).field("name", Schema.OPTIONAL_STRING).build()


class TransformationContract:
    """Inherit it, say ``transformation``; override the fixtures ``config``, if it needs one, and ``values``, with values that it
    is made for::

        class TestMask(TransformationContract):
            transformation = mask

            @pytest.fixture
            def config(self):
                return {"field": "card"}
    """

    transformation: ClassVar[object]
    """The class, the function with ``@transform``, or a name as in a config."""

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        """An example config that works."""
        return {}

    @pytest.fixture
    def values(self) -> Sequence[tuple[Schema | None, object]]:
        """Values with their schemas: those that it is made for, and others. None needs to be among them."""
        struct = Struct(_SCHEMA).put("id", 1).put("name", "n")
        return [
            (None, {"id": 1, "name": "n", "inner": {"a": [1]}}),
            (_SCHEMA, struct),
            (None, "text"),
            (Schema.STRING, "text"),
        ]

    @pytest.fixture
    def records(self, values: Sequence[tuple[Schema | None, object]]) -> list[Record]:
        """Source and sink records with every value, and with null."""
        both = [(None, None), *values]
        return [record for place, (schema, value) in enumerate(both) for record in _both(place, schema, value)]

    @pytest.fixture
    def make(
        self, penstock_plugins: PluginIndex, config: Mapping[str, str]
    ) -> Iterator[Callable[[], Transformation[Any]]]:
        """Makes configured transformations, and closes them."""
        made: list[Transformation[Any]] = []

        def configured() -> Transformation[Any]:
            one = self._class(penstock_plugins)()
            one.use_config(dict(config))
            one.configure(dict(config))
            made.append(one)
            return one

        yield configured
        for one in made:
            one.close()

    def test_every_key_is_documented(self, penstock_plugins: PluginIndex) -> None:
        """And no key depends on one that isn't there."""
        definition = self._class(penstock_plugins)().config_def()
        config_contract.check_documented(definition)
        config_contract.check_dependents(definition)

    def test_the_example_is_valid(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> None:
        """As validation sees it, and as it is parsed at the start; what is required is asked for."""
        definition = self._class(penstock_plugins)().config_def()
        config_contract.check_example(definition, config)
        config_contract.check_parsing(definition, config)
        config_contract.check_required(definition, config)

    def test_validation_tells_and_never_raises(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> None:
        """Whatever a user writes."""
        config_contract.check_odd_values(self._class(penstock_plugins)().config_def(), config)

    def test_a_record_becomes_a_record_or_nothing(
        self, make: Callable[[], Transformation[Any]], records: Sequence[Record]
    ) -> None:
        """Of the same kind, from the same place. What it cannot do anything with fails with a DataException."""
        one = make()
        for record in records:
            with suppress(DataException):
                result = one.apply(record)
                assert result is None or type(result) is type(record), f"{record!r} became {result!r}"
                if result is not None:
                    assert _origin(result) == _origin(record), f"{record!r} lost where it came from: use record.replace"

    def test_the_record_it_is_given_stays_as_it_is(
        self, make: Callable[[], Transformation[Any]], records: Sequence[Record]
    ) -> None:
        """A record that fails further on is tried again, and reported, as it was."""
        one = make()
        for record in records:
            before = copy.deepcopy(record)
            with suppress(DataException):
                one.apply(record)
            assert record == before, f"the record was changed in place: {before!r} became {record!r}"

    def test_a_batch_is_its_records(self, make: Callable[[], Transformation[Any]], records: Sequence[Record]) -> None:
        """``apply_batch`` gives what ``apply`` gives one by one, or leaves it to ``apply``: always where that fails."""
        singly, together = make(), make()
        for record in records:
            batch = [copy.deepcopy(record) for _ in range(3)]
            columns_contract.check(together, batch, singly.apply)

    def test_it_closes_without_having_worked(self, make: Callable[[], Transformation[Any]]) -> None:
        """A task may end before its first record."""
        make()

    def _class(self, index: PluginIndex) -> type[Transformation[Any]]:
        named = type(self).transformation  # not of the instance, which would bind a function
        found = (
            load_class(find_plugin(index, PluginKind.TRANSFORMATION, named))
            if isinstance(named, str)
            else plugin_class(named)
        )
        assert isinstance(found, type), f"{named!r} is neither a class nor a function with @transform"
        assert issubclass(found, Transformation), f"{named!r} is no Transformation"
        return found


def _both(place: int, schema: Schema | None, value: object) -> tuple[SourceRecord, SinkRecord]:
    """A source and a sink record alike."""
    headers = Headers().add_string("a", "b")
    key, key_schema = f"k{place}", Schema.STRING
    return (
        SourceRecord(
            "contract",
            copy.deepcopy(value),
            value_schema=schema,
            key=key,
            key_schema=key_schema,
            timestamp=1_700_000_000_000 + place,
            headers=headers.duplicate(),
            source_partition={"p": "1"},
            source_offset={"o": place},
        ),
        SinkRecord(
            "contract",
            1,
            place,
            copy.deepcopy(value),
            value_schema=schema,
            key=key,
            key_schema=key_schema,
            timestamp=1_700_000_000_000 + place,
            headers=headers,
        ),
    )


def _origin(record: Record) -> tuple[object, ...]:
    if isinstance(record, SinkRecord):
        return record.original_topic, record.original_kafka_partition, record.original_kafka_offset
    return record.source_partition, record.source_offset
