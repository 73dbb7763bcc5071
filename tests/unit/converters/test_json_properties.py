"""What holds for all values and all texts."""

from __future__ import annotations

import contextlib
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.converters.corpus import Corpus
from tests.unit.converters.strategies import (
    TOPIC,
    cases,
    read_in_columns,
    read_one_by_one,
    same_results,
    write_in_columns,
    write_one_by_one,
)

from penstock.api.equality import same_value
from penstock.api.exceptions import DataException
from penstock.converters import JsonConverter


def converter(**config: str) -> JsonConverter:
    made = JsonConverter()
    made.configure({key.replace("_", "."): value for key, value in config.items()}, False)
    return made


CONFIGS: list[dict[str, str]] = [
    {},
    {"decimal_format": "NUMERIC"},
    {"replace_null_with_default": "false"},
    {"schemas_enable": "false"},
]
configs = st.sampled_from(CONFIGS)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_what_is_written_with_its_schema_reads_back(data: st.DataObject) -> None:
    case = data.draw(cases)
    value = data.draw(case.values)
    made = converter(**data.draw(st.sampled_from(CONFIGS[:2])))
    written = made.from_connect_data(TOPIC, None, case.schema, value)
    assert written is not None
    json.loads(written)  # is JSON to others
    found = made.to_connect_data(TOPIC, None, written)
    assert found.schema == case.schema
    assert same_value(found.value, _without_negative_zeros(value))


def _without_negative_zeros(value: Any) -> Any:
    # Jackson reads numbers as decimals, which have none.
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, list):
        return [_without_negative_zeros(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_negative_zeros(item) for key, item in value.items()}
    if hasattr(value, "values") and hasattr(value, "schema"):
        return type(value).of(value.schema, [_without_negative_zeros(item) for item in value.values])
    return value


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_columns_are_written_as_their_values_are(data: st.DataObject) -> None:
    case = data.draw(cases)
    fits = st.lists(case.values, max_size=5)
    anything = st.lists(case.values | st.none() | st.integers() | st.floats() | st.text(max_size=3), max_size=5)
    values = data.draw(fits | anything)
    config = data.draw(configs)
    schema = data.draw(st.sampled_from([case.schema, case.schema, None]))
    expected = write_one_by_one(converter(**config), schema, values)
    assert write_in_columns(converter(**config), schema, values) == expected


seeds = st.integers(0, 1 << 32)


@settings(max_examples=150, deadline=None)
@given(seeds, configs)
def test_columns_are_read_as_their_texts_are(seed: int, config: dict[str, str]) -> None:
    corpus = Corpus(Random(seed))
    schemas = [corpus.schema() for _ in range(2)]
    records = [corpus.record(schemas[place % 7 % 2]) for place in range(16)]
    expected = read_one_by_one(converter(**config), records)
    warm = converter(**config)
    assert same_results(read_in_columns(converter(**config), records), expected)
    assert same_results(read_in_columns(warm, records), expected)
    assert same_results(read_in_columns(warm, records), expected), "what it has learnt must change nothing"


@settings(max_examples=150, deadline=None)
@given(seeds, configs)
def test_columns_of_what_was_read_are_written_as_their_values_are(seed: int, config: dict[str, str]) -> None:
    corpus, made = Corpus(Random(seed)), converter(schemas_enable="false")
    values = []
    for _ in range(8):
        with contextlib.suppress(DataException):
            values.append(made.to_connect_data(TOPIC, None, corpus.anything().encode()).value)
    expected = write_one_by_one(converter(**config), None, values)
    assert write_in_columns(converter(**config), None, values) == expected


@settings(max_examples=300, deadline=None)
@given(seeds, configs)
def test_nothing_but_data_exceptions_is_raised(seed: int, config: dict[str, str]) -> None:
    corpus, made = Corpus(Random(seed)), converter(**config)
    schema = corpus.schema()
    for _ in range(5):
        record = corpus.record(schema)
        for data in (record, None if record is None else corpus.broken(record), corpus.broken(b"")):
            with contextlib.suppress(DataException):
                found = made.to_connect_data(TOPIC, None, data)
                made.from_connect_data(TOPIC, None, found.schema, found.value)


@pytest.mark.parametrize("depth", [200, 999, 1000])
def test_deep_texts_are_read(depth: int) -> None:
    text = b"[" * depth + b"]" * depth
    found = converter(schemas_enable="false").to_connect_data(TOPIC, None, text)
    assert isinstance(found.value, list)


def test_what_nests_too_deep_is_told() -> None:
    text = b"[" * 1001 + b"]" * 1001
    with pytest.raises(DataException, match="Converting byte") as raised:
        converter(schemas_enable="false").to_connect_data(TOPIC, None, text)
    assert str(raised.value.__cause__) == "nested deeper than 1000 levels"
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(DataException, match="Converting Kafka Connect data to byte"):
        converter().from_connect_data(TOPIC, None, None, endless)
