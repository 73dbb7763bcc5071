"""A connector's own connection test and plan, asked within a deadline. In a connector host, on the thread of a CALL.

A call that misses its deadline ends its host with every connector in it, so a plugin that hangs here is left behind on a
thread of its own, and what it found so far is the answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TypeVar

from penstock.api.check import Check, PlannedStep
from penstock.api.connector import Connector, SinkConnector
from penstock.api.record import SinkRecord
from penstock.errors.trace import class_name

logger = logging.getLogger(__name__)

F = TypeVar("F", Check, PlannedStep)


def checks(connector: Connector, props: Mapping[str, str], deadline_s: float) -> list[dict[str, object]]:
    """What the connector's ``check`` finds within ``deadline_s``, as plain data. What it raises, and the deadline, are failed
    checks at the end."""
    begin = time.monotonic()

    def failed(text: str) -> Check:
        return Check("check", ok=False, text=text, milliseconds=round((time.monotonic() - begin) * 1000))

    return _within(lambda: connector.check(props), Check, failed, deadline_s)


def planned(
    connector: SinkConnector, props: Mapping[str, str], records: Sequence[SinkRecord], deadline_s: float
) -> list[dict[str, object]]:
    """The same for ``plan``; what goes wrong as a whole has no target."""
    return _within(
        lambda: connector.plan(props, records), PlannedStep, lambda text: PlannedStep("", text, ok=False), deadline_s
    )


def _within(
    ask: Callable[[], Iterable[F]], kind: type[F], failed: Callable[[str], F], deadline_s: float
) -> list[dict[str, object]]:
    found: list[F] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            for item in ask():
                if not isinstance(item, kind):
                    raise TypeError(f"{kind.__name__} is expected, not {type(item).__name__}")  # noqa: TRY301
                found.append(item)
        except BaseException as error:  # noqa: BLE001  # whatever a plugin raises is told
            errors.append(error)

    thread = threading.Thread(target=run, name="connector check", daemon=True)
    thread.start()
    thread.join(deadline_s)
    hanging = thread.is_alive()
    answer = list(found)
    if hanging:
        answer.append(failed(f"There was no further answer within {deadline_s:g} s"))
    elif errors:
        logger.info("A check raised", exc_info=errors[0])
        answer.append(failed(f"{class_name(errors[0])}: {errors[0]}"))
    return [asdict(item) for item in answer]
