"""What a driver tells of a column of a result set, in JDBC's terms (spec jdbc 10, 11)."""

from __future__ import annotations

from dataclasses import dataclass

from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.source.columns import Convert


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column. ``nullable`` is None where nobody knows.

    ``normal`` brings the driver's values into the form of ``code``, on columns without nulls; None where they have it:

    ==========================  ==========================================================
    BOOLEAN                     bool
    integers                    int
    REAL, FLOAT, DOUBLE         float
    NUMERIC, DECIMAL            decimal.Decimal
    characters, SQLXML          str
    binaries, BLOB              bytes
    DATE                        int: days since 1970-01-01 by the column's digits
    TIME                        int: microseconds since midnight by the column's digits
    TIMESTAMP                   int: microseconds since the epoch by the column's digits
    … WITH_TIMEZONE             the same, as an instant, so in UTC
    ==========================  ==========================================================

    It raises ValueError for what cannot be brought into that form. ``without`` comes before it, on whole columns: it makes
    nulls of values that stand for none. ``any_scale`` is a NUMERIC without digits declared. ``counted`` are dates and
    instants counted from the epoch, not digits to be read by ``date.calendar.system``.
    """

    name: str
    code: JdbcType
    type_name: str = ""
    precision: int = 0
    scale: int = 0
    nullable: bool | None = None
    signed: bool = True
    normal: Convert | None = None
    without: Convert | None = None
    any_scale: bool = False
    counted: bool = False
