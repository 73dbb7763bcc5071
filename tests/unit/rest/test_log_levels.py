"""Levels over Python's logging tree, as Connect's admin endpoints speak of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import pytest
from tests.unit.rest.conftest import Start

from penstock.rest.log_levels import LEVELS, LogLevels, level_name


class SetClock:
    """A clock that stands still."""

    now = 1_700_000_000_000

    def time_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put every level back."""
    loggers = [
        logging.root,
        *(each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]
    before = {logger: logger.level for logger in loggers}
    yield
    for logger in [
        *loggers,
        *(each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]:
        logger.setLevel(before.get(logger, logging.NOTSET))


def test_a_prefix_means_every_logger_that_starts_with_it() -> None:
    clock = SetClock()
    levels = LogLevels(clock)
    assert levels.set("lv.no", "DEBUG") == ["lv.no"]
    assert levels.set("lv.nosuch.A", "DEBUG") == ["lv.nosuch.A"]
    clock.now += 5
    assert levels.set("lv.no", "WARN") == ["lv.no", "lv.nosuch.A"]
    assert logging.getLogger("lv.nosuch.A").level == logging.WARNING
    assert levels.set("lv.no", "WARN") == []
    told = levels.one("lv.no")
    assert told is not None
    assert (told.level, told.last_modified) == ("WARN", clock.now)
    assert levels.one("lv.nosuch") is None, "a place in the tree is no logger"
    assert levels.one("LV.no") is None


def test_root_is_all() -> None:
    levels = LogLevels(SetClock())
    logging.getLogger("lv.root.child").setLevel(logging.DEBUG)
    affected = levels.set("ROOT", "ERROR")
    assert {"root", "lv.root.child"} <= set(affected)
    assert logging.root.level == logging.ERROR
    listed = levels.all()
    assert listed["root"].level == "ERROR"
    assert list(listed) == sorted(listed)


def test_every_level_has_a_name() -> None:
    for name, number in LEVELS.items():
        assert level_name(number) == name
    assert level_name(25) == "WARN"
    assert level_name(7) == "DEBUG"
    assert level_name(1000) == "OFF"


def test_loggers_of_children_are_listed_and_told() -> None:
    told: list[tuple[str, int]] = []

    def elsewhere() -> Mapping[str, int]:
        return {"child.only": logging.DEBUG, "root": logging.DEBUG}

    levels = LogLevels(SetClock(), elsewhere, lambda name, level: told.append((name, level)))
    assert levels.all()["child.only"].level == "DEBUG"
    assert levels.set("child", "INFO") == ["child", "child.only"]
    assert told == [("child", logging.INFO)]


def test_off_and_all_do_what_they_say() -> None:
    levels = LogLevels(SetClock())
    levels.set("lv.off", "OFF")
    assert not logging.getLogger("lv.off").isEnabledFor(logging.CRITICAL)
    levels.set("lv.off", "ALL")
    assert logging.getLogger("lv.off").isEnabledFor(1)


def test_over_http(start: Start) -> None:
    client = start().client
    assert client.put("/admin/loggers/lv.http", json={"level": " warn "}).json() == ["lv.http"]
    assert client.get("/admin/loggers/lv.http").json()["level"] == "WARN"
    assert client.put("/admin/loggers/lv.http?scope=CLUSTER", json={"level": "INFO"}).status_code == 204
    assert client.get("/admin/loggers").json()["lv.http"]["level"] == "INFO"
    assert client.put("/admin/loggers/lv.http", json={"level": "CRITICAL"}).json() == {
        "error_code": 404,
        "message": "invalid log level 'CRITICAL'.",
    }
