"""The benchmark of directories runs: a few rows, so that its figures mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.spooldir import SpoolBench


def test_files_go_into_a_topic(tmp_path: Path, kafka: Any) -> None:
    bench = SpoolBench(tmp_path, rows=4_000, runs=2, wanted=("quoted", "2 tasks"))
    bench.run_on(kafka.bootstrap)

    assert set(bench.results) == {("CSV, quoted, no headers", "Penstock"), ("CSV, 7 headers, 2 tasks", "Penstock")}
    assert all(figures.cpu > 0 and figures.rate > 0 for runs in bench.results.values() for figures in runs)
    assert all("25,000,000 rows in" in line for line in bench.projection())
