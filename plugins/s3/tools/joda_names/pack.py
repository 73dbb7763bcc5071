# ruff: noqa: INP001  # a script, no module of the package
"""Makes the tables of ``penstock_s3.joda`` from what ``Names.java`` prints.

    javac -cp joda-time-2.12.7.jar Names.java
    java -Duser.language=en -Duser.country= -cp joda-time-2.12.7.jar:. Names | python pack.py ../../src/penstock_s3/joda/data

The recordings were made on Java 17, whose names are those of CLDR 39; other versions of Java have other texts.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path

ROOT = ""
PARTS = ("months", "short_months", "days", "short_days", "eras", "halves")


def main(target: Path) -> None:
    """Read standard input, write the tables."""
    lines = [json.loads(line) for line in sys.stdin]
    canonical = {line["id"]: line["canonical"] for line in lines if "id" in line}
    standard = {line["id"]: line["standard"] for line in lines if "id" in line and line["canonical"] == line["id"]}
    languages = {line["language"]: line for line in lines if "language" in line}
    ids = sorted(set(canonical.values()))
    write(target / "zone_ids.json.gz", canonical)
    write(target / "standard_offsets.json.gz", standard)

    texts = {language: texts_of(found) for language, found in languages.items()}
    write(target / "texts.json.gz", {name: of for name, of in texts.items() if name == ROOT or of != texts[ROOT]})

    named = {language: {zone[0]: zone[1:] for zone in found["zones"]} for language, found in languages.items()}
    groups: dict[str, list[str]] = defaultdict(list)
    for zone in ids:
        groups[json.dumps([names.get(plain(zone)) for names in named.values()])].append(zone)
    columns = {language: [names.get(plain(group[0])) for group in groups.values()] for language, names in named.items()}
    different = {
        language: [None if names == root else names or [] for names, root in zip(column, columns[ROOT], strict=True)]
        for language, column in columns.items()
        if language != ROOT and column != columns[ROOT]
    }
    table = {"groups": list(groups.values()), "root": columns[ROOT], "languages": different}
    write(target / "zone_names.json.gz", table)


def plain(zone: str) -> str:
    """The id by which Joda-Time asks the JVM for names."""
    return zone.removeprefix("Etc/")


def texts_of(found: dict[str, list[str]]) -> list[list[str]]:
    """Months January first, days Monday first."""
    months = [found[part][:12] for part in PARTS[:2]]
    days = [[*found[part][2:], found[part][1]] for part in PARTS[2:4]]
    return [*months, *days, found["eras"], found["halves"]]


def write(path: Path, content: object) -> None:
    """Compressed JSON, the same bytes for the same content."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
