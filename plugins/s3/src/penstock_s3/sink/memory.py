"""Keeping what formats hold within the task's budget (spec 11)."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_s3.sink.files import Files
from penstock_s3.sink.tools import Tools


def relieve(tools: Tools, all_files: Sequence[Files]) -> None:
    """When formats hold more than half of the budget (Parquet's row groups do), have the largest give it out, down to a
    quarter. What is given out goes to buffers, which spill to disk."""
    limit = tools.settings.store.buffer_memory
    held = [(file.pending, file) for files in all_files for file in files.open.values()]
    total = sum(pending for pending, _ in held)
    if total <= limit // 2:
        return
    for pending, file in sorted(held, key=lambda each: each[0], reverse=True):
        if total <= limit // 4:
            return
        file.relieve()
        total -= pending - file.pending
