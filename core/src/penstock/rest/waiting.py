"""Waiting for the herder with a deadline, without ever holding up another request."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from penstock.herder.requests import Herder
from penstock.rest.errors import RequestTimeoutError, WorkerStoppingError

_T = TypeVar("_T")


class Pending(Exception):  # no error: health has an answer of its own for it
    """The deadline passed and the future is not done."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Awaits the herder's futures for at most ``timeout_s`` (spec 1.1: 90 s)."""

    herder: Herder
    timeout_s: float

    async def result(self, future: Future[_T]) -> _T:
        """The result, or the exception that the herder set.

        Raises :class:`RequestTimeoutError` with the open stage, :class:`WorkerStoppingError` where the herder cancelled it.
        """
        try:
            return await settled(future, self.timeout_s)
        except Pending:
            raise RequestTimeoutError(self.herder.stage()) from None


async def settled(future: Future[_T], timeout_s: float) -> _T:
    """The future's result within ``timeout_s``; raises :class:`Pending` after that.

    The future is never cancelled from here: the herder still carries out what it was asked, and completes it later.
    """
    waiting = asyncio.wrap_future(future)
    waiting.add_done_callback(_seen)
    done, _ = await asyncio.wait({waiting}, timeout=timeout_s)
    if not done:
        raise Pending
    if waiting.cancelled():
        raise WorkerStoppingError
    return waiting.result()


def _seen(waiting: asyncio.Future[_T]) -> None:
    """Take notice of a late exception: nobody waits for it any more, and it has been logged where it arose."""
    if not waiting.cancelled():
        waiting.exception()
