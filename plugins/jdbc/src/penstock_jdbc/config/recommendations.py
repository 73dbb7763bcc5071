"""Tables and columns to choose from, for forms, where ``validate.recommendations=true`` asks for them.

Connect's connectors recommend none, and clients compare answers, so nobody gets them unasked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from sqlalchemy.engine import Connection

from penstock_jdbc.config import names
from penstock_jdbc.config.found import Findings
from penstock_jdbc.database.failures import chain_text
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.tables import Column, TableFilter, describe, list_tables

logger = logging.getLogger(__name__)

KEY = "validate.recommendations"
DEADLINE_S = 5.0
_MOST_TABLES = 1000
_MOST_DESCRIBED = 50
_INTEGERS = frozenset({JdbcType.TINYINT, JdbcType.SMALLINT, JdbcType.INTEGER, JdbcType.BIGINT})
_DECIMALS = frozenset({JdbcType.NUMERIC, JdbcType.DECIMAL})
_TIMESTAMPS = frozenset(
    {
        JdbcType.TIMESTAMP,
        JdbcType.TIMESTAMP_WITH_TIMEZONE,
        JdbcType.SQLSERVER_DATETIMEOFFSET,
        JdbcType.ORACLE_TIMESTAMPTZ,
        JdbcType.ORACLE_TIMESTAMPLTZ,
    }
)


def wants_recommendations(props: Mapping[str, str]) -> bool:
    """Whether the configuration asks for them."""
    return props.get(KEY, "").strip().lower() == "true"


def recommend(found: Findings, database: Database, connection: Connection, deadline_s: float = DEADLINE_S) -> None:
    """Add the tables that there are to the lists of tables, and to the column keys the columns that fit in all tables chosen.

    What is not known within ``deadline_s`` seconds is left out: the running statement is cancelled.
    """
    timer = threading.Timer(deadline_s, database.cancel, [connection])
    timer.daemon = True
    timer.start()
    try:
        tables = list_tables(connection, database.kind, _filter(found))[:_MOST_TABLES]
        for key in (names.WHITELIST, names.BLACKLIST):
            _set(found, key, [table.full_name for table in tables])
        columns = _shared_columns(database, connection, _chosen(found, tables))
        numbers = [column.name for column in columns if _is_incrementing(column)]
        _set(found, names.INCREMENTING_COLUMN, numbers)
        _set(found, names.TIMESTAMP_COLUMNS, [column.name for column in columns if column.code in _TIMESTAMPS])
    except Exception as error:  # noqa: BLE001  # drivers raise what they like; a form can do without
        logger.warning("Tables and columns to recommend were not all found: %s", chain_text(error))
    finally:
        timer.cancel()


def _filter(found: Findings) -> TableFilter:
    types = found["table.types"]
    catalog, schema = found["catalog.pattern"], found["schema.pattern"]
    return TableFilter(
        tuple(map(str, types)) if isinstance(types, list) else ("TABLE",),
        None if catalog is None else str(catalog),
        None if schema is None else str(schema),
    )


def _chosen(found: Findings, tables: list[TableId]) -> list[TableId]:
    wanted = found[names.WHITELIST]
    names_wanted = {str(name) for name in wanted} if isinstance(wanted, list) else set()
    return [table for table in tables if {table.full_name, table.table} & names_wanted][:_MOST_DESCRIBED]


def _shared_columns(database: Database, connection: Connection, tables: list[TableId]) -> list[Column]:
    """The columns of the first table whose names every other table has too."""
    described = [described for table in tables if (described := describe(connection, database.kind, table))]
    if not described:
        return []
    first, *others = described
    return [column for column in first.columns if all(other.column(column.name) for other in others)]


def _is_incrementing(column: Column) -> bool:
    fits = column.code in _INTEGERS or (column.code in _DECIMALS and column.scale == 0)
    return fits and column.nullable is not True


def _set(found: Findings, key: str, recommended: list[str]) -> None:
    value = found.value(key)
    if value is not None:
        value.recommended_values = list(recommended)
