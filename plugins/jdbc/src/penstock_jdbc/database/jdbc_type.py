"""The type codes of JDBC (``java.sql.Types``), in which the specification tells every mapping (spec jdbc 10)."""

from __future__ import annotations

import enum


class JdbcType(enum.IntEnum):
    """A type code. The value is Java's number, which appears in warnings and errors."""

    BIT = -7
    TINYINT = -6
    SMALLINT = 5
    INTEGER = 4
    BIGINT = -5
    FLOAT = 6
    REAL = 7
    DOUBLE = 8
    NUMERIC = 2
    DECIMAL = 3
    CHAR = 1
    VARCHAR = 12
    LONGVARCHAR = -1
    DATE = 91
    TIME = 92
    TIMESTAMP = 93
    BINARY = -2
    VARBINARY = -3
    LONGVARBINARY = -4
    NULL = 0
    OTHER = 1111
    JAVA_OBJECT = 2000
    DISTINCT = 2001
    STRUCT = 2002
    ARRAY = 2003
    BLOB = 2004
    CLOB = 2005
    REF = 2006
    DATALINK = 70
    BOOLEAN = 16
    ROWID = -8
    NCHAR = -15
    NVARCHAR = -9
    LONGNVARCHAR = -16
    NCLOB = 2011
    SQLXML = 2009
    REF_CURSOR = 2012
    TIME_WITH_TIMEZONE = 2013
    TIMESTAMP_WITH_TIMEZONE = 2014
    # Codes of vendors
    SQLSERVER_DATETIMEOFFSET = -155
    SQLSERVER_SQL_VARIANT = -156
    SQLSERVER_GEOMETRY = -157
    SQLSERVER_GEOGRAPHY = -158
    ORACLE_BINARY_FLOAT = 100
    ORACLE_BINARY_DOUBLE = 101
    ORACLE_TIMESTAMPTZ = -101
    ORACLE_TIMESTAMPLTZ = -102
    ORACLE_INTERVALYM = -103
    ORACLE_INTERVALDS = -104
    ORACLE_BFILE = -13


TEXTS = frozenset(
    {
        JdbcType.CHAR,
        JdbcType.VARCHAR,
        JdbcType.LONGVARCHAR,
        JdbcType.NCHAR,
        JdbcType.NVARCHAR,
        JdbcType.LONGNVARCHAR,
        JdbcType.CLOB,
        JdbcType.NCLOB,
        JdbcType.DATALINK,
        JdbcType.SQLXML,
    }
)
"""What is read as characters."""

BINARIES = frozenset({JdbcType.BINARY, JdbcType.VARBINARY, JdbcType.LONGVARBINARY, JdbcType.BLOB})
"""What is read as bytes."""
