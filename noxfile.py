"""The list of everything that is checked or run. ``nox -l`` shows it; ``nox -s NAME`` runs one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "venv"

CONSTRAINTS = ("-c", "constraints.txt")
DISTRIBUTIONS = ("./core", "./plugins/file", "./plugins/jdbc", "./plugins/s3", "./plugins/verifiable")
TEST_TOOLS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "httpx", "psutil", "moto[server]", "duckdb")
CAN_BUILD_MYSQLCLIENT = any(map(shutil.which, ("mariadb_config", "mysql_config")))  # has no wheels for Linux
JDBC_EXTRAS = ",".join(["postgresql", "mysql", *(["mysqlclient"] if CAN_BUILD_MYSQLCLIENT else [])])
EXTRAS = ("./plugins/file[zstd]", f"./plugins/jdbc[{JDBC_EXTRAS}]", "./plugins/s3[parquet,zstd,snappy]")
"""The drivers and heavy libraries that the tests of the plugins use."""
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")
"""Two files of tests at a time: most of them wait for processes. Each side has its own broker and databases."""
CODE = ("core", "plugins", "tests", "demo", "noxfile.py")


def install(session: nox.Session, *extra: str) -> None:
    """Build and install our distributions as a user would, not in place."""
    session.install(*CONSTRAINTS, *DISTRIBUTIONS, *extra)
    # pip takes a local path with an unchanged version for installed already, so a reused environment would keep old code.
    session.install("--force-reinstall", "--no-deps", *DISTRIBUTIONS)


@nox.session
def demo(session: nox.Session) -> None:
    """Copy a log file of this machine through the embedded log (or Kafka: ``-- --bootstrap HOST:PORT``)."""
    install(session)
    session.run("python", "demo/copy_log.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite, at a twentieth of the soak's sizes."""
    install(session, *EXTRAS, *TEST_TOOLS)
    session.run(
        "pytest", *SIDE_BY_SIDE, *session.posargs, env={"PENSTOCK_SCALE": os.environ.get("PENSTOCK_SCALE", "0.05")}
    )


@nox.session
def soak(session: nox.Session) -> None:
    """The tests marked ``soak`` at full size; prints their figures."""
    install(session, *EXTRAS, *TEST_TOOLS)
    session.run("pytest", "-m", "soak", "-s", "--timeout=3600", *session.posargs, env={"PENSTOCK_SCALE": "1"})


@nox.session
def bench(session: nox.Session) -> None:
    """CPU seconds per million records, through the whole runner; ``-- --java`` adds the Java worker."""
    install(session, *EXTRAS, *TEST_TOOLS)
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff: rules and format."""
    session.install(*CONSTRAINTS, "ruff")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """mypy strict over everything that ships."""
    session.install(*CONSTRAINTS, *DISTRIBUTIONS, *EXTRAS, "mypy", "pytest", "types-psutil")
    session.run(
        "mypy",
        *sorted(str(path) for path in Path().glob("*/src")),
        *sorted(str(p) for p in Path().glob("plugins/*/src")),
    )


@nox.session
def layers(session: nox.Session) -> None:
    """Who may import whom (tests/house), without the rest of the suite."""
    install(session, *EXTRAS, *TEST_TOOLS)
    session.run("pytest", "tests/house", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Wheels and source archives of all distributions into ``dist/``."""
    session.install(*CONSTRAINTS, "build")
    for distribution in DISTRIBUTIONS:
        session.run("python", "-m", "build", "--outdir", "dist", distribution)
