"""A log that fails on demand: everything goes to a log in memory unless a test says otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from penstock.api.record import TopicPartition
from penstock.log.base import (
    DeliveryCallback,
    Interrupted,
    Log,
    LogAdmin,
    LogConsumer,
    LogProducer,
    NewTopic,
    OutgoingBatch,
    ReceivedBatch,
    Reports,
    never,
)
from penstock.log.errors import LogError, TopicExistsError
from penstock.log.memory import MemoryLog


class Faults:
    """What shall fail next. ``next_errors["poll"]`` and so on are raised one a call; the calls are counted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._errors: dict[str, list[LogError]] = {}
        self._calls: dict[str, int] = {}
        self.refused: dict[bytes, LogError] = {}
        """Records with these keys are never delivered."""

    def fail(self, call: str, *errors: LogError) -> None:
        """The next calls of this name fail with these, one each."""
        with self._changed:
            self._errors.setdefault(call, []).extend(errors)

    def check(self, call: str) -> LogError | None:
        """Note a call; the error that it is to fail with."""
        with self._changed:
            self._calls[call] = self._calls.get(call, 0) + 1
            self._changed.notify_all()
            waiting = self._errors.get(call)
            return waiting.pop(0) if waiting else None

    def calls(self, call: str) -> int:
        with self._changed:
            return self._calls.get(call, 0)

    def wait_for(self, call: str, count: int, timeout_s: float = 20.0) -> None:
        """Until there were so many calls."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._calls.get(call, 0) >= count, timeout_s), (
                f"no {count} calls of {call}"
            )


class FlakyLog:
    """A Log."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log or MemoryLog()
        self.faults = Faults()

    def producer(self, config: Mapping[str, str], reports: Reports = Reports.ERRORS) -> LogProducer:
        _raise(self.faults.check("producer"))
        return _FlakyProducer(self.log.producer(config, reports), self.faults)  # type: ignore[return-value]

    def consumer(self, config: Mapping[str, str]) -> LogConsumer:
        _raise(self.faults.check("consumer"))
        return _FlakyConsumer(self.log.consumer(config), self.faults)  # type: ignore[return-value]

    def admin(self, config: Mapping[str, str]) -> LogAdmin:
        _raise(self.faults.check("admin"))
        return _FlakyAdmin(self.log.admin(config), self.faults)  # type: ignore[return-value]


class _Passing:
    """What is not made to fail goes through."""

    def __init__(self, inner: object, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _FlakyProducer(_Passing):
    """``send`` fails the call, ``delivery`` one record after the call."""

    _inner: LogProducer

    def send_batch(
        self, batch: OutgoingBatch, *, on_delivery: DeliveryCallback | None = None, interrupted: Interrupted = never
    ) -> int:
        _raise(self._faults.check("send"))
        refused = [
            self._faults.refused[key]
            for key in batch.keys or ()
            if isinstance(key, bytes) and key in self._faults.refused
        ]
        error = self._faults.check("delivery") or (refused[0] if refused else None)
        if error is not None:
            assert on_delivery is not None
            on_delivery(0, None, error)
            return 0
        return self._inner.send_batch(batch, on_delivery=on_delivery, interrupted=interrupted)

    def flush(self, timeout_s: float, *, interrupted: Interrupted = never) -> bool:
        _raise(self._faults.check("flush"))
        return self._inner.flush(timeout_s, interrupted=interrupted)


class _FlakyConsumer(_Passing):
    _inner: LogConsumer

    def poll(self, timeout_s: float, max_records: int) -> list[ReceivedBatch]:
        _raise(self._faults.check("poll"))
        return self._inner.poll(timeout_s, max_records)

    def end_offsets(self, partitions: Collection[TopicPartition], timeout_s: float) -> dict[TopicPartition, int]:
        _raise(self._faults.check("end_offsets"))
        return self._inner.end_offsets(partitions, timeout_s)

    def partitions_for(self, topic: str, timeout_s: float) -> int | None:
        _raise(self._faults.check("partitions_for"))
        return self._inner.partitions_for(topic, timeout_s)

    def close(self) -> None:
        self._faults.check("consumer closed")
        self._inner.close()


class _FlakyAdmin(_Passing):
    """``create`` fails one topic within the answer."""

    _inner: LogAdmin

    def create_topics(self, topics: Collection[NewTopic], timeout_s: float) -> dict[str, LogError | None]:
        error = self._faults.check("create")
        if isinstance(error, TopicExistsError):  # somebody else made it in between
            self._inner.create_topics(topics, timeout_s)
        if error is not None:
            return {topic.name: error for topic in topics}
        return self._inner.create_topics(topics, timeout_s)

    def topic_configs(self, name: str, timeout_s: float) -> dict[str, str]:
        _raise(self._faults.check("topic_configs"))
        return self._inner.topic_configs(name, timeout_s)


class ManualClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.on_read: Callable[[], None] = lambda: None

    def time_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


def _raise(error: LogError | None) -> None:
    if error is not None:
        raise error


def texts(batches: Sequence[ReceivedBatch]) -> list[str]:
    """Keys and values, readable."""
    found = []
    for batch in batches:
        keys = batch.keys or [None] * len(batch)
        for key, value in zip(keys, batch.values, strict=True):
            found.append(f"{(key or b'').decode()}={value.decode() if value is not None else None}")
    return found
