"""What an earlier run left in the directory: hidden files that nobody writes any more, and files whose offsets were never
committed, so that their records come again."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from penstock.api import TopicPartition
from penstock_file.rotating.part_file import PART_SUFFIX, is_abandoned
from penstock_file.rotating.template import NameTemplate

logger = logging.getLogger(__name__)

_EXTENSION = re.compile(r"\.(?:jsonl|txt)(?:\.gz|\.zst)?$")
_HIDDEN = re.compile(rf"^\.(.+)\.[0-9]+-[0-9a-f]+{re.escape(PART_SUFFIX)}$")


class Leftovers:
    """Files of the partitions at hand that begin at or behind the offset from which those are read now."""

    def __init__(self, directory: Path, template: NameTemplate) -> None:
        self._directory = directory
        self._template = template
        self._files: dict[TopicPartition, dict[Path, int]] = {}

    def look(self, positions: Mapping[TopicPartition, int]) -> None:
        """Look for files of these partitions, and remove hidden ones that nobody writes. Raises OSError."""
        patterns = {where: self._template.pattern(where.topic, where.partition) for where in positions}
        found: dict[TopicPartition, dict[Path, int]] = {where: {} for where in positions}
        for path, name in self._walk():
            hidden = _HIDDEN.match(path.name)
            shown = name if hidden is None else f"{name.rpartition('/')[0]}/{hidden[1]}".lstrip("/")
            stem = _EXTENSION.sub("", shown)
            for where, pattern in patterns.items():
                match = pattern.fullmatch(stem)
                if match is None:
                    continue
                if hidden is not None:
                    _remove_abandoned(path)
                elif int(match["start"]) >= positions[where]:
                    found[where][path] = int(match["start"])
        self._files.update(found)

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that are gone."""
        for where in partitions:
            self._files.pop(where, None)

    def knows(self, where: TopicPartition) -> bool:
        """Whether there was a look for this partition."""
        return where in self._files

    def written(self, where: TopicPartition, target: Path, start: int, end: int) -> None:
        """A file with records ``start``…``end``-1 is in its place: remove those with some of the same records, which an
        earlier run wrote. Raises OSError."""
        files = self._files.get(where, {})
        for path, begin in list(files.items()):
            if start <= begin < end:
                del files[path]
                if path != target:
                    logger.warning("Removing %s: its records were never committed and are in %s now", path, target)
                    path.unlink(missing_ok=True)

    def _walk(self) -> Iterator[tuple[Path, str]]:
        for root, _, names in os.walk(self._directory):
            for name in names:
                path = Path(root, name)
                yield path, path.relative_to(self._directory).as_posix()


def _remove_abandoned(part: Path) -> None:
    try:
        if is_abandoned(part):
            logger.info("Removing %s, which a task that was killed left behind", part)
            part.unlink(missing_ok=True)
    except FileNotFoundError:
        return  # its writer has just finished it
