"""PostgreSQL and MariaDB for tests: private servers on free loopback ports, with data in a temporary directory.

``python -m tests.databases.server postgresql`` (or ``mariadb``) starts one, prints its JDBC URL and stays up until it is
interrupted.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.databases.process import ServerProcess, account, as_account, program
from tests.kafka.jars import ServiceUnavailableError
from tests.kafka.process import free_ports

_START_S = 60


@dataclass(frozen=True, slots=True)
class PrivateDatabase:
    """A database that one test has to itself."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """Its JDBC URL, without user and password."""
        return self.server.jdbc_url(self.name)

    @property
    def props(self) -> dict[str, str]:
        """The connection keys of a connector."""
        return {
            "connection.url": self.url,
            "connection.user": self.server.user,
            "connection.password": self.server.password,
        }

    def connect(self) -> Any:  # the driver's connection
        """A driver connection with autocommit."""
        return self.server.connect(self.name)

    def run(self, *statements: str) -> None:
        """Run SQL, each statement in a transaction of its own."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query returns."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]


class Server(ABC):
    """A running server, ours or one that is only named."""

    sub_protocol = ""
    host = "127.0.0.1"
    port = 0
    user = ""
    password = "secret"  # of a server that only the tests reach

    def jdbc_url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"jdbc:{self.sub_protocol}://{self.host}:{self.port}/{database}"

    @abstractmethod
    def connect(self, database: str | None = None) -> Any:
        """A driver connection with autocommit."""

    @contextlib.contextmanager
    def database(self) -> Iterator[PrivateDatabase]:
        """A fresh database, dropped afterwards."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._execute(self._create(name))
        try:
            yield PrivateDatabase(self, name)
        finally:
            self._execute(self._drop(name))

    def _execute(self, statement: str) -> None:
        with contextlib.closing(self.connect()) as connection:
            connection.cursor().execute(statement)

    @abstractmethod
    def _create(self, name: str) -> str:
        """The SQL that makes a database."""

    @abstractmethod
    def _drop(self, name: str) -> str:
        """The SQL that drops a database, its sessions included."""

    def close(self) -> None:  # noqa: B027  # nothing to do for a server that is only named
        """Stop the server, if it is ours."""


class OwnServer(Server):
    """A server that was started here: it can be killed, stopped and started again. ``settings`` win over what is quick for
    tests."""

    account_name = ""
    home_query = ""
    """The SQL that tells the data directory."""
    stop_signal = signal.SIGTERM

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._settings = dict(settings or {})
        self._account = account(self.account_name)
        self.directory = Path(tempfile.mkdtemp(prefix=f"penstock-{self.sub_protocol}-"))
        if self._account is not None:
            shutil.chown(self.directory, self._account, self._account)
        self._process: ServerProcess | None = None
        try:
            self._initialise()
            self._start_somewhere()
        except BaseException:
            self.close()
            raise

    @property
    def process(self) -> ServerProcess:
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start the server (again), and wait until it takes connections."""
        log = self.directory / "server.log"
        self._process = ServerProcess(self._command(), self._account, log, self.directory)
        end = time.monotonic() + _START_S
        while True:
            if not self.process.running or time.monotonic() > end:
                self.process.kill()
                raise RuntimeError(f"{self.sub_protocol} did not start:\n{self.process.log_tail()}")
            if self._answers():
                return
            time.sleep(0.05)  # a server tells nobody when it is ready

    def _start_somewhere(self) -> None:
        """Start on a port that is free; another process may take it before us, then on the next."""
        for last in (False, False, True):
            self.port = free_ports(1)[0]
            try:
                self.start()
            except RuntimeError:
                if last:
                    raise
            else:
                return

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self.process.kill()

    def stop(self) -> None:
        """Stop in order, dropping connections."""
        self.process.stop(self.stop_signal)

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @abstractmethod
    def _initialise(self) -> None:
        """Make the data directory."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """How the server is started."""

    def _answers(self) -> bool:
        """Whether it takes connections, and is ours: another may have taken the port."""
        try:
            with contextlib.closing(self.connect()) as connection:
                cursor = connection.cursor()
                cursor.execute(self.home_query)
                return Path(cursor.fetchone()[0]) == self.directory / "data"
        except Exception:  # not yet
            return False

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            as_account(self._account, command), cwd=self.directory, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


class _Postgresql(Server):
    sub_protocol = "postgresql"
    user = "penstock"

    def connect(self, database: str | None = None) -> Any:
        import psycopg  # an extra of the plugin

        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database or "postgres",
            autocommit=True,
        )

    def _create(self, name: str) -> str:
        return f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"

    def _drop(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"


class PostgresqlServer(_Postgresql, OwnServer):
    """A PostgreSQL of our own: UTF8, C.UTF-8, zone UTC, no fsync."""

    account_name = "postgres"
    home_query = "SHOW data_directory"
    stop_signal = signal.SIGINT  # "fast": sessions are ended

    def _initialise(self) -> None:
        homes = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
        self._postgres = program("postgres", *homes)
        password = self.directory / "password"
        password.write_text(self.password)
        if self._account is not None:
            shutil.chown(password, self._account)
        self._run(
            program("initdb", *homes),
            f"--pgdata={self.directory / 'data'}",
            f"--username={self.user}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def _command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "timezone": "UTC",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "max_wal_size": "2GB",
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self._postgres, "-D", str(self.directory / "data"), *options]


class NamedPostgresql(_Postgresql):
    """The server that ``PENSTOCK_POSTGRESQL_URL`` names: ``postgresql://user:password@host:port``."""

    def __init__(self, url: str) -> None:
        self.host, self.port, self.user, self.password = _login(url, 5432)


class _Mariadb(Server):
    sub_protocol = "mariadb"
    user = "penstock"

    def connect(self, database: str | None = None) -> Any:
        import pymysql  # an extra of the plugin

        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
        )

    def _create(self, name: str) -> str:
        return f"CREATE DATABASE {name}"

    def _drop(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS {name}"


class MariadbServer(_Mariadb, OwnServer):
    """A MariaDB of our own: utf8mb4, zone UTC, nothing synced."""

    account_name = "mysql"
    home_query = "SELECT @@datadir"

    def _initialise(self) -> None:
        self._server = program("mariadbd")
        self._init = self.directory / "init.sql"
        self._init.write_text(
            f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO '{self.user}'@'%' WITH GRANT OPTION;\n"
        )
        self._init.chmod(0o644)
        self._run(
            program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory}",  # temporary tables are named by process ids, which containers share
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        )

    def _command(self) -> Sequence[str]:
        settings = {
            "datadir": str(self.directory / "data"),
            "tmpdir": str(self.directory),
            "bind-address": self.host,
            "port": str(self.port),
            "socket": str(self.directory / "socket"),
            "pid-file": str(self.directory / "pid"),
            "init-file": str(self._init),
            "character-set-server": "utf8mb4",
            "default-time-zone": "+00:00",
            "innodb-flush-log-at-trx-commit": "0",
            "sync-binlog": "0",
            "innodb-buffer-pool-size": "64M",
            "innodb-doublewrite": "0",
            "skip-name-resolve": "1",
            "max-connections": "200",
            **self._settings,
        }
        return [self._server, "--no-defaults", *(f"--{name}={value}" for name, value in settings.items())]


class NamedMariadb(_Mariadb):
    """The server that ``PENSTOCK_MARIADB_URL`` names: ``mariadb://user:password@host:port``."""

    def __init__(self, url: str) -> None:
        self.host, self.port, self.user, self.password = _login(url, 3306)


def postgresql_server() -> Server:
    """The server that the environment names, else one of our own. Raises ServiceUnavailableError."""
    given = os.environ.get("PENSTOCK_POSTGRESQL_URL")
    return NamedPostgresql(given) if given else PostgresqlServer()


def mariadb_server() -> Server:
    """The server that the environment names, else one of our own. Raises ServiceUnavailableError."""
    given = os.environ.get("PENSTOCK_MARIADB_URL")
    return NamedMariadb(given) if given else MariadbServer()


def _login(url: str, port: int) -> tuple[str, int, str, str]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ServiceUnavailableError(f"'{url}' names no server; scheme://user:password@host:port is expected")
    return parts.hostname, parts.port or port, parts.username or "", parts.password or ""


def main() -> None:
    """Keep one server up until interrupted."""
    server = mariadb_server() if "mariadb" in sys.argv[1:] else postgresql_server()
    try:
        print(server.jdbc_url("postgres"), server.user, server.password, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        server.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
