"""The jars that ``pom.xml`` names, fetched once by Maven and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")


class ServiceUnavailableError(RuntimeError):
    """What the tests need cannot be had on this machine; the text says what is missing and how to get it."""


def java() -> str:
    """The path of the ``java`` command."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if not found:
        raise ServiceUnavailableError(
            "java is not installed (17 or newer is needed), so there is no Kafka broker to test with"
        )
    return found


def jars() -> Path:
    """A directory with Kafka's jars. ``PENSTOCK_KAFKA_JARS`` names one that exists; else Maven fills one, once a pom."""
    given = os.environ.get("PENSTOCK_KAFKA_JARS")
    if given:
        if not list(Path(given).glob("kafka-clients-*.jar")):
            raise ServiceUnavailableError(f"PENSTOCK_KAFKA_JARS={given} holds no kafka-clients jar")
        return Path(given)
    return jars_of(POM)


def jars_of(pom: Path) -> Path:
    """A directory with the jars that a pom names, filled by Maven at the first call and kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "penstock-tests"
    target = cache / f"jars-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once fetch once
        if not target.is_dir():
            _fetch(pom, target)
    return target


def class_path() -> str:
    """The ``-cp`` argument for ``java``."""
    return f"{jars()}/*"


def _fetch(pom: Path, target: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise ServiceUnavailableError(
            f"mvn is not installed, so the jars of {pom.name} cannot be fetched; or set PENSTOCK_KAFKA_JARS"
        )
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        part = Path(work) / "jars"
        command = [
            maven,
            "-q",
            "-B",
            "-f",
            str(pom.resolve()),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={part}",
        ]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, timeout=1200)
        if done.returncode:
            told = (done.stdout + done.stderr)[-3000:]
            raise ServiceUnavailableError(f"mvn could not fetch the jars of {pom.name}:\n{told}")
        part.rename(target)
