"""Columns by regular expressions on tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.api import ConfigException
from penstock_jdbc.config.mappings import parse_several, parse_single, regex_list, several_mappings, single_mappings

PREFIX = "Invalid value {} for configuration k: "
Validator = Callable[[str, object], None]


def test_mappings_are_taken_apart() -> None:
    single, several = parse_single("public.or.*: id "), parse_several(" a : [ x | y ]")
    assert (single.columns, bool(single.regex.fullmatch("public.orders"))) == (("id",), True)
    assert (several.columns, several.regex.pattern) == (("x", "y"), "a")


@pytest.mark.parametrize(
    ("validator", "item", "shown", "reason"),
    [
        (single_mappings, "orders", "orders", "Invalid format. Expected 'regex:columnName'"),
        (single_mappings, "a:b:c", "a:b:c", "Invalid format. Expected 'regex:columnName'"),
        (single_mappings, "a:", "", "Column name cannot be empty"),
        (single_mappings, "a(:b", "a(", "Invalid regular expression: error parsing regexp: missing closing ): `a(`"),
        (several_mappings, "orders", "orders", "Invalid format. Expected 'regex:[col1|col2|...]'"),
        (several_mappings, "a:b", "b", "Columns list must be enclosed in square brackets"),
        (several_mappings, "a: [b", "[b", "Columns list must be enclosed in square brackets"),
        (several_mappings, "a:[ ]", "[ ]", "Columns list cannot be empty"),
        (several_mappings, "a:[b|]", "[b|]", "Every column name should be non-empty string"),
        (several_mappings, "a(:[b]", "a(", "Invalid regular expression: error parsing regexp: missing closing ): `a(`"),
        (
            regex_list,
            "a(",
            "[ok, a(]",
            "Must be a valid comma-separated list of regular expression patterns: error parsing regexp: missing closing ): `a(`",
        ),
    ],
)
def test_what_is_no_mapping_is_told(validator: Validator, item: str, shown: str, reason: str) -> None:
    first = "ok" if validator is regex_list else "ok:c" if validator is single_mappings else "ok:[c]"
    with pytest.raises(ConfigException) as caught:
        validator("k", [first, item])
    assert str(caught.value) == PREFIX.format(shown) + reason


@pytest.mark.parametrize("validator", [single_mappings, several_mappings, regex_list])
def test_an_empty_list_is_fine(validator: Validator) -> None:
    validator("k", [])
    validator("k", None)
