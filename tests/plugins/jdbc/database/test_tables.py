"""Listing and describing tables of real databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from penstock.api import Password
from penstock_jdbc.database.credentials import FixedCredentials
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.database.table import Column, Table, TableFilter, like
from penstock_jdbc.database.tables import describe, list_tables, table_types
from penstock_jdbc.database.tables_inspected import CATALOG as INSPECTED
from tests.databases.server import PrivateDatabase

T = JdbcType


@contextmanager
def opened(url: str, private: PrivateDatabase | None = None) -> Iterator[tuple[Connection, DatabaseKind]]:
    server = private.server if private else None
    user = FixedCredentials(server.user, Password(server.password)) if server else FixedCredentials()
    database = Database(ConnectionSettings(url, user, attempts=1))
    with database.open(lambda _seconds: True) as connection:
        yield connection, database.kind


def described(at: tuple[Connection, DatabaseKind], *parts: str | None) -> Table:
    catalog, schema, name = (None, None, *parts)[-3:]
    assert name is not None
    found = describe(*at, TableId(catalog, schema, name))
    assert found is not None
    return found


def facts(column: Column) -> tuple[JdbcType, str, int, int]:
    return column.code, column.type_name, column.precision, column.scale


POSTGRESQL_COLUMNS = {
    "smallint": (T.SMALLINT, "int2", 5, 0),
    "integer": (T.INTEGER, "int4", 10, 0),
    "bigint": (T.BIGINT, "int8", 19, 0),
    "oid": (T.BIGINT, "oid", 10, 0),
    "real": (T.REAL, "float4", 8, 0),
    "double precision": (T.DOUBLE, "float8", 17, 0),
    "money": (T.DOUBLE, "money", 0, 0),
    "numeric": (T.NUMERIC, "numeric", 0, 0),
    "numeric(10)": (T.NUMERIC, "numeric", 10, 0),
    "numeric(10,2)": (T.NUMERIC, "numeric", 10, 2),
    "numeric(5,-2)": (T.NUMERIC, "numeric", 5, -2),
    "char(3)": (T.CHAR, "bpchar", 3, 0),
    "varchar(20)": (T.VARCHAR, "varchar", 20, 0),
    "varchar": (T.VARCHAR, "varchar", 0, 0),
    "text": (T.VARCHAR, "text", 0, 0),
    "boolean": (T.BIT, "bool", 1, 0),
    "bit(3)": (T.BIT, "bit", 3, 0),
    "varbit(3)": (T.OTHER, "varbit", 3, 0),
    "bytea": (T.BINARY, "bytea", 0, 0),
    "date": (T.DATE, "date", 13, 0),
    "time(3)": (T.TIME, "time", 0, 3),
    "timetz": (T.TIME, "timetz", 0, 6),
    "timestamp": (T.TIMESTAMP, "timestamp", 0, 6),
    "timestamptz(0)": (T.TIMESTAMP, "timestamptz", 0, 0),
    "json": (T.OTHER, "json", 0, 0),
    "jsonb": (T.OTHER, "jsonb", 0, 0),
    "uuid": (T.OTHER, "uuid", 0, 0),
    "xml": (T.SQLXML, "xml", 0, 0),
    "integer[]": (T.ARRAY, "_int4", 0, 0),
    "mood": (T.VARCHAR, "mood", 0, 0),
    "pair": (T.STRUCT, "pair", 0, 0),
    "code": (T.VARCHAR, "varchar", 4, 0),
    "inet": (T.OTHER, "inet", 0, 0),
    "int4range": (T.OTHER, "int4range", 0, 0),
}


def test_columns_of_postgresql(postgresql: PrivateDatabase) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(POSTGRESQL_COLUMNS))
    postgresql.run(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TYPE pair AS (a integer, b text)",
        "CREATE DOMAIN code AS varchar(4) NOT NULL",
        f"CREATE TABLE t ({columns})",
    )
    with opened(postgresql.url, postgresql) as at:
        found = described(at, "t")
    assert dict(zip(POSTGRESQL_COLUMNS, map(facts, found.columns), strict=True)) == POSTGRESQL_COLUMNS
    unsigned = [kind for kind, column in zip(POSTGRESQL_COLUMNS, found.columns, strict=True) if not column.signed]
    required = [kind for kind, column in zip(POSTGRESQL_COLUMNS, found.columns, strict=True) if not column.nullable]
    assert (unsigned, required) == (["oid"], ["code"])


def test_defaults_keys_and_auto_increment_of_postgresql(postgresql: PrivateDatabase) -> None:
    postgresql.run(
        "CREATE TABLE t (a serial, b integer GENERATED ALWAYS AS IDENTITY, c integer DEFAULT 7, d text DEFAULT 'x''y', "
        "gone integer, e integer, PRIMARY KEY (e, a))",
        "ALTER TABLE t DROP COLUMN gone",
    )
    with opened(postgresql.url, postgresql) as at:
        found = described(at, "public", "t")
    assert found.primary_key == ("e", "a")
    assert [column.name for column in found.columns] == ["a", "b", "c", "d", "e"]
    assert [column.auto_increment for column in found.columns] == [True, True, False, False, False]
    assert [column.default for column in found.columns[2:]] == ["7", "'x''y'::text", None]
    assert found.column("e") is found.columns[4]
    assert (found.column("E"), found.column_ignoring_case("E")) == (None, found.columns[4])
    assert found.column_ignoring_case("nope") is None


def test_tables_of_postgresql_by_type_schema_and_catalog(postgresql: PrivateDatabase) -> None:
    postgresql.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE b (id integer)",
        'CREATE TABLE "A" (id integer)',
        "CREATE TABLE sales.t (id integer)",
        "CREATE VIEW v AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id",
        "CREATE TABLE p (id integer) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
    )
    with opened(postgresql.url, postgresql) as at:

        def names(*types: str, catalog: str | None = None, schema: str | None = None) -> list[str]:
            return [table.full_name for table in list_tables(*at, TableFilter(types, catalog, schema))]

        assert names("TABLE") == ["public.A", "public.b", "public.p1", "sales.t"]
        assert names("table", "View") == ["public.A", "public.b", "public.p1", "sales.t", "public.v"]
        assert names("PARTITIONED TABLE", "MATERIALIZED VIEW") == ["public.m", "public.p"]
        assert names("NOPE") == []
        assert names("TABLE", schema="sal%") == ["sales.t"]
        assert names("TABLE", schema="s_les") == ["sales.t"]
        assert names("TABLE", catalog=postgresql.name, schema="sales") == ["sales.t"]
        assert names("TABLE", catalog="nope") == []
        assert names("TABLE", catalog="") == []
        assert names("TABLE", schema="") == []
        assert "TABLE" in table_types(*at)
        kinds = {name: described(at, name).kind for name in ("b", "v", "m", "p", "p1")}
    assert kinds == {"b": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "p": "PARTITIONED TABLE", "p1": "TABLE"}


def test_names_are_no_patterns_and_a_missing_schema_is_that_of_the_search_path(postgresql: PrivateDatabase) -> None:
    postgresql.run(
        "CREATE SCHEMA other",
        "CREATE TABLE user_data (a integer)",
        "CREATE TABLE userxdata (b integer)",
        'CREATE TABLE "50%" (c integer)',
        "CREATE TABLE other.hidden (d integer)",
        "CREATE TABLE other.user_data (e integer)",
    )
    with opened(postgresql.url, postgresql) as at:
        assert [column.name for column in described(at, "user_data").columns] == ["a"]
        assert [column.name for column in described(at, "50%").columns] == ["c"]
        assert [column.name for column in described(at, "other", "user_data").columns] == ["e"]
        assert describe(*at, TableId(None, None, "user%")) is None
        assert describe(*at, TableId(None, None, "hidden")) is None
        assert describe(*at, TableId(None, None, "USER_DATA")) is None


MARIADB_COLUMNS = {
    "tinyint(1)": (T.BIT, "TINYINT", 3, 0),
    "tinyint": (T.TINYINT, "TINYINT", 3, 0),
    "tinyint unsigned": (T.TINYINT, "TINYINT", 3, 0),
    "smallint": (T.SMALLINT, "SMALLINT", 5, 0),
    "mediumint unsigned": (T.INTEGER, "MEDIUMINT", 8, 0),
    "int unsigned": (T.INTEGER, "INT", 10, 0),
    "bigint": (T.BIGINT, "BIGINT", 19, 0),
    "float": (T.REAL, "FLOAT", 12, 0),
    "double": (T.DOUBLE, "DOUBLE", 22, 0),
    "decimal(10,2)": (T.DECIMAL, "DECIMAL", 10, 2),
    "date": (T.DATE, "DATE", 0, 0),
    "year": (T.DATE, "YEAR", 0, 0),
    "time(3)": (T.TIME, "TIME", 0, 3),
    "datetime(6)": (T.TIMESTAMP, "DATETIME", 0, 6),
    "timestamp": (T.TIMESTAMP, "TIMESTAMP", 0, 0),
    "char(3)": (T.CHAR, "CHAR", 3, 0),
    "varchar(20)": (T.VARCHAR, "VARCHAR", 20, 0),
    "text": (T.LONGVARCHAR, "TEXT", 65535, 0),
    "json": (T.LONGVARCHAR, "LONGTEXT", 4294967295, 0),
    "enum('a','b')": (T.CHAR, "ENUM", 1, 0),
    "set('a','b')": (T.CHAR, "SET", 3, 0),
    "binary(3)": (T.BINARY, "BINARY", 3, 0),
    "varbinary(3)": (T.VARBINARY, "VARBINARY", 3, 0),
    "blob": (T.LONGVARBINARY, "BLOB", 65535, 0),
    "bit(1)": (T.BIT, "BIT", 1, 0),
    "bit(9)": (T.BIT, "BIT", 9, 0),
    "point": (T.BINARY, "POINT", 0, 0),
    "uuid": (T.OTHER, "UUID", 0, 0),
    "inet6": (T.OTHER, "INET6", 0, 0),
}


def test_columns_of_mariadb(mariadb: PrivateDatabase) -> None:
    columns = ", ".join(f"c{number} {kind} NULL" for number, kind in enumerate(MARIADB_COLUMNS))
    mariadb.run(f"CREATE TABLE t ({columns})")
    with opened(mariadb.url, mariadb) as at:
        found = described(at, "t")
    assert dict(zip(MARIADB_COLUMNS, map(facts, found.columns), strict=True)) == MARIADB_COLUMNS
    signed = [kind for kind, column in zip(MARIADB_COLUMNS, found.columns, strict=True) if column.signed]
    assert signed == ["tinyint(1)", "tinyint", "smallint", "bigint", "float", "double", "decimal(10,2)"]
    assert all(column.nullable for column in found.columns)


def test_defaults_keys_and_auto_increment_of_mariadb(mariadb: PrivateDatabase) -> None:
    mariadb.run(
        "CREATE TABLE t (a int AUTO_INCREMENT, b int DEFAULT 7, c varchar(9) DEFAULT 'x', d int NOT NULL, PRIMARY KEY (d, a), "
        "KEY (a))"
    )
    with opened(mariadb.url, mariadb) as at:
        found = described(at, mariadb.name, "t")
        assert described(at, mariadb.name, None, "t") == described(at, "t") == found
    assert found.id == TableId(mariadb.name, None, "t")
    assert found.primary_key == ("d", "a")
    assert [column.auto_increment for column in found.columns] == [True, False, False, False]
    assert [column.nullable for column in found.columns] == [False, True, True, False]
    assert [column.default for column in found.columns] == [None, "7", "'x'", None]


def test_tables_of_mariadb_are_those_of_all_databases(mariadb: PrivateDatabase) -> None:
    mariadb.run(
        "CREATE TABLE b_ (id int)", "CREATE TABLE a (id int)", "CREATE TABLE bx (v int)", "CREATE VIEW v AS SELECT 1"
    )
    with mariadb.server.database() as other, opened(mariadb.url, mariadb) as at:
        other.run("CREATE TABLE a (id int)")

        def names(*types: str, catalog: str | None = None, schema: str | None = None) -> list[str]:
            return [table.full_name for table in list_tables(*at, TableFilter(types, catalog, schema))]

        ours = [f"{mariadb.name}.{name}" for name in ("a", "bx", "b_")]  # in the order of its collation
        assert names("TABLE", catalog=mariadb.name) == ours
        assert {*ours, f"{other.name}.a"} <= set(names("TABLE", catalog="", schema="nope"))
        assert not any(name.startswith(("mysql.", "sys.")) for name in names("TABLE"))
        assert names("VIEW", catalog=mariadb.name) == [f"{mariadb.name}.v"]
        assert [column.name for column in described(at, "b_").columns] == ["id"]
        assert described(at, "v").kind == "VIEW"
        assert describe(*at, TableId(None, None, "b%")) is None


SQLITE_COLUMNS = {
    "INTEGER": (T.INTEGER, "INTEGER", 0, 0),
    "INT": (T.INTEGER, "INT", 0, 0),
    "bigint": (T.BIGINT, "BIGINT", 0, 0),
    "UNSIGNED BIG INT": (T.BIGINT, "UNSIGNED BIG INT", 0, 0),
    "varchar(20)": (T.VARCHAR, "VARCHAR", 20, 0),
    "DECIMAL(10, 2)": (T.DECIMAL, "DECIMAL", 10, 2),
    "NUMERIC": (T.NUMERIC, "NUMERIC", 0, 0),
    "timestamp": (T.TIMESTAMP, "TIMESTAMP", 0, 0),
    "DATETIME": (T.DATE, "DATETIME", 0, 0),
    "BLOB": (T.BLOB, "BLOB", 0, 0),
    "": (T.NUMERIC, "", 0, 0),
    "geometry": (T.NUMERIC, "GEOMETRY", 0, 0),
}


def test_tables_of_sqlite(tmp_path: Path) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(SQLITE_COLUMNS))
    with opened(f"jdbc:sqlite:{tmp_path}/x.db") as at:
        for statement in (
            f"CREATE TABLE t ({columns})",
            "CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT NOT NULL DEFAULT 'x')",
            'CREATE TABLE "a.b" (x INT, y INT, PRIMARY KEY (y, x))',
            "CREATE VIEW v AS SELECT 1 AS id",
            "CREATE TEMPORARY TABLE temporary (id INT)",
        ):
            at[0].execute(text(statement))
        assert dict(zip(SQLITE_COLUMNS, map(facts, described(at, "t").columns), strict=True)) == SQLITE_COLUMNS
        assert [table.table for table in list_tables(*at, TableFilter())] == ["a.b", "auto", "t"]
        assert [table.table for table in list_tables(*at, TableFilter(("view",), "x", "y"))] == ["v"]
        assert [table.table for table in list_tables(*at, TableFilter(("GLOBAL TEMPORARY",)))] == ["temporary"]
        auto = described(at, "auto")
        assert [(c.auto_increment, c.nullable, c.default) for c in auto.columns] == [
            (True, True, None),
            (False, False, "'x'"),
        ]
        assert (auto.primary_key, described(at, "a.b").primary_key) == (("id",), ("y", "x"))
        assert (described(at, "v").kind, described(at, "TEMPORARY").kind) == ("VIEW", "GLOBAL TEMPORARY")
        assert describe(*at, TableId(None, None, "a%")) is None


def test_other_databases_are_described_by_sqlalchemys_inspector(postgresql: PrivateDatabase) -> None:
    postgresql.run(
        "CREATE TABLE t (id integer PRIMARY KEY, n numeric(10,2) NOT NULL, v varchar(20) DEFAULT 'x', at timestamptz, b bytea)",
        "CREATE VIEW w AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id",
    )
    server = postgresql.server
    url = f"postgresql+psycopg://{server.user}:{server.password}@{server.host}:{server.port}/{postgresql.name}"
    with create_engine(url, poolclass=NullPool).connect() as connection:
        assert INSPECTED.types(connection) == ("MATERIALIZED VIEW", "TABLE", "VIEW")
        wanted = TableFilter(("TABLE", "VIEW", "MATERIALIZED VIEW"), None, "pub%")
        assert [table.full_name for table in INSPECTED.tables(connection, wanted)] == [
            "public.m",
            "public.t",
            "public.w",
        ]
        assert INSPECTED.tables(connection, TableFilter(catalog_pattern="x")) == []
        found = INSPECTED.describe(connection, TableId(None, "public", "t"))
        assert found is not None
        assert (found.kind, found.primary_key) == ("TABLE", ("id",))
        assert [(column.code, column.precision, column.scale, column.nullable) for column in found.columns] == [
            (T.INTEGER, 0, 0, False),
            (T.NUMERIC, 10, 2, False),
            (T.VARCHAR, 20, 0, True),
            (T.TIMESTAMP_WITH_TIMEZONE, 0, 0, True),
            (T.LONGVARBINARY, 0, 0, True),
        ]
        view = INSPECTED.describe(connection, TableId(None, "public", "w"))
        assert view is not None
        assert view.kind == "VIEW"
        assert INSPECTED.describe(connection, TableId(None, "public", "nope")) is None


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        (None, ["a", None, ""], []),
        ("", [None, ""], ["a"]),
        ("a%", ["a", "ab", "a\n"], ["b", None]),
        ("a_c", ["abc"], ["ac", "abbc"]),
        (r"a\_c", ["a_c"], ["abc"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_patterns_are_those_of_like(pattern: str | None, fitting: list[str | None], others: list[str | None]) -> None:
    fits = like(pattern)
    assert [name for name in (*fitting, *others) if fits(name)] == fitting
