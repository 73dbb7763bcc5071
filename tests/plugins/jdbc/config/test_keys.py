"""The keys of the connectors as definitions, with Aiven's."""

from __future__ import annotations

import pytest

from penstock.api import ConfigDef, ConfigException
from penstock_jdbc.config.shared_keys import class_name, find_class
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG, SINK_CONFIG
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG, SOURCE_CONFIG, SOURCE_TASK_CONFIG
from penstock_jdbc.database.credentials import DEFAULT_CLASS

ALL = {
    "source": SOURCE_CONFIG,
    "sink": SINK_CONFIG,
    "aiven source": AIVEN_SOURCE_CONFIG,
    "aiven sink": AIVEN_SINK_CONFIG,
    "task": SOURCE_TASK_CONFIG,
}


@pytest.mark.parametrize("definition", ALL.values(), ids=ALL.keys())
def test_every_key_says_what_it_is_for(definition: ConfigDef) -> None:
    assert [key.name for key in definition if not key.internal and len(key.doc) < 10] == []
    assert definition.undefined_dependents() == []
    assert definition.parse({"connection.url": "jdbc:sqlite:x"})["connection.attempts"] == 3


@pytest.mark.parametrize("definition", [SOURCE_CONFIG, SINK_CONFIG])
def test_places_in_a_group_are_numbered_without_gaps(definition: ConfigDef) -> None:
    for group in definition.groups:
        places = [key.order for key in definition if key.group == group]
        assert places == (list(range(1, len(places) + 1)) if group else [-1])


def test_aivens_source_differs_in_its_defaults_and_has_its_own_keys() -> None:
    parsed = AIVEN_SOURCE_CONFIG.parse({"connection.url": "jdbc:sqlite:x"})
    assert parsed["batch.max.rows"] == 100
    own = set(AIVEN_SOURCE_CONFIG.keys) - set(SOURCE_CONFIG.keys)
    assert own == {"sql.quote.identifiers", "incrementing.initial", "timestamp.initial.ms", "table.names.qualify"}
    assert [parsed[key] for key in sorted(own)] == [-1, True, True, 0]


def test_aivens_sink_has_its_insert_mode_and_its_own_keys() -> None:
    own = set(AIVEN_SINK_CONFIG.keys) - set(SINK_CONFIG.keys)
    assert own == {"sql.quote.identifiers", "table.name.normalize", "topics.to.tables.mapping"}
    given = {"connection.url": "jdbc:sqlite:x", "insert.mode": "MULTI"}
    assert AIVEN_SINK_CONFIG.parse(given)["insert.mode"] == "MULTI"
    with pytest.raises(
        ConfigException, match=r"^Invalid value MULTI for configuration insert.mode: Invalid enumerator$"
    ):
        SINK_CONFIG.parse(given)


def test_classes_are_found_by_java_and_python_names() -> None:
    assert class_name(find_class(DEFAULT_CLASS)) == DEFAULT_CLASS
    assert find_class("java.lang.String") is str
    assert find_class("decimal:Decimal") is find_class("decimal.Decimal")
    assert class_name(find_class("decimal:Decimal")) == "decimal.Decimal"


@pytest.mark.parametrize("name", ["nope", "nope:Class", "decimal:Nope", "decimal:getcontext", "", ":"])
def test_a_class_that_is_none_is_not_found(name: str) -> None:
    with pytest.raises(LookupError):
        find_class(name)
