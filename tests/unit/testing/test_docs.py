"""docs/testing-a-chain.md: its files are written as they stand there, and do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.cli.command import run

from penstock.api.function_config import RESERVED
from penstock.chains.case import _FILE_KEYS
from penstock.chains.expected import EXPECTATIONS
from penstock.chains.form import IN_KEYS

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[3] / "docs" / "testing-a-chain.md").read_text()
FILES = dict(re.findall(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def written(pytester: pytest.Pytester) -> Path:
    for name, text in FILES.items():
        (pytester.path / name).write_text(text)
    return pytester.path


def test_the_chain_files(written: Path) -> None:
    ended = run("chain", "test", "cards.json", "from-the-log.json", cwd=written, env={"PYTHONPATH": "."})
    assert ended.out == "cards.json: 3 records, as expected\nfrom-the-log.json: 2 records, as expected\n", ended
    assert "    $ penstock chain test cards.json\n    cards.json: 3 records, as expected\n" in PAGE


def test_the_tests(written: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-W", "error")
    assert result.ret == 0
    tests = sum(text.count("def test_") for text in FILES.values())
    assert result.parseoutcomes()["passed"] > tests + 40


def test_every_key_is_told() -> None:
    for key in (*_FILE_KEYS, *IN_KEYS, *EXPECTATIONS):
        assert f"`{key}`" in PAGE
    assert RESERVED == ("type", "predicate", "negate")
