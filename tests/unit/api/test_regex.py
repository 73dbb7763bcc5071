"""Regular expressions as configurations have them. Texts were given by ``java.util.regex`` (Java 17)."""

from __future__ import annotations

import pytest

from penstock.api.exceptions import ConfigException
from penstock.api.regex import compile_regex
from penstock.api.validators import regex


@pytest.mark.parametrize(
    ("pattern", "whole", "other"),
    [
        (r"log-\d+", "log-12", "log-\u0661"),
        (r"(?<area>[a-z]+)\.(?:x|y)", "eu.x", "eu.z"),
        (r"\Qa.b[\E+", "a.b[[", "axb["),
        (r"\p{Alpha}\P{Digit}[\p{Upper}_]", "ab_", "a1_"),
        (r"a\hb\z", "a\tb", "a\nb"),
        (r"[{]x{2}[^\h]", "{xx.", "{xx "),
        (r"a\R", "a\r\n", "a"),
        (r"[\]\[]", "]", "a"),
        (r"[]a]", "]", "b"),
        (r"[^]a]", "b", "]"),
        (r"[a-c[x-z]1]", "y", "["),
        (r"[|~&]", "~", "a"),
    ],
)
def test_matches_as_java_does(pattern: str, whole: str, other: str) -> None:
    compiled = compile_regex(pattern)
    assert compiled.fullmatch(whole)
    assert not compiled.fullmatch(other)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "Unclosed group near index 1\n("),
        ("a(b", "Unclosed group near index 3\na(b"),
        ("[", "Unclosed character class near index 0\n[\n^"),
        ("*a", "Dangling meta character '*' near index 0\n*a\n^"),
        ("a|+", "Dangling meta character '+' near index 2\na|+\n  ^"),
        ("a)", "Unmatched closing ')' near index 0\na)\n^"),
        (")", "Unmatched closing ')'\n)"),
        ("{", "Illegal repetition near index 1\n{"),
        ("a{,3}", "Illegal repetition near index 2\na{,3}\n  ^"),
        ("a{2", "Unclosed counted closure near index 3\na{2"),
        ("a{2,x}", "Unclosed counted closure near index 4\na{2,x}\n    ^"),
        ("a{2,1}", "Illegal repetition range near index 5\na{2,1}\n     ^"),
        ("x{99999999999}", "Illegal repetition range near index 11\nx{99999999999}\n           ^"),
        ("(?<1>a)", "capturing group name does not start with a Latin letter near index 3\n(?<1>a)\n   ^"),
        ("(?<a_b>x)", "named capturing group is missing trailing '>' near index 4\n(?<a_b>x)\n    ^"),
        ("(?<a>x)(?<a>y)", "Named capturing group <a> is already defined near index 11\n(?<a>x)(?<a>y)\n           ^"),
        ("[z-a]", "Illegal character range near index 3\n[z-a]\n   ^"),
        ("a\\", "Unexpected internal error near index 2\na\\"),
        ("\\y", "Illegal/unsupported escape sequence near index 1\n\\y\n ^"),
        ("[a&&b]", "Intersection of character classes is not supported near index 2\n[a&&b]\n  ^"),
        ("[a[^b]]", "Negation inside a character class is not supported near index 3\n[a[^b]]\n   ^"),
        ("\\p{Nope}", "Unknown character property name {Nope} near index 7\n\\p{Nope}\n       ^"),
    ],
)
def test_what_is_wrong_is_told_as_java_tells_it(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"near index|Unmatched") as caught:
        compile_regex(pattern)
    assert str(caught.value) == message
    with pytest.raises(ConfigException) as refused:
        regex()("k", pattern)
    assert str(refused.value) == f"Invalid value {pattern} for configuration k: Invalid regex: {message}"
