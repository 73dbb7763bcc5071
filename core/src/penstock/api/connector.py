"""Connectors: describe the work and divide it into tasks (spec 4.1, 4.2).

All calls of one instance come on its own thread in the host process of its distribution, one after another.
"""

from __future__ import annotations

import enum
from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from penstock.api.batch import Offset
from penstock.api.check import Check, PlannedStep
from penstock.api.config import ConfigValue
from penstock.api.plugin import Configurable
from penstock.api.record import SinkRecord, TopicPartition
from penstock.api.task import OffsetStorageReader, Task


class ExactlyOnceSupport(enum.Enum):
    """What a source connector answers to "can you do exactly-once with this config?" (KIP-618)."""

    SUPPORTED = "SUPPORTED"
    UNSUPPORTED = "UNSUPPORTED"


class ConnectorTransactionBoundaries(enum.Enum):
    """Whether a source connector can define its own transactions (KIP-618)."""

    SUPPORTED = "SUPPORTED"
    UNSUPPORTED = "UNSUPPORTED"


class ConnectorContext(Protocol):
    """What a connector is given. Usable from any thread until the connector was stopped; then calls raise."""

    def request_task_reconfiguration(self) -> None:
        """Ask that ``task_configs`` be called again, soon and not on this thread."""

    def raise_error(self, error: BaseException) -> None:
        """Make the connector FAIL with this error."""

    @property
    def stopping(self) -> bool:
        """Whether the connector was asked to stop."""

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until a stop; True when stopping. For monitor threads of the connector's own."""


class SourceConnectorContext(ConnectorContext, Protocol):
    """What a source connector is given."""

    @property
    def offset_storage_reader(self) -> OffsetStorageReader:
        """Reads the offsets stored for this connector."""


class Connector(Configurable, ABC):
    """What source and sink connectors share."""

    task_class: ClassVar[type[Task] | str]
    """The task's class, or ``"module:Class"`` where importing it is dear."""

    context: ConnectorContext

    def initialize(self, context: ConnectorContext, task_configs: list[dict[str, str]] | None = None) -> None:  # noqa: ARG002
        """Keep the context; comes once, before ``start``."""
        self.context = context

    def start(self, props: Mapping[str, str]) -> None:  # noqa: ARG002
        """Get ready; ``self.config`` and ``self.props`` are set. Called again on the same instance after a pause."""
        return

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:  # noqa: ARG002
        """One config a task, at most ``max_tasks``. By default one task with the connector's config."""
        return [{key: value for key, value in self.props.items() if value is not None}]

    def stop(self) -> None:
        """Release everything. Also called for a pause."""
        return

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Check a config without starting anything: every key with value, errors, recommendations. Override to add checks
        over several keys, beginning with ``values = super().validate(props)``. No ``initialize`` was called before."""
        return self.config_def().validate(props)

    def check(self, props: Mapping[str, str]) -> Iterable[Check]:
        """Test a config by doing what can be done without harm: look at it, connect, look at what is there. Best written as a
        generator: after a deadline (30 s) what was yielded so far is the answer. Runs on a thread of its own, on an instance
        that is never initialized. Whatever is raised becomes a failed check. By default the findings of ``validate``."""
        errors = [f"{value.name}: {error}" for value in self.validate(props) for error in value.errors]
        yield Check("configuration", not errors, "\n".join(errors))


class SourceConnector(Connector):
    """A connector whose tasks read from a system into the log."""

    context: SourceConnectorContext

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport | None:  # noqa: ARG002
        """Whether exactly-once is possible with this config; None means "does not say", which is taken as no."""
        return None

    def can_define_transaction_boundaries(self, props: Mapping[str, str]) -> ConnectorTransactionBoundaries:  # noqa: ARG002
        """Whether tasks use the TransactionContext."""
        return ConnectorTransactionBoundaries.UNSUPPORTED

    def alter_offsets(self, props: Mapping[str, str], offsets: list[tuple[Offset, Offset | None]]) -> bool:  # noqa: ARG002
        """Check (partition, offset) pairs that a user wants stored; None means reset. True: nothing else is to be done by
        the user. Raises ConnectException to refuse."""
        return False


class SinkConnector(Connector):
    """A connector whose tasks write from the log to a system."""

    TOPICS_CONFIG: ClassVar[str] = "topics"

    def alter_offsets(self, props: Mapping[str, str], offsets: Mapping[TopicPartition, int | None]) -> bool:  # noqa: ARG002
        """Check consumer offsets that a user wants; None means reset. As for sources."""
        return False

    def plan(self, props: Mapping[str, str], records: Sequence[SinkRecord]) -> Iterable[PlannedStep]:  # noqa: ARG002
        """What a sink with this config would do, before it can write these records, to what it writes to: tables that it would
        create, columns that it would add. Nothing is changed. Runs as ``check`` does; by default nothing is planned."""
        return ()
