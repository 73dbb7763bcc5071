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
    missing = [
        (path, name)
        for path, name in NAMED
        if not (ROOT / path).is_file()
        or not re.search(rf"^(def|class) {name}\b", (ROOT / path).read_text("utf-8"), re.M)
    ]
    assert NAMED
    assert [(path, name) for path, name in missing if name or not (ROOT / path).is_file()] == []
