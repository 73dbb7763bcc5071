"""Giving the keys of a group their places in a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from penstock.api import ConfigKey


def in_group(group: str, keys: Iterable[ConfigKey]) -> list[ConfigKey]:
    """The keys, in ``group`` and numbered from 1 in their order; an internal key is in no group and has no number."""
    found: list[ConfigKey] = []
    place = 0
    for key in keys:
        if key.internal:
            found.append(replace(key, group=""))
            continue
        place += 1
        found.append(replace(key, group=group, order=place))
    return found
