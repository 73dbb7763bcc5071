from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.tasks.harness import Bench
from tests.integration.tasks.plugins import CountingTransform


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    CountingTransform.seen.clear()
    CountingTransform.again = 0
    bench = Bench(tmp_path)
    yield bench
    bench.close()
