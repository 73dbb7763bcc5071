"""The table of acceptance checks names tests that exist, for each of the twelve."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TABLE = (HERE / "README.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TABLE)


def test_every_check_has_tests() -> None:
    assert re.findall(r"^\| (\d+) \| .*`tests/", TABLE, re.MULTILINE) == [str(number) for number in range(1, 13)]


def test_they_exist() -> None:
    assert NAMED
    assert [each for each in NAMED if not _exists(*each)] == []


def _exists(path: str, name: str) -> bool:
    file = ROOT / path
    return file.is_file() and bool(re.search(rf"^(def|class) {name}\b" if name else "", file.read_text(), re.MULTILINE))
