"""The SQL of every dialect, to the letter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as PythonDecimal

import pytest

from penstock.api import ConnectException, Date, Decimal, Schema, SchemaBuilder, Time, Timestamp
from penstock_jdbc.database.identifiers import TableId, rules_for
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect, with_marks
from penstock_jdbc.sink.dialects.choice import dialect_for
from penstock_jdbc.sink.dialects.postgresql import PostgreSqlSinkDialect
from penstock_jdbc.sink.fields import SinkField, TableFields
from penstock_jdbc.sink.settings import SinkSettings

TABLE = TableId(None, None, "t")
K1 = SinkField("a", Schema.INT32, is_key=True)
K2 = SinkField("b", Schema.STRING, is_key=True)
V1 = SinkField("c", Schema.OPTIONAL_FLOAT64, is_key=False)
V2 = SinkField("d", Schema.BOOLEAN, is_key=False)
FIELDS = TableFields((K1, K2, V1, V2))
ONLY_KEYS = TableFields((K1, K2))
SETTINGS = SinkSettings("s")


def dialect(kind: DatabaseKind, settings: SinkSettings = SETTINGS) -> SinkDialect:
    return dialect_for(kind, rules_for(kind), settings)


def shown(sql: str) -> str:
    return with_marks(sql, "qmark")


CREATE = {
    DatabaseKind.POSTGRESQL: 'CREATE TABLE "t" (\n"a" INT NOT NULL,\n"b" TEXT NOT NULL,\n"c" DOUBLE PRECISION NULL,\n'
    '"d" BOOLEAN NOT NULL,\nPRIMARY KEY("a","b"))',
    DatabaseKind.MYSQL: "CREATE TABLE `t` (\n`a` INT NOT NULL,\n`b` TEXT NOT NULL,\n`c` DOUBLE NULL,\n`d` TINYINT NOT NULL,\n"
    "PRIMARY KEY(`a`,`b`))",
    DatabaseKind.SQLITE: 'CREATE TABLE "t" (\n"a" INTEGER NOT NULL,\n"b" TEXT NOT NULL,\n"c" REAL NULL,\n"d" INTEGER NOT NULL,\n'
    'PRIMARY KEY("a","b"))',
    DatabaseKind.SQLSERVER: "CREATE TABLE [t] (\n[a] int NOT NULL,\n[b] varchar(900) NOT NULL,\n[c] float NULL,\n[d] bit NOT NULL,\n"
    "PRIMARY KEY([a],[b]))",
    DatabaseKind.ORACLE: 'CREATE TABLE "t" (\n"a" NUMBER(10,0) NOT NULL,\n"b" VARCHAR2(4000) NOT NULL,\n"c" BINARY_DOUBLE NULL,\n'
    '"d" NUMBER(1,0) NOT NULL,\nPRIMARY KEY("a","b"))',
    DatabaseKind.DB2: 'CREATE TABLE "t" (\n"a" INTEGER NOT NULL,\n"b" VARCHAR(32672) NOT NULL,\n"c" DOUBLE,\n"d" SMALLINT NOT NULL,\n'
    'PRIMARY KEY("a","b"))',
    DatabaseKind.HANA: 'CREATE COLUMN TABLE "t" (\n"a" INTEGER NOT NULL,\n"b" VARCHAR(1000) NOT NULL,\n"c" DOUBLE NULL,\n'
    '"d" BOOLEAN NOT NULL,\nPRIMARY KEY("a","b"))',
    DatabaseKind.SYBASE: 'CREATE TABLE "t" (\n"a" int NOT NULL,\n"b" varchar(512) NOT NULL,\n"c" float NULL,\n"d" tinyint NOT NULL,\n'
    'PRIMARY KEY("a","b"))',
    DatabaseKind.VERTICA: 'CREATE TABLE "t" (\n"a" INT NOT NULL,\n"b" VARCHAR(1024) NOT NULL,\n"c" FLOAT NULL,\n"d" BOOLEAN NOT NULL,\n'
    'PRIMARY KEY("a","b"))',
}
CREATE[DatabaseKind.DERBY] = CREATE[DatabaseKind.DB2]


@pytest.mark.parametrize("kind", CREATE, ids=lambda kind: kind.name)
def test_create(kind: DatabaseKind) -> None:
    assert dialect(kind).create_table(TABLE, FIELDS) == [CREATE[kind]]


ALTER = {
    DatabaseKind.POSTGRESQL: ['ALTER TABLE "t" ADD "c" DOUBLE PRECISION NULL, ADD "d" BOOLEAN NOT NULL'],
    DatabaseKind.MYSQL: ["ALTER TABLE `t` ADD `c` DOUBLE NULL, ADD `d` TINYINT NOT NULL"],
    DatabaseKind.SQLITE: ['ALTER TABLE "t" ADD "c" REAL NULL', 'ALTER TABLE "t" ADD "d" INTEGER NOT NULL'],
    DatabaseKind.SQLSERVER: ["ALTER TABLE [t] ADD [c] float NULL, [d] bit NOT NULL"],
    DatabaseKind.SYBASE: ['ALTER TABLE "t" ADD "c" float NULL, "d" tinyint NOT NULL'],
    DatabaseKind.ORACLE: ['ALTER TABLE "t" ADD("c" BINARY_DOUBLE NULL, "d" NUMBER(1,0) NOT NULL)'],
    DatabaseKind.HANA: ['ALTER TABLE "t" ADD("c" DOUBLE NULL, "d" BOOLEAN NOT NULL)'],
    DatabaseKind.DB2: ['ALTER TABLE "t" ADD "c" DOUBLE ADD "d" SMALLINT NOT NULL'],
    DatabaseKind.VERTICA: ['ALTER TABLE "t" ADD "c" FLOAT NULL', 'ALTER TABLE "t" ADD "d" BOOLEAN NOT NULL'],
}


@pytest.mark.parametrize("kind", ALTER, ids=lambda kind: kind.name)
def test_alter(kind: DatabaseKind) -> None:
    assert dialect(kind).alter_table(TABLE, [V1, V2]) == ALTER[kind]


UPSERT = {
    DatabaseKind.POSTGRESQL: 'INSERT INTO "t" ("a","b","c","d") VALUES (?,?,?,?) ON CONFLICT ("a","b") DO UPDATE SET '
    '"c"=EXCLUDED."c","d"=EXCLUDED."d"',
    DatabaseKind.MYSQL: "INSERT INTO `t` (`a`,`b`,`c`,`d`) VALUES (?,?,?,?) ON DUPLICATE KEY UPDATE `c`=VALUES(`c`),`d`=VALUES(`d`)",
    DatabaseKind.SQLITE: 'INSERT OR REPLACE INTO "t" ("a","b","c","d") VALUES (?,?,?,?)',
    DatabaseKind.SQLSERVER: "MERGE INTO [t] WITH (HOLDLOCK) AS target USING (SELECT ? AS [a], ? AS [b], ? AS [c], ? AS [d]) incoming "
    "ON (target.[a]=incoming.[a] AND target.[b]=incoming.[b]) WHEN MATCHED THEN UPDATE SET target.[c]=incoming.[c],"
    "target.[d]=incoming.[d] WHEN NOT MATCHED THEN INSERT ([a],[b],[c],[d]) VALUES (incoming.[a],incoming.[b],incoming.[c],"
    "incoming.[d]);",
    DatabaseKind.SYBASE: 'MERGE INTO "t" AS target USING (SELECT ? AS "a", ? AS "b", ? AS "c", ? AS "d") incoming '
    'ON (target."a"=incoming."a" AND target."b"=incoming."b") WHEN MATCHED THEN UPDATE SET target."c"=incoming."c",'
    'target."d"=incoming."d" WHEN NOT MATCHED THEN INSERT ("a","b","c","d") VALUES (incoming."a",incoming."b",incoming."c",'
    'incoming."d")',
    DatabaseKind.ORACLE: 'MERGE INTO "t" target USING (SELECT ? "a", ? "b", ? "c", ? "d" FROM dual) incoming '
    'ON (target."a"=incoming."a" AND target."b"=incoming."b") WHEN MATCHED THEN UPDATE SET target."c"=incoming."c",'
    'target."d"=incoming."d" WHEN NOT MATCHED THEN INSERT ("a","b","c","d") VALUES (incoming."a",incoming."b",incoming."c",'
    'incoming."d")',
    DatabaseKind.DB2: 'MERGE INTO "t" USING (VALUES(?,?,?,?)) AS DAT("a","b","c","d") ON "t"."a"=DAT."a" AND "t"."b"=DAT."b" '
    'WHEN MATCHED THEN UPDATE SET "t"."c"=DAT."c","t"."d"=DAT."d" WHEN NOT MATCHED THEN INSERT("a","b","c","d") '
    'VALUES(DAT."a",DAT."b",DAT."c",DAT."d")',
    DatabaseKind.DERBY: 'MERGE INTO "t" USING (SELECT CAST(? AS INTEGER) AS "a", CAST(? AS VARCHAR(32672)) AS "b", '
    'CAST(? AS DOUBLE) AS "c", CAST(? AS SMALLINT) AS "d" FROM SYSIBM.SYSDUMMY1) AS DAT ON "t"."a"=DAT."a" AND "t"."b"=DAT."b" '
    'WHEN MATCHED THEN UPDATE SET "t"."c"=DAT."c","t"."d"=DAT."d" WHEN NOT MATCHED THEN INSERT("a","b","c","d") '
    'VALUES(DAT."a",DAT."b",DAT."c",DAT."d")',
    DatabaseKind.HANA: 'UPSERT "t"("a","b","c","d") VALUES(?,?,?,?) WITH PRIMARY KEY',
}


@pytest.mark.parametrize("kind", UPSERT, ids=lambda kind: kind.name)
def test_upsert(kind: DatabaseKind) -> None:
    assert shown(dialect(kind).upsert(TABLE, FIELDS, {})) == UPSERT[kind]


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        (DatabaseKind.POSTGRESQL, ' ON CONFLICT ("a","b") DO NOTHING'),
        (DatabaseKind.MYSQL, " ON DUPLICATE KEY UPDATE `a`=VALUES(`a`),`b`=VALUES(`b`)"),
    ],
)
def test_upsert_of_a_key_alone(kind: DatabaseKind, end: str) -> None:
    assert dialect(kind).upsert(TABLE, ONLY_KEYS, {}).endswith(end)


@pytest.mark.parametrize("kind", [DatabaseKind.SQLSERVER, DatabaseKind.ORACLE, DatabaseKind.DB2, DatabaseKind.DERBY])
def test_a_merge_of_a_key_alone_changes_nothing_where_it_matches(kind: DatabaseKind) -> None:
    assert "WHEN MATCHED" not in dialect(kind).upsert(TABLE, ONLY_KEYS, {})


@pytest.mark.parametrize("kind", [DatabaseKind.VERTICA, DatabaseKind.GENERIC])
def test_no_upsert(kind: DatabaseKind) -> None:
    with pytest.raises(ConnectException, match=r"does not support upserts; set 'insert\.mode' to insert or update"):
        dialect(kind).upsert(TABLE, FIELDS, {})


def test_holdlock_can_be_left_out() -> None:
    found = dialect(DatabaseKind.SQLSERVER, SinkSettings("s", merge_holdlock=False)).upsert(TABLE, FIELDS, {})
    assert found.startswith("MERGE INTO [t] AS target ")


@pytest.mark.parametrize("kind", list(DatabaseKind), ids=lambda kind: kind.name)
def test_insert_update_delete(kind: DatabaseKind) -> None:
    spoken = dialect(kind)
    t, a, b, c, d = (spoken.rules.quote(name) for name in "tabcd")
    assert shown(spoken.insert(TABLE, FIELDS, {})) == f"INSERT INTO {t} ({a},{b},{c},{d}) VALUES (?,?,?,?)"
    assert shown(spoken.update(TABLE, FIELDS, {})) == f"UPDATE {t} SET {c} = ?, {d} = ? WHERE {a} = ? AND {b} = ?"
    assert shown(spoken.update(TABLE, TableFields((V1,)), {})) == f"UPDATE {t} SET {c} = ?"
    assert shown(spoken.delete(TABLE, (K1, K2), {})) == f"DELETE FROM {t} WHERE {a} = ? AND {b} = ?"


def test_statements_name_catalog_and_schema() -> None:
    found = dialect(DatabaseKind.POSTGRESQL).insert(TableId("db", "public", "t"), ONLY_KEYS, {})
    assert found.startswith('INSERT INTO "db"."public"."t" ("a","b")')


def test_casts_stand_in_place_of_marks() -> None:
    found = dialect(DatabaseKind.POSTGRESQL).update(TABLE, TableFields((K1, V1)), {"c": "CAST(\0 AS json)"})
    assert shown(found) == 'UPDATE "t" SET "c" = CAST(? AS json) WHERE "a" = ?'


def test_marks_by_paramstyle() -> None:
    sql = 'INSERT INTO "50%" VALUES (\0,\0)'
    assert with_marks(sql, "qmark") == 'INSERT INTO "50%" VALUES (?,?)'
    assert with_marks(sql, "format") == 'INSERT INTO "50%%" VALUES (%s,%s)'
    assert with_marks(sql, "pyformat") == 'INSERT INTO "50%%" VALUES (%s,%s)'
    assert with_marks(sql, "numeric") == 'INSERT INTO "50%" VALUES (:1,:2)'
    assert with_marks(sql, "named") == 'INSERT INTO "50%" VALUES (:1,:2)'
    assert with_marks(sql, "numeric_dollar") == 'INSERT INTO "50%" VALUES ($1,$2)'


# ---- types (spec jdbc 13.6) --------------------------------------------------------------------------------------------

SCHEMAS = {
    "int8": Schema.INT8,
    "int16": Schema.INT16,
    "int32": Schema.INT32,
    "int64": Schema.INT64,
    "float32": Schema.FLOAT32,
    "float64": Schema.FLOAT64,
    "boolean": Schema.BOOLEAN,
    "string": Schema.STRING,
    "bytes": Schema.BYTES,
    "decimal": Decimal.schema(2),
    "date": Date.SCHEMA,
    "time": Time.SCHEMA,
    "timestamp": Timestamp.SCHEMA,
}
TYPES = {
    DatabaseKind.POSTGRESQL: "SMALLINT SMALLINT INT BIGINT REAL DOUBLE·PRECISION BOOLEAN TEXT BYTEA DECIMAL DATE TIME TIMESTAMP",
    DatabaseKind.MYSQL: "TINYINT SMALLINT INT BIGINT FLOAT DOUBLE TINYINT TEXT VARBINARY(1024) DECIMAL(65,2) DATE TIME(3) DATETIME(3)",
    DatabaseKind.SQLITE: "INTEGER INTEGER INTEGER INTEGER REAL REAL INTEGER TEXT BLOB NUMERIC NUMERIC NUMERIC NUMERIC",
    DatabaseKind.SQLSERVER: "tinyint smallint int bigint real float bit varchar(max) varbinary(max) decimal(38,2) date time datetime2",
    DatabaseKind.ORACLE: "NUMBER(3,0) NUMBER(5,0) NUMBER(10,0) NUMBER(19,0) BINARY_FLOAT BINARY_DOUBLE NUMBER(1,0) VARCHAR2(4000) "
    "BLOB NUMBER(*,2) DATE DATE TIMESTAMP",
    DatabaseKind.DB2: "SMALLINT SMALLINT INTEGER BIGINT FLOAT DOUBLE SMALLINT VARCHAR(32672) BLOB(64000) DECIMAL(31,2) DATE TIME TIMESTAMP",
    DatabaseKind.DERBY: "SMALLINT SMALLINT INTEGER BIGINT FLOAT DOUBLE SMALLINT VARCHAR(32672) BLOB(64000) DECIMAL(31,2) DATE TIME TIMESTAMP",
    DatabaseKind.HANA: "TINYINT SMALLINT INTEGER BIGINT REAL DOUBLE BOOLEAN VARCHAR(1000) BLOB DECIMAL DATE DATE TIMESTAMP",
    DatabaseKind.SYBASE: "smallint smallint int bigint real float tinyint text image decimal(38,2) date time datetime",
    DatabaseKind.VERTICA: "INT INT INT INT FLOAT FLOAT BOOLEAN VARCHAR(1024) VARBINARY(1024) DECIMAL(18,2) DATE TIME TIMESTAMP",
    DatabaseKind.GENERIC: "SMALLINT SMALLINT INTEGER BIGINT REAL DOUBLE·PRECISION BOOLEAN VARCHAR(4000) VARBINARY(4000) DECIMAL(31,2) "
    "DATE TIME TIMESTAMP",
}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_types(kind: DatabaseKind) -> None:
    spoken = dialect(kind)
    found = [spoken.column_type(SinkField("x", schema, is_key=False)) for schema in SCHEMAS.values()]
    assert found == [name.replace("·", " ") for name in TYPES[kind].split()]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DatabaseKind.POSTGRESQL, "TIMESTAMP"),
        (DatabaseKind.MYSQL, "DATETIME(6)"),
        (DatabaseKind.SQLITE, "NUMERIC"),
        (DatabaseKind.SQLSERVER, "datetime2"),
        (DatabaseKind.ORACLE, "TIMESTAMP"),
    ],
)
def test_types_of_counted_time(kind: DatabaseKind, expected: str) -> None:
    assert dialect(kind).column_type(SinkField("x", Schema.INT64, is_key=False, holds_epoch=True)) == expected


def test_arrays_have_a_type_in_postgresql_alone() -> None:
    field = SinkField("x", SchemaBuilder.array(Schema.INT32).build(), is_key=False)
    assert dialect(DatabaseKind.POSTGRESQL).column_type(field) == "INT[]"
    for kind in DatabaseKind:
        if kind is not DatabaseKind.POSTGRESQL:
            with pytest.raises(
                ConnectException, match=r"null \(ARRAY\) type doesn't have a mapping to the SQL database"
            ):
                dialect(kind).column_type(field)


def test_a_named_struct_has_no_type() -> None:
    field = SinkField("x", SchemaBuilder.struct().name("org.Point").field("x", Schema.INT32).build(), is_key=False)
    message = r"org\.Point \(STRUCT\) type doesn't have a mapping to the SQL database column type"
    with pytest.raises(ConnectException, match=message):
        dialect(DatabaseKind.POSTGRESQL).column_type(field)


# ---- defaults ----------------------------------------------------------------------------------------------------------


def default_of(kind: DatabaseKind, schema: Schema) -> str:
    line = dialect(kind).column(SinkField("x", schema, is_key=False))
    return line.partition(" DEFAULT ")[2]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (SchemaBuilder.int32().default(5).build(), "5"),
        (SchemaBuilder.float64().default(2.5).build(), "2.5"),
        (SchemaBuilder.float64().default(1e10).build(), "1.0E10"),
        (SchemaBuilder.bool().default(True).build(), "1"),
        (SchemaBuilder.string().default("it's").build(), "'it''s'"),
        (SchemaBuilder.bytes().default(b"\x00\xff").build(), "x'00FF'"),
        (Decimal.builder(10).default(PythonDecimal("7.00E-8")).build(), "7.00E-8"),
        (Date.builder().default(dt.date(2020, 2, 29)).build(), "'2020-02-29'"),
        (Time.builder().default(dt.time(12, 34, 56, 123000)).build(), "'12:34:56.123'"),
        (
            Timestamp.builder().default(dt.datetime(2020, 2, 29, 12, 34, 56, tzinfo=dt.UTC)).build(),
            "'2020-02-29 12:34:56.000'",
        ),
    ],
)
def test_defaults(schema: Schema, expected: str) -> None:
    assert default_of(DatabaseKind.SQLITE, schema) == expected


BYTES = SchemaBuilder.bytes().default(b"\x00\xff").build()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DatabaseKind.POSTGRESQL, "'\\x00FF'"),
        (DatabaseKind.MYSQL, "x'00FF'"),
        (DatabaseKind.SQLSERVER, "0x00FF"),
        (DatabaseKind.ORACLE, "hextoraw('00FF')"),
        (DatabaseKind.DB2, "BX'00FF'"),
        (DatabaseKind.DERBY, "CAST(X'00FF' AS BLOB)"),
        (DatabaseKind.VERTICA, "X'00FF'"),
    ],
)
def test_defaults_of_bytes(kind: DatabaseKind, expected: str) -> None:
    assert default_of(kind, BYTES) == expected


def test_defaults_of_postgresql() -> None:
    assert default_of(DatabaseKind.POSTGRESQL, SchemaBuilder.bool().default(False).build()) == "FALSE"
    strings = SchemaBuilder.array(Schema.OPTIONAL_STRING).default(["x", None]).build()
    assert default_of(DatabaseKind.POSTGRESQL, strings) == "ARRAY['x',NULL]::TEXT[]"


def test_defaults_of_oracle_are_typed() -> None:
    at = dt.datetime(2020, 2, 29, 12, 34, 56, tzinfo=dt.UTC)
    assert default_of(DatabaseKind.ORACLE, Date.builder().default(at.date()).build()) == "DATE '2020-02-29'"
    time = Time.builder().default(dt.time(12, 34, 56)).build()
    assert default_of(DatabaseKind.ORACLE, time) == "TO_DATE('1970-01-01 12:34:56','YYYY-MM-DD HH24:MI:SS')"
    stamp = Timestamp.builder().default(at).build()
    assert default_of(DatabaseKind.ORACLE, stamp) == "TIMESTAMP '2020-02-29 12:34:56.000'"


def test_backslashes_of_a_default_are_doubled_for_mysql() -> None:
    assert default_of(DatabaseKind.MYSQL, SchemaBuilder.string().default("a\\'b").build()) == "'a\\\\''b'"


# ---- many rows at once in PostgreSQL -------------------------------------------------------------------------------------


def test_statements_from_a_staging_table() -> None:
    spoken = dialect(DatabaseKind.POSTGRESQL)
    assert isinstance(spoken, PostgreSqlSinkDialect)
    assert spoken.staging_table("s1", [(K1, "int4"), (V1, "float8")]) == (
        'CREATE TEMPORARY TABLE IF NOT EXISTS s1 ("a" int4, "c" float8) ON COMMIT DELETE ROWS'
    )
    fields = TableFields((K1, V1))
    assert spoken.insert_staged(TABLE, fields, "s1", {"c": '"json"'}) == (
        'INSERT INTO "t" ("a","c") SELECT s."a",s."c"::"json" FROM s1 s'
    )
    assert spoken.update_staged(TABLE, fields, "s1", {}) == 'UPDATE "t" t SET "c" = s."c" FROM s1 s WHERE t."a" = s."a"'
    assert spoken.delete_staged(TABLE, (K1, K2), "s1", {}) == (
        'DELETE FROM "t" t USING s1 s WHERE t."a" = s."a" AND t."b" = s."b"'
    )
