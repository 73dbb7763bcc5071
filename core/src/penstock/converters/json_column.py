"""A column that knows where its values come from."""

from __future__ import annotations


class JsonColumn(list[object]):
    """Values that a parser has just made of JSON texts: of str, int, float, bool, None, list and dict with str keys, by these
    very classes; integers fit a long, floats are finite and below 10^7 either way.

    So they need not be looked at to be written as JSON again. That holds as long as nobody changes them in place: transformations
    get a list of the values instead, and a part of this column is a list, too.
    """

    __slots__ = ()
