"""The numbers and states that databases give to errors, and what they mean. Used by :mod:`.failures` alone.

A meaning is the name of a :class:`~penstock_jdbc.database.failures.Failure`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping

_STATE_IN_TEXT = re.compile(r"SQLSTATE[= ]*\[?([0-9A-Z]{5})\b")
_POSTGRESQL_REFUSAL = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|(role|database) .* does not exist|not permitted to log in"
)
_ORACLE_CODE = re.compile(r"\b(?:ORA|DPY)-(\d{4,5})\b")


_MYSQL_STATES = {
    **dict.fromkeys((1044, 1049, 1064, 1065, 1103, 1115, 1142, 1143, 1149, 1227, 1305, 1370), "42000"),
    **dict.fromkeys((1022, 1048, 1052, 1062, 1169, 1216, 1217, 1451, 1452, 1557, 4025), "23000"),
    **dict.fromkeys((1051, 1109, 1146), "42S02"),
    **dict.fromkeys((1054, 1247), "42S22"),
    **dict.fromkeys((1264, 1690), "22003"),
    **dict.fromkeys((1213, 1614), "40001"),
    **dict.fromkeys((1042, 1043, 1047, 1053, 1158, 1159, 1160, 1161, 1184), "08S01"),
    1040: "08004",
    1045: "28000",
    1050: "42S01",
    1060: "42S21",
    1091: "42000",
    1136: "21S01",
    1171: "42000",
    1205: "HY000",
    1222: "21000",
    1242: "21000",
    1292: "22007",
    1317: "70100",
    1365: "22012",
    1366: "22007",
    1406: "22001",
    1644: "45000",
}
"""The states that MySQL and MariaDB send along with their codes, which the Python drivers drop."""


def sqlstate_in_text(error: BaseException) -> str | None:
    """The state that ibm_db and pyodbc put into texts and first arguments; MySQL's by its code."""
    first = error.args[0] if error.args else None
    if type(error).__module__.partition(".")[0] in {"pymysql", "MySQLdb"}:
        if not isinstance(first, int) or first < 1000 or 2000 <= first < 3000:
            return None  # the client's own errors have no state
        return _MYSQL_STATES.get(first, "HY000")
    if isinstance(first, str):
        if re.fullmatch(r"[0-9A-Z]{5}", first) and len(error.args) > 1:
            return first
        found = _STATE_IN_TEXT.search(first)
        return found[1] if found else None
    return None


def number(error: BaseException) -> int | None:
    """The vendor's number in an error of a driver, None where it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code
    first = error.args[0] if error.args else None
    if isinstance(first, tuple) and first and isinstance(first[0], int):  # pymssql wraps once more
        return first[0]
    if isinstance(first, int) and not isinstance(first, bool) and not isinstance(error, OSError):
        return first
    found = _ORACLE_CODE.search(str(first)) if first is not None else None  # the first code is the outermost error's
    return int(found[1]) if found else None


def _by_state(state: str | None) -> str | None:
    """The standard's classes, with PostgreSQL's own."""
    if state is None:
        return None
    if state[:2] in {"08", "53", "58"} or state in {"57P01", "57P02", "57P03", "57P05", "25006", "HYT00", "HYT01"}:
        return "TRANSIENT"
    if state[:2] == "40" or state in {"55P03", "55006"}:
        return "CONFLICT"
    if state[:2] in {"21", "22", "23", "44", "54", "P0"}:
        return "DATA"
    if state[:2] in {"42", "3D", "3F"} or state in {"XX001", "XX002"}:  # the latter are damaged tables and indexes
        return "SCHEMA"
    return "OTHER"


def _postgresql(error: BaseException, state: str | None) -> str | None:
    if state == "0A000" and "cached plan" in str(error):
        return "CONFLICT"  # the table was altered under a prepared statement
    if state is not None:
        return _by_state(state)
    if _POSTGRESQL_REFUSAL.search(str(error)):
        return "OTHER"  # libpq gives no state for a login that is refused, which it will be again
    names = {cls.__name__ for cls in type(error).__mro__}
    # psycopg's own: a connection that is lost or was closed, a login that took too long
    return "TRANSIENT" if names & {"OperationalError", "InterfaceError"} else None


_MYSQL_TRANSIENT = frozenset(
    {1021, 1037, 1038, 1040, 1041, 1042, 1043, 1053, 1080, 1114, 1129, 1135, 1158, 1159, 1160, 1161, 1184, 1203, 1226}
    | {1290, 1836, 1927, 2002, 2003, 2005, 2006, 2012, 2013, 2014, 2026, 2055, 4031}
)
_MYSQL_CONFLICT = frozenset({1020, 1205, 1213, 1412, 1614, 1637, 1689, 3058, 3101, 3572})
_MYSQL_DATA = frozenset(
    {1022, 1048, 1062, 1118, 1138, 1153, 1169, 1216, 1217, 1242, 1263, 1264, 1265, 1292, 1364, 1365, 1366, 1367, 1369}
    | {2020}  # the client's own limit for packets
    | {1406, 1411, 1416, 1425, 1426, 1439, 1441, 1451, 1452, 1525, 1526, 1557, 1586, 1644, 1690, 1748, 3140, 3156, 3819}
    | {4025, 4078}
)
_MYSQL_SCHEMA = frozenset(
    {1044, 1045, 1046, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1064, 1091, 1101, 1103, 1109, 1136, 1142, 1143, 1146}
    | {1149, 1170, 1171, 1227, 1305, 1370, 1698}
)


def _mysql(error: BaseException, state: str | None) -> str | None:  # noqa: ARG001  # drivers give no state
    code = number(error)
    if code is None or code == 0:
        # "(0, '')" is what PyMySQL says of a connection that is gone
        return "TRANSIENT" if type(error).__name__ == "InterfaceError" else None
    if code in _MYSQL_TRANSIENT:
        return "TRANSIENT"
    if code in _MYSQL_CONFLICT:
        return "CONFLICT"
    if code in _MYSQL_DATA:
        return "DATA"
    return "SCHEMA" if code in _MYSQL_SCHEMA else None


_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "TRANSIENT",
    sqlite3.SQLITE_NOMEM: "TRANSIENT",
    sqlite3.SQLITE_IOERR: "TRANSIENT",
    sqlite3.SQLITE_FULL: "TRANSIENT",
    sqlite3.SQLITE_PROTOCOL: "TRANSIENT",
    sqlite3.SQLITE_LOCKED: "CONFLICT",
    sqlite3.SQLITE_ABORT: "CONFLICT",
    sqlite3.SQLITE_SCHEMA: "CONFLICT",
    sqlite3.SQLITE_CONSTRAINT: "DATA",
    sqlite3.SQLITE_MISMATCH: "DATA",
    sqlite3.SQLITE_TOOBIG: "DATA",
    sqlite3.SQLITE_RANGE: "DATA",
    sqlite3.SQLITE_ERROR: "SCHEMA",
    # no row is to blame for a database that may not be written, or is damaged
    sqlite3.SQLITE_PERM: "SCHEMA",
    sqlite3.SQLITE_READONLY: "SCHEMA",
    sqlite3.SQLITE_AUTH: "SCHEMA",
    sqlite3.SQLITE_CORRUPT: "SCHEMA",
    sqlite3.SQLITE_NOTADB: "SCHEMA",
}


def _sqlite(error: BaseException, state: str | None) -> str | None:  # noqa: ARG001  # SQLite has no states
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return None
    if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return "CONFLICT"
    return _SQLITE.get(code & 0xFF, "OTHER")


_SQLSERVER_TRANSIENT = frozenset(
    {-2, 20, 64, 121, 233, 701, 802, 921, 1105, 4060, 9002, 10053, 10054, 10060, 10928, 10929, 17142, 20002, 20003}
    | {20004, 20006, 20009, 20047, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920}
)
_SQLSERVER_CONFLICT = frozenset({1205, 1222, 3960, 41302, 41305, 41325, 41839})
_SQLSERVER_DATA = frozenset(
    {220, 232, 242, 244, 245, 248, 295, 515, 517, 544, 547, 2601, 2627, 2628, 8114, 8115, 8134, 8152, 8672}
)
_SQLSERVER_SCHEMA = frozenset({102, 105, 156, 207, 208, 213, 229, 230, 262, 1088, 2705, 2714, 4902, 18456})


def _sqlserver(error: BaseException, state: str | None) -> str | None:
    code = number(error)
    if code is None:
        found = re.search(r"\((-?\d+)\) \(SQL", str(error))  # pyodbc's text
        code = int(found[1]) if found else None
    for codes, meaning in (
        (_SQLSERVER_TRANSIENT, "TRANSIENT"),
        (_SQLSERVER_CONFLICT, "CONFLICT"),
        (_SQLSERVER_DATA, "DATA"),
        (_SQLSERVER_SCHEMA, "SCHEMA"),
    ):
        if code in codes:
            return meaning
    return _by_state(state)


_ORACLE_TRANSIENT = frozenset(
    {
        18,
        20,
        28,
        257,
        1012,
        1033,
        1034,
        1035,
        1089,
        1090,
        1092,
        1109,
        1536,
        1653,
        1654,
        1688,
        1691,
        1692,
        3113,
        3114,
        3135,
    }
    | {
        4030,
        4031,
        4068,
        12150,
        12152,
        12153,
        12154,
        12170,
        12514,
        12516,
        12518,
        12519,
        12520,
        12526,
        12527,
        12528,
        12537,
    }
    | {12541, 12543, 12545, 12547, 12560, 12571, 16456, 17002, 17008, 17410, 25408, 30036, 4011, 6005, 6000, 1001}
)
_ORACLE_CONFLICT = frozenset({54, 60, 104, 1555, 4020, 4021, 8177, 8176, 30006})
_ORACLE_DATA = frozenset(
    {
        1,
        1400,
        1401,
        1407,
        1426,
        1427,
        1438,
        1451,
        1722,
        1758,
        1830,
        1839,
        1840,
        1841,
        1843,
        1847,
        1858,
        1861,
        2290,
        2291,
    }
    | {2292, 6502, 12899, 1461, 1483, 30926, 20000}
)
_ORACLE_SCHEMA = frozenset(
    {900, 903, 904, 911, 913, 923, 933, 936, 942, 947, 955, 1031, 1017, 1430, 1435, 4043, 910, 972}
)


def _oracle(error: BaseException, state: str | None) -> str | None:  # noqa: ARG001  # oracledb has no states
    code = number(error)
    for codes, meaning in (
        (_ORACLE_TRANSIENT, "TRANSIENT"),
        (_ORACLE_CONFLICT, "CONFLICT"),
        (_ORACLE_DATA, "DATA"),
        (_ORACLE_SCHEMA, "SCHEMA"),
    ):
        if code in codes:
            return meaning
    return None


def _db2(error: BaseException, state: str | None) -> str | None:  # noqa: ARG001  # one signature for all
    return "TRANSIENT" if state == "57033" else _by_state(state)


MEANINGS: Mapping[str, Callable[[BaseException, str | None], str | None]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlite": _sqlite,
    "sqlserver": _sqlserver,
    "oracle": _oracle,
    "db2": _db2,
}
"""A family → the function that says what an error of its drivers means, None where its codes don't tell."""
