"""Who is told of a failed record: the log, and for sinks the dead letter queue (spec 7.3)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from penstock.errors.context import ConsumedRecord, Failure

logger = logging.getLogger(__name__)


class ErrorReporter(Protocol):
    """Called on the task's thread, or on the thread that reports an errant record."""

    def report(self, failure: Failure) -> Future[None] | None:
        """Take note. A future is returned where durability comes later; offsets wait for it."""

    def flush(self, timeout_s: float) -> None:
        """Serve what is on its way, so that the futures of earlier reports complete."""

    def close(self) -> None:
        """Make everything durable and release what was taken."""


class LogReporter:
    """``errors.log.enable``: one ERROR line a failure; the record's details only with ``errors.log.include.messages``."""

    def __init__(self, *, include_messages: bool) -> None:
        self._include_messages = include_messages

    def report(self, failure: Failure) -> None:
        logger.error(self.message(failure), exc_info=failure.error)

    def message(self, failure: Failure) -> str:
        """Connect's wording, to the letter."""
        text = (
            f"Error encountered in task {failure.task}. Executing stage '{failure.stage.value}' with class "
            f"'{failure.executing_class}'"
        )
        record = failure.record
        if not self._include_messages:
            return text + "."
        if isinstance(record, ConsumedRecord):
            text += f", where consumed record is {{topic='{record.topic}', partition={record.partition}, offset={record.offset}"
            if record.timestamp is not None:
                text += f", timestamp={record.timestamp}, timestampType={record.timestamp_type.value}"
            return text + "}."
        return f"{text}, where source record is = {record}."

    def flush(self, timeout_s: float) -> None:
        """A log line is written when it is reported."""

    def close(self) -> None:
        """Nothing was taken."""


def report_all(reporters: Sequence[ErrorReporter], failure: Failure) -> list[Future[None]]:
    """Tell every reporter, also when the failure then ends the task (spec 7.2 step 6); the futures still to come."""
    futures = [reporter.report(failure) for reporter in reporters]
    return [future for future in futures if future is not None]
