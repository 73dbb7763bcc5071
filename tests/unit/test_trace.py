"""The layout of traces, and the class that the first line names."""

from __future__ import annotations

import pytest

from penstock.api.exceptions import ConnectException, DataException
from penstock.errors.trace import class_name, format_trace
from penstock.log.errors import LogTimeoutError


class AuthorsError(ConnectException):
    pass


class NamedError(ConnectException):
    connect_name = "org.example.NamedException"


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class Reader:
    def read(self) -> None:
        raise FileNotFoundError(2, "No such file or directory", "/x")


def caught(action: object) -> BaseException:
    assert callable(action)
    with pytest.raises(BaseException) as info:  # noqa: PT011
        action()
    return info.value


def test_first_line_then_frames_innermost_first_then_cause() -> None:
    def convert() -> None:
        try:
            Reader().read()
        except OSError as error:
            raise DataException("cannot\nconvert") from error

    lines = format_trace(caught(convert)).splitlines()
    assert lines[:2] == ["org.apache.kafka.connect.errors.DataException: cannot", "convert"]
    assert lines[2].startswith(
        f"\tat {__name__}.test_first_line_then_frames_innermost_first_then_cause.<locals>.convert(test_trace.py:"
    )
    assert lines[3].startswith(f"\tat {__name__}.caught(test_trace.py:")
    cause = lines.index("Caused by: FileNotFoundError: [Errno 2] No such file or directory: '/x'")
    assert cause == 4
    assert lines[5].startswith(f"\tat {__name__}.Reader.read(test_trace.py:")
    assert lines[6].startswith("\tat ")
    assert len(lines) == 7


def test_no_colon_without_a_message() -> None:
    assert format_trace(ValueError()) == "ValueError\n"


def test_context_counts_as_cause_unless_suppressed() -> None:
    def fail(suppress: bool) -> None:
        try:
            raise KeyError("k")
        except KeyError:
            if suppress:
                raise ValueError("v") from None
            raise ValueError("v")  # noqa: B904

    assert "Caused by: KeyError: 'k'\n" in format_trace(caught(lambda: fail(suppress=False)))
    assert "Caused by" not in format_trace(caught(lambda: fail(suppress=True)))


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ConnectException("x"), "org.apache.kafka.connect.errors.ConnectException"),
        (LogTimeoutError("x"), "org.apache.kafka.common.errors.TimeoutException"),
        (AuthorsError("x"), f"{__name__}.AuthorsError"),
        (NamedError("x"), "org.example.NamedException"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_class_names(error: Exception, name: str) -> None:
    assert class_name(error) == name


def test_a_refinement_of_ours_stands_for_the_connect_class() -> None:
    refined = type("Refined", (DataException,), {"__module__": "penstock.somewhere"})
    assert class_name(refined("x")) == "org.apache.kafka.connect.errors.DataException"


def test_groups_list_their_members_and_notes_are_kept() -> None:
    group = ExceptionGroup("both", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])])
    group.add_note("seen twice")
    assert format_trace(group).splitlines() == [
        "ExceptionGroup: both (2 sub-exceptions)",
        "seen twice",
        "\tSuppressed: ValueError: a",
        "\tSuppressed: ExceptionGroup: inner (1 sub-exception)",
        "\t\tSuppressed: KeyError: 'b'",
    ]


def test_circles_end() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert (
        format_trace(one)
        == "ValueError: one\nCaused by: ValueError: two\nCaused by: [CIRCULAR REFERENCE: ValueError: one]\n"
    )


def test_an_error_that_cannot_be_printed_is_still_told() -> None:
    assert (
        format_trace(UnprintableError())
        == f"{__name__}.UnprintableError: <no message: its __str__ raised ZeroDivisionError>\n"
    )
