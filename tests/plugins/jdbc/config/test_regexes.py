"""RE2's syntax, and what it refuses in its own words."""

from __future__ import annotations

import pytest

from penstock_jdbc.config.regexes import RegexError, compile_re2


@pytest.mark.parametrize(
    ("regex", "name"),
    [
        ("orders", "orders"),
        (r"public\.or.*s", "public.orders"),
        (r"(?i)PUBLIC\.\w+", "public.orders"),
        ("(?P<a>o)rders", "orders"),
        ("(?<a>o)rders", "orders"),
        (r"[(?=]+", "(?="),
        (r"orders\z", "orders"),
        (r"\\1", "\\1"),
    ],
)
def test_an_expression_matches_whole_names(regex: str, name: str) -> None:
    compiled = compile_re2(regex)
    assert compiled.fullmatch(name)
    assert not compiled.fullmatch(f"{name}!")


@pytest.mark.parametrize(
    ("regex", "message"),
    [
        ("or(ders", "missing closing ): `or(ders`"),
        ("or)ders", "regexp/syntax: internal error: `stack underflow`"),
        ("a[bc", "missing closing ]: `[bc`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*+", "invalid nested repetition operator: `*+`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        (r"(a)\1", r"invalid escape sequence: `\1`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
        ("(?<=a)b", "invalid or unsupported Perl syntax: `(?<=`"),
        ("(?<!a)b", "invalid or unsupported Perl syntax: `(?<!`"),
        ("(?>a)", "invalid or unsupported Perl syntax: `(?>`"),
        (r"\y", r"invalid escape sequence: `\y`"),
    ],
)
def test_what_re2_refuses(regex: str, message: str) -> None:
    with pytest.raises(RegexError) as caught:
        compile_re2(regex)
    assert str(caught.value) == f"error parsing regexp: {message}"
