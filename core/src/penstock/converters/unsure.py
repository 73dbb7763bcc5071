"""How the fast way hands over to the careful one."""

from __future__ import annotations


class Unsure(ValueError):  # a signal: there is nothing wrong with the data yet
    """A column is left to the careful way, which converts value by value, or says what is wrong."""
