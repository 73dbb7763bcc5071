"""The fast way and the careful way write the same rows, for every type and every database; and what they cost to get wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import string
from collections.abc import Callable, Sequence
from decimal import Decimal as PythonDecimal
from typing import Any

import pytest

from penstock.api import Date, Decimal, Instant, Schema, SchemaBuilder, SinkBatch, StructColumn, Time, Timestamp
from penstock_jdbc.sink.careful import CarefulRows
from penstock_jdbc.sink.writing import BatchWriter
from tests.plugins.jdbc.sink.targets import ServerTarget, Target, rows_of, sink

_LETTERS = string.printable + "äßżółć🐍'\\\"%_\x1f\u2028"


def _text(rng: random.Random) -> str:
    return "".join(rng.choices(_LETTERS, k=rng.randrange(12)))


def _old(rng: random.Random) -> dt.date:
    return dt.date(rng.randrange(1, 1582), rng.randrange(1, 13), rng.randrange(1, 29))


MAKERS: dict[str, tuple[Schema, Callable[[random.Random], object]]] = {
    "int8": (Schema.OPTIONAL_INT8, lambda rng: rng.randrange(-128, 128)),
    "int16": (Schema.OPTIONAL_INT16, lambda rng: rng.randrange(-32768, 32768)),
    "int32": (Schema.OPTIONAL_INT32, lambda rng: rng.randrange(-(1 << 31), 1 << 31)),
    "int64": (Schema.OPTIONAL_INT64, lambda rng: rng.choice([-(1 << 63), (1 << 63) - 1, rng.randrange(-9999, 9999)])),
    "float32": (Schema.OPTIONAL_FLOAT32, lambda rng: rng.choice([0.5, -0.0, 1e30, 3.25, float(rng.randrange(99))])),
    "float64": (Schema.OPTIONAL_FLOAT64, lambda rng: rng.choice([rng.random(), 1e308, -5e-324, 0.1, 1e22])),
    "boolean": (Schema.OPTIONAL_BOOLEAN, lambda rng: rng.random() < 0.5),
    "string": (Schema.OPTIONAL_STRING, _text),
    "bytes": (Schema.OPTIONAL_BYTES, lambda rng: rng.randbytes(rng.randrange(20))),
    "decimal": (
        Decimal.builder(3).optional().build(),
        lambda rng: PythonDecimal(rng.randrange(-(10**20), 10**20)).scaleb(-3),
    ),
    "date": (
        Date.builder().optional().build(),
        lambda rng: rng.choice([dt.date(2020, 2, 29), dt.date(1969, 12, 31), dt.date(1582, 10, 15), _old(rng)]),
    ),
    "time": (
        Time.builder().optional().build(),
        lambda rng: dt.time(rng.randrange(24), rng.randrange(60), rng.randrange(60), rng.randrange(1000) * 1000),
    ),
    "timestamp": (
        Timestamp.builder().optional().build(),
        lambda rng: dt.datetime(rng.randrange(1583, 9999), 3, 10, 7, 30, rng.randrange(60), 123000, tzinfo=dt.UTC),
    ),
    "old timestamp": (
        Timestamp.builder().optional().build(),
        lambda rng: dt.datetime.combine(_old(rng), dt.time(1, 2, 3, 4000), tzinfo=dt.UTC),
    ),
    "counted": (Schema.OPTIONAL_INT64, lambda rng: rng.randrange(-(10**14), 10**15)),
}
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")


def _schema(schema: Schema) -> Schema:
    return SchemaBuilder.struct().field("id", Schema.INT32).field("v", schema).build()


def _rows(name: str, count: int, seed: str) -> list[tuple[object, ...]]:
    rng = random.Random(seed)
    make = MAKERS[name][1]
    rows: list[tuple[object, ...]] = []
    for number in range(count):
        value = None if rng.random() < 0.2 else make(rng)
        if isinstance(value, str):
            value = value.replace("\x00", "")
        rows.append((number, value))
    return rows


def _written(target: Target, table: str, config: dict[str, str], batch: SinkBatch) -> list[tuple[Any, ...]]:
    config = {"auto.create": "true", "table.name.format": table, **config}
    with sink(target, config) as task:
        task.put(batch)
    shown = "v::text" if target.kind == "postgresql" else "v"
    return target.query(f"SELECT id, {shown} FROM {target.q(table)} ORDER BY id")


_CASES = [
    (name, zone)
    for name, (schema, _) in MAKERS.items()
    for zone in (ZONES if schema.name is not None or name == "counted" else ZONES[:1])
]


@pytest.mark.parametrize(("name", "zone"), _CASES)
def test_both_ways_write_the_same(target: Target, name: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = _schema(MAKERS[name][0])
    rows = _rows(name, 150, f"{name}{zone}")
    config = {"db.timezone": zone, "pk.mode": "record_value", "pk.fields": "id"}
    if name == "counted":
        config["timestamp.fields.list"] = "v"
    ways = {}
    for mode in ("insert", "upsert"):
        ways[mode] = _written(target, f"fast_{mode}", {**config, "insert.mode": mode}, rows_of(*rows, schema=schema))
    with monkeypatch.context() as patched:
        patched.setattr(BatchWriter, "_write_fast", BatchWriter._write_carefully)
        for mode in ("insert", "upsert"):
            ways[f"careful {mode}"] = _written(
                target, f"careful_{mode}", {**config, "insert.mode": mode}, rows_of(*rows, schema=schema)
            )
        single = [rows_of(row, schema=schema, first=row[0]).slices[0] for row in rows[:20]]
        ways["single"] = _written(target, "single", {**config, "insert.mode": "upsert"}, SinkBatch(single))
    first = ways["insert"]
    assert len(first) == 150
    assert ways["upsert"] == ways["careful insert"] == ways["careful upsert"] == first
    assert ways["single"] == first[:20]


def test_columns_of_structs_are_written_as_structs_are(target: Target) -> None:
    schema = _schema(Schema.OPTIONAL_STRING)
    rows = _rows("string", 50, "columns")
    columns = StructColumn(schema, [list(column) for column in zip(*rows, strict=True)])
    by_columns = SinkBatch([_with_values(rows_of(*rows, schema=schema), columns)])
    first = _written(target, "t1", {}, rows_of(*rows, schema=schema))
    assert _written(target, "t2", {}, by_columns) == first
    assert len(first) == 50


def _with_values(batch: SinkBatch, values: Sequence[object]) -> Any:
    from dataclasses import replace

    return replace(batch.slices[0], values=values)


@pytest.mark.parametrize(
    "value", ["null\\N", "\\.", "tab\there", "line\nfeed\rreturn", "\x1f\x1f", "it's", '"', "\\", "%s", ""]
)
def test_strings_with_signs_of_their_own_meaning(target: Target, value: str) -> None:
    schema = _schema(Schema.STRING)
    rows = [(1, value), (2, "plain"), (3, value * 2)]
    assert _written(target, "t", {}, rows_of(*rows, schema=schema)) == rows


def test_strings_keep_their_zeros_where_the_database_takes_them(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        rows = [(1, "a\0b"), (2, "\0")]
        assert _written(target, "t", {}, rows_of(*rows, schema=_schema(Schema.STRING))) == rows


def test_a_session_without_backslash_escapes(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        url = f"{target.props['connection.url']}?sessionVariables=sql_mode='NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES'"
        rows = [(1, "it's \\ here"), (2, "\\'; DROP TABLE t; --")]
        batch = rows_of(*rows, schema=_schema(Schema.STRING))
        assert _written(target, "t", {"connection.url": url}, batch) == rows


def test_numbers_that_mysql_lacks(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        for value in (float("nan"), float("inf")):
            with pytest.raises(Exception, match=r"MySQL has no number (nan|inf)"):
                _written(target, "t", {}, rows_of((1, value), schema=_schema(Schema.FLOAT64)))
        schema = _schema(Decimal.schema(0))
        with pytest.raises(Exception, match="MySQL has no number NaN"):
            _written(target, "d", {}, rows_of((1, PythonDecimal(5)), (2, PythonDecimal("NaN")), schema=schema))


def test_an_encoding_in_which_quotes_may_hide(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        server = target.database.server
        host = f"{server.user}:{server.password}@{server.host}:{server.port}"
        url = f"mysql+pymysql://{host}/{target.database.name}?charset=gbk"
        message = r"character encoding is gbk; set charset=utf8mb4 in 'connection\.url'"
        with pytest.raises(Exception, match=message):
            _written(target, "t", {"connection.url": url}, rows_of((1, "a"), schema=_schema(Schema.STRING)))


def test_statements_stay_below_the_server_s_limit(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("mariadb"))) as target:
        target.run("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, v longtext)")
        rows = [(n, f"{n:07}" * 50_000) for n in range(9)]
        found = _written(
            target,
            "t",
            {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id"},
            rows_of(*rows, schema=_schema(Schema.STRING)),
        )
        assert found == rows


# ---- PostgreSQL's own types ------------------------------------------------------------------------------------------------


def test_arrays(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        cases: list[tuple[Schema, list[object], str]] = [
            (Schema.OPTIONAL_STRING, ["a", None, 'q"\\,{}', "", "NULL"], '{a,NULL,"q\\"\\\\,{}","","NULL"}'),
            (Schema.INT32, [1, -2], "{1,-2}"),
            (Schema.BOOLEAN, [True, False], "{t,f}"),
            (Schema.FLOAT64, [0.5, float("inf")], "{0.5,Infinity}"),
            (Schema.BYTES, [b"\x00\xff"], '{"\\\\x00ff"}'),
            (Decimal.schema(2), [PythonDecimal("1.50")], "{1.50}"),
            (Date.SCHEMA, [dt.date(2020, 2, 29)], "{2020-02-29}"),
            (Timestamp.SCHEMA, [dt.datetime(2020, 2, 29, 1, tzinfo=dt.UTC)], '{"2020-02-29 01:00:00"}'),
        ]
        for number, (element, items, expected) in enumerate(cases):
            schema = _schema(SchemaBuilder.array(element).optional().build())
            batch = rows_of((1, items), (2, []), (3, None), schema=schema)
            assert _written(target, f"t{number}", {}, batch) == [(1, expected), (2, "{}"), (3, None)]


@pytest.mark.parametrize("mode", ["insert", "upsert", "update"])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("json", '{"a":1}'),
        ("jsonb", '{"a": 1}'),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("citext", "X"),
        ("varchar(5)", "abc"),
        ("char(3)", "abc"),
    ],
)
def test_strings_in_columns_of_other_types(request: pytest.FixtureRequest, mode: str, column: str, value: str) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run(
            "CREATE EXTENSION IF NOT EXISTS citext",
            f"CREATE TABLE t (id integer PRIMARY KEY, v {column})",
            "INSERT INTO t VALUES (7, NULL)" if mode == "update" else "SELECT 1",
        )
        config = {"insert.mode": mode, "pk.mode": "record_value", "pk.fields": "id"}
        found = _written(target, "t", config, rows_of((7, value), schema=_schema(Schema.STRING)))
        assert found == [(7, value)]


@pytest.mark.parametrize("mode", ["insert", "upsert", "update"])
@pytest.mark.parametrize("key", ["integer", "text"])
@pytest.mark.parametrize(
    "column", ["other.day", "timestamp", "date", "integer", "bytea", "inet", "mood", "boolean", "int[]", "numeric(5,2)"]
)
def test_a_null_fits_a_column_of_any_type(request: pytest.FixtureRequest, mode: str, key: str, column: str) -> None:
    """In bulk and row by row (what has a key of text is updated so): pgjdbc binds a null without a type."""
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        ids = [1, 2] if key == "integer" else ["1", "2"]
        target.run(
            "CREATE TYPE mood AS ENUM ('sad', 'ok')",
            "CREATE SCHEMA other",
            "CREATE DOMAIN other.day AS date",
            f"CREATE TABLE t (id {key} PRIMARY KEY, v {column}, w varchar(9))",
            "INSERT INTO t VALUES ('1', NULL, 'a'), ('2', NULL, 'a')" if mode == "update" else "SELECT 1",
        )
        schema = (
            SchemaBuilder.struct()
            .field("id", Schema.INT32 if key == "integer" else Schema.STRING)
            .field("v", Schema.OPTIONAL_STRING)
            .field("w", Schema.OPTIONAL_STRING)
            .build()
        )
        config = {"insert.mode": mode, "pk.mode": "record_value", "pk.fields": "id"}
        _written(target, "t", config, rows_of((ids[0], None, "b"), (ids[1], None, None), schema=schema))
        assert target.query("SELECT * FROM t ORDER BY id") == [(ids[0], None, "b"), (ids[1], None, None)]
        with pytest.raises(Exception, match=r"is of type .* but expression is of type"):
            _written(target, "t", config, rows_of((ids[1], "x", "c"), schema=schema))


@pytest.mark.parametrize("column", ["inet", "mood", "xml", "interval", "timestamp", "integer"])
def test_untyped_strings_go_into_any_column(request: pytest.FixtureRequest, column: str) -> None:
    value = {"inet": "10.0.0.1", "mood": "sad", "xml": "<a/>", "interval": "1 day", "integer": "5"}.get(
        column, "2020-01-01 00:00:00"
    )
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run("CREATE TYPE mood AS ENUM ('sad', 'ok')", f"CREATE TABLE t (id integer PRIMARY KEY, v {column})")
        batch = rows_of((1, value), schema=_schema(Schema.STRING))
        for mode in ("insert", "upsert"):
            target.run("TRUNCATE t")
            config = {
                "connection.url": f"{target.props['connection.url']}?stringtype=unspecified",
                "insert.mode": mode,
                "pk.mode": "record_value",
                "pk.fields": "id",
            }
            assert len(_written(target, "t", config, batch)) == 1
        with pytest.raises(Exception, match=r"is of type .* but expression is of type"):
            _written(target, "t", {}, batch)


def test_instants_keep_their_instant_in_columns_with_a_zone(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run("SET TIME ZONE 'UTC'", "CREATE TABLE t (id integer PRIMARY KEY, v timestamptz)")
        at = dt.datetime(2020, 2, 29, 12, 34, 56, 123000, tzinfo=dt.UTC)
        for zone in ZONES:
            target.run("TRUNCATE t")
            found = _written(target, "t", {"db.timezone": zone}, rows_of((1, at), schema=_schema(Timestamp.SCHEMA)))
            assert found == [(1, "2020-02-29 12:34:56.123+00")]


def test_far_instants(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        rows = [(1, Instant(253_402_300_800_000)), (2, Instant(-62_167_392_000_000))]
        found = _written(target, "t", {}, rows_of(*rows, schema=_schema(Timestamp.SCHEMA)))
        assert [text for _, text in found] == ["10000-01-01 00:00:00", "0001-01-01 00:00:00 BC"]


def test_an_identity_column_is_not_copied_around(request: pytest.FixtureRequest) -> None:
    with contextlib.closing(ServerTarget(request.getfixturevalue("postgresql"))) as target:
        target.run("CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, v text)")
        with pytest.raises(Exception, match="cannot insert a non-DEFAULT value"):
            _written(target, "t", {}, rows_of((1, "a"), schema=_schema(Schema.STRING)))


def test_sqlite_stores_dates_as_its_url_says(sqlite_target: Target) -> None:
    url = sqlite_target.props["connection.url"]
    at = dt.datetime(2020, 2, 29, 12, 34, 56, 123000, tzinfo=dt.UTC)
    cases: list[tuple[str, object]] = [
        ("", 1582979696123),
        ("?date_precision=SECONDS", 1582979696),
        ("?date_class=TEXT", "2020-02-29 12:34:56.123"),
        ("?date_class=REAL", pytest.approx(2458909.0242607985)),
    ]
    for number, (options, expected) in enumerate(cases):
        batch = rows_of((1, at), schema=_schema(Timestamp.SCHEMA))
        found = _written(sqlite_target, f"t{number}", {"connection.url": f"{url}{options}"}, batch)
        assert found == [(1, expected)]
    with pytest.raises(Exception, match="date_class of a SQLite URL must be INTEGER, TEXT or REAL, not 'BLOB'"):
        _written(
            sqlite_target,
            "x",
            {"connection.url": f"{url}?date_class=BLOB"},
            rows_of((1, at), schema=_schema(Timestamp.SCHEMA)),
        )


def test_the_careful_way_is_taken_only_when_rows_are_refused(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the careful way was taken")

    monkeypatch.setattr(CarefulRows, "write", never)
    batch = rows_of((1, "a"), (2, "b"), (1, "c"), schema=_schema(Schema.STRING))
    config = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id"}
    assert _written(target, "t", config, batch) == [(1, "c"), (2, "b")]
