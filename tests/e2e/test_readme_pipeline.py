"""The pipeline that people try first works as it stands in the README, and with PostgreSQL and MariaDB on either side."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.worker import WorkerProcess, eventually

README = Path(__file__).parents[2] / "README.md"
SECTION = re.compile(r"^## A table into another database$(.*?)^## ", re.MULTILINE | re.DOTALL)
ROWS = [(1, "tea", 4.5), (2, "cup", 12.0), (3, "pot", None)]


def section() -> str:
    found = SECTION.search(README.read_text(encoding="utf-8"))
    assert found, "README.md has no section 'A table into another database' any more"
    return found[1]


def connectors() -> list[dict[str, object]]:
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)]


def properties() -> dict[str, str]:
    block = re.search(r"^```properties\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)
    assert block
    return dict(line.split("=", 1) for line in block[1].splitlines() if not line.startswith("#"))


def make_table(directory: Path) -> None:
    """Run the Python of the section's shell block, in ``directory``."""
    program = re.search(r'^python -c "\n(.*?)^"$', section(), re.MULTILINE | re.DOTALL)
    assert program
    subprocess.run([sys.executable, "-c", program[1]], cwd=directory, check=True, timeout=60)


def write(directory: Path, configs: list[dict[str, object]]) -> list[Path]:
    paths = [directory / f"{config['name']}.json" for config in configs]
    for path, config in zip(paths, configs, strict=True):
        path.write_text(json.dumps(config))
    return paths


def test_the_two_files_of_the_readme_copy_a_table(tmp_path: Path) -> None:
    make_table(tmp_path)
    files = write(tmp_path, connectors())
    with WorkerProcess(tmp_path, properties()) as worker:
        worker.start(*files)
        eventually(lambda: rows_of(tmp_path / "copy.db") == ROWS, "the copy has all rows")
        with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop, shop:
            shop.execute("INSERT INTO orders (item, price) VALUES ('jug', 7.25)")
        eventually(lambda: rows_of(tmp_path / "copy.db") == [*ROWS, (4, "jug", 7.25)], "a new row follows")


@pytest.mark.parametrize("ways", ["postgresql to mariadb", "mariadb to postgresql"])
def test_the_same_files_copy_between_servers(ways: str, tmp_path: Path, postgresql, mariadb) -> None:
    there, here = (postgresql, mariadb) if ways.startswith("postgresql") else (mariadb, postgresql)
    there.run(
        "CREATE TABLE orders (id int NOT NULL PRIMARY KEY, item varchar(20) NOT NULL, price double precision)",
        "INSERT INTO orders VALUES (1, 'tea', 4.5), (2, 'cup', 12.0), (3, 'pot', NULL)",
    )
    source, sink = connectors()
    source["config"].update(there.props)  # type: ignore[attr-defined]
    sink["config"].update(here.props)  # type: ignore[attr-defined]
    with WorkerProcess(tmp_path, properties()) as worker:
        worker.start(*write(tmp_path, [source, sink]))

        def copied() -> bool:
            with contextlib.suppress(Exception):  # the table is not there yet
                return here.rows("SELECT id, item, price FROM orders ORDER BY id") == ROWS
            return False

        eventually(copied, "the copy has all rows")


def rows_of(database: Path) -> list[tuple[object, ...]]:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT id, item, price FROM orders ORDER BY id").fetchall()
    return []
