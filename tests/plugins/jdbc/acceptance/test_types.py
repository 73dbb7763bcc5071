"""Every type of the databases' manuals: table → topic → table, by the whole runtime, and the rows compared by the database.

``CARRIED`` come back equal in a table of the same DDL. ``AS_TEXT`` are types that records have no place for, in Java as here:
Connect drops such columns, so a query casts them to text, and the target casts them back. ``NOT_CARRIED`` says what cannot be
had either way, and what happens instead.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.api import ConnectException, SinkBatch, SinkRecord, TopicPartition
from penstock.testing import Workbench
from penstock.testing.waiting import eventually
from penstock_jdbc.sink.connector import JdbcSinkConnector
from penstock_jdbc.source.connector import JdbcSourceConnector
from tests.plugins.jdbc.acceptance.reading import full_name, kind_of, task_on
from tests.plugins.jdbc.sink.targets import ServerTarget, SqliteTarget, Target
from tests.plugins.jdbc.sink.targets import sink as sink_on
from tests.plugins.jdbc.source.running import QUICK, SqliteDatabase, installed

Cases = Mapping[str, Sequence[str]]
"""By type: values as SQL literals. Every column also gets a row of NULL."""

UNICODE = "'žluťoučký 𝄞 漢字 🙂'"
EVERY_BYTE = bytes(range(256)).hex()
MONEY = ["'0'", "'12.34'", "'-12.34'", "'99999999999.99'"]
DATES = ["'1970-01-01'", "'1969-12-31'", "'0001-01-01'", "'1500-02-28'", "'1582-10-04'", "'1582-10-15'", "'9999-12-31'"]
MILLIS = [
    "'2020-02-29 12:34:56.123'",
    "'1970-01-01 00:00:00'",
    "'1969-12-31 23:59:59.999'",
    "'1582-10-15 00:00:00'",
    "'1000-01-01 00:00:00.001'",
    "'9999-12-31 23:59:59.999'",
]
TEXTS = ["''", "' '", "'a''b'", "'line\nnext\ttab\r'", UNICODE, "'\\N'", "'NULL'", "'x,\"y\";z'"]

POSTGRESQL: Cases = {
    "smallint": ["0", "-32768", "32767"],
    "integer": ["0", "-2147483648", "2147483647"],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807"],
    "oid": ["0", "4294967295"],
    "real": ["0", "1.5", "3.4028235e38", "1e-45", "0.1"],
    "double precision": ["0", "0.1", "1.7976931348623157e308", "5e-324"],
    "numeric(38,10)": ["0", "9999999999999999999999999999.9999999999", "-0.0000000001"],
    "numeric(5,0)": ["0", "99999", "-99999"],
    "numeric(4,4)": ["0", "0.9999"],
    "numeric(1000,500)": ["0", "-" + "9" * 500 + "." + "9" * 500],
    "numeric": ["0", "1.5", "-12345678901234567890123456789.123456789"],
    "boolean": ["true", "false"],
    "char(5)": ["''", "'ab'", "'abcde'", "'žluť'"],
    "varchar(40)": TEXTS,
    "text": [*TEXTS, "repeat('long ', 20000)", r"E'back\\slash \\. \\n'"],
    "name": ["''", "'a name'"],
    '"char"': ["'a'"],
    "bytea": ["''", f"decode('{EVERY_BYTE}', 'hex')"],
    "date": [*DATES, "'10000-01-01'", "'5874897-12-31'", "'0044-03-15 BC'"],
    "time(3)": ["'00:00'", "'23:59:59.999'", "'12:34:56.123'"],
    "timetz(3)": ["'00:00+00'", "'23:59:59.999+00'"],
    "timestamp(3)": [*MILLIS, "'infinity'", "'-infinity'", "'0001-01-01 00:00:00'", "'10000-01-01 00:00:00'"],
    "timestamptz(3)": [
        *(f"{text[:-1]}+00'" for text in MILLIS),
        "'2020-02-29 12:00:00+05:30'",
        "'infinity'",
        "'-infinity'",
    ],
    "json": ["'{}'", "'null'", """'{"a": [1, 2.50, "ž", null],  "a": 1}'""", "'[]'"],
    "jsonb": ["'{}'", "'null'", """'{"a": [1, 2.50, "ž", null]}'""", "'\"text\"'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    "xml": ["'<a b=\"c\">ž</a>'", "'plain'"],
    "mood": ["'happy'", "'not so'", "'žlutý'"],
    "small_number": ["7"],
    "short_text": ["'short'", "''"],
}
POSTGRESQL_TYPES = [
    "CREATE TYPE mood AS ENUM ('happy', 'not so', 'žlutý')",
    "CREATE DOMAIN small_number AS integer CHECK (VALUE < 10)",
    "CREATE DOMAIN short_text AS varchar(10)",
    "CREATE TYPE pair AS (a integer, b text)",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION citext",
]
POSTGRESQL_AS_TEXT: Cases = {
    "money": MONEY,
    "bit(3)": ["B'101'", "B'000'"],
    "bit(20)": ["B'10101010101010101010'"],
    "bit varying(9)": ["B''", "B'101'", "B'111111111'"],
    "interval": ["'0'", "'1 year 2 mons 3 days 04:05:06.789'", "'-1 day'"],
    "inet": ["'10.0.0.1/8'", "'::1'"],
    "cidr": ["'10.0.0.0/8'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "macaddr8": ["'08:00:2b:01:02:03:04:05'"],
    "point": ["'(1.5,-2)'"],
    "line": ["'{1,2,3}'"],
    "lseg": ["'[(0,0),(1,1)]'"],
    "box": ["'(1,1),(0,0)'"],
    "path": ["'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"],
    "polygon": ["'((0,0),(1,1),(2,0))'"],
    "circle": ["'<(0,0),1>'"],
    "tsvector": ["'a:1 fat:2 cat:3'"],
    "tsquery": ["'fat & (cat | rat)'"],
    "pg_lsn": ["'16/B374D848'"],
    "pg_snapshot": ["'10:20:10,14,15'"],
    "txid_snapshot": ["'10:20:10,14,15'"],
    "int4range": ["'empty'", "'[1,5)'", "'(,)'"],
    "int8range": ["'[1,5)'"],
    "numrange": ["'[1.5,2.5]'"],
    "tsrange": ["'[2020-01-01 00:00,2020-01-02 00:00)'"],
    "tstzrange": ["'[2020-01-01 00:00+00,)'"],
    "daterange": ["'[2020-01-01,2020-01-05)'"],
    "int4multirange": ["'{[1,3),[5,7)}'"],
    "integer[]": ["'{}'", "'{1,NULL,3}'", "'{{1,2},{3,4}}'"],
    "text[]": ["""'{"a,b",NULL,"","ž"}'"""],
    "timestamptz[]": ["""'{"2020-01-01 00:00:00+00"}'"""],
    "mood[]": ["'{happy}'"],
    "pair": ["'(1,\"a b\")'"],
    "hstore": ["'a=>1, b=>NULL'"],
    "citext": ["'MiXed'"],
    "date": ["'infinity'", "'-infinity'"],
    "time": ["'24:00'", "'12:34:56.123456'"],
    "timetz": ["'12:34:56.123456+02'"],
    "numeric": ["'NaN'", "'Infinity'", "'-Infinity'"],
    "jsonpath": ["'$.\"a\"[*]'"],
    "xid8": ["'18446744073709551615'"],
}

MARIADB: Cases = {
    "tinyint(1)": ["0", "1"],
    "boolean": ["true", "false"],
    "tinyint": ["0", "-128", "127"],
    "tinyint unsigned": ["0", "255"],
    "smallint": ["-32768", "32767"],
    "smallint unsigned": ["0", "65535"],
    "mediumint": ["-8388608", "8388607"],
    "mediumint unsigned": ["0", "16777215"],
    "int": ["-2147483648", "2147483647"],
    "int unsigned": ["0", "4294967295"],
    "int(8) zerofill": ["0", "42"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "bigint unsigned": ["0", "9223372036854775807"],
    "float": ["0", "1.5", "0.1", "3.40282e38", "-1.17549e-38"],
    "double": ["0", "0.1", "1.7976931348623157e308", "-2.2250738585072014e-308"],
    "decimal(65,30)": ["0", "-" + "9" * 35 + "." + "9" * 30],
    "decimal(5,0)": ["99999", "-99999"],
    "decimal(10,2) unsigned": ["0", "99999999.99"],
    "bit(1)": ["b'0'", "b'1'"],
    "char(5)": ["''", "'ab'", "'žluť'"],
    "varchar(40)": TEXTS,
    "tinytext": TEXTS,
    "text": [*TEXTS, "repeat('long ', 10000)"],
    "mediumtext": [*TEXTS, "repeat('long ', 20000)"],
    "longtext": TEXTS,
    "json": ["'{}'", """'{"a": [1, 2.50, "ž", null]}'""", "'null'"],
    "enum('a','b','ž')": ["'a'", "'ž'"],
    "set('a','b','c')": ["''", "'a'", "'a,c'"],
    "binary(4)": ["x'00000000'", "x'00ff10ab'"],
    "varbinary(300)": ["''", f"x'{EVERY_BYTE}'"],
    "tinyblob": ["''", "x'00ff'"],
    "blob": ["''", f"x'{EVERY_BYTE}'", "repeat(x'00ff5c27', 10000)"],
    "mediumblob": [f"x'{EVERY_BYTE}'"],
    "longblob": [f"x'{EVERY_BYTE}'"],
    "date": DATES,
    "time": ["'00:00:00'", "'23:59:59'"],
    "time(3)": ["'00:00:00'", "'23:59:59.999'"],
    "datetime": ["'1970-01-01 00:00:00'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
    "datetime(3)": MILLIS,
    "timestamp(3) null": ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999'"],
    "point": ["ST_GeomFromText('POINT(1.5 -2)')"],
    "geometry": ["ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))')", "ST_GeomFromText('LINESTRING(0 0,1 1)', 4326)"],
    "inet6": ["'::1'", "'2001:db8::ff00:42:8329'"],
    "inet4": ["'10.0.0.1'"],
}
SPATIAL = ("point", "geometry")
MARIADB_AS_TEXT: Cases = {
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    "bigint unsigned": ["18446744073709551615"],
    "time(6)": ["'838:59:59'", "'-01:00:00'", "'12:34:56.123456'"],
    "year": ["2020", "1901", "2155", "0"],
}

SQLITE: Cases = {
    "INTEGER": ["0", "-2147483648", "2147483647"],
    "BIGINT": ["0", "-9223372036854775808", "9223372036854775807"],
    "INT": ["-2147483648", "2147483647"],
    "SMALLINT": ["-32768", "32767"],
    "TINYINT": ["-128", "127"],
    "BOOLEAN": ["0", "1"],
    "REAL": ["0.25", "1.5", "-1024.0"],
    "DOUBLE": ["0.1", "-1.5", "1.7976931348623157e308", "2.2250738585072014e-308"],
    "FLOAT": ["0.25", "-1e300"],
    "DECIMAL(10,2)": ["0.25", "99999999.75", "-1.5"],
    "NUMERIC(10,2)": ["0.25", "-1.5"],
    "TEXT": TEXTS,
    "VARCHAR(40)": TEXTS,
    "CHAR(5)": ["'ab'", "''"],
    "CLOB": [UNICODE],
    "BLOB": ["x''", f"x'{EVERY_BYTE}'"],
    "VARBINARY(9)": ["x'00ff'"],
    "DATE": ["0", "-86400000", "253402214400000", "-62135596800000"],
    "DATETIME": ["1582934400000"],
    "TIMESTAMP": ["0", "-1", "1582979696123", "253402300799999", "-62135596800000"],
}
SQLITE_AS_TEXT: Cases = {"NUMERIC": ["1.25", "3"], "DECIMAL": ["2.5"]}
"""Of no declared digits and without a whole number in the first row: xerial has no value for them, nor has a record."""

CARRIED = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "sqlite": SQLITE}
AS_TEXT = {"postgresql": POSTGRESQL_AS_TEXT, "mariadb": MARIADB_AS_TEXT, "sqlite": SQLITE_AS_TEXT}

# ---- the pipeline -------------------------------------------------------------------------------------------------------


def names_of(cases: Cases) -> list[str]:
    return [f"c{number}" for number in range(len(cases))]


def create(database: Any, table: str, cases: Cases) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names_of(cases), cases, strict=True))
    database.run(f"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, {columns})")


def fill(database: Any, table: str, cases: Cases) -> int:
    """Rows of which each column has the next of its values, then NULL; how many."""
    count = max(map(len, cases.values())) + 1
    for row in range(count):
        values = ", ".join(given[row] if row < len(given) else "NULL" for given in cases.values())
        database.run(f"INSERT INTO {table} VALUES ({row}, {values})")
    return count


def shown(database: Any, table: str, name: str, kind: str) -> list[Any]:
    """A column as the database shows it: exact, and readable when it differs."""
    text = {
        "postgresql": "CAST(trim_scale({}) AS text)" if kind == "numeric" else "CAST({} AS text)",
        "mariadb": "HEX({})" if kind in SPATIAL else "CONCAT(CAST({0} AS CHAR), ' ', HEX(CAST({0} AS BINARY)))",
        "sqlite": "quote({})",
    }[kind_of(database)]
    return [value for (value,) in database.rows(f"SELECT {text.format(name)} FROM {table} ORDER BY id")]


def copy(source: Any, target: Any, rows: int, source_config: Mapping[str, str], sink_config: Mapping[str, str]) -> None:
    """Run a source into the topic t-src, and a sink from there, until the sink has stored everything."""
    with Workbench(installed()) as workbench:
        given = {**QUICK, "mode": "bulk", "poll.interval.ms": "3600000", **source.props, **source_config}
        if "query" in given:
            given["topic.prefix"] = "t-src"
        else:
            given["table.whitelist"] = full_name(source, "src")
        workbench.start(JdbcSourceConnector, given, name="source")
        workbench.wait_for_records("t-src", rows)
        sink = {"topics": "t-src", "table.name.format": "copy", "batch.size": "500", **target.props, **sink_config}
        task = workbench.start(JdbcSinkConnector, sink, name="sink").task

        def stored() -> bool:
            assert task.trace is None, task.trace
            return workbench.committed("sink").get(TopicPartition("t-src", 0)) == rows

        eventually(stored, "the sink has stored all rows", 30)


def untyped(database: Any) -> dict[str, str]:
    """Have PostgreSQL find the type of strings by the column, as pgjdbc's users do."""
    if kind_of(database) != "postgresql":
        return {}
    return {"connection.url": f"{database.props['connection.url']}?stringtype=unspecified"}


def prepared(database: Any) -> None:
    if kind_of(database) == "postgresql":
        database.run(*POSTGRESQL_TYPES)


def assert_equal(database: Any, cases: Cases) -> None:
    differing = {}
    for name, kind in zip(names_of(cases), cases, strict=True):
        before, after = (shown(database, table, name, kind) for table in ("src", "copy"))
        if before != after:
            differing[kind] = [(old, new) for old, new in zip(before, after, strict=False) if old != new]
    assert differing == {}
    assert database.rows("SELECT count(*) FROM src") == database.rows("SELECT count(*) FROM copy")


def test_types_come_back_equal(database: Any) -> None:
    prepared(database)
    cases = CARRIED[kind_of(database)]
    create(database, "src", cases)
    create(database, "copy", cases)
    rows = fill(database, "src", cases)

    copy(database, database, rows, {}, untyped(database))

    assert_equal(database, cases)


def test_types_without_a_place_in_records_go_as_text(database: Any) -> None:
    """A query casts them to text, and the target takes the text for its own type."""
    prepared(database)
    cases = AS_TEXT[kind_of(database)]
    create(database, "src", cases)
    create(database, "copy", cases)
    rows = fill(database, "src", cases)
    text = "CHAR" if kind_of(database) == "mariadb" else "text"
    columns = ", ".join(f"CAST({name} AS {text}) AS {name}" for name in names_of(cases))

    copy(database, database, rows, {"query": f"SELECT id, {columns} FROM src"}, untyped(database))

    assert_equal(database, cases)


MICROS: dict[str, Cases] = {
    "postgresql": {
        "timestamp": ["'2020-02-29 12:34:56.123456'", "'1969-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'"],
        "timestamptz": ["'2020-02-29 12:34:56.123456+00'", "'1960-01-01 00:00:00.000001+00'"],
    },
    "mariadb": {
        "datetime(6)": ["'2020-02-29 12:34:56.123456'", "'1969-12-31 23:59:59.999999'", "'1582-10-15 00:00:00.000001'"],
        "timestamp(6) null": ["'2038-01-19 03:14:07.999999'"],
    },
}


@pytest.mark.parametrize("granularity", ["micros_long", "micros_string", "nanos_long", "nanos_string"])
def test_microseconds_come_back_by_granularity(server_database: Any, granularity: str) -> None:
    """Connect's Timestamp holds milliseconds; ``timestamp.granularity`` and ``timestamp.fields.list`` keep the rest."""
    cases = MICROS[kind_of(server_database)]
    if granularity.startswith("nanos"):  # a long of nanoseconds ends in 2262, and only a string knows more
        cases = {
            kind: [value for value in given if "9999" not in value and "1582" not in value]
            for kind, given in cases.items()
        }
    create(server_database, "src", cases)
    create(server_database, "copy", cases)
    rows = fill(server_database, "src", cases)
    sink = {
        "timestamp.fields.list": ",".join(names_of(cases)),
        "timestamp.precision.mode": "MICROSECONDS" if granularity.startswith("micros") else "NANOSECONDS",
    }

    copy(server_database, server_database, rows, {"timestamp.granularity": granularity}, sink)

    assert_equal(server_database, cases)


SPECIAL: dict[str, Cases] = {
    "postgresql": {kind: ["'NaN'", "'Infinity'", "'-Infinity'", "'-0'"] for kind in ("real", "double precision")},
    "sqlite": {"REAL": ["0.5", "9e999", "-9e999"], "DOUBLE": ["0.5", "9e999", "-9e999"]},
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_floats_that_json_lacks(kind: str, request: pytest.FixtureRequest) -> None:
    """Connect's JsonConverter reads NaN and the infinities as 0, and −0 as 0, as Java's does: so no converter here."""
    database = request.getfixturevalue(kind)
    cases = SPECIAL[kind]
    create(database, "src", cases)
    create(database, "copy", cases)
    rows = fill(database, "src", cases)
    target: Target = SqliteTarget(database._path) if kind == "sqlite" else ServerTarget(database)
    with task_on(database, {"mode": "bulk"}, "src") as reader, sink_on(target, {"table.name.format": "copy"}) as task:
        read = [
            SinkRecord("t", 0, offset, record.value, value_schema=record.value_schema)
            for offset, record in enumerate(reader.read(rows).records)
        ]
        task.put(SinkBatch.of(read))
    assert_equal(database, cases)


# ---- tables that the sink makes -----------------------------------------------------------------------------------------

PORTABLE: dict[str, dict[str, Sequence[str]]] = {
    "small": {"ddl": ("smallint", "smallint", "SMALLINT"), "values": ("-32768", "32767", "0")},
    "whole": {"ddl": ("integer", "int", "INTEGER"), "values": ("-2147483648", "2147483647", "0")},
    "large": {"ddl": ("bigint", "bigint", "BIGINT"), "values": ("-9223372036854775808", "9223372036854775807", "0")},
    "single": {"ddl": ("real", "float", "REAL"), "values": ("0.25", "-1024.5", "3.5")},
    "double_": {
        "ddl": ("double precision", "double", "DOUBLE"),
        "values": ("0.1", "-1.7976931348623157e308", "1e-300"),
    },
    "exact": {
        "ddl": ("numeric(12,4)", "decimal(12,4)", "DECIMAL(12,4)"),
        "values": ("0.0625", "-99999999.9375", "12.5"),
    },
    "yes": {"ddl": ("boolean", "boolean", "BOOLEAN"), "values": ("true", "false", "true")},
    "text_": {"ddl": ("text", "text", "TEXT"), "values": ("''", UNICODE, "'a''b'")},
    "bytes_": {"ddl": ("bytea", "blob", "BLOB"), "values": ("''", EVERY_BYTE, "00ff")},
    "day": {"ddl": ("date", "date", "DATE"), "values": ("2020-02-29", "1969-12-31", "1582-10-15")},
    "at_": {
        "ddl": ("timestamp(3)", "datetime(3)", "TIMESTAMP"),
        "values": ("2020-02-29 12:34:56.123", "1969-12-31 23:59:59.999", "9999-12-31 23:59:59.999"),
    },
}
KINDS = ("postgresql", "mariadb", "sqlite")
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # digits
_MS = dt.timedelta(milliseconds=1)


def literal(kind: str, column: str, value: str) -> str:
    if column == "bytes_":
        value = value.strip("'")
        return f"decode('{value}', 'hex')" if kind == "postgresql" else f"x'{value}'"
    if column in ("day", "at_"):
        moment = dt.datetime.fromisoformat(value)
        return str((moment - EPOCH) // _MS) if kind == "sqlite" else f"'{value}'"
    return value


def alike(column: str, value: Any) -> Any:
    """A value of whichever driver and column type as one that can be compared."""
    if value is None or column == "text_":
        return value
    if column == "bytes_":
        return bytes(value)
    if column == "exact":
        return decimal.Decimal(str(value)).normalize()
    if column == "yes":
        return bool(value)
    if column in ("day", "at_"):
        if isinstance(value, int):
            return EPOCH + value * _MS
        return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return float(value) if column in ("single", "double_") else int(value)


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("origin", KINDS)
def test_a_table_goes_into_one_that_the_sink_makes(
    origin: str, to: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """From each database to each, itself too. Values are equal whatever the types that the sink chose."""
    source = request.getfixturevalue(origin)
    target = SqliteDatabase(tmp_path / "target.db") if to == "sqlite" else request.getfixturevalue(to)
    place = KINDS.index(origin)
    columns = ", ".join(f"{name} {given['ddl'][place]}" for name, given in PORTABLE.items())
    source.run(f"CREATE TABLE src (id integer NOT NULL PRIMARY KEY, {columns})")
    for row in range(3):
        values = ", ".join(literal(origin, name, given["values"][row]) for name, given in PORTABLE.items())
        source.run(f"INSERT INTO src VALUES ({row}, {values})")
    source.run("INSERT INTO src (id) VALUES (3)")

    key = {"insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id"}
    copy(source, target, 4, {}, {"auto.create": "true", **key})

    for name in PORTABLE:
        before, after = (
            [alike(name, value) for (value,) in each.rows(f"SELECT {name} FROM {table} ORDER BY id")]
            for each, table in ((source, "src"), (target, "copy"))
        )
        assert (name, after) == (name, before)
        assert None in after


# ---- what cannot be had -------------------------------------------------------------------------------------------------

DROPPED = (
    "bit varying(9)", "interval", "inet", "cidr", "macaddr", "macaddr8", "point", "line", "lseg", "box", "path", "polygon",
    "circle", "tsvector", "tsquery", "pg_lsn", "pg_snapshot", "txid_snapshot", "int4range", "int8range", "numrange", "tsrange",
    "tstzrange", "daterange", "int4multirange", "integer[]", "text[]", "timestamptz[]", "mood[]", "pair", "hstore", "citext",
    "jsonpath", "xid8",
)  # fmt: skip
"""Of PostgreSQL: types of JDBC's OTHER, ARRAY and STRUCT, as which Connect leaves columns out."""


def test_types_that_connect_leaves_out(postgresql: Any, caplog: pytest.LogCaptureFixture) -> None:
    prepared(postgresql)
    cases = {kind: POSTGRESQL_AS_TEXT[kind] for kind in DROPPED}
    create(postgresql, "src", cases)
    rows = fill(postgresql, "src", cases)
    with task_on(postgresql, {"mode": "bulk"}, "src") as reader:
        record = reader.read(rows).records[0]
    assert record.value_schema is not None
    assert [field.name for field in record.value_schema.fields] == ["id"]
    for name in names_of(cases):
        assert f"of column {name} is not supported: the column is left out of the records" in caplog.text


def test_a_uuid_of_mariadb_is_left_out_as_its_java_driver_has_it(mariadb: Any) -> None:
    mariadb.run(
        "CREATE TABLE src (id int, v uuid)", "INSERT INTO src VALUES (1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')"
    )
    with task_on(mariadb, {"mode": "bulk"}, "src") as reader:
        schema = reader.read(1).records[0].value_schema
    assert schema is not None
    assert [field.name for field in schema.fields] == ["id"]


NOT_CARRIED = [
    # database, type, value; what happens instead: a value that is not equal, or the error that fails the task
    ("postgresql", "bit(3)", "B'101'", 101, "pgjdbc reads the digits of bits as a decimal number"),
    ("postgresql", "bit(9)", "B'101010101'", b"101010101", "and of more than eight the characters"),
    ("postgresql", "money", "'12.34'", 12.34, "a double, which PostgreSQL does not take for money"),
    ("postgresql", "timetz", "'12:00+02'", dt.time(10), "Connect's Time has no zone: the time of day in UTC is left"),
    ("postgresql", "time", "'12:34:56.123456'", dt.time(12, 34, 56, 123000), "Connect's Time has milliseconds"),
    ("postgresql", "date", "'infinity'", "Date type should not have any time fields", "no date is infinite"),
    ("postgresql", "numeric", "'NaN'", "NaN and infinite numbers have no digits", "no Decimal is that"),
    ("postgresql", "numeric", "'-Infinity'", "NaN and infinite numbers have no digits", "no Decimal is that"),
    ("mariadb", "bigint unsigned", "18446744073709551615", "does not fit int64", "int64 is Connect's largest"),
    ("mariadb", "bit(9)", "b'100000001'", 1, "MariaDB's driver reads the first byte"),
    ("mariadb", "year", "2020", dt.date(2020, 1, 1), "a year is a date, as its drivers have it"),
    ("mariadb", "time(6)", "'12:34:56.123456'", dt.time(12, 34, 56, 123000), "Connect's Time has milliseconds"),
    ("sqlite", "REAL", "0.1", 0.10000000149011612, "REAL is JDBC's REAL, a float32"),
    ("sqlite", "NUMERIC", "1.5", "declared without digits", "no Decimal without a scale"),
]


@pytest.mark.parametrize(("kind", "ddl", "value", "instead"), [case[:4] for case in NOT_CARRIED], ids=str)
def test_what_is_not_carried(kind: str, ddl: str, value: str, instead: Any, request: pytest.FixtureRequest) -> None:
    database = request.getfixturevalue(kind)
    database.run(f"CREATE TABLE src (id integer, v {ddl})", f"INSERT INTO src VALUES (1, {value})")
    with task_on(database, {"mode": "bulk"}, "src") as reader:
        if not isinstance(instead, str):
            assert reader.read(1).values("v") == [instead]
            return
        with pytest.raises(ConnectException) as raised:
            reader.read(1)
    error: BaseException = raised.value
    while error.__cause__ is not None and isinstance(error.__cause__, ConnectException):
        error = error.__cause__
    assert instead in str(error)
