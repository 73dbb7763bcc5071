"""Sample records for a sink's plan, read as its tasks would read them: converters, then transformations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from penstock.api.exceptions import ConnectException, DataException
from penstock.api.record import SinkRecord, TimestampType
from penstock.clock import SYSTEM_CLOCK
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.ids import TaskId
from penstock.log.base import LogHeader
from penstock.tasks.assembly import Assembly
from penstock.tasks.sink_chain import SinkChain
from penstock.tasks.spec import WorkerSettings


@dataclass(frozen=True, slots=True)
class Sample:
    """A record as it lies in the log, as far as a plan needs it."""

    topic: str
    key: bytes | None
    value: bytes | None


class _Batch:
    """Samples of one topic as a :class:`penstock.log.base.ReceivedBatch`."""

    partition = 0
    timestamp_type = TimestampType.CREATE_TIME
    headers: Sequence[Sequence[LogHeader] | None] | None = None

    def __init__(self, topic: str, samples: Sequence[Sample], first: int) -> None:
        self.topic = topic
        self.offsets = range(first, first + len(samples))
        self.next_offset = first + len(samples)
        self.values = [sample.value for sample in samples]
        self.keys = [sample.key for sample in samples]
        self.timestamps = [SYSTEM_CLOCK.time_ms()] * len(samples)

    def __len__(self) -> int:
        return len(self.values)


def read_samples(samples: Sequence[Sample], props: Mapping[str, str], settings: WorkerSettings) -> list[SinkRecord]:
    """What ``put`` would receive for these records, in their order. Raises DataException for the first that can't be read,
    whatever ``errors.tolerance`` says: with its place and the reason, as nobody sees a trace. Offsets are places in
    ``samples``, from 0."""
    operator = RetryWithTolerance(
        TaskId(props.get("name", ""), 0), ErrorPolicy(), [], SYSTEM_CLOCK, lambda _seconds: False
    )
    assembly = Assembly(settings.index, settings.props, props)
    chain = SinkChain(assembly.chain(operator), assembly.converters(), operator)
    try:
        batches, first = [], 0
        for topic, group in groupby(samples, lambda sample: sample.topic):
            batches.append(_Batch(topic, list(group), first))
            first = batches[-1].next_offset
        return list(chain.decode(batches))
    except ConnectException as error:
        if error.__cause__ is None:
            raise
        place = "".join(getattr(error, "__notes__", ())).strip()
        raise DataException(f"A sample record cannot be read, {place}: {error.__cause__}") from error.__cause__
    finally:
        chain.close()
