"""The task of JdbcSource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy.engine import Connection

from penstock.api import ConfigDef, ConfigException, SourceBatch, SourceTask
from penstock_jdbc.config.names import TASK_TABLES, TASK_TABLES_FETCHED
from penstock_jdbc.config.source_config import SOURCE_TASK_CONFIG
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.source.buffer import BatchBuffer
from penstock_jdbc.source.connections import Connections
from penstock_jdbc.source.engine import Reading, ReadingEngine
from penstock_jdbc.source.late import Transactions, transactions_of
from penstock_jdbc.source.mode import Mode
from penstock_jdbc.source.offsets import QUERY_PARTITION, Position, table_partitions
from penstock_jdbc.source.options import LateCommits, SnapshotMode
from penstock_jdbc.source.planning import DATABASES_BEFORE_NAMES, Planner
from penstock_jdbc.source.querier import Querier, QuerierParts
from penstock_jdbc.source.reader import Reader
from penstock_jdbc.source.readers import database_for_reading, reader_for
from penstock_jdbc.source.selection import split_quoted
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.snapshot import SnapshotQuerier
from penstock_jdbc.source.target import Target

_LONGEST_POLL_S = 1.0
_LOOK_S = 0.1
"""How long a stop may be overlooked."""

NOTHING_TO_DO = (
    "Task is being killed because it was not assigned a table nor a query to execute. If run in table mode please make sure "
    "that the tables exist on the database. If the table does exist on the database, we recommend using the fully qualified "
    "table name."
)


class JdbcSourceTask(SourceTask):
    """Reads some tables, or a query, on a thread of its own, and hands out what that has read."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_TASK_CONFIG
    connect_name = "io.confluent.connect.jdbc.source.JdbcSourceTask"

    _engine: ReadingEngine | None = None
    _database: Database | None = None

    def start(self, props: Mapping[str, str]) -> None:
        """Look at the tables and begin reading.

        Raises ConfigException for a task without work, for batches of no rows and for columns that don't exist,
        ConnectException for columns that may be null and for a database that cannot be reached.
        """
        settings = self.settings(props)
        listed = props.get(TASK_TABLES, "")
        if not listed and not settings.query:
            if props.get(TASK_TABLES_FETCHED, "false").lower() == "true":
                raise ConfigException(NOTHING_TO_DO)
            return  # tables are still being listed: another configuration will follow
        if listed and settings.query:
            raise ConfigException("A task was assigned both tables and a query: remove 'query' or the table filters")
        if settings.pace.batch_rows < 1:  # nothing would ever be read
            raise ConfigException(
                f"Maximum batch size must be positive: 'batch.max.rows' is {settings.pace.batch_rows}"
            )
        self._pace = settings.pace
        self._database = database = database_for_reading(ConnectionSettings.of(self.config, props))
        reader = reader_for(database, settings.rules)
        connections = Connections(database, reader, self._sleep)
        try:
            queriers = self._queriers(listed, settings, reader, connections)
        except BaseException:
            connections.close()
            raise
        self._buffer = BatchBuffer(settings.pace.buffer_rows)
        self._engine = ReadingEngine(queriers, connections, self._buffer, settings.pace, database.kind)
        self._engine.start()

    def _queriers(
        self, listed: str, settings: SourceSettings, reader: Reader, connections: Connections
    ) -> list[Reading]:
        """One for each table, or for the query, at the place where its last task ended."""
        database = self._database
        assert database is not None
        connection = connections.take()
        parts = QuerierParts(reader, self._transactions(database, connection, settings))
        planner = Planner(database, connection, settings)
        targets = planner.tables(split_quoted(listed, database.identifiers)) if listed else [planner.query()]
        positions = self._positions(targets, settings)
        connections.give_back(connection)
        return [
            self._querier(target, settings, parts, position)
            for target, position in zip(targets, positions, strict=True)
        ]

    def settings(self, props: Mapping[str, str]) -> SourceSettings:
        """What the configuration says about reading."""
        return SourceSettings.of(self.config, props)

    def poll(self) -> SourceBatch | None:
        """What was read, waiting for ``poll.linger.ms`` at most. Raises what ended the reading."""
        if self._engine is None:
            self.context.wait(_LONGEST_POLL_S)
            return None
        left = min(self._pace.linger_s, _LONGEST_POLL_S)
        while True:
            batch = self._buffer.take(min(left, _LOOK_S), lambda: self.context.stopping)
            if self.context.stopping:
                self._engine.halt()
                return None
            left -= _LOOK_S
            if batch is not None or left <= 0:
                return batch

    def stop(self) -> None:
        """Cancel what runs and let go of the database."""
        if self._engine is not None:
            self._engine.halt()
            self._engine.join(self._pace.shutdown_s)
        if self._database is not None:
            self._database.close()

    def _querier(self, target: Target, settings: SourceSettings, parts: QuerierParts, position: Position) -> Reading:
        """A snapshot first, where one is wanted and nothing was read, or one was broken off."""
        fresh = settings.snapshot is SnapshotMode.INITIAL and position == Position()
        if settings.mode is Mode.BULK or not (fresh or position.cursor is not None):
            return Querier(target, settings, parts, position.of_mode(settings.mode))
        assert self._database is not None
        identifiers, kind = self._database.identifiers, self._database.kind
        return SnapshotQuerier(target, settings, parts, position.of_mode(settings.mode), identifiers.quote, kind)

    def _transactions(
        self, database: Database, connection: Connection, settings: SourceSettings
    ) -> Transactions | None:
        if settings.late.how is not LateCommits.WAIT or settings.mode is Mode.BULK:
            return None
        transactions = transactions_of(database.kind)
        transactions.check(connection)
        return transactions

    def _sleep(self, seconds: float) -> bool:
        """For the reading thread; a pause does not wake it for good."""
        return self.context.wait(seconds)

    def _positions(self, targets: list[Target], settings: SourceSettings) -> list[Position]:
        """Where to go on, asked in one request. The first partition that has an offset counts."""
        if settings.mode is Mode.BULK:
            return [Position() for _ in targets]
        assert self._database is not None
        before = self._database.url.parts.database if self._database.kind in DATABASES_BEFORE_NAMES else None
        candidates = [
            [dict(QUERY_PARTITION)]
            if target.table is None
            else table_partitions(self._database.identifiers.parse(target.shown), before)
            for target in targets
        ]
        flat = [partition for group in candidates for partition in group]
        found = iter([offset for _, offset in self.context.offset_storage_reader.offsets(flat)])
        positions = []
        for group in candidates:
            stored = [next(found) for _ in group]
            positions.append(Position.of_offset(next((offset for offset in stored if offset is not None), None)))
        return positions
