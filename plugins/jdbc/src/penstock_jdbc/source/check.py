"""The source's connection test: all that a task would stumble over at its start, without starting one (spec jdbc 18.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from penstock.api import Check, ConfigDef, ParsedConfig
from penstock_jdbc.config.connection_steps import Reached, Stopwatch, closing, connection_steps
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.source_validation import keys_fit_together
from penstock_jdbc.database.failures import chain_text, hidden
from penstock_jdbc.database.query_check import check_query
from penstock_jdbc.database.table import Table
from penstock_jdbc.database.tables import list_tables
from penstock_jdbc.source.planning import Planner
from penstock_jdbc.source.selection import TableSelection
from penstock_jdbc.source.settings import SourceSettings
from penstock_jdbc.source.target import Target

_MOST_TABLES = 50


def source_checks(props: Mapping[str, str], definition: ConfigDef, *, unique_names: bool = True) -> Iterator[Check]:
    """Configuration, driver, connection; then the query, or the tables and each one's columns and indexes. Yields each as it is
    found; nothing is changed. ``unique_names``: whether two tables of one bare name are refused."""
    found = Findings(definition, props)
    reached = yield from connection_steps(found, sound=found.clean and keys_fit_together(found))
    if reached is None:
        return
    config = found.parsed()
    with closing(reached):
        settings = SourceSettings.of(config, props)
        if settings.query:
            yield _query(reached, settings)
        else:
            selection = TableSelection.of(config, unique_names=unique_names)
            yield from _tables(reached, config, selection, settings)


def _query(reached: Reached, settings: SourceSettings) -> Check:
    watch = Stopwatch()
    try:
        check_query(reached.database.driver, reached.database.raw(reached.connection), settings.query)
    except Exception as error:  # noqa: BLE001  # every driver has its own
        return watch.done("query", str(hidden(error)) if settings.query_masked else chain_text(error), ok=False)
    return watch.done("query", "The database accepts it")


def _tables(
    reached: Reached, config: ParsedConfig, selection: TableSelection, settings: SourceSettings
) -> Iterator[Check]:
    database, connection = reached.database, reached.connection
    watch = Stopwatch()
    try:
        listed = list_tables(connection, database.kind, selection.listed)
        chosen = selection.chosen(listed, database.identifiers)
    except Exception as error:  # noqa: BLE001  # of drivers, or two tables of one name
        yield watch.done("tables", chain_text(error), ok=False)
        return
    if not chosen:
        types = ", ".join(config.get_list("table.types"))
        yield watch.done(
            "tables",
            f"None of the {len(listed)} tables of type {types} that this user sees passes the filters. A whitelist holds names "
            "or full names, an include list regular expressions for full names",
            ok=False,
        )
        return
    names = ", ".join(table.full_name for table in chosen[:_MOST_TABLES])
    more = f" and {len(chosen) - _MOST_TABLES} more" if len(chosen) > _MOST_TABLES else ""
    yield watch.done("tables", f"{len(chosen)} of {len(listed)}: {names}{more}")
    for table in chosen[:_MOST_TABLES]:
        try:
            planner = Planner(database, connection, settings)
            [target] = planner.tables([database.identifiers.quoted(table)])
            yield watch.done(f"table {table.full_name}", _advice(connection, target))
        except Exception as error:  # noqa: BLE001  # columns that don't do, and errors of drivers
            yield watch.done(f"table {table.full_name}", chain_text(error), ok=False)


def _advice(connection: Connection, target: Target) -> str:
    """Which columns tell how far the table was read, and that no index helps to find what is new."""
    columns = [*target.timestamps, *([target.incrementing] if target.incrementing else [])]
    if not columns or target.table is None:
        return "read as a whole"
    said = f"read by {', '.join(columns)}"
    missing = [column for column in columns[:1] if not _is_indexed(connection, target.table, column)]
    return f"{said}; no index begins with {missing[0]}, so every poll reads the whole table" if missing else said


def _is_indexed(connection: Connection, table: Table, column: str) -> bool:
    """Also true where the database doesn't tell."""
    leading = {table.primary_key[0].lower()} if table.primary_key else set()
    try:
        indexes = inspect(connection).get_indexes(table.id.table, schema=table.id.schema or table.id.catalog)
    except Exception:  # noqa: BLE001  # advice only
        return True
    leading |= {str(index["column_names"][0]).lower() for index in indexes if index["column_names"]}
    return column.lower() in leading
