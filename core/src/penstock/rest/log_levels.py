"""Log levels as Connect's admin endpoints speak of them, over Python's logging tree (spec 1.12, live 7).

Used on the REST thread only. Changes last until the process ends; what runs in children is told through ``on_change``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from penstock.clock import Clock

ROOT = "root"
LEVELS: Mapping[str, int] = {
    "OFF": 100,
    "FATAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": 5,
    "ALL": 1,
}
"""Connect's names, from nothing to everything, and Python's numbers."""


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """``last_modified`` is in milliseconds since the epoch, None until the level was changed here."""

    level: str
    last_modified: int | None


def level_name(number: int) -> str:
    """Connect's name for a number: that of the most talkative level whose records all pass it."""
    return next((name for name, each in sorted(LEVELS.items(), key=itemgetter(1)) if each >= number), "OFF")


def _nobody() -> Mapping[str, int]:
    return {}


def _unheard(_name: str, _level: int) -> None:
    return None


class LogLevels:
    """``elsewhere`` gives the loggers of child processes with their levels; ``on_change`` is told a prefix (``root`` for all)
    and the level that every logger whose name starts with it has from now on."""

    def __init__(
        self,
        clock: Clock,
        elsewhere: Callable[[], Mapping[str, int]] = _nobody,
        on_change: Callable[[str, int], None] = _unheard,
    ) -> None:
        self._clock = clock
        self._elsewhere = elsewhere
        self._on_change = on_change
        self._modified: dict[str, int] = {}

    def all(self) -> dict[str, LoggerLevel]:
        """Every logger with its effective level, by name; the root logger is ``root``."""
        return {name: self._described(name, level) for name, level in sorted(self._numbers().items())}

    def one(self, name: str) -> LoggerLevel | None:
        """The logger's effective level, None if there is no such logger. The root may be called in any case."""
        name = _canonical(name)
        level = self._numbers().get(name)
        return None if level is None else self._described(name, level)

    def set(self, name: str, level: str) -> list[str]:
        """Give ``level`` (a key of :data:`LEVELS`) to the named logger, made if need be, and to every one whose name starts
        with it, dot or not; the root stands for all. Returns the names whose level changed, sorted."""
        name, number = _canonical(name), LEVELS[level]
        affected = []
        for each, current in {name: None, **self._numbers()}.items():
            if (name == ROOT or each.startswith(name)) and current != number:
                affected.append(each)
        for each in affected:
            logging.getLogger(None if each == ROOT else each).setLevel(number)
            self._modified[each] = self._clock.time_ms()
        self._on_change(name, number)
        return sorted(affected)

    def _numbers(self) -> dict[str, int]:
        known = logging.root.manager.loggerDict
        here = {
            name: logger.getEffectiveLevel()
            for name, logger in list(known.items())
            if isinstance(logger, logging.Logger)  # others only hold a place in the tree
        }
        return {**self._elsewhere(), **here, ROOT: logging.root.level}

    def _described(self, name: str, number: int) -> LoggerLevel:
        return LoggerLevel(level_name(number), self._modified.get(name))


def _canonical(name: str) -> str:
    return ROOT if name.lower() == ROOT else name
