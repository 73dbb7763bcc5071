"""What JDBC options come to for the Python drivers, and drivers that are not installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec

import pytest

from penstock.api import ConnectException
from penstock_jdbc.database.connect_plan import ConnectPlan, plan_of
from penstock_jdbc.database.jdbc_url import parse_url
from penstock_jdbc.database.session import Database
from penstock_jdbc.database.settings import ConnectionSettings


def plan(text: str, **properties: str) -> ConnectPlan:
    return plan_of(parse_url(text), properties)


def test_postgresql_options() -> None:
    found = plan(
        "jdbc:postgresql://h1:1,h2/d?user=u&password=p&ApplicationName=me&connectTimeout=7&socketTimeout=9&tcpKeepAlive=true"
        "&targetServerType=preferSecondary&options=-c%20statement_timeout=5&currentSchema=a,b&sslmode=require&prepareThreshold=0"
        "&loadBalanceHosts=true&reWriteBatchedInserts=true&stringtype=unspecified&defaultRowFetchSize=5"
    )
    assert found.url.render_as_string(hide_password=False) == "postgresql+psycopg://u:p@/d"
    assert found.arguments == {
        "application_name": "me",
        "connect_timeout": 7,
        "host": "h1,h2",
        "port": "1,5432",
        "sslmode": "require",
        "keepalives": 1,
        "tcp_user_timeout": 9000,
        "target_session_attrs": "prefer-standby",
        "load_balance_hosts": "random",
        "options": "-c statement_timeout=5",
        "prepare_threshold": None,
    }
    assert found.statements == (
        (
            "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), "
            "set_config('search_path', 'a,b', false)"
        ),
    )
    assert found.options.ignored() == []


def test_postgresql_without_options() -> None:
    assert plan("jdbc:postgresql:d").arguments == {
        "application_name": "penstock-jdbc",
        "connect_timeout": 40,
        "host": "localhost",
    }


def test_postgresql_options_of_the_user_win_over_ours() -> None:
    statements = plan("jdbc:postgresql:d?options=-c%20TimeZone=Europe/Paris").statements
    assert statements == ("SELECT set_config('DateStyle', 'ISO', false)",)


@pytest.mark.parametrize(
    ("query", "mode", "root"),
    [
        ("ssl=true&sslrootcert=/ca", "verify-full", "/ca"),
        ("ssl", "verify-full", "system"),
        ("sslmode=verify-ca&sslrootcert=/ca", "verify-ca", "/ca"),
        ("sslmode=disable&ssl=true", "disable", None),
    ],
)
def test_postgresql_ssl(query: str, mode: str, root: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.database.plan_postgresql.root_certificate_exists", lambda: False)
    arguments = plan(f"jdbc:postgresql://h/d?{query}").arguments
    assert (arguments["sslmode"], arguments.get("sslrootcert")) == (mode, root)


@pytest.mark.parametrize("driver", ["mysqldb", "pymysql"])
def test_mysql_options(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.database.plan_mysql.mysql_driver", lambda: driver)
    found = plan(
        "jdbc:mysql://localhost,h2:7/d?user=u&password=p&connectTimeout=7000&socketTimeout=9000&characterEncoding=latin1"
        "&sessionVariables=a=1,b='x,y'&forceConnectionTimeZoneToSession=true&connectionTimeZone=UTC&useCursorFetch=true"
        "&tinyInt1isBit=false"
    )
    assert found.url.render_as_string(hide_password=False) == f"mysql+{driver}://u:p@127.0.0.1:3306/d"
    assert [host.text for host in found.hosts] == ["127.0.0.1:3306", "h2:7"]
    assert found.arguments == {"charset": "utf8mb4", "connect_timeout": 7, "read_timeout": 9, "write_timeout": 9}
    assert found.statements[1:] == (
        "SET SESSION time_zone = '+00:00'",
        "SET SESSION a=1",
        "SET SESSION b='x,y'",
    )
    assert "STRICT_TRANS_TABLES" in found.statements[0]
    assert found.options.ignored() == []


@pytest.mark.parametrize(
    ("query", "mysqldb", "pymysql"),
    [
        ("", {}, {}),
        ("useSSL=false", {"ssl_mode": "DISABLED"}, {"ssl_disabled": True}),
        ("useSSL=true", {"ssl_mode": "REQUIRED"}, {"ssl": {"check_hostname": False, "verify_mode": False}}),
        (
            "sslMode=VERIFY_IDENTITY&serverSslCert=/ca",
            {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": "/ca"}},
            {"ssl": {"ca": "/ca", "check_hostname": True, "verify_mode": True}},
        ),
        ("sslMode=verify-ca", {"ssl_mode": "VERIFY_CA"}, {"ssl": {"check_hostname": False, "verify_mode": True}}),
        ("sslMode=trust", {"ssl_mode": "REQUIRED"}, {"ssl": {"check_hostname": False, "verify_mode": False}}),
    ],
)
def test_mysql_ssl(
    query: str, mysqldb: Mapping[str, object], pymysql: Mapping[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for driver, expected in (("mysqldb", mysqldb), ("pymysql", pymysql)):
        monkeypatch.setattr("penstock_jdbc.database.plan_mysql.mysql_driver", lambda driver=driver: driver)
        arguments = dict(plan(f"jdbc:mariadb://h/d?{query}").arguments)
        assert {key: value for key, value in arguments.items() if key.startswith("ssl")} == expected


def test_sqlite_options() -> None:
    found = plan("jdbc:sqlite:/a.db?busy_timeout=70&journal_mode=WAL&foreign_keys=true&date_class=TEXT")
    assert found.arguments == {"database": "/a.db", "timeout": 0.07, "check_same_thread": False, "detect_types": 0}
    assert found.statements == ("PRAGMA foreign_keys = true", "PRAGMA journal_mode = WAL")
    assert found.options.ignored() == []
    uri = plan("jdbc:sqlite:file:/a.db?mode=ro&cache=shared").arguments
    assert (uri["database"], uri["uri"]) == ("file:/a.db?mode=ro&cache=shared", True)
    read_only = plan("jdbc:sqlite:/a b.db?open_mode=1").arguments
    assert (read_only["database"], read_only["uri"]) == ("file:/a%20b.db?mode=ro", True)
    assert plan("jdbc:sqlite:").arguments["database"] == ":memory:"


def test_sql_server_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.database.plan_others.has_pyodbc", lambda: False)
    found = plan(
        "jdbc:sqlserver://h\\i;databaseName=d;user=u;password=p;encrypt=true;trustServerCertificate=true;loginTimeout=7;"
        "applicationIntent=ReadOnly;sendStringParametersAsUnicode=false"
    )
    assert found.url.render_as_string(hide_password=False) == "mssql+pymssql://u:p@h\\i/d"
    assert found.arguments == {
        "login_timeout": 7,
        "appname": "penstock-jdbc",
        "encryption": "require",
        "read_only": True,
    }
    with pytest.raises(ConnectException, match=r"^Cannot connect to jdbc:sqlserver://h/: .*need the driver pyodbc"):
        plan("jdbc:sqlserver://h;integratedSecurity=true")
    jtds = plan("jdbc:jtds:sqlserver://h:5/d;domain=X;user=u")
    assert (jtds.url.username, jtds.url.port, jtds.url.database) == ("X\\u", 5, "d")


def test_sql_server_by_odbc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_jdbc.database.plan_others.has_pyodbc", lambda: True)
    found = plan("jdbc:sqlserver://h:5;databaseName=d;integratedSecurity=true;encrypt=false;multiSubnetFailover=true")
    assert found.url.get_driver_name() == "pyodbc"
    assert dict(found.url.query) == {
        "driver": "ODBC Driver 18 for SQL Server",
        "Encrypt": "no",
        "MultiSubnetFailover": "yes",
        "Trusted_Connection": "yes",
    }


@pytest.mark.parametrize(
    ("text", "dsn"),
    [
        ("jdbc:oracle:thin:@h:1:S", "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1))(CONNECT_DATA=(SID=S)))"),
        ("jdbc:oracle:thin:@//h:1/s", "h:1/s"),
        ("jdbc:oracle:thin:@tcps://h:1/s", "tcps://h:1/s"),
        ("jdbc:oracle:thin:@(DESCRIPTION=x)", "(DESCRIPTION=x)"),
        ("jdbc:oracle:thin:@alias", "alias"),
    ],
)
def test_oracle_addresses(text: str, dsn: str) -> None:
    assert plan(text).arguments["dsn"] == dsn


def test_oracle_options() -> None:
    given = {
        "oracle.net.CONNECT_TIMEOUT": "7000",
        "TNS_ADMIN": "/t",
        "oracle.net.wallet_location": "(SOURCE=(METHOD=FILE)(METHOD_DATA=(DIRECTORY=/w)))",
    }
    found = plan_of(parse_url("jdbc:oracle:thin:u/p@alias"), given)
    assert (found.url.username, found.url.password) == ("u", "p")
    assert found.arguments == {
        "tcp_connect_timeout": 7.0,
        "config_dir": "/t",
        "wallet_location": "/w",
        "dsn": "alias",
    }


def test_db2_options() -> None:
    found = plan("jdbc:db2://h:1/d:user=u;password=p;sslConnection=true;sslCertLocation=/c;currentSchema=S;")
    assert found.url.render_as_string(hide_password=False) == (
        "db2+ibm_db://u:p@h:1/d?SECURITY=SSL&SSLSERVERCERTIFICATE=%2Fc"
    )
    assert found.statements == ("SET CURRENT SCHEMA = 'S'",)


def test_connection_keys_win_over_options_of_the_url() -> None:
    assert plan("jdbc:postgresql:d?sslmode=disable", sslmode="require").arguments["sslmode"] == "require"


def test_a_native_url_is_taken_as_it_is() -> None:
    found = plan("mssql+pyodbc://h/d?driver=X", encrypt="yes")
    assert found.url.render_as_string() == "mssql+pyodbc://h/d?driver=X&encrypt=yes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jdbc:postgresql://h/d?connectTimeout=x", "option connectTimeout must be a whole number, not 'x'"),
        ("jdbc:postgresql://h/d?ssl=perhaps", "option ssl must be true or false, not 'perhaps'"),
        ("jdbc:postgresql://h/d?targetServerType=x", "option targetServerType must be one of any, primary,"),
        ("jdbc:mysql://h/d?sslMode=x", "option sslMode must be DISABLED, PREFERRED,"),
        ("jdbc:sqlite:x?journal_mode=a;b", "option journal_mode has the value 'a;b', which no PRAGMA takes"),
        (
            "jdbc:derby:x",
            "No driver for DerbyDatabaseDialect (jdbc:derby:x) is known to this plugin. Install a SQLAlchemy",
        ),
        ("jdbc:vertica://h/d", "No driver for VerticaDatabaseDialect (jdbc:vertica://h/d) is known to this plugin."),
    ],
)
def test_what_can_not_be_honoured_is_told(text: str, message: str) -> None:
    with pytest.raises(ConnectException) as caught:
        plan(text)
    assert message in str(caught.value)


def test_a_database_that_sqlalchemy_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (
        r"^SQLAlchemy has no dialect for hana://h/d: .*sqlalchemy\.dialects:hana\. Install the package that brings it$"
    )
    with pytest.raises(ConnectException, match=told):
        Database(ConnectionSettings("hana://h/d"))
    monkeypatch.setattr(
        "penstock_jdbc.database.connect_plan.find_spec", lambda name: True
    )  # the driver, but no dialect
    told = r"^SQLAlchemy has no dialect for jdbc:db2://h/d: .*\. Install the package that brings it$"
    with pytest.raises(ConnectException, match=told):
        _ = Database(ConnectionSettings("jdbc:db2://h/d")).engine


def test_options_without_meaning_here_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    settings = ConnectionSettings("jdbc:sqlite:once.db?shared_cache=true&zip=1")
    with caplog.at_level(logging.WARNING):
        Database(settings)
        Database(settings)
    assert [record.getMessage() for record in caplog.records] == [
        (
            "Options of the connection to jdbc:sqlite:once.db that mean nothing to the driver pysqlite are ignored: "
            "shared_cache, zip"
        )
    ]


@pytest.mark.parametrize(
    ("url", "module", "install"),
    [
        ("jdbc:oracle:thin:@h/s", "oracledb", "penstock-jdbc[oracle]"),
        ("jdbc:db2://h/d", "ibm_db_dbi", "penstock-jdbc[db2]"),
        ("jdbc:sqlserver://h", "pymssql", "penstock-jdbc[sqlserver]"),
        ("jdbc:postgresql://h/d", "psycopg", "penstock-jdbc[postgresql]"),
        ("jdbc:mysql://h/d", "pymysql", "penstock-jdbc[mysql]"),
        ("postgresql+psycopg2://h/d", "psycopg2", "psycopg2"),
    ],
)
def test_a_missing_driver_is_told_with_what_to_install(
    url: str, module: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "penstock_jdbc.database.connect_plan.find_spec", lambda name: None if name == module else find_spec(name)
    )
    monkeypatch.setattr("penstock_jdbc.database.plan_mysql.mysql_driver", lambda: "pymysql")
    with pytest.raises(ConnectException) as caught:
        Database(ConnectionSettings(url))
    assert f"The Python driver '{module}' for " in str(caught.value)
    assert f" is not installed. Install it beside this plugin: pip install '{install}'" in str(caught.value)
