"""Writers for databases that are not at hand, by what they hand to the driver; savepoints; options of settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal as PythonDecimal
from pathlib import Path

import pytest

from penstock.api import ConnectException, Date, Decimal, Schema, SchemaBuilder, Time, Timestamp
from penstock_jdbc.database.identifiers import TableId, rules_for
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.table import Column, Table
from penstock_jdbc.sink.dialects.choice import dialect_for
from penstock_jdbc.sink.fields import fields_of
from penstock_jdbc.sink.savepoints import savepoint_of
from penstock_jdbc.sink.settings import InsertMode, PrimaryKeyMode, SinkSettings
from penstock_jdbc.sink.shape import Shape
from penstock_jdbc.sink.writers.base import ExecutemanyWriter, KeyFacts, Op, RowWriter
from penstock_jdbc.sink.writers.mysql import MySqlWriter
from penstock_jdbc.sink.writers.postgresql import PostgreSqlWriter
from tests.plugins.jdbc.sink.targets import SqliteTarget, Target, rows_of, sink

T = TableId(None, None, "t")
SETTINGS = SinkSettings("s", pk_mode=PrimaryKeyMode.RECORD_VALUE, pk_fields=("id",))


class Cursor:
    def __init__(self) -> None:
        self.calls: list[tuple[str, list[tuple[object, ...]]]] = []

    def executemany(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.calls.append((sql, list(rows)))


def shape_of(schema: Schema) -> Shape:
    return Shape.of(T, fields_of("t", SETTINGS, None, schema), SETTINGS, (None, schema))


def table_of(*names: str, key: tuple[str, ...] = ("id",)) -> Table:
    return Table(T, "TABLE", tuple(Column(name, JdbcType.OTHER, "x") for name in names), key)


def struct(**fields: Schema) -> Schema:
    builder = SchemaBuilder.struct()
    for name, schema in fields.items():
        builder = builder.field(name, schema)
    return builder.build()


def test_values_for_a_driver_that_takes_python_s() -> None:
    schema = struct(
        id=Schema.INT32,
        s=Schema.STRING,
        f=Schema.FLOAT64,
        o=Schema.BOOLEAN,
        b=Schema.BYTES,
        m=Decimal.schema(2),
        d=Date.SCHEMA,
        t=Time.SCHEMA,
        p=Timestamp.SCHEMA,
        n=Schema.OPTIONAL_STRING,
    )
    at = dt.datetime(2020, 2, 29, 12, 34, 56, 123000, tzinfo=dt.UTC)
    row = (1, "x", 0.5, True, b"b", PythonDecimal("1.50"), at.date(), at.time(), at, None)
    shape = shape_of(schema)
    writer = ExecutemanyWriter(
        dialect_for(DatabaseKind.ORACLE, rules_for(DatabaseKind.ORACLE), SETTINGS),
        shape,
        table_of(*(field.name for field in schema.fields)),
        "named",
    )
    columns = shape.columns(rows_of(row, schema=schema).slices[0], 0, 1)
    cursor = Cursor()
    writer.write(cursor, Op.INSERT, writer.encode(Op.INSERT, columns))
    sql, rows = cursor.calls[0]
    assert sql.endswith("VALUES (:1,:2,:3,:4,:5,:6,:7,:8,:9,:10)")
    naive = at.replace(tzinfo=None)
    assert rows == [(1, "x", 0.5, 1, b"b", PythonDecimal("1.50"), naive.date(), naive.time(), naive, None)]
    assert writer.key == KeyFacts(unique=True, exact=True)


@pytest.mark.parametrize(("kind", "expected"), [(DatabaseKind.VERTICA, True), (DatabaseKind.DB2, 1)])
def test_booleans_are_numbers_where_a_database_has_none(kind: DatabaseKind, expected: object) -> None:
    schema = struct(id=Schema.INT32, o=Schema.BOOLEAN)
    writer = ExecutemanyWriter(
        dialect_for(kind, rules_for(kind), SETTINGS), shape_of(schema), table_of("id", "o"), "qmark"
    )
    found = writer.encode(Op.INSERT, [[1], [True]])[1][0]
    assert found == expected
    assert type(found) is type(expected)


def test_updates_and_deletes_have_their_parameters_in_the_order_of_their_marks() -> None:
    schema = struct(a=Schema.STRING, id=Schema.INT32, b=Schema.STRING)
    shape = shape_of(schema)
    kind = DatabaseKind.SQLSERVER
    writer = ExecutemanyWriter(
        dialect_for(kind, rules_for(kind), SETTINGS), shape, table_of("a", "id", "b"), "pyformat"
    )
    cursor = Cursor()
    writer.write_in_order(cursor, Op.UPDATE, [["x"], [1], ["y"]])
    writer.write_in_order(cursor, Op.DELETE, [[1, 2]])
    assert cursor.calls == [
        ("UPDATE [t] SET [a] = %s, [b] = %s WHERE [id] = %s", [("x", "y", 1)]),
        ("DELETE FROM [t] WHERE [id] = %s", [(1,), (2,)]),
    ]


@pytest.mark.parametrize("kind", [DatabaseKind.SQLITE, DatabaseKind.MYSQL, DatabaseKind.POSTGRESQL, DatabaseKind.DB2])
def test_values_that_cannot_be_bound_to_a_column_that_is_there(kind: DatabaseKind) -> None:
    schema = struct(id=Schema.INT32, m=SchemaBuilder.map(Schema.STRING, Schema.STRING).build())
    dialect = dialect_for(kind, rules_for(kind), SETTINGS)

    def made() -> RowWriter:
        if kind is DatabaseKind.MYSQL:
            return MySqlWriter(dialect, shape_of(schema), table_of("id", "m"))  # type: ignore[arg-type]
        if kind is DatabaseKind.POSTGRESQL:
            return PostgreSqlWriter(dialect, shape_of(schema), table_of("id", "m"), untyped_strings=False)  # type: ignore[arg-type]
        return ExecutemanyWriter(dialect, shape_of(schema), table_of("id", "m"), "qmark")

    with pytest.raises(ConnectException, match=r"^Unsupported source data type: MAP$"):
        made()


@pytest.mark.parametrize(
    ("schema", "key", "expected"),
    [
        (Schema.INT32, ("id",), KeyFacts(unique=True, exact=True)),
        (Schema.INT32, ("ID",), KeyFacts(unique=True, exact=True)),
        (Schema.INT32, (), KeyFacts(unique=False, exact=True)),
        (Schema.INT32, ("id", "v"), KeyFacts(unique=False, exact=True)),
        (Schema.STRING, ("id",), KeyFacts(unique=True, exact=False)),
        (Schema.FLOAT64, ("id",), KeyFacts(unique=True, exact=False)),
        (Decimal.schema(2), ("id",), KeyFacts(unique=True, exact=False)),
        (Date.SCHEMA, ("id",), KeyFacts(unique=True, exact=True)),
        (Time.SCHEMA, ("id",), KeyFacts(unique=True, exact=False)),
        (Timestamp.SCHEMA, ("id",), KeyFacts(unique=True, exact=False)),
        (Schema.BYTES, ("id",), KeyFacts(unique=True, exact=True)),
    ],
)
def test_what_is_known_of_a_key(schema: Schema, key: tuple[str, ...], expected: KeyFacts) -> None:
    shape = shape_of(struct(id=schema, v=Schema.STRING))
    kind = DatabaseKind.SQLITE
    dialect = dialect_for(kind, rules_for(kind), SETTINGS)
    assert ExecutemanyWriter(dialect, shape, table_of("id", "v", key=key), "qmark").key == expected
    ambiguous = ExecutemanyWriter(dialect, shape, table_of("id", "v", key=key), "qmark", ambiguous=True)
    assert ambiguous.key == KeyFacts(unique=False, exact=False)


def test_savepoints() -> None:
    plain = savepoint_of(DatabaseKind.POSTGRESQL)
    assert (plain.set, plain.back, plain.release) == (
        "SAVEPOINT penstock_rows",
        "ROLLBACK TO SAVEPOINT penstock_rows",
        "RELEASE SAVEPOINT penstock_rows",
    )
    assert savepoint_of(DatabaseKind.ORACLE).release is None
    transact = savepoint_of(DatabaseKind.SQLSERVER)
    assert (transact.set, transact.back, transact.release) == (
        "SAVE TRANSACTION penstock_rows",
        "ROLLBACK TRANSACTION penstock_rows",
        None,
    )
    assert savepoint_of(DatabaseKind.DB2).set.endswith("ON ROLLBACK RETAIN CURSORS")


def test_what_is_hardly_meant_is_told(sqlite_target: Target, caplog: pytest.LogCaptureFixture) -> None:
    with sink(sqlite_target, {"insert.mode": "update", "db.timezone": "America/New_York"}):
        pass
    assert "every record changes every row of its table. Set pk.mode" in caplog.text
    assert "Dates are stored a day early" in caplog.text
    assert SinkSettings("s", insert_mode=InsertMode.UPDATE, pk_mode=PrimaryKeyMode.RECORD_KEY).warnings == []
    caplog.clear()
    with sink(sqlite_target, {"db.timezone": "America/New_York", "date.timezone": "UTC"}):
        pass
    assert caplog.text == ""


def test_rows_with_a_null_in_the_key_are_all_kept(target: Target) -> None:
    """A null is equal to nothing, also not to another null: an upsert of one replaces no row."""
    optional = struct(a=Schema.INT32, b=Schema.OPTIONAL_STRING, v=Schema.STRING)
    target.run("CREATE TABLE t (a int, b varchar(10), v text, UNIQUE (a, b))")
    config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "a,b"}
    with sink(target, config) as task:
        rows = [(1, None, "x"), (1, "b", "old"), (1, None, "y"), (1, "b", "new")]
        task.put(rows_of(*rows, schema=optional))
    assert sorted(target.query("SELECT a, b, v FROM t"), key=repr) == [(1, "b", "new"), (1, None, "x"), (1, None, "y")]


def test_a_primary_key_of_sqlite_takes_nulls(tmp_path: Path) -> None:
    target = SqliteTarget(tmp_path / "d")
    optional = struct(id=Schema.OPTIONAL_STRING, v=Schema.INT32)
    target.run("CREATE TABLE t (id text PRIMARY KEY, v int)")
    with sink(target, {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id"}) as task:
        task.put(rows_of((None, 1), ("a", 2), (None, 3), ("a", 4), schema=optional))
    assert sorted(target.query("SELECT * FROM t"), key=repr) == [("a", 4), (None, 1), (None, 3)]
