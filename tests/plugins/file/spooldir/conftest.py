"""What the tests of directory sources share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def config(tmp_path: Path) -> dict[str, str]:
    for name in ("in", "finished", "error"):
        (tmp_path / name).mkdir(exist_ok=True)
    return {
        "topic": "t",
        "input.path": str(tmp_path / "in"),
        "finished.path": str(tmp_path / "finished"),
        "error.path": str(tmp_path / "error"),
        "input.file.pattern": ".*",
        "empty.poll.wait.ms": "20",
    }
