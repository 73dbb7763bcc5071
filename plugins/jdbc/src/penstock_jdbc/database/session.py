"""Connections to one database (spec jdbc 2).

A :class:`Database` is made by who reads, writes or validates, on its own thread. It keeps no pool: a task holds one connection
and opens another when that is lost, so that credentials are asked anew and session settings never are forgotten.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import NullPool

from penstock.api import ConnectException
from penstock_jdbc.database import cancelling
from penstock_jdbc.database.connect_plan import ConnectPlan, no_dialect, plan_of, require_driver, warn_ignored
from penstock_jdbc.database.credentials import ask
from penstock_jdbc.database.failures import chain_text
from penstock_jdbc.database.identifiers import IdentifierRules, rules_for
from penstock_jdbc.database.settings import ConnectionSettings
from penstock_jdbc.database.url_forms import Host

logger = logging.getLogger(__name__)

_ENGINE_OPTIONS: Mapping[str, Mapping[str, object]] = {
    # else every new connection looks hstore up, and cursors turn it into dicts
    "psycopg": {"use_native_hstore": False}
}
_SESSION_ID = "penstock_jdbc.session_id"
_PINGS = {
    "psycopg": "",  # an empty statement passes in a failed transaction too
    "oracledb": "SELECT 1 FROM DUAL",
    "ibm_db": "SELECT 1 FROM SYSIBM.SYSDUMMY1",
}


class ConnectionFailedError(ConnectException):
    """No connection could be opened. ``reason`` is what the driver said."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Database:
    """One database. ``cancel`` and ``close`` may be called from any thread, everything else from one at a time."""

    def __init__(self, settings: ConnectionSettings, driver_arguments: Mapping[str, object] | None = None) -> None:
        """Plan the connection without opening one. ``driver_arguments`` go to the driver's ``connect`` beside the plan's own.

        Raises ConnectException for a URL that is none, an unknown dialect, an option that can't be honoured or is
        forbidden, and a driver that is not installed.
        """
        self.settings = settings
        self.url = settings.parsed()
        self.kind = settings.kind()
        self.identifiers: IdentifierRules = rules_for(self.kind, settings.quoting)
        self._plan: ConnectPlan = plan_of(self.url, settings.properties)
        self._arguments = {**self._plan.arguments, **(driver_arguments or {})}
        require_driver(self._plan, self.url)
        warn_ignored(self._plan, self.url)

    @property
    def driver(self) -> str:
        """SQLAlchemy's name of the driver: psycopg, mysqldb, pymysql, pysqlite, pymssql, oracledb…"""
        return self._plan.driver

    @functools.cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, without a pool. Made at first need. Raises ConnectException when its dialect is missing."""
        try:
            engine = sqlalchemy.create_engine(
                self._plan.url, poolclass=NullPool, **_ENGINE_OPTIONS.get(self.driver, {})
            )
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise no_dialect(self.url, error) from error
        event.listen(engine, "do_connect", self._connect)
        return engine

    def open(self, wait: Callable[[float], bool]) -> Connection:
        """A new connection, with auto-commit off: ``connection.attempts`` tries, ``connection.backoff.ms`` between them.

        ``wait(seconds)`` sleeps and is true when the caller is to stop; then no further try is made. Raises
        :class:`ConnectionFailedError` with the last try's reason. What a credentials provider raises counts as a try.
        """
        engine = self.engine
        attempts = max(1, self.settings.attempts)
        for attempt in range(1, attempts + 1):
            try:
                return engine.connect()
            except Exception as error:
                reason = chain_text(error)
                if attempt < attempts:
                    logger.info(
                        "Unable to connect to %s on attempt %d/%d. Will retry in %d ms. %s",
                        self.url.shown,
                        attempt,
                        attempts,
                        self.settings.backoff_ms,
                        reason,
                    )
                if attempt == attempts or wait(self.settings.backoff_ms / 1000):
                    tries = f"{attempt} attempt{'' if attempt == 1 else 's'}"
                    raise ConnectionFailedError(
                        f"Cannot connect to {self.url.shown} ({tries}): {reason}", reason
                    ) from error
        raise AssertionError("unreachable")

    def raw(self, connection: Connection) -> Any:  # every driver has its own class
        """The driver's own connection below SQLAlchemy's."""
        return connection.connection.driver_connection

    def alive(self, connection: Connection) -> bool:
        """Whether the server still answers on this connection. Ends no transaction, but may begin one."""
        try:
            if connection.closed:
                return False
            cursor = self.raw(connection).cursor()
            cursor.execute(_PINGS.get(self.driver, "SELECT 1"))
            if cursor.description is not None:
                cursor.fetchall()
            cursor.close()
        except Exception:  # noqa: BLE001  # whatever a driver raises for a lost connection
            return False
        return True

    def cancel(self, connection: Connection) -> None:
        """Cancel the statement that another thread runs on ``connection``, which then raises there; nothing happens when none
        runs. Returns once the server was told. A failure to tell it is logged; the statement then runs to its end."""
        try:
            cancelling.cancel(self.driver, self.raw(connection), connection.info.get(_SESSION_ID), self._dial)
        except Exception as error:  # noqa: BLE001  # drivers raise what they like, and stopping goes on
            logger.warning("Cannot cancel the running statement on %s: %s", self.url.shown, chain_text(error))

    def close(self) -> None:
        """Let go of the engine. Connections are closed by who opened them."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    def _dial(self) -> Any:  # every driver has its own class
        """A further connection of the driver, with credentials asked anew, to the first of several hosts that takes it."""
        url = self._with_login(self._plan.url)
        if not self._plan.hosts:
            return self._dial_host(url, None)
        *others, last = self._plan.hosts
        for host in others:
            try:
                return self._dial_host(url, host)
            except Exception as error:  # noqa: BLE001  # drivers raise what they like; the last host's error is raised
                logger.info("%s does not answer, the next host is tried: %s", host.text, chain_text(error))
        return self._dial_host(url, last)

    def _with_login(self, url: URL) -> URL:
        if not self._plan.takes_login:
            return url
        found = ask(self.settings.credentials)
        if found.user is not None:
            url = url.set(username=found.user)
        return url if found.password is None else url.set(password=found.password)

    def _dial_host(self, url: URL, host: Host | None) -> Any:  # every driver has its own class
        if host is not None:
            url = url.set(host=host.name, port=host.port)
        dialect = self.engine.dialect
        args, named = dialect.create_connect_args(url)
        if "database" in self._arguments:
            args = []  # SQLite's path comes by name
        return dialect.loaded_dbapi.connect(*args, **{**named, **self._arguments})

    def _connect(self, _dialect: object, record: Any, *_: object) -> Any:  # SQLAlchemy's and drivers' own
        """SQLAlchemy's hook that opens a connection: the settings of a session are applied here, so none is ever without."""
        made = self._dial()
        try:
            self._prepare(made)
            record.info[_SESSION_ID] = cancelling.session_id(self.driver, made)
        except BaseException:
            made.close()
            raise
        return made

    def _prepare(self, made: Any) -> None:  # every driver has its own class
        self._isolate(made)
        if not self._plan.statements:
            return
        cursor = made.cursor()
        for statement in self._plan.statements:
            cursor.execute(statement)
        cursor.close()
        made.commit()

    def _isolate(self, made: Any) -> None:  # every driver has its own class
        wanted = self.settings.isolation
        if wanted.value is None:
            return
        dialect = self.engine.dialect
        known = dialect.get_isolation_level_values(made)
        if wanted.value in known:
            dialect.set_isolation_level(made, wanted.value)
            return
        logger.warning(
            "%s does not know the isolation mode %s, which is ignored; it knows %s",
            self.url.shown,
            wanted.name,
            ", ".join(level.replace(" ", "_") for level in known if level != "AUTOCOMMIT"),
        )
