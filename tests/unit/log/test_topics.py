"""Topic names: Kafka's rules and words."""

from __future__ import annotations

import pytest

from penstock.log.errors import InvalidTopicError
from penstock.log.topics import check_new_topic_name, check_topic_names


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "Topic name is invalid: the empty string is not allowed"),
        (".", "Topic name is invalid: '.' is not allowed"),
        ("..", "Topic name is invalid: '..' is not allowed"),
        ("a" * 250, f"Topic name is invalid: the length of '{'a' * 250}' is longer than the max allowed length 249"),
        (
            "bad topic!",
            (
                "Topic name is invalid: 'bad topic!' contains one or more characters other than ASCII alphanumerics, '.', '_' "
                "and '-'"
            ),
        ),
        (
            "é",
            "Topic name is invalid: 'é' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
        (
            "a\n",
            "Topic name is invalid: 'a\n' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
    ],
)
def test_an_illegal_name_is_refused_in_the_brokers_words(name: str, text: str) -> None:
    with pytest.raises(InvalidTopicError) as caught:
        check_new_topic_name(name, [])
    assert str(caught.value) == text


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "...", "a" * 249, "__consumer_offsets"])
def test_legal_names(name: str) -> None:
    check_new_topic_name(name, ["other"])
    check_topic_names([name])


def test_names_that_differ_only_in_dots_and_underscores_collide() -> None:
    with pytest.raises(InvalidTopicError, match=r"^Topic 'a_b\.c' collides with existing topic: a\.b_c$"):
        check_new_topic_name("a_b.c", ["x", "a.b_c"])
    check_new_topic_name("a-b.c", ["a.b_c"])
    check_new_topic_name("a.b", ["a.b"])  # that it exists is told otherwise


def test_a_client_lists_all_illegal_names() -> None:
    with pytest.raises(InvalidTopicError, match=r"^Invalid topics: \[a b, \?\]$"):
        check_topic_names(["fine", "a b", "?"])
