"""Fetched messages as runs of one partition, whose columns are made when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, Message

from penstock.api.record import TimestampType, TopicPartition
from penstock.log.base import LogHeader

_offset: Callable[[Message], int] = Message.offset  # type: ignore[assignment]  # fetched messages have one

_TIMESTAMP_TYPES = {
    TIMESTAMP_CREATE_TIME: TimestampType.CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME: TimestampType.LOG_APPEND_TIME,
}


class MessageRun:
    """A ReceivedBatch over librdkafka's messages; there is at least one. ``map`` over the C methods is the fastest way from
    messages to columns."""

    __slots__ = ("_messages", "_values", "key", "next_offset")

    def __init__(self, key: TopicPartition, messages: list[Message]) -> None:
        self.key = key
        self.next_offset = _offset(messages[-1]) + 1
        self._messages = messages
        self._values: list[bytes | None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def topic(self) -> str:
        return self.key.topic

    @property
    def partition(self) -> int:
        return self.key.partition

    @property
    def offsets(self) -> Sequence[int]:
        return list(map(_offset, self._messages))

    @property
    def values(self) -> Sequence[bytes | None]:
        if self._values is None:
            self._values = list(map(Message.value, self._messages))
        return self._values

    @property
    def keys(self) -> Sequence[bytes | None] | None:
        keys = list(map(Message.key, self._messages))
        return None if keys.count(None) == len(keys) else keys

    @property
    def timestamps(self) -> Sequence[int | None]:
        return [timestamp if kind else None for kind, timestamp in map(Message.timestamp, self._messages)]

    @property
    def timestamp_type(self) -> TimestampType:
        return _TIMESTAMP_TYPES.get(self._messages[0].timestamp()[0], TimestampType.NO_TIMESTAMP_TYPE)

    @property
    def headers(self) -> Sequence[Sequence[LogHeader] | None] | None:
        headers = list(map(Message.headers, self._messages))
        return None if headers.count(None) == len(headers) else headers  # type: ignore[return-value]  # bytes when read

    def split(self, count: int) -> tuple[MessageRun, MessageRun]:
        """The first ``count`` messages and the rest; both have some."""
        return MessageRun(self.key, self._messages[:count]), MessageRun(self.key, self._messages[count:])


def runs_of(messages: list[Message], only: TopicPartition | None) -> list[MessageRun]:
    """Messages, none of them an error, as runs in their order. ``only``: the one partition that they can be of."""
    if only is not None:
        return [MessageRun(only, messages)] if messages else []
    runs: list[MessageRun] = []
    start = 0
    places = zip(map(Message.topic, messages), map(Message.partition, messages), strict=True)
    for (topic, partition), group in groupby(places):
        count = sum(1 for _ in group)
        runs.append(MessageRun(TopicPartition(topic or "", partition or 0), messages[start : start + count]))
        start += count
    return runs
