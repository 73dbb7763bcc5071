"""The tables of the JDBC benchmark: orders of eight fields, on servers with the settings of ``spec/performance.md`` section 1."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.orders import order
from tests.databases.server import MariadbServer, OwnServer, PostgresqlServer, PrivateDatabase

_POSTGRESQL = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
}
_MARIADB = {
    "innodb-flush-log-at-trx-commit": "1",
    "innodb-doublewrite": "1",
    "innodb-buffer-pool-size": "512M",
    "innodb-log-file-size": "512M",
}
_COLUMNS = ("id", "customer_id", "sku", "qty", "price", "active", "note", "created")


class Server(ABC):
    """A database with tables to read and to fill."""

    name = ""
    types: Sequence[str] = ()

    def __init__(self, database: PrivateDatabase, server: OwnServer, directory: Path) -> None:
        self._database = database
        self._server = server
        self._directory = directory
        self._watching = database.connect()

    @property
    def jdbc_url(self) -> str:
        return self._database.url

    @property
    def account(self) -> dict[str, str]:
        """The connection keys without the URL."""
        return {"connection.user": self._server.user, "connection.password": self._server.password}

    def connect(self) -> Any:
        """A driver connection with autocommit."""
        return self._database.connect()

    def cpu_seconds(self) -> float:
        """What the server used so far."""
        return self._server.process.cpu_seconds()

    def empty(self, table: str) -> None:
        """Make a table anew, with its primary key."""
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(_COLUMNS, self.types, strict=True))
        self._database.run(f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} ({columns}, PRIMARY KEY (id))")

    def fill(self, table: str, rows: int, number: int) -> None:
        """A table of ``rows`` orders, the ``number``-th span of them; left as it is when it is there already."""
        with contextlib.suppress(Exception):
            if self.count(table) == rows:
                return
        self.empty(table)
        path = self._directory / f"{table}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(_row(i) for i in range(number * rows + 1, (number + 1) * rows + 1))
        self._load(table, path)
        path.unlink()

    def has(self, table: str, ids: range) -> bool:
        """Whether rows with all these ids are there: cheap, by the primary key."""
        cursor = self._watching.cursor()
        cursor.execute(f"SELECT count(*) FROM {table} WHERE id IN ({', '.join(map(str, ids))})")
        return bool(cursor.fetchone()[0] == len(ids))

    def count(self, table: str) -> int:
        """How many rows there are."""
        return int(self._database.rows(f"SELECT count(*) FROM {table}")[0][0])

    @abstractmethod
    def _load(self, table: str, path: Path) -> None:
        """Fill a table from a CSV file."""

    def close(self) -> None:
        self._watching.close()


class Postgresql(Server):
    name = "PostgreSQL"
    types = ("bigint", "int", "text", "int", "double precision", "boolean", "text", "timestamp")

    def _load(self, table: str, path: Path) -> None:
        with contextlib.closing(self._database.connect()) as connection, connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} FROM STDIN WITH (FORMAT csv)") as copy, path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    copy.write(chunk)
            cursor.execute(f"VACUUM ANALYZE {table}")


class Mariadb(Server):
    name = "MariaDB"
    types = ("bigint", "int", "varchar(40)", "int", "double", "tinyint(1)", "varchar(60)", "datetime(3)")

    def _load(self, table: str, path: Path) -> None:
        import pymysql

        server = self._server
        with contextlib.closing(
            pymysql.connect(
                host=server.host,
                port=server.port,
                user=server.user,
                password=server.password,
                database=self._database.name,
                local_infile=True,
                autocommit=True,
            )
        ) as connection:
            cursor = connection.cursor()
            form = """FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\r\\n'"""
            cursor.execute(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} {form}")
            cursor.execute(f"ANALYZE TABLE {table}")


@contextlib.contextmanager
def postgresql(directory: Path) -> Iterator[Server]:
    """A PostgreSQL with fsync and synchronous commit."""
    with (
        contextlib.closing(PostgresqlServer(_POSTGRESQL)) as server,
        server.database() as database,
        contextlib.closing(Postgresql(database, server, directory)) as tables,
    ):
        yield tables


@contextlib.contextmanager
def mariadb(directory: Path) -> Iterator[Server]:
    """A MariaDB that flushes at each commit."""
    with (
        contextlib.closing(MariadbServer(_MARIADB)) as server,
        server.database() as database,
        contextlib.closing(Mariadb(database, server, directory)) as tables,
    ):
        yield tables


def _row(number: int) -> list[Any]:
    found = order(number)
    created = dt.datetime.fromtimestamp(int(found["created"]) / 1000, dt.UTC)  # type: ignore[call-overload]
    moment = created.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return [
        int(found[name]) if name == "active" else moment if name == "created" else found[name]  # type: ignore[call-overload]
        for name in _COLUMNS
    ]
