"""Names of keys and of their choices that more than one module speaks of."""

from __future__ import annotations

CONNECTION_URL = "connection.url"
DIALECT_NAME = "dialect.name"
QUOTE_SQL_IDENTIFIERS = "quote.sql.identifiers"
ISOLATION_MODE = "transaction.isolation.mode"

MODE = "mode"
QUERY = "query"
QUERY_MASKED = "query.masked"
INCREMENTING_COLUMN = "incrementing.column.name"
TIMESTAMP_COLUMNS = "timestamp.column.name"
INCREMENTING_MAPPING = "incrementing.column.mapping"
TIMESTAMP_MAPPING = "timestamp.columns.mapping"
TIMESTAMP_INITIAL = "timestamp.initial"
VALIDATE_NON_NULL = "validate.non.null"

WHITELIST = "table.whitelist"
BLACKLIST = "table.blacklist"
INCLUDE_LIST = "table.include.list"
EXCLUDE_LIST = "table.exclude.list"
TABLE_FILTERS = (WHITELIST, BLACKLIST, INCLUDE_LIST, EXCLUDE_LIST)
LEGACY_KEYS = (WHITELIST, BLACKLIST, TIMESTAMP_COLUMNS, INCREMENTING_COLUMN)
NEW_KEYS = (INCLUDE_LIST, EXCLUDE_LIST, TIMESTAMP_MAPPING, INCREMENTING_MAPPING)

MODES = ("bulk", "timestamp", "incrementing", "timestamp+incrementing")
TIMESTAMP_MODES = ("timestamp", "timestamp+incrementing")
INCREMENTING_MODES = ("incrementing", "timestamp+incrementing")

TASK_TABLES = "tables"
TASK_TABLES_FETCHED = "tables.fetched"
"""What a connector adds to the configurations of its tasks."""

PK_MODE = "pk.mode"
DELETE_ENABLED = "delete.enabled"

DIALECT_NAMES = (
    "Db2DatabaseDialect",
    "MySqlDatabaseDialect",
    "SybaseDatabaseDialect",
    "GenericDatabaseDialect",
    "OracleDatabaseDialect",
    "SqlServerDatabaseDialect",
    "PostgreSqlDatabaseDialect",
    "SqliteDatabaseDialect",
    "DerbyDatabaseDialect",
    "SapHanaDatabaseDialect",
    "VerticaDatabaseDialect",
)
"""In the order in which Connect recommends them."""
