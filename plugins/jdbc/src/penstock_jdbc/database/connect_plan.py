"""What a JDBC URL and its options come to for a Python driver (spec jdbc 1.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from sqlalchemy.engine import URL
from sqlalchemy.exc import NoSuchModuleError

from penstock.api import ConnectException
from penstock_jdbc.database.driver_options import DriverOptions
from penstock_jdbc.database.jdbc_url import JdbcUrl
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.plan_mysql import mysql_hosts, plan_mysql
from penstock_jdbc.database.plan_others import plan_db2, plan_oracle, plan_sqlserver
from penstock_jdbc.database.plan_postgresql import plan_postgresql
from penstock_jdbc.database.plan_sqlite import plan_sqlite
from penstock_jdbc.database.url_forms import Host

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectPlan:
    """How to open one connection.

    ``url`` is SQLAlchemy's, without user and password where a provider gives them; ``arguments`` go to the driver's
    ``connect`` beside what SQLAlchemy makes of the URL; ``statements`` are run on every new connection.
    """

    url: URL
    driver: str
    arguments: Mapping[str, object] = field(default_factory=dict, repr=False)
    statements: tuple[str, ...] = ()
    takes_login: bool = True
    """Whether the driver has a place for user and password. SQLite hasn't; they are ignored there, as xerial does."""
    hosts: tuple[Host, ...] = ()
    """Several to try in turn, where the driver itself takes one alone."""
    options: DriverOptions = field(default_factory=lambda: DriverOptions({}), repr=False)


_Planner = Callable[[JdbcUrl, DriverOptions], tuple[URL, dict[str, object], tuple[str, ...]]]

_PLANNERS: Mapping[DatabaseKind, _Planner] = {
    DatabaseKind.POSTGRESQL: plan_postgresql,
    DatabaseKind.MYSQL: plan_mysql,
    DatabaseKind.SQLITE: plan_sqlite,
    DatabaseKind.SQLSERVER: plan_sqlserver,
    DatabaseKind.ORACLE: plan_oracle,
    DatabaseKind.DB2: plan_db2,
}

_WARNED: set[tuple[str, tuple[str, ...]]] = set()

_DRIVERS = {
    "psycopg": ("psycopg", "postgresql"),
    "psycopg2": ("psycopg2", None),
    "mysqldb": ("MySQLdb", "mysql"),
    "pymysql": ("pymysql", "mysql"),
    "pysqlite": ("sqlite3", None),
    "pymssql": ("pymssql", "sqlserver"),
    "pyodbc": ("pyodbc", None),
    "oracledb": ("oracledb", "oracle"),
    "ibm_db": ("ibm_db_dbi", "db2"),
    "ibm_db_sa": ("ibm_db_dbi", "db2"),
}
"""SQLAlchemy's driver name → the module to import, and the extra of penstock-jdbc that brings it."""


def plan_of(url: JdbcUrl, properties: Mapping[str, str]) -> ConnectPlan:
    """How to connect to ``url`` with the ``connection.*`` options in ``properties``, which win over those in the URL.

    Raises ConnectException when no driver serves that database here, or an option has a value that can't be honoured.
    """
    if url.native is not None:
        native = url.native.update_query_dict(dict(properties))
        try:
            driver = native.get_driver_name()
        except NoSuchModuleError as error:
            raise no_dialect(url, error) from error
        return ConnectPlan(native, driver, takes_login=url.kind is not DatabaseKind.SQLITE)
    planner = _PLANNERS.get(url.kind)
    if planner is None:
        raise ConnectException(
            f"No driver for {url.kind.dialect_name} ({url.shown}) is known to this plugin. Install a SQLAlchemy dialect for "
            "that database, and give its SQLAlchemy URL as 'connection.url', with 'dialect.name' set"
        )
    options = DriverOptions({**url.properties, **properties})
    try:
        target, arguments, statements = planner(url, options)
    except ValueError as error:
        raise ConnectException(f"Cannot connect to {url.shown}: {error}") from error
    hosts = mysql_hosts(url) if url.kind is DatabaseKind.MYSQL else ()
    return ConnectPlan(
        target,
        target.get_driver_name(),
        arguments,
        statements,
        takes_login=url.kind is not DatabaseKind.SQLITE,
        hosts=hosts,
        options=options,
    )


def no_dialect(url: JdbcUrl, error: Exception) -> ConnectException:
    """What is said when SQLAlchemy cannot load the dialect of a URL."""
    return ConnectException(f"SQLAlchemy has no dialect for {url.shown}: {error}. Install the package that brings it")


def require_driver(plan: ConnectPlan, url: JdbcUrl) -> None:
    """Raise ConnectException, with what to install, unless the driver can be imported."""
    module, extra = _DRIVERS.get(plan.driver, (plan.driver, None))
    if find_spec(module.partition(".")[0]) is not None:
        return
    what = f"penstock-jdbc[{extra}]" if extra else module
    raise ConnectException(
        f"The Python driver '{module}' for {url.shown} is not installed. Install it beside this plugin: pip install '{what}'"
    )


def warn_ignored(plan: ConnectPlan, url: JdbcUrl) -> None:
    """Log, once a process, which options of the URL, or of ``connection.*``, have no meaning for our driver."""
    ignored = tuple(plan.options.ignored())
    if ignored and (url.shown, ignored) not in _WARNED:
        _WARNED.add((url.shown, ignored))
        logger.warning(
            "Options of the connection to %s that mean nothing to the driver %s are ignored: %s",
            url.shown,
            plan.driver,
            ", ".join(ignored),
        )
