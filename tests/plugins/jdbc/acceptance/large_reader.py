"""A process that reads a table to its end and says how many rows it read and how much memory that took.

``python -m … '{task config}' rows``; it prints the rows, its memory before and the most that it ever had, in MB.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from penstock_jdbc.source.task import JdbcSourceTask
from tests.plugins.fakes import FakeSourceContext

_KB_PER_MB = 1024


def memory_mb() -> int:
    """The most memory that this process had so far."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // _KB_PER_MB


def work(config: dict[str, str], rows: int) -> None:
    task = JdbcSourceTask()
    task.initialize(FakeSourceContext())
    task.use_config(config)
    task.start(config)
    before, read, total = memory_mb(), 0, 0
    while read < rows:
        batch = task.poll()
        if batch is not None:
            read += len(batch)
            total += sum(value["id"] for value in batch.values)  # type: ignore[index]
    task.stop()
    print(json.dumps({"rows": read, "sum": total, "before": before, "most": memory_mb()}), flush=True)


if __name__ == "__main__":
    work(json.loads(sys.argv[1]), int(sys.argv[2]))
