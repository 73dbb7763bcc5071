"""Patterns of Java's ``SimpleDateFormat``: letters that stand for fields, and texts that stand for themselves (spec 6.1)."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = frozenset("GyMdkHmsSEDFwWahKzZYuXL")

ERAS = ("BC", "AD")
LONG_ERAS = ("Before Christ", "Anno Domini")
HALVES = ("AM", "PM")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LONGEST_ISO_ZONE = 3
_LONGEST_MONTH_NUMBER = 2


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """The same letter ``count`` times."""

    letter: str
    count: int

    def __post_init__(self) -> None:
        _check_letter(self.letter)

    @property
    def is_number(self) -> bool:
        """Whether the field is written in digits."""
        return self.count <= _LONGEST_MONTH_NUMBER if self.letter in "ML" else self.letter not in "GEazZX"


def _check_letter(char: str) -> None:
    if char.isascii() and char.isalpha() and char not in LETTERS:
        raise ValueError(f"Illegal pattern character '{char}'")


Element = Literal | Run


def parse_pattern(pattern: str) -> tuple[Element, ...]:
    """The elements of a pattern. Raises ValueError, with Java's text, for a letter that means nothing, quotes that do not
    close, and a zone of more than three X."""
    elements: list[Element] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        if char == "'":
            text, place = _quoted(pattern, place + 1)
            _add_text(elements, text)
        elif char.isascii() and char.isalpha():
            run = Run(char, _length_of_run(pattern, place))
            place += run.count
            if run.letter == "X" and run.count > _LONGEST_ISO_ZONE:
                _check_letter(pattern[place : place + 1])
                raise ValueError(f"invalid ISO 8601 format: length={run.count}")
            elements.append(run)
        else:
            _add_text(elements, char)
            place += 1
    return tuple(elements)


def _length_of_run(pattern: str, start: int) -> int:
    end = start
    while end < len(pattern) and pattern[end] == pattern[start]:
        end += 1
    return end - start


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    """The text behind an opening quote, and where the pattern goes on. Two quotes are one quote, in a quotation and
    outside."""
    if pattern.startswith("'", start):
        return "'", start + 1
    text: list[str] = []
    place = start
    while True:
        end = pattern.find("'", place)
        if end < 0:
            raise ValueError("Unterminated quote")
        text.append(pattern[place:end])
        if not pattern.startswith("'", end + 1):
            return "".join(text), end + 1
        text.append("'")
        place = end + 2


def _add_text(elements: list[Element], text: str) -> None:
    if elements and isinstance(elements[-1], Literal):
        elements[-1] = Literal(elements[-1].text + text)
    elif text:
        elements.append(Literal(text))
