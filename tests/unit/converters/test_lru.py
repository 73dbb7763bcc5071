from __future__ import annotations

import pytest

from penstock.converters.lru import Lru


class Made:
    """A value that is made of a key, and counted."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def __call__(self, key: str) -> str:
        if key == "bad":
            raise ValueError(key)
        self.of.append(key)
        return key.upper()


def test_each_value_is_made_once() -> None:
    made = Made()
    cache = Lru(2, made)
    assert [cache.get(key) for key in ("a", "a", "b", "a", "b")] == ["A", "A", "B", "A", "B"]
    assert made.of == ["a", "b"]


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    made = Made()
    cache = Lru(2, made)
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get(key)
    assert made.of == ["a", "b", "c", "b"]


def test_a_size_below_one_is_one() -> None:
    made = Made()
    cache = Lru(-1, made)
    assert [cache.get(key) for key in ("a", "a", "b", "a")] == ["A", "A", "B", "A"]
    assert made.of == ["a", "b", "a"]


def test_what_raised_is_not_kept() -> None:
    cache = Lru(2, Made())
    for _ in range(2):
        with pytest.raises(ValueError, match="bad"):
            cache.get("bad")
    assert cache.get("a") == "A"
