"""Which reader serves a database."""

from __future__ import annotations

from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.source.facts_mysql import MysqlRules
from penstock_jdbc.source.fields import FieldRules
from penstock_jdbc.source.reader import Reader
from penstock_jdbc.source.reader_generic import GenericReader
from penstock_jdbc.source.reader_mysql import MysqlReader, driver_arguments
from penstock_jdbc.source.reader_postgresql import PostgresqlReader
from penstock_jdbc.source.reader_sqlite import SqliteReader

_MYSQL = ("mysqldb", "pymysql")


def database_for_reading(settings: ConnectionSettings) -> Database:
    """The database, with a driver that hands out values as the reader takes them. Raises ConnectException."""
    database = Database(settings)
    if database.driver in _MYSQL:
        return Database(settings, driver_arguments(database.driver))
    return database


def reader_for(database: Database, rules: FieldRules) -> Reader:
    """The reader of a database that :func:`database_for_reading` made."""
    if database.driver == "psycopg":
        return PostgresqlReader(rules.clock)
    if database.driver in _MYSQL:
        options = {**database.url.properties, **database.settings.properties}
        mysql = MysqlRules.of(mariadb=database.url.sub_protocol == "mariadb", options=options)
        return MysqlReader(database.driver, rules.clock, mysql)
    if database.driver == "pysqlite":
        return SqliteReader(database, rules)
    return GenericReader(database.kind, database.engine.dialect.paramstyle, rules.clock)
