from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.herder.wired import Wired


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Wired]:
    wired = Wired(tmp_path)
    yield wired
    wired.close()
