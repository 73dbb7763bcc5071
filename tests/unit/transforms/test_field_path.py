"""Paths to fields (KIP-821)."""

from __future__ import annotations

import pytest
from tests.unit.transforms.support import CITY, ORDER, city, order

from penstock.api import ConfigException, DataException
from penstock.transforms.field_path import FieldPath, FieldSyntaxVersion

V1, V2 = FieldSyntaxVersion.V1, FieldSyntaxVersion.V2


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("`a.b`.c", ("a.b", "c")),
        ("a.`b.c`", ("a", "b.c")),
        ("`a`b`", ("a`b",)),
        ("`a\\`.b`.c", ("a`.b", "c")),
        ("a`b.c", ("a`b", "c")),
        ("a.", ("a", "")),
        (".", ("", "")),
        ("..a", ("", "", "a")),
        ("", ()),
    ],
)
def test_a_path_has_steps(text: str, steps: tuple[str, ...]) -> None:
    assert FieldPath(text, V2).steps == steps


def test_the_first_syntax_knows_no_steps() -> None:
    assert FieldPath("`a`.b", V1).steps == ("`a`.b",)


@pytest.mark.parametrize("text", ["`a", "a.`b", "`a\\`", "`"])
def test_backticks_must_close(text: str) -> None:
    at = text.index("`")
    with pytest.raises(ConfigException) as caught:
        FieldPath(text, V2)
    assert str(caught.value) == (
        f"Incomplete backtick pair in path: [{text}], consider adding a backslash before backtick at position {at} to "
        "escape it"
    )


def test_fields_and_values_are_found_in_structs() -> None:
    path = FieldPath("address.city", V2)
    assert path.field_of(ORDER) is CITY.field("city")
    assert path.value_in_struct(order(), defaults=True) == "Bergen"
    assert FieldPath("address.nothing", V2).field_of(ORDER) is None
    assert FieldPath("nothing.city", V2).field_of(ORDER) is None
    assert FieldPath("nothing.city", V2).value_in_struct(order(), defaults=True) is None
    assert FieldPath("nothing", V1).value_in_struct(city(), defaults=True) is None


def test_defaults_are_a_matter_of_the_last_step() -> None:
    path = FieldPath("size", V1)
    assert path.value_in_struct(order(), defaults=True) == "M"
    assert path.value_in_struct(order(), defaults=False) is None


def test_values_are_found_in_maps() -> None:
    path = FieldPath("a.b", V2)
    assert path.value_in_map({"a": {"b": 1}}) == 1
    assert path.value_in_map({"a": None}) is None
    assert path.value_in_map({}) is None
    with pytest.raises(
        DataException, match=r"Only Map objects supported in absence of schema for \[nested field access\]"
    ):
        path.value_in_map({"a": "text"})


def test_a_path_without_steps_leads_nowhere() -> None:
    with pytest.raises(DataException, match=r"The path of the field is empty: with field\.syntax\.version V2"):
        FieldPath("", V2).value_in_map({"": 1})
