"""The databases that the connectors know, by dialect name and by the sub-protocol of a JDBC URL (spec jdbc 1)."""

from __future__ import annotations

import enum

from penstock.api import ConnectException


class DatabaseKind(enum.Enum):
    """A family of databases that share SQL dialect and driver. The value is the name that ``dialect.name`` takes."""

    POSTGRESQL = "PostgreSqlDatabaseDialect"
    MYSQL = "MySqlDatabaseDialect"
    SQLITE = "SqliteDatabaseDialect"
    SQLSERVER = "SqlServerDatabaseDialect"
    ORACLE = "OracleDatabaseDialect"
    DB2 = "Db2DatabaseDialect"
    DERBY = "DerbyDatabaseDialect"
    HANA = "SapHanaDatabaseDialect"
    SYBASE = "SybaseDatabaseDialect"
    VERTICA = "VerticaDatabaseDialect"
    GENERIC = "GenericDatabaseDialect"

    @property
    def dialect_name(self) -> str:
        """The simple name of Java's dialect class."""
        return self.value

    @classmethod
    def for_dialect_name(cls, name: str) -> DatabaseKind:
        """The kind with this ``dialect.name``; case matters, as it does there (spec jdbc 21.6). Raises ConnectException."""
        for kind in cls:
            if kind.value == name:
                return kind
        known = ", ".join(sorted(kind.value for kind in cls))
        raise ConnectException(f"Unable to find dialect with name '{name}'. Set 'dialect.name' to one of: {known}")

    @classmethod
    def for_url(cls, text: str) -> DatabaseKind:
        """The kind of a JDBC URL by its sub-protocol, or of a SQLAlchemy URL by its scheme; GENERIC for an unknown one.

        A text that is no URL at all is GENERIC too: :func:`~penstock_jdbc.database.jdbc_url.parse_url` tells what is wrong.
        """
        return cls.for_sub_protocol(text[5:]) if text[:5].lower() == "jdbc:" else cls._for_scheme(text)

    @classmethod
    def for_sub_protocol(cls, rest: str) -> DatabaseKind:
        """The kind of what stands behind ``jdbc:`` (``microsoft:sqlserver://h``): the longest known sub-protocol wins."""
        lowered = rest.lower()
        fitting = [name for name in SUB_PROTOCOLS if lowered == name or lowered.startswith(f"{name}:")]
        return SUB_PROTOCOLS[max(fitting, key=len)] if fitting else cls.GENERIC

    @classmethod
    def _for_scheme(cls, text: str) -> DatabaseKind:
        scheme = text.partition(":")[0].partition("+")[0].lower()
        return _SCHEMES.get(scheme, cls.GENERIC)


SUB_PROTOCOLS = {
    "postgresql": DatabaseKind.POSTGRESQL,
    "mysql": DatabaseKind.MYSQL,
    "mariadb": DatabaseKind.MYSQL,
    "sqlite": DatabaseKind.SQLITE,
    "sqlserver": DatabaseKind.SQLSERVER,
    "microsoft:sqlserver": DatabaseKind.SQLSERVER,
    "jtds:sqlserver": DatabaseKind.SQLSERVER,
    "oracle": DatabaseKind.ORACLE,
    "oracle:thin": DatabaseKind.ORACLE,
    "oracle:oci": DatabaseKind.ORACLE,
    "db2": DatabaseKind.DB2,
    "db2j": DatabaseKind.DB2,
    "db2j:net": DatabaseKind.DB2,
    "ibmdb": DatabaseKind.DB2,
    "derby": DatabaseKind.DERBY,
    "sap": DatabaseKind.HANA,
    "vertica": DatabaseKind.VERTICA,
    "jtds:sybase": DatabaseKind.SYBASE,
}
"""What may stand between ``jdbc:`` and the rest of a URL, and whose it is."""

_SCHEMES = {
    "postgresql": DatabaseKind.POSTGRESQL,
    "mysql": DatabaseKind.MYSQL,
    "mariadb": DatabaseKind.MYSQL,
    "sqlite": DatabaseKind.SQLITE,
    "mssql": DatabaseKind.SQLSERVER,
    "oracle": DatabaseKind.ORACLE,
    "db2": DatabaseKind.DB2,
    "ibm_db_sa": DatabaseKind.DB2,
    "hana": DatabaseKind.HANA,
    "sybase": DatabaseKind.SYBASE,
    "vertica": DatabaseKind.VERTICA,
}
