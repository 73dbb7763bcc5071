"""A directory source's task in a directory of its own, driven call by call."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from penstock.api import SourceBatch, SourceRecord
from penstock_file.spooldir import tasks
from penstock_file.spooldir.task import SpoolDirTask
from tests.plugins.fakes import FakeOffsets, FakeSourceContext

USER = {
    "name": "com.example.User",
    "type": "STRUCT",
    "isOptional": False,
    "fieldSchemas": {
        "id": {"type": "INT64", "isOptional": False},
        "name": {"type": "STRING", "isOptional": True},
    },
}
USER_KEY = {"name": "com.example.Key", "type": "STRUCT", "fieldSchemas": {"id": {"type": "INT64"}}}
WITH_SCHEMAS = {"value.schema": json.dumps(USER), "key.schema": json.dumps(USER_KEY)}


class Spool:
    """Directories, and a task that may be killed and started again with the offsets that were stored."""

    def __init__(
        self, root: Path, task: type[SpoolDirTask] = tasks.SpoolDirLineDelimitedSourceTask, /, **options: str
    ) -> None:
        self.input, self.finished, self.error = (root / name for name in ("in", "finished", "error"))
        for directory in (self.input, self.finished, self.error):
            directory.mkdir(exist_ok=True)
        self.task_class = task
        self.offsets = FakeOffsets()
        self.props = {
            "topic": "t",
            "input.path": str(self.input),
            "finished.path": str(self.finished),
            "error.path": str(self.error),
            "input.file.pattern": ".*",
            **{key.replace("_", "."): value for key, value in options.items()},
        }
        self._unstored: list[SourceRecord] = []
        self.restart()

    def restart(self, **options: str) -> None:
        """A new task, without a stop of the old one: what a kill leaves behind. Of the old one the system closes the files."""
        old = getattr(self, "task", None)
        if old is not None and old._reading is not None:
            old._reading.close()
        self.props.update({key.replace("_", "."): value for key, value in options.items()})
        self._unstored = []
        self.task = self.task_class()
        self.context = FakeSourceContext(self.offsets)
        self.task.initialize(self.context)
        self.task.use_config(self.props)
        self.task.start(self.props)

    def write(self, name: str, content: bytes | str, *, append: bool = False) -> Path:
        """A file in the input directory."""
        path = self.input / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        with path.open("ab" if append else "wb") as file:
            file.write(data)
        return path

    def batches(self) -> list[SourceBatch]:
        """What one poll brings."""
        found = self.task.poll() or []
        for batch in found:
            self._unstored += [record for record in batch.records() if record.source_offset is not None]
        return found

    def records(self) -> list[SourceRecord]:
        """Poll until there is nothing more."""
        found: list[SourceRecord] = []
        waits = len(self.context.waits)
        while len(self.context.waits) == waits:
            found += [record for batch in self.batches() for record in batch.records()]
        self.task._next_look = 0.0
        return found

    def values(self) -> list[object]:
        """The values of all records that there are."""
        return [record.value for record in self.records()]

    def rows(self) -> list[list[object]]:
        """The values of all structs that there are."""
        return [value.values for value in self.values()]  # type: ignore[attr-defined]  # structs

    def commit(self, upto: int | None = None) -> None:
        """Store the offsets of the records polled so far, or of the first ones only, and say so."""
        records = self._unstored[:upto]
        self._unstored = self._unstored[len(records) :]
        for record in records:
            assert record.source_partition is not None
            self.offsets.stored.append((record.source_partition, record.source_offset))
        self.task.commit()

    def finish(self) -> list[object]:
        """Read all and clean up."""
        values = self.values()
        self.commit()
        return values

    def tree(self) -> Mapping[str, list[str]]:
        """The files, by directory."""
        return {
            directory.name: sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
            for directory in (self.input, self.finished, self.error)
        }


def set_time(path: Path, ms: int) -> None:
    """When a file was changed last."""
    os.utime(path, ns=(ms * 1_000_000, ms * 1_000_000))
