"""Says at the end of a run how the vectors of each file came out."""

from __future__ import annotations

from collections import Counter

import pytest

COUNTS = "vectors"
"""The property under which a test of one file reports its name and its counts."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line per file, and one for all."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    told = (value for report in reports for name, value in report.user_properties if name == COUNTS)
    files = sorted((name, Counter(counts)) for name, counts in told)
    if not files:
        return
    total: Counter[str] = Counter()
    terminalreporter.section("recorded vectors")
    for name, counts in files:
        total.update(counts)
        terminalreporter.write_line(_line(name, counts))
    terminalreporter.write_line(_line(f"{len(files)} files", total))


def _line(name: str, counts: Counter[str]) -> str:
    return f"{name:<40}" + "".join(f"{counts[each]:>7} {each}" for each in ("passed", "deviations", "failed"))
