"""Tokens of a text in the notation of Connect's values: delimiters, and what stands between them (spec 5.6)."""

from __future__ import annotations

import re

# A backslash takes the next character with it and stays in the text.
_TOKEN = re.compile(r'[":,\[\]{}]|(?:[^\\":,\[\]{}]|\\[\s\S]|\\\Z)+')

JAVA_BLANKS = "".join(map(chr, range(ord(" ") + 1)))
"""What Java's ``trim`` takes away: every character up to the blank."""


class Tokens:
    """A cursor over the tokens of ``text``, with one token of look-ahead; it can be set back."""

    __slots__ = ("_ahead", "_position", "previous", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.previous: str | None = None
        self._position = 0
        self._ahead: str | None = None

    @property
    def has_next(self) -> bool:
        """Whether there is another token."""
        return self._ahead is not None or self._position < len(self.text)

    def mark(self) -> int:
        """A place to rewind to: where the next token begins. Blanks that were looked at already lie before it."""
        return self._position - (0 if self._ahead is None else len(self._ahead))

    def rewind_to(self, mark: int) -> None:
        """Go back to a mark."""
        self._position = mark
        self._ahead = self.previous = None

    def next(self) -> str:
        """The next token; an empty text at the end."""
        token = self._read() if self._ahead is None else self._ahead
        self._ahead = None
        self.previous = token
        return token

    def next_few(self, count: int) -> str | None:
        """The text of the next tokens; None, and nothing moves, when there are not so many."""
        start = self.mark()
        for _ in range(count):
            if not self.has_next:
                self.rewind_to(start)
                return None
            self.next()
        return self.text[start : self._position]

    def skip(self, expected: str) -> bool:
        """Whether ``expected`` comes next, blanks aside; then it is passed over."""
        if self._ahead is None:
            if not self.has_next:
                return False
            self._ahead = self._read()
        while not self._ahead.strip(JAVA_BLANKS) and self._position < len(self.text):
            self._ahead = self._read()
        if self._ahead.strip(JAVA_BLANKS) != expected:
            return False
        self._ahead = None
        return True

    def _read(self) -> str:
        found = _TOKEN.match(self.text, self._position)
        if found is None:
            return ""
        self._position = found.end()
        return found.group()
