"""ConfigDef as an author meets it. What Connect does with a definition is recorded: tests/compat/vectors/config-*.jsonl."""

from __future__ import annotations

import logging

import pytest

from penstock.api.config import (
    REQUIRED,
    ConfigDef,
    ConfigKey,
    ConfigType,
    Importance,
    ParsedConfig,
    Password,
    Width,
)
from penstock.api.config_types import value_text
from penstock.api.exceptions import ConfigException
from penstock.api.recommenders import values, values_from, visible_if
from penstock.api.validators import at_least, described, list_of, non_empty, unique_list, validator_text

CONFIG = (
    ConfigDef()
    .define("topic", ConfigType.STRING, importance=Importance.HIGH, doc="Where records go.", validator=non_empty())
    .define("batch.size", ConfigType.INT, default=2000, importance=Importance.LOW, validator=at_least(1))
    .define("file", ConfigType.STRING, default=None)
    .define("secret", ConfigType.PASSWORD, default=None)
    .define("names", ConfigType.LIST, default="a,b")
    .define("ratio", ConfigType.DOUBLE, default=0.5)
    .define("on", ConfigType.BOOLEAN, default=True)
    .define("wait.ms", ConfigType.LONG, default=3_000_000_000)
    .define("converter", ConfigType.CLASS, default=None)
)


class TestDefinition:
    def test_is_immutable(self) -> None:
        more = CONFIG.define("more", ConfigType.STRING, default="x")
        assert "more" in more
        assert "more" not in CONFIG

    def test_has_what_a_form_needs(self) -> None:
        key = (
            ConfigDef()
            .define("k", ConfigType.INT, default="7", group="G", order=2, width=Width.LONG, doc="d")
            .keys["k"]
        )
        assert (key.default, key.required, key.group, key.order, key.width, key.display_name, key.doc) == (
            7,
            False,
            "G",
            2,
            Width.LONG,
            "k",
            "d",
        )

    def test_without_default_a_key_is_required(self) -> None:
        assert CONFIG.keys["topic"].required
        assert CONFIG.keys["topic"].default is REQUIRED
        assert not CONFIG.keys["file"].required

    def test_a_key_is_defined_once(self) -> None:
        with pytest.raises(ConfigException, match=r"^Configuration topic is defined twice\.$"):
            CONFIG.define("topic", ConfigType.STRING)

    def test_a_wrong_default_is_told_at_once(self) -> None:
        with pytest.raises(ConfigException, match=r"^Invalid value 0 for configuration n: Value must be at least 1$"):
            ConfigDef().define("n", ConfigType.INT, default=0, validator=at_least(1))

    def test_groups_come_in_order_of_appearance(self) -> None:
        keys = [
            ConfigKey(name, ConfigType.INT, default=1, group=group)
            for name, group in (("a", "G"), ("b", None), ("c", "F"))
        ]
        assert ConfigDef(keys).groups == ["G", "F"]


class TestParsing:
    def test_types_are_pythons(self) -> None:
        parsed = CONFIG.parsed(
            {"topic": " t ", "secret": "s3", "names": "x , y", "ratio": "1e3", "on": "False", "other": "kept"}
        )
        assert parsed.get_string("topic") == "t"
        assert parsed.get_int("batch.size") == 2000
        assert parsed.get_list("names") == ["x", "y"]
        assert parsed.get_double("ratio") == 1000.0
        assert parsed.get_bool("on") is False
        assert parsed.get_long("wait.ms") == 3_000_000_000
        assert parsed.get_password("secret").value == "s3"
        assert parsed["file"] is None
        assert parsed.originals["other"] == "kept"
        assert "other" not in parsed

    def test_a_key_that_may_be_null_names_a_substitute(self) -> None:
        parsed = CONFIG.parsed({"topic": "t"})
        assert parsed.get_string("file", None) is None
        assert parsed.get_string("file", "-") == "-"
        assert parsed.get_string("topic", None) == "t"
        with pytest.raises(ConfigException, match=r"^Configuration 'file' is null: set it, or ask for it with a value"):
            parsed.get_string("file")

    def test_an_unknown_key_is_refused(self) -> None:
        with pytest.raises(ConfigException, match=r"^Unknown configuration 'nope'$"):
            CONFIG.parsed({"topic": "t"}).get_string("nope")

    def test_a_getter_of_another_type_is_a_mistake(self) -> None:
        parsed = CONFIG.parsed({"topic": "t"})
        with pytest.raises(TypeError, match="'topic' is no int but str"):
            parsed.get_int("topic")
        with pytest.raises(TypeError, match="'on' is no int but bool"):
            parsed.get_int("on")

    def test_a_list_cannot_be_changed_from_outside(self) -> None:
        parsed = CONFIG.parsed({"topic": "t"})
        parsed.get_list("names").append("c")
        assert parsed.get_list("names") == ["a", "b"]
        assert CONFIG.parsed({"topic": "t"}).get_list("names") == ["a", "b"]

    def test_secrets_do_not_print(self) -> None:
        parsed = CONFIG.parsed({"topic": "t", "secret": "s3"})
        assert "s3" not in repr(parsed)
        assert "secret=[hidden]" in repr(parsed)
        assert str(Password("s3")) == f"{Password('s3')}" == "[hidden]"
        with pytest.raises(ConfigException, match=r"Invalid value \[hidden\] for configuration n"):
            ConfigDef().define("n", ConfigType.INT).parse({"n": Password("s3")})

    def test_originals_by_prefix(self) -> None:
        parsed = ParsedConfig({}, {"producer.acks": "1", "topic": "t"})
        assert parsed.originals_with_prefix("producer.") == {"acks": "1"}

    def test_a_class_stays_a_name_without_a_lookup(self) -> None:
        parsed = CONFIG.parsed({"topic": "t", "converter": "some.Converter"})
        assert parsed.get_string("converter") == "some.Converter"
        assert value_text(parsed["converter"], ConfigType.CLASS) == "some.Converter"

    def test_a_lookup_gives_the_class_also_for_a_default(self) -> None:
        definition = ConfigDef().define("c", ConfigType.CLASS, default="int")
        assert definition.parsed({}, {"int": int, "str": str}.__getitem__).get_class("c") is int
        assert definition.parsed({"c": "str"}, {"int": int, "str": str}.__getitem__).get_class("c") is str
        with pytest.raises(
            ConfigException, match=r"^Invalid value X for configuration c: Class X could not be found\.$"
        ):
            definition.parsed({"c": "X"}, {"int": int}.__getitem__)

    def test_duplicates_in_a_list_that_forbids_them_are_dropped_with_a_warning(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        definition = ConfigDef().define(
            "k", ConfigType.LIST, validator=unique_list(empty_allowed=True, null_allowed=False)
        )
        with caplog.at_level(logging.WARNING):
            assert definition.parsed({"k": "a,b,a"}).get_list("k") == ["a", "b"]
        assert "'k' holds duplicates" in caplog.text


class TestValidators:
    def test_a_function_may_raise_a_value_error_with_the_reason(self) -> None:
        def even(_name: str, value: object) -> None:
            if isinstance(value, int) and value % 2:
                raise ValueError("must be even")

        definition = ConfigDef().define("n", ConfigType.INT, validator=even)
        with pytest.raises(ConfigException, match=r"^Invalid value 3 for configuration n: must be even$"):
            definition.parse({"n": "3"})
        assert definition.validate({"n": "3"})[0].errors == ["Invalid value 3 for configuration n: must be even"]

    def test_a_function_is_described_by_its_documentation_or_name(self) -> None:
        def even(_name: str, _value: object) -> None:
            """An even number.

            More.
            """

        def odd(_name: str, _value: object) -> None: ...

        assert validator_text(even) == "An even number."
        assert validator_text(odd) == "odd"
        assert validator_text(described(odd, "an odd number")) == "an odd number"
        assert validator_text(None) is None

    def test_a_list_of_nothing_needs_choices(self) -> None:
        with pytest.raises(ValueError, match="At least one valid string must be provided"):
            list_of(empty_allowed=False)


class TestValidation:
    def test_recommendations_hang_on_other_keys(self) -> None:
        definition = (
            ConfigDef()
            .define("mode", ConfigType.STRING, dependents=["table"], recommender=values("table", "query"))
            .define(
                "table",
                ConfigType.STRING,
                default=None,
                recommender=visible_if(lambda parsed: parsed.get("mode") == "table", "t1", "t2"),
            )
            .define("free", ConfigType.STRING, default=None, recommender=values_from(lambda name, _parsed: [name]))
        )
        found = {value.name: value for value in definition.validate({"mode": "query"})}
        assert found["mode"].recommended_values == ["table", "query"]
        assert (found["table"].visible, found["table"].recommended_values) == (False, ["t1", "t2"])
        assert found["free"].recommended_values == ["free"]
        assert {value.name: value.visible for value in definition.validate({"mode": "table"})}["table"]

    def test_dependents_that_go_in_a_circle_end(self) -> None:
        definition = (
            ConfigDef()
            .define("root", ConfigType.INT, default=1, dependents=["a"])
            .define("a", ConfigType.INT, default=1, dependents=["b"])
            .define("b", ConfigType.INT, default=2, dependents=["a"])
        )
        assert {value.name: value.value for value in definition.validate({})} == {"root": 1, "a": 1, "b": 2}

    def test_an_author_adds_errors(self) -> None:
        value = CONFIG.validate({"topic": "t"})[0]
        value.add_error("no such topic")
        assert value.errors == ["no such topic"]
