"""``@transform``: what the function is given and may return, which keys its parameters become, and what is refused."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import pytest
from tests.unit.testing import masks

from penstock.api import (
    REQUIRED,
    ConfigException,
    ConfigType,
    DataException,
    IllegalWorkerStateException,
    Importance,
    Password,
    Schema,
    SchemaBuilder,
    SinkRecord,
    SourceRecord,
    Struct,
    Transformation,
    transform,
)
from penstock.api.config_types import class_name
from penstock.api.function_transform import plugin_class
from penstock.api.validators import at_least

if typing.TYPE_CHECKING:
    from penstock.api import ConnectRecord

SCHEMA = SchemaBuilder.struct().field("a", Schema.STRING).build()
WIDER = SchemaBuilder.struct().field("a", Schema.STRING).field("b", Schema.OPTIONAL_STRING).build()


def configured(function: object, **settings: str) -> Transformation[Any]:
    cls = plugin_class(function)
    assert isinstance(cls, type)
    made = cls()
    assert isinstance(made, Transformation)
    made.use_config(settings)
    made.configure(settings)
    return made


def source(value: object, **rest: Any) -> SourceRecord:
    return SourceRecord("t", value, source_partition={"f": "x"}, source_offset={"n": 1}, **rest)


def test_the_function_stays_a_function() -> None:
    assert masks.shout("hello", marks=2) == "HELLO!!"
    assert masks.mask(source({"a": 1}), field="a").value == {"a": "***"}


def test_the_class_is_named_like_the_function() -> None:
    cls = plugin_class(masks.mask)
    assert isinstance(cls, type)
    assert class_name(cls) == "tests.unit.testing.masks.mask"
    assert cls.__doc__ == "Hides one field. Records without a map are dropped."
    assert plugin_class(masks.Reverse) is masks.Reverse
    assert plugin_class(masks.undecorated) is masks.undecorated


def test_a_record_goes_in_and_a_record_comes_out() -> None:
    given = source({"a": 1, "b": 2})
    made = configured(masks.mask, field="a", replacement="x")
    assert made.apply(given) == source({"a": "x", "b": 2})
    assert given.value == {"a": 1, "b": 2}
    sunk = SinkRecord("t", 3, 14, {"a": 1})
    changed = made.apply(sunk)
    assert (changed.value, changed.original_kafka_offset) == ({"a": "x"}, 14)


def test_none_drops_a_record() -> None:
    assert configured(masks.mask, field="a").apply(source("no map")) is None
    assert configured(masks.only_even).apply(source(3)) is None


def test_a_function_of_the_value_keeps_the_schema() -> None:
    changed = configured(masks.shout, marks="3").apply(source("hi", value_schema=Schema.STRING))
    assert (changed.value, changed.value_schema) == ("HI!!!", Schema.STRING)
    assert changed.source_offset == {"n": 1}


def test_null_passes_a_function_of_the_value() -> None:
    given = source(None)
    assert configured(masks.shout).apply(given) is given


def test_an_unchanged_value_is_the_same_record() -> None:
    given = source(4)
    assert configured(masks.only_even).apply(given) is given


def test_a_struct_brings_its_schema() -> None:
    @transform(on="value")
    def widened(value: Struct) -> Struct:
        return Struct(WIDER).put("a", value["a"]).put("b", "new")

    changed = configured(widened).apply(source(Struct(SCHEMA).put("a", "x"), value_schema=SCHEMA))
    assert changed.value_schema is WIDER
    assert changed.value["b"] == "new"


def test_a_schema_and_value_sets_both() -> None:
    changed = configured(masks.key_kind, kind="order").apply(source("v", key="7"))
    assert (changed.key_schema, changed.key, changed.value) == (Schema.STRING, "order:7", "v")


def test_none_that_the_annotation_rules_out_is_a_mistake() -> None:
    made = configured(masks.forgetful)
    with pytest.raises(DataException) as error:
        made.apply(source("known"))
    assert str(error.value) == (
        "tests.unit.testing.masks.forgetful returned None, which its annotation rules out: is there a path without a 'return'? "
        "To drop records, annotate the result with '| None'"
    )


def test_a_record_function_that_returns_something_else_is_a_mistake() -> None:
    @transform
    def careless(record: Any) -> Any:
        return record.value

    with pytest.raises(DataException) as error:
        configured(careless).apply(source("v"))
    assert str(error.value) == (
        f"{__name__}.test_a_record_function_that_returns_something_else_is_a_mistake.<locals>.careless returned str for a "
        "SourceRecord: it must return a SourceRecord, or None to drop it. For a function of the value write "
        '@transform(on="value")'
    )


def test_it_must_be_configured_first() -> None:
    cls = plugin_class(masks.shout)
    assert isinstance(cls, type)
    with pytest.raises(IllegalWorkerStateException, match=r"masks\.shout was not configured before"):
        cls().apply(source("v"))


def test_parameters_become_keys() -> None:
    @transform
    def every_kind(
        record: SourceRecord,
        text: Annotated[str, "A text.", Importance.LOW],
        *,
        count: Annotated[int, at_least(1)] = 3,
        ratio: float = 1,
        flag: bool = False,
        names: list[str] = [],  # noqa: B006  # never changed
        more: Sequence[str] = ("a",),
        secret: Password | None = None,
        mode: Literal["fast", "safe"] = "safe",
        perhaps: Literal["x"] | None = None,
        untold=5,
    ) -> SourceRecord:
        got.append((text, count, ratio, flag, names, more, secret, mode, perhaps, untold))
        return record

    got: list[object] = []
    keys = configured(every_kind, text="t").config_def().keys
    assert {name: (key.type, key.default) for name, key in keys.items()} == {
        "text": (ConfigType.STRING, REQUIRED),
        "count": (ConfigType.LONG, 3),
        "ratio": (ConfigType.DOUBLE, 1.0),
        "flag": (ConfigType.BOOLEAN, False),
        "names": (ConfigType.LIST, []),
        "more": (ConfigType.LIST, ["a"]),
        "secret": (ConfigType.PASSWORD, None),
        "mode": (ConfigType.STRING, "safe"),
        "perhaps": (ConfigType.STRING, None),
        "untold": (ConfigType.LONG, 5),
    }
    assert (keys["text"].doc, keys["text"].importance) == ("A text.", Importance.LOW)
    assert keys["count"].importance is Importance.MEDIUM
    settings = {"count": "9", "ratio": "0.5", "flag": "true", "names": "a, b", "secret": "s", "perhaps": "x"}
    configured(every_kind, text="t", **settings).apply(source("v"))
    assert got == [("t", 9, 0.5, True, ["a", "b"], ["a"], Password("s"), "safe", "x", 5)]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, 'Missing required configuration "field" which has no default value.'),
        ({"field": "a", "kind": "z"}, "Invalid value z for configuration kind: String must be one of: user, order"),
        ({"field": "a", "marks": "0"}, "Invalid value 0 for configuration marks: Value must be at least 1"),
        ({"field": "a", "marks": "x"}, "Invalid value x for configuration marks: Not a number of type LONG"),
    ],
)
def test_wrong_values_are_told_in_the_words_of_every_configuration(settings: dict[str, str], text: str) -> None:
    @transform
    def strict(
        record: SourceRecord,
        *,
        field: str,
        kind: Literal["user", "order"] = "user",
        marks: Annotated[int, at_least(1)] = 1,
    ) -> SourceRecord:
        return record

    with pytest.raises(ConfigException) as error:
        configured(strict, **settings)
    assert str(error.value) == text


def _asynchronous() -> object:
    async def function(record: SourceRecord) -> SourceRecord:
        return record

    return function


def _generator() -> object:
    def function(record: SourceRecord) -> typing.Iterator[SourceRecord]:
        yield record

    return function


def _nothing() -> object:
    def function(*, field: str) -> None: ...

    return function


def _of_value() -> object:
    def function(value: str) -> str:
        return value

    return function


def _rest() -> object:
    def function(record: SourceRecord, **rest: str) -> SourceRecord:
        return record

    return function


def _reserved() -> object:
    def function(record: SourceRecord, negate: str) -> SourceRecord:
        return record

    return function


def _bare() -> object:
    def function(record: SourceRecord, field) -> SourceRecord:
        return record

    return function


def _bytes() -> object:
    def function(record: SourceRecord, field: bytes) -> SourceRecord:
        return record

    return function


def _unknown() -> object:
    def function(record: SourceRecord, field: ConnectRecord) -> SourceRecord:
        return record

    return function


def _default() -> object:
    def function(record: SourceRecord, field: Annotated[int, at_least(1)] = 0) -> SourceRecord:
        return record

    return function


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (_asynchronous, "is async or has a 'yield': a transform returns one result for one record, at once"),
        (_generator, "is async or has a 'yield': a transform returns one result for one record, at once"),
        (_nothing, "takes no record: its first parameter is what it is given, positionally"),
        (_of_value, ("is given records, but 'value' is annotated with something else; for a function of the value write "
                     '@transform(on="value")')),
        (_rest, ": parameter 'rest' is no configuration key: write out every key as a parameter with a name"),
        (_reserved, ": parameter 'negate' has the name of a key that the runtime itself reads; give it another name"),
        (_bare, ": parameter 'field' needs an annotation, such as 'str', to become a configuration key"),
        (_bytes, (": parameter 'field' has the annotation <class 'bytes'>; a configuration key is str, int, float, bool, "
                  "list[str], Password or a Literal of strings, with '| None' where null is allowed")),
        (_unknown, ": parameter 'field': the annotation 'ConnectRecord' cannot be evaluated; import its names at run time"),
        (_default, ": parameter 'field' has a wrong default. Invalid value 0 for configuration field: Value must be at least 1"),
    ],
)  # fmt: skip
def test_what_can_be_no_transform_is_refused_at_import(make: typing.Callable[[], Any], text: str) -> None:
    function = make()
    with pytest.raises(TypeError) as error:
        transform(function)
    assert str(error.value) == f"@transform function {__name__}.{make.__name__}.<locals>.function" + (
        text if text.startswith(":") else f" {text}"
    )


def test_a_function_of_the_value_may_not_ask_for_a_record() -> None:
    def of_record(record: SourceRecord) -> SourceRecord:
        return record

    with pytest.raises(TypeError, match="is given the key, but 'record' is annotated as a record; write @transform"):
        transform(on="key")(of_record)
    with pytest.raises(TypeError, match="on='topic' is none of 'record', 'key', 'value'"):
        transform(on="topic")(of_record)  # type: ignore[call-overload]


def test_only_functions_can_be_decorated() -> None:
    with pytest.raises(TypeError, match=r"@transform is for functions written with 'def', not for <class"):
        transform(masks.Reverse)


Bound = TypeVar("Bound", bound=SourceRecord)
Forward = TypeVar("Forward", bound="ConnectRecord")
Free = TypeVar("Free")


def test_annotations_that_do_not_say_are_taken_on_trust() -> None:
    def late(record: ConnectRecord) -> ConnectRecord: ...
    def bound(record: Bound) -> Bound: ...
    def forward(record: Forward) -> Forward: ...
    def free(record: Free) -> Free: ...
    def bare(record): ...
    def either(record: SourceRecord | SinkRecord) -> SourceRecord | SinkRecord | None: ...

    made = [plugin_class(transform(function)) for function in (late, bound, forward, free, bare, either)]
    assert [cls.may_drop for cls in made] == [True, False, False, True, True, True]  # type: ignore[attr-defined]
