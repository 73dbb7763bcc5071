"""Which database a URL or a dialect name means."""

from __future__ import annotations

import pytest

from penstock.api import ConnectException
from penstock_jdbc.database.kind import DatabaseKind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("jdbc:postgresql://h/d", DatabaseKind.POSTGRESQL),
        ("jdbc:postgresql:d", DatabaseKind.POSTGRESQL),
        ("JDBC:PostgreSQL://h/d", DatabaseKind.POSTGRESQL),
        ("jdbc:mysql://h/d", DatabaseKind.MYSQL),
        ("jdbc:mariadb:loadbalance://h/d", DatabaseKind.MYSQL),
        ("jdbc:sqlite:x.db", DatabaseKind.SQLITE),
        ("jdbc:sqlserver://h", DatabaseKind.SQLSERVER),
        ("jdbc:microsoft:sqlserver://h", DatabaseKind.SQLSERVER),
        ("jdbc:jtds:sqlserver://h/d", DatabaseKind.SQLSERVER),
        ("jdbc:jtds:sybase://h/d", DatabaseKind.SYBASE),
        ("jdbc:oracle:thin:@h:1521:X", DatabaseKind.ORACLE),
        ("jdbc:oracle:oci:@x", DatabaseKind.ORACLE),
        ("jdbc:db2://h/d", DatabaseKind.DB2),
        ("jdbc:db2j:net://h/d", DatabaseKind.DB2),
        ("jdbc:ibmdb://h/d", DatabaseKind.DB2),
        ("jdbc:derby:x", DatabaseKind.DERBY),
        ("jdbc:sap://h", DatabaseKind.HANA),
        ("jdbc:vertica://h/d", DatabaseKind.VERTICA),
        ("jdbc:nope:x", DatabaseKind.GENERIC),
        ("jdbc:sqlitex:y", DatabaseKind.GENERIC),
        ("postgresql+psycopg://h/d", DatabaseKind.POSTGRESQL),
        ("mssql+pyodbc://h/d", DatabaseKind.SQLSERVER),
        ("nope", DatabaseKind.GENERIC),
        ("", DatabaseKind.GENERIC),
    ],
)
def test_the_kind_of_a_url(url: str, kind: DatabaseKind) -> None:
    assert DatabaseKind.for_url(url) is kind


def test_every_kind_is_found_by_its_dialect_name() -> None:
    assert [DatabaseKind.for_dialect_name(kind.dialect_name) for kind in DatabaseKind] == list(DatabaseKind)


def test_an_unknown_dialect_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ConnectException, match=r"Unable to find dialect with name 'sqlitedatabasedialect'.*Sqlite"):
        DatabaseKind.for_dialect_name("sqlitedatabasedialect")
