"""The contexts that plugins are given: thin views on control, link and runner (spec 4.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from penstock.api.batch import Offset
from penstock.api.exceptions import ConnectException, DataException, IllegalWorkerStateException
from penstock.api.record import TopicPartition
from penstock.api.task import ErrantRecordReporter, TransactionContext
from penstock.storage.offsets import decode_offset, encode_partition
from penstock.tasks.control import Control
from penstock.tasks.link import WorkerLink

logger = logging.getLogger(__name__)

_SLICE_S = 0.2
"""How long an offset read may overlook a stop."""


class StoredOffsets:
    """An OffsetStorageReader that asks the worker. Blocks its caller, but not past a stop."""

    def __init__(self, link: WorkerLink, stopping: Callable[[], bool]) -> None:
        self._link = link
        self._stopping = stopping

    def offset(self, partition: Offset) -> dict[str, object] | None:
        return self.offsets([partition])[0][1]

    def offsets(self, partitions: Collection[Offset]) -> list[tuple[Offset, dict[str, object] | None]]:
        wanted = list(partitions)
        read = self._link.read_offsets([encode_partition(partition) for partition in wanted])
        stored = self._result(read)
        return [(partition, _decoded(partition, raw)) for partition, raw in zip(wanted, stored, strict=True)]

    def _result(self, read: Future[list[bytes | None]]) -> list[bytes | None]:
        while True:
            try:
                return read.result(_SLICE_S)
            except FutureTimeoutError as error:
                if read.done():  # the store itself timed out
                    raise ConnectException("Failed to fetch offsets.") from error
                if self._stopping():
                    raise ConnectException(
                        "Failed to fetch offsets. Offset reader is closed: the task or connector is being stopped"
                    ) from error
            except ConnectException as error:
                raise ConnectException("Failed to fetch offsets.") from error


def _decoded(partition: Offset, raw: bytes | None) -> dict[str, object] | None:
    """A stored offset; one that is damaged counts as unknown, and loudly (spec 8.2)."""
    try:
        return None if raw is None else decode_offset(raw)
    except DataException:
        logger.exception(
            "CRITICAL: Failed to deserialize offset data of partition %s when getting offsets. No value for this data will "
            "be returned, which may break the task or cause it to skip some data.",
            partition,
        )
        return None


class RunningTaskContext:
    """What source and sink task contexts share."""

    def __init__(self, control: Control, configs: Callable[[], Mapping[str, str]]) -> None:
        self._control = control
        self._configs = configs

    @property
    def configs(self) -> Mapping[str, str]:
        return self._configs()

    @property
    def stopping(self) -> bool:
        return self._control.stopping

    def wait(self, seconds: float) -> bool:
        return self._control.wait(seconds)


class RunningSourceTaskContext(RunningTaskContext):
    """A SourceTaskContext. The transaction context is absent outside exactly-once (spec 8.3)."""

    def __init__(self, control: Control, configs: Callable[[], Mapping[str, str]], link: WorkerLink) -> None:
        super().__init__(control, configs)
        self._offsets = StoredOffsets(link, lambda: control.stopping)

    @property
    def offset_storage_reader(self) -> StoredOffsets:
        return self._offsets

    @property
    def transaction_context(self) -> TransactionContext | None:
        return None


class RunningSinkTaskContext(RunningTaskContext):
    """A SinkTaskContext: keeps what the task asks for until the runner's next round. On the task's thread."""

    def __init__(
        self,
        control: Control,
        configs: Callable[[], Mapping[str, str]],
        assignment: Callable[[], frozenset[TopicPartition]],
        reporter: ErrantRecordReporter | None,
    ) -> None:
        super().__init__(control, configs)
        self._assignment = assignment
        self._reporter = reporter
        self._rewinds: dict[TopicPartition, int] = {}
        self._timeout_ms: int | None = None
        self._commit_requested = False
        self.paused: set[TopicPartition] = set()

    def offset(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._rewinds.update(offsets)

    def timeout(self, timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        return self._assignment()

    def pause(self, *partitions: TopicPartition) -> None:
        self._check_assigned("pause", partitions)
        self.paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._check_assigned("resume", partitions)
        self.paused.difference_update(partitions)

    def request_commit(self) -> None:
        self._commit_requested = True

    @property
    def errant_record_reporter(self) -> ErrantRecordReporter | None:
        return self._reporter

    def take_rewinds(self) -> dict[TopicPartition, int]:
        """The runner's: what ``offset`` asked for since the last call."""
        taken, self._rewinds = self._rewinds, {}
        return taken

    def take_timeout_s(self) -> float | None:
        """The runner's: the one-shot time-out in seconds."""
        taken, self._timeout_ms = self._timeout_ms, None
        return None if taken is None else taken / 1000

    def take_commit_request(self) -> bool:
        """The runner's: whether ``request_commit`` was called since the last call."""
        taken, self._commit_requested = self._commit_requested, False
        return taken

    def _check_assigned(self, verb: str, partitions: Collection[TopicPartition]) -> None:
        foreign = [str(partition) for partition in partitions if partition not in self._assignment()]
        if foreign:
            raise IllegalWorkerStateException(
                f"SinkTasks may not {verb} partitions that are not currently assigned to them: {', '.join(foreign)}"
            )


class RunningConnectorContext:
    """A SourceConnectorContext (sinks do not look at the reader). Usable from any thread until closed."""

    def __init__(self, control: Control, link: WorkerLink, on_error: Callable[[BaseException], None]) -> None:
        self._control = control
        self._link = link
        self._on_error = on_error
        self._closed = False
        self._offsets = StoredOffsets(link, lambda: control.stopping)

    def request_task_reconfiguration(self) -> None:
        self._check_open()
        self._link.reconfigure()

    def raise_error(self, error: BaseException) -> None:
        self._check_open()
        self._on_error(error)

    @property
    def offset_storage_reader(self) -> StoredOffsets:
        self._check_open()
        return self._offsets

    @property
    def stopping(self) -> bool:
        return self._control.stopping

    def wait(self, seconds: float) -> bool:
        return self._control.wait(seconds)

    def close(self) -> None:
        """The runner's: calls from now on raise (spec 4.1)."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ConnectException("The connector was stopped; its context can not be used any more")
