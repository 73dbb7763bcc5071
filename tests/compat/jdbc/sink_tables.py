"""All tables of a database, in the form of the recordings (vectors/README.md)."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from tests.compat.jdbc.recordings import Json

_PG_COLUMNS = """SELECT column_name, data_type, udt_name, is_nullable, column_default, numeric_precision, numeric_scale,
    datetime_precision, character_maximum_length FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position"""
_PG_KEY = """SELECT a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indisprimary AND n.nspname = %s AND c.relname = %s ORDER BY k.place"""
_PG_NAMES = ("name", "type", "udt", "nullable", "default", "precision", "scale", "datetime_precision", "length")
_MY_NAMES = ("name", "type", "nullable", "default", "key")
_LITE_NAMES = ("name", "type", "notnull", "default", "pk")


def sorted_rows(rows: list[list[object]]) -> list[list[object]]:
    """Order is not significant."""
    return sorted(rows, key=lambda row: json.dumps(row, ensure_ascii=False))


def sqlite_tables(connection: Any) -> list[Json]:
    found = connection.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    tables = []
    for name, kind, sql in found:
        columns = connection.execute(f'SELECT * FROM pragma_table_info("{name}")').fetchall()
        rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
        tables.append(
            {
                "name": name,
                "kind": kind,
                "columns": [dict(zip(_LITE_NAMES, column[1:], strict=True)) for column in columns],
                "ddl": sql,
                "rows": sorted_rows([[_lite(value) for value in row] for row in rows]),
            }
        )
    return tables


def postgresql_tables(connection: Any) -> list[Json]:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_schema NOT LIKE 'pg_temp%' "
        "ORDER BY table_name"
    )
    tables = []
    for schema, name, kind in cursor.fetchall():
        cursor.execute(_PG_COLUMNS, (schema, name))
        columns = [dict(zip(_PG_NAMES, column, strict=True)) for column in cursor.fetchall()]
        cursor.execute(_PG_KEY, (schema, name))
        key = [row[0] for row in cursor.fetchall()]
        texts = ", ".join('"' + column["name"].replace('"', '""') + '"::text' for column in columns)
        cursor.execute(f'SELECT {texts} FROM "{schema}"."{name}"'.replace("%", "%%"), ())
        rows = sorted_rows([list(row) for row in cursor.fetchall()])
        tables.append({"name": name, "schema": schema, "kind": kind, "columns": columns, "pk": key, "rows": rows})
    return tables


def mysql_tables(connection: Any, database: str) -> list[Json]:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY table_name",
        (database,),
    )
    tables = []
    for name, kind in cursor.fetchall():
        cursor.execute(
            "SELECT column_name, column_type, is_nullable, column_default, column_key FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (database, name),
        )
        columns = [dict(zip(_MY_NAMES, column, strict=True)) for column in cursor.fetchall()]
        cursor.execute(
            "SELECT column_name FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s "
            "AND index_name = 'PRIMARY' ORDER BY seq_in_index",
            (database, name),
        )
        key = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"SELECT * FROM `{database}`.`{name}`")
        rows = sorted_rows([[_my(value) for value in row] for row in cursor.fetchall()])
        tables.append({"name": name, "kind": kind, "columns": columns, "pk": key, "rows": rows})
    return tables


def _lite(value: object) -> object:
    return f"hex:{value.hex()}" if isinstance(value, bytes) else value


def _my(value: object) -> object:
    if isinstance(value, bytes):
        return f"hex:{value.hex()}"
    if isinstance(value, (Decimal, dt.date, dt.datetime, dt.timedelta)):
        return str(value)
    return value
