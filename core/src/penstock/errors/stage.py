"""The stages a record passes, and which exceptions each may tolerate (spec 7.1)."""

from __future__ import annotations

import enum

from penstock.api.exceptions import RetriableException


class Stage(enum.Enum):
    """The names are Connect's: they stand in log lines and dead letter headers."""

    TASK_POLL = "TASK_POLL"
    TASK_PUT = "TASK_PUT"
    TRANSFORMATION = "TRANSFORMATION"
    KEY_CONVERTER = "KEY_CONVERTER"
    VALUE_CONVERTER = "VALUE_CONVERTER"
    HEADER_CONVERTER = "HEADER_CONVERTER"
    KAFKA_PRODUCE = "KAFKA_PRODUCE"
    KAFKA_CONSUME = "KAFKA_CONSUME"


_RETRIABLE_ONLY = frozenset({Stage.TASK_POLL, Stage.KAFKA_PRODUCE, Stage.KAFKA_CONSUME})


def tolerable(stage: Stage, error: BaseException) -> bool:
    """Whether ``errors.tolerance=all`` may skip a record for this error."""
    if stage in _RETRIABLE_ONLY:
        return isinstance(error, RetriableException)
    return isinstance(error, Exception)
