"""What compaction leaves (``cleanup.policy=compact``): the last record of each key, tombstones for a while."""

from __future__ import annotations

from penstock.log.columns import Columns, StoredRun


def note_keys(run: StoredRun, last: dict[bytes, int]) -> None:
    """Enter each key of a run with its last offset. Runs come in order."""
    if run.columns.keys is not None:
        last.update((key, at) for key, at in zip(run.columns.keys, run.offsets(), strict=True) if key is not None)


def surviving(run: StoredRun, last: dict[bytes, int], *, drop_tombstones: bool) -> StoredRun:
    """The records of a run that no later one replaces; ``last`` has the last offset of each key that was written anew."""
    columns = run.columns
    keys, values, offsets = columns.keys, columns.values, run.offsets()
    if keys is None:
        return run  # written before the topic was compacted; nothing can replace a record without key
    kept = [
        index
        for index, key in enumerate(keys)
        if key is None or (last.get(key, -1) <= offsets[index] and not (drop_tombstones and values[index] is None))
    ]
    if len(kept) == len(keys):
        return run
    stamps = columns.timestamps
    headers = columns.headers
    return StoredRun(
        run.base_offset,
        run.next_offset,
        Columns(
            values=[values[index] for index in kept],
            timestamps=stamps if isinstance(stamps, int) else [stamps[index] for index in kept],
            keys=[keys[index] for index in kept],
            headers=None if headers is None else [headers[index] for index in kept],
            append_time=columns.append_time,
            offsets=[offsets[index] - run.base_offset for index in kept],
        ),
    )
