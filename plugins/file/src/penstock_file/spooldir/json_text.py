"""JSON values one after another, with or without white space between them, as Jackson reads them."""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Callable
from typing import Final

from penstock.api import DataException
from penstock_file.spooldir.opening import Text

_BLANK = re.compile(r"[ \t\n\r]*")
_SPACES = re.compile(r'("(?:[^"\\]++|\\.)*+")|[ \t\n\r]+', re.DOTALL)


class JsonValues:
    """Reads one value after another. ``fault`` is what is wrong behind the last one."""

    def __init__(self, text: Text, *, hold: bool, exact_numbers: bool) -> None:
        """``hold``: a value that the file breaks off is still being written. ``exact_numbers``: those with a point or an
        exponent become decimals."""
        self._text = text
        self._hold = hold
        self._buffer = ""
        self._place = 0
        self._complete = False
        self.fault: DataException | None = None
        self.held = False
        decoder = json.JSONDecoder(
            parse_float=decimal.Decimal if exact_numbers else None, parse_constant=_refuse_constant
        )
        self._decode: Callable[[str, int], tuple[object, int]] = decoder.raw_decode

    def next(self, most: int) -> list[tuple[object, str]]:
        """At most so many values, each with its text; none at the end. Raises OSError and DamagedError."""
        found: list[tuple[object, str]] = []
        while len(found) < most and self.fault is None:
            item = self._one()
            if item is None:
                break
            found.append(item)
        return found

    def _one(self) -> tuple[object, str] | None:
        more = False
        while True:
            begin = _matched(_BLANK, self._buffer, self._place)
            if begin < len(self._buffer):
                try:
                    value, end = self._decode(self._buffer, begin)
                except (ValueError, RecursionError) as error:
                    if self._complete or not self._may_go_on(error):
                        self._broken(error)
                        return None
                else:
                    # A number at the end of what was read may have more digits.
                    whole = end < len(self._buffer) or not (self._buffer[begin].isdigit() or self._buffer[begin] == "-")
                    if self._complete and self._hold and not whole:
                        self.held = True
                        return None
                    if self._complete or whole:
                        self._place = end
                        return value, self._buffer[begin:end]
            elif self._complete:
                return None
            self._fill(more=more)
            more = True

    def _fill(self, *, more: bool) -> None:
        block = self._text.block(more=more)
        if not block:
            self._complete = True
            block, self._text.tail = self._text.tail, ""
        self._buffer = self._buffer[self._place :] + block
        self._place = 0

    def _may_go_on(self, error: Exception) -> bool:
        """Whether the value could still be whole with more text: the error must be where the text ends, or in a text that
        has not ended."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.pos >= len(self._buffer) - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")

    def _broken(self, error: Exception) -> None:
        if self._complete and self._hold and isinstance(error, json.JSONDecodeError) and self._may_go_on(error):
            self.held = True
            return
        what = "it is nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
        shown = self._buffer[self._place : self._place + 100].strip()
        self.fault = DataException(f"Could not read a JSON value: {what}. It begins with [{shown}]")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


_LONGEST_TOKEN: Final = 32
"""Characters: a keyword, a number or an escape may be cut off so far before the end."""


def _matched(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    assert match is not None  # it matches nothing as well
    return match.end()


def compact(text: str) -> str:
    """A JSON value without the white space between its tokens."""
    return _SPACES.sub(r"\1", text)
