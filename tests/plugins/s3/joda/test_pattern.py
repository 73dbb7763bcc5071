"""Patterns: what they refuse, quotes, years before Christ, languages."""

from __future__ import annotations

import pytest

from penstock_s3.joda.pattern import Pattern
from penstock_s3.joda.zones import UTC, zone

YEAR_ZERO = -62_135_596_800_001
BC = -62_167_219_200_001


def printed(pattern: str, at: int = 0, where: str = "UTC", locale: str = "en") -> str:
    return Pattern(pattern, zone(where), locale).format(at)


@pytest.mark.parametrize("letters", ["B", "QQ", "X", "u", "c", "LLL"])
def test_letters_that_mean_nothing(letters: str) -> None:
    with pytest.raises(ValueError, match=f"^Illegal pattern component: {letters}$"):
        Pattern(f"yyyy {letters}", UTC, "en")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("''", "'"),
        ("'a''b'", "a'b"),
        ("'''a'''", "'a'"),
        ("''yyyy", "'1970"),
        ("'year=YYYY", "year=YYYY"),
        ("yyyy#MM{dd}", "1970#01{01}"),
        ("'it''s' yyyy", "it's 1970"),
    ],
)
def test_quotes(pattern: str, expected: str) -> None:
    assert printed(pattern) == expected


def test_a_lone_quote_prints_nothing() -> None:
    with pytest.raises(ValueError, match=r"^a single quote prints nothing; two print a quote$"):
        Pattern("'", UTC, "en")


def test_years_before_christ() -> None:
    assert printed("yyyy YYYY G", YEAR_ZERO) == "0000 0001 BC"
    assert printed("yyyy YYYY yy YY C", BC) == "-0001 0002 01 01 0"
    assert printed("yyyy xxxx", 253_402_300_800_000) == "10000 9999"
    assert printed("yyyy", 9_223_372_036_854_775_807) == "292278994"


def test_unknown_languages_have_the_names_of_none() -> None:
    for locale in ("en_US", "de-AT", "xx", "english"):
        assert printed("MMM MMMM EEE a G", 0, locale=locale) == "Jan Jan Thu AM CE"
    assert printed("MMMM G", 0, locale="EN") == "January AD"


def test_names_of_zones() -> None:
    assert printed("z zzzz ZZZ", 0, "Zulu") == "UTC Coordinated Universal Time Etc/UTC"
    assert printed("z zzzz", 0, "Etc/GMT+5") == "-05:00 -05:00"
    assert printed("z zzzz Z", 0, "+05:30") == "+05:30 +05:30 +0530"
    assert printed("z Z ZZ", 0, "Africa/Monrovia") == "GMT -0044 -00:44"
    assert printed("zzzz", 0, "Europe/Berlin", "de") == "Mitteleuropäische Normalzeit"
