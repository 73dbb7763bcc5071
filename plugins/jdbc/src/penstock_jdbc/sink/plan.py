"""What a sink would do to tables, without doing it: a dry run over sample records (spec jdbc 18.17).

The database is read, never changed. For each statement the plan says which table it is for; records that could not be written
are told with why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.api import ConfigDef, ConnectException, Schema, SinkBatch, SinkRecord
from penstock_jdbc.config.sink_config import SINK_CONFIG
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.database.table import Column, Table
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.dialects.choice import dialect_for
from penstock_jdbc.sink.fields import SinkField, fields_of
from penstock_jdbc.sink.grouping import Grouped, Grouper
from penstock_jdbc.sink.options import OnInvalid
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.structure import LiveTables, OwnNames, TableHome, TableStructures


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """One statement, and the full name of the table that it is for."""

    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class Plan:
    """``statements`` in the order in which they would run; ``problems`` are what records would be refused for."""

    statements: tuple[PlannedStatement, ...]
    problems: tuple[str, ...]


def plan(
    props: Mapping[str, str],
    samples: Sequence[SinkRecord],
    *,
    definition: ConfigDef = SINK_CONFIG,
    connected: bool = True,
) -> Plan:
    """The DDL that a sink with this configuration would run for these records, in this order.

    With ``connected`` the tables that are there are looked at, else none is. Raises ConfigException for a wrong configuration,
    ConnectException when the database cannot be reached.
    """
    config = definition.parsed(props)
    settings = replace(SinkSettings.of(config, props), on_invalid=OnInvalid.REPORT)
    database = Database(ConnectionSettings.of(config, props))
    dialect = dialect_for(database.kind, database.identifiers, settings)
    grouped = Grouper(settings, Destinations(settings, database.identifiers)).grouped(SinkBatch.of(samples))
    problems = [str(error) for _, error in grouped.refused]
    if not connected:
        planned = _PlannedTables(None, dialect)
        problems += _shaped(TableStructures(settings, dialect, planned), grouped, settings, OwnNames())
        return Plan(tuple(planned.statements), tuple(dict.fromkeys(problems)))
    connection = database.open(lambda _seconds: False)
    try:
        planned = _PlannedTables(LiveTables(lambda: connection, database.kind), dialect)
        own = OwnNames.of(connection, database.kind)
        problems += _shaped(TableStructures(settings, dialect, planned), grouped, settings, own)
    finally:
        connection.close()
        database.close()
    return Plan(tuple(planned.statements), tuple(dict.fromkeys(problems)))


def plan_for_schemas(
    props: Mapping[str, str],
    schemas: Sequence[tuple[str, Schema | None, Schema | None]],
    *,
    definition: ConfigDef = SINK_CONFIG,
    connected: bool = True,
) -> Plan:
    """As :func:`plan`, from (topic, key schema, value schema) instead of records."""
    samples = [
        SinkRecord(
            topic,
            0,
            offset,
            None if value is None else _Anything(),
            value_schema=value,
            key=None if key is None else _Anything(),
            key_schema=key,
        )
        for offset, (topic, key, value) in enumerate(schemas)
    ]
    return plan(props, samples, definition=definition, connected=connected)


class _Anything:
    """Stands for a key or a value that nobody looks at."""


def _shaped(structures: TableStructures, grouped: Grouped, settings: SinkSettings, own: OwnNames) -> list[str]:
    """See that the tables are there, and tell why some can't be."""
    problems = []
    for table in grouped.tables:
        whole = own.complete(table.table)
        for schemas in dict.fromkeys((run.records.key_schema, run.value_schema) for run in table.runs):
            try:
                structures.ensure(whole, fields_of(table.table.table, settings, *schemas))
            except ConnectException as error:
                problems.append(str(error))
    return problems


class _PlannedTables:
    """Keeps statements instead of running them, and takes their effect for done. ``real`` has the tables that are there."""

    def __init__(self, real: TableHome | None, dialect: SinkDialect) -> None:
        self.statements: list[PlannedStatement] = []
        self._real = real
        self._dialect = dialect
        self._planned: dict[TableId, Table] = {}

    def look(self, table: TableId) -> Table | None:
        found = self._planned.get(table)
        if found is not None or self._real is None:
            return found
        return self._real.look(table)

    def run(self, statements: Sequence[str], table: TableId, added: Sequence[SinkField]) -> None:
        self.statements += [PlannedStatement(table.full_name, statement) for statement in statements]
        before = self.look(table)
        columns = tuple(Column(field.name, JdbcType.OTHER, self._dialect.column_type(field)) for field in added)
        if before is None:
            keys = tuple(field.name for field in added if field.is_key)
            self._planned[table] = Table(table, "TABLE", columns, keys)
        else:
            self._planned[table] = Table(table, before.kind, (*before.columns, *columns), before.primary_key)
