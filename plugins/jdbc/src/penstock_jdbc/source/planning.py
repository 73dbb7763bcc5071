"""What a task reads: its tables looked at, and the columns that tell how far they are read (spec jdbc 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from penstock.api import ConfigException, ConnectException
from penstock_jdbc.config.mappings import ColumnMapping, parse_several, parse_single
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.table import Table
from penstock_jdbc.database.tables import describe
from penstock_jdbc.source.criteria import Statement, criteria_of
from penstock_jdbc.source.offsets import QUERY_PARTITION, bulk_partition, table_partition
from penstock_jdbc.source.options import KeyMode, LateCommits
from penstock_jdbc.source.selection import double_quoted
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.suffix import warn_of_limit
from penstock_jdbc.source.target import Target


class Planner:
    """Makes the targets of one task. On the task's thread."""

    def __init__(self, database: Database, connection: Connection, settings: SourceSettings) -> None:
        self._database = database
        self._connection = connection
        self._settings = settings
        columns = settings.columns
        self._numbers = [parse_single(item.strip()) for item in columns.incrementing_by_table]
        self._times = [parse_several(item.strip()) for item in columns.timestamps_by_table]
        warn_of_limit(settings.mode, settings.suffix)

    def query(self) -> Target:
        """The user's query. Raises ConfigException for a key that it cannot have."""
        settings = self._settings
        if settings.key_mode is KeyMode.PRIMARY_KEY:
            raise ConfigException(
                "A query has no primary key: set 'key.mode' to columns and name them in 'key.columns'"
            )
        incrementing = settings.columns.incrementing or None
        return Target(
            shown="query",
            table=None,
            topic=settings.topic_prefix,
            schema_name=None,
            partition=QUERY_PARTITION,
            bulk_partition=QUERY_PARTITION,
            statement=self._statement(
                settings.query, settings.columns.timestamps, incrementing, self._database.identifiers.quote
            ),
            timestamps=settings.columns.timestamps,
            incrementing=incrementing,
            key_columns=settings.key_columns if settings.key_mode is KeyMode.COLUMNS else (),
            highest=_highest(incrementing, f"({settings.query}) q", self._database.identifiers.quote),
            masked=settings.query_masked,
        )

    def tables(self, names: Sequence[str]) -> list[Target]:
        """The tables with these quoted names. Raises ConfigException and ConnectException for columns that do not do."""
        identifiers = self._database.identifiers
        ids = [(name, identifiers.parse(name)) for name in names]
        chosen = [self._chosen(table) for _, table in ids]
        return [
            self._table(name, table, times, number) for (name, table), (times, number) in zip(ids, chosen, strict=True)
        ]

    def _table(self, shown: str, table_id: TableId, times: tuple[str, ...], number: str | None) -> Target:
        settings = self._settings
        table = describe(self._connection, self._database.kind, table_id)
        self._connection.rollback()
        if settings.mode.uses_incrementing:
            number = number or self._detected(shown, table)
            _check_number(shown, table, number)
        if settings.mode.uses_timestamp:
            _check_times(shown, table, times)
        if settings.check_nulls and table is not None:
            _check_nulls(
                shown,
                table,
                number if settings.mode.uses_incrementing else None,
                times if settings.mode.uses_timestamp else (),
            )
        identifiers = self._database.identifiers
        quoted = identifiers.quoted(table_id)
        name = table_id.full_name if settings.qualify_names else table_id.table
        return Target(
            shown=shown,
            table=table,
            topic=settings.topic_prefix + name,
            schema_name=name,
            partition=table_partition(table_id),
            bulk_partition=bulk_partition(table_id),
            statement=self._statement(
                f"SELECT * FROM {quoted}",  # noqa: S608  # a quoted name
                times,
                number,
                lambda column: f"{quoted}{identifiers.separator}{identifiers.quote(column)}",
            ),
            timestamps=times,
            incrementing=number,
            key_columns=self._key(shown, table),
            highest=_highest(number, quoted, identifiers.quote),
        )

    def _statement(
        self, select: str, times: Sequence[str], number: str | None, expression: Callable[[str], str]
    ) -> Statement:
        settings = self._settings
        criteria = criteria_of(
            settings.mode,
            times,
            number,
            expression,
            bounded=settings.late.how is LateCommits.WAIT and not settings.mode.uses_timestamp,
        )
        return criteria.statement(select, settings.suffix)

    def _chosen(self, table: TableId) -> tuple[tuple[str, ...], str | None]:
        """The columns of timestamps and of numbers: by regular expressions for tables that were included by such."""
        columns, mode = self._settings.columns, self._settings.mode
        if not columns.by_table:
            return columns.timestamps, columns.incrementing or None
        times: tuple[str, ...] = ()
        number = None
        if mode.uses_timestamp:
            times = _mapped(table, self._times, "timestamp").columns
        if mode.uses_incrementing:
            number = _mapped(table, self._numbers, "incrementing").columns[0]
        return times, number

    def _detected(self, shown: str, table: Table | None) -> str:
        found = next((column.name for column in table.columns if column.auto_increment), None) if table else None
        if found is None:
            raise ConfigException(
                f"Table {shown} has no column that the database counts up by itself, so 'incrementing.column.name' must name "
                "one that only grows"
            )
        return found

    def _key(self, shown: str, table: Table | None) -> tuple[str, ...]:
        match self._settings.key_mode:
            case KeyMode.NONE:
                return ()
            case KeyMode.COLUMNS:
                return self._settings.key_columns
        if table is None or not table.primary_key:
            raise ConfigException(
                f"Table {shown} has no primary key, which 'key.mode=pk' asks for: set 'key.mode' to columns and name them in "
                "'key.columns', or to none"
            )
        return table.primary_key


def _highest(column: str | None, origin: str, quote: Callable[[str], str]) -> str:
    return "" if column is None else f"SELECT MAX({quote(column)}) FROM {origin}"  # noqa: S608  # quoted names


def _mapped(table: TableId, mappings: Sequence[ColumnMapping], kind: str) -> ColumnMapping:
    fitting = [mapping for mapping in mappings if mapping.regex.fullmatch(table.full_name)]
    if len(fitting) == 1:
        return fitting[0]
    wrong = "matches more than one of the provided regexes" if fitting else "does not match any of the provided regexes"
    raise ConnectException(
        f"Error while validating {kind} column mappings: Included table '{double_quoted(table)}' {wrong}"
    )


def _check_number(shown: str, table: Table | None, name: str) -> None:
    if table is None or table.column_ignoring_case(name) is None:
        raise ConfigException(f"Incrementing column: {name} does not exist in table '{shown}'")


def _check_times(shown: str, table: Table | None, names: Sequence[str]) -> None:
    missing = [name for name in names if table is None or table.column_ignoring_case(name) is None]
    if missing:
        raise ConfigException(f"Timestamp columns: {','.join(missing)} do not exist in table '{shown}'")


def _check_nulls(shown: str, table: Table, number: str | None, times: Sequence[str]) -> None:
    if number is not None and _may_be_null(table, number):
        raise ConnectException(
            f"Cannot make incremental queries using incrementing column {number} on {shown} because this column is nullable."
        )
    if times and all(_may_be_null(table, name) for name in times):
        raise ConnectException(
            f"Cannot make incremental queries using timestamp columns {','.join(times)} on {shown} because all of these "
            "columns are nullable."
        )


def _may_be_null(table: Table, name: str) -> bool:
    column = table.column_ignoring_case(name)
    return column is None or (column.nullable is not False and column.name not in table.primary_key)


DATABASES_BEFORE_NAMES = (DatabaseKind.POSTGRESQL,)
"""Where some releases of Java's connector wrote the database before a table's name in offsets."""
