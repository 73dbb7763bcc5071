"""Asks Joda-Time what ``test_printed.py`` expects (spec 19.3).

    javac -cp joda-time-2.12.7.jar Printed.java
    python record.py joda-time-2.12.7.jar

Needs Java 17, whose names of months, days and zones the recordings of the connector have too.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

HERE = Path(__file__).parent

PATTERNS = [
    "'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH",
    "yyyy-MM-dd'T'HH:mm:ss.SSSZZ",
    "yyyy/MM/dd",
    "yyyyMMddHHmm",
    "yyyy-'W'ww",
    "xxxx-'W'ww-e",
    "xx",
    "yy MM dd",
    "YY",
    "y M d",
    "yyyyy",
    "C CC",
    "G yyyy",
    "E",
    "EEEE",
    "EEE, d MMM yyyy",
    "EEEE d MMMM yyyy",
    "MMM",
    "MMMM",
    "D",
    "DDD",
    "H k K h",
    "HH kk KK hh",
    "hh a",
    "a",
    "m s",
    "mm:ss",
    "S",
    "SSS",
    "SSSSS",
    "z",
    "zzzz",
    "Z",
    "ZZ",
    "ZZZ",
    "HH z",
    "'o''clock' H",
    "''H''",
    "dd.MM.yyyy HH",
    "'open",
]
LOCALES = ["en", "de", "ja"]
DURATIONS = [1, 900_000, 3_600_000, 7_200_000, 86_400_000, 604_800_000]
HOUR = 3_600_000
CHANGES = {
    "Europe/Berlin": [1521939600000, 1540688400000],
    "America/New_York": [1520751600000, 1541311200000],
    "Australia/Lord_Howe": [1522508400000, 1538839800000],
    "America/Sao_Paulo": [1518919200000, 1541300400000],
}
"""When the offset changed in 2018."""


def asked() -> Iterator[str]:
    """Every pattern in every zone and locale, an hour before a change, at it, after it, and at some other times."""
    turn = 0
    for pattern, (zone, changes), locale in product(PATTERNS, CHANGES.items(), LOCALES):
        instants = [at + step for at in changes for step in (-HOUR - 1, -1, 0, HOUR // 2, HOUR, 2 * HOUR)]
        for instant in (*instants, -1, -90_000_000, 951_825_600_120):
            turn += 1
            yield f"{zone}\t{locale}\t{pattern}\t{DURATIONS[turn % len(DURATIONS)]}\t{instant}"


def main(jar: str) -> None:
    """Ask, and keep the answers."""
    command = ["java", "-Duser.language=en", "-Duser.country=", "-Duser.timezone=UTC", "-cp", f"{jar}:.", "Printed"]
    answers = subprocess.run(command, input="\n".join(asked()).encode(), stdout=subprocess.PIPE, cwd=HERE, check=True)
    (HERE / "printed.tsv.gz").write_bytes(gzip.compress(answers.stdout, 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
