"""Writes that consist of several steps, each of which begins when the one before is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from penstock.api.exceptions import ConnectException
from penstock.log.errors import LogError

Step = Callable[[], Future[None]]
"""Begins something. Called on the thread that completed the step before; must not block."""


def in_order(*steps: Step, failure: str) -> Future[None]:
    """Run steps one after another. The result completes with the last one, or fails as soon as one fails: with
    ConnectException(``failure``) caused by that step's LogError, or with another error as it is. Cancelling it keeps
    the steps that did not begin from beginning."""
    done: Future[None] = Future()

    def begin(number: int) -> None:
        if number == len(steps):
            if done.set_running_or_notify_cancel():
                done.set_result(None)
            return
        if done.cancelled():
            return
        try:
            step = steps[number]()
        except Exception as error:  # noqa: BLE001  # told through the future
            fail(error)
            return
        step.add_done_callback(lambda finished: ended(number, finished))

    def ended(number: int, finished: Future[None]) -> None:
        error = finished.exception()
        if error is None:
            begin(number + 1)
        else:
            fail(error)

    def fail(error: BaseException) -> None:
        if not done.set_running_or_notify_cancel():
            return
        told = error
        if isinstance(error, LogError):
            told = ConnectException(failure)
            told.__cause__ = error
        done.set_exception(told)

    begin(0)
    return done
