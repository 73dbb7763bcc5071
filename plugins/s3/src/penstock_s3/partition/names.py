"""Aiven's names: a template gives the whole key of an object, the offset of its first record included (spec 13).

While records are placed, nobody knows which of them will be the first of its file. So the path has marks where the offset is
to stand, and the naming puts it there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final

from penstock.api import ConfigException, SinkSlice
from penstock_s3.config.settings import FormatSettings
from penstock_s3.partition.naming import COMPRESSED, FileKeys, Parsed, characters
from penstock_s3.partition.partitioner import NOT_FOUND, Encoded, Partitioner
from penstock_s3.partition.template import Named, parts_of

# Noncharacters of Unicode, which are for such use: keys of records may hold any control characters.
_OFFSET: Final = "\ufdd0"
_PADDED_OFFSET: Final = "\ufdd1"
_CHUNK: Final = "\ufdd2"
_WIDTH: Final = 20
_VARIABLES: Final = {
    "topic": r"(?P<topic>[a-zA-Z0-9._-]+?)",
    "partition": r"(?P<partition>\d+)",
    "start_offset": r"(?P<start_offset>\d+)",
}
_MOST_COUNTED: Final = 100_000


def offset_mark(part: Named) -> str | None:
    """What stands for ``{{start_offset}}`` until the naming knows it. Raises ConfigException for an unknown argument."""
    if part.name != "start_offset":
        return None
    match part.argument.replace(" ", ""):
        case "" | "padding=false":
            return _OFFSET
        case "padding=true":
            return _PADDED_OFFSET
    raise ConfigException(
        f"A template cannot say {{{{start_offset:{part.argument}}}}}; say padding=true or padding=false"
    )


class Chunks:
    """Lets no more than some records of one path share a file: the next ones have a path that names the same object but for
    its offset."""

    def __init__(self, inner: Partitioner, most: int) -> None:
        self._inner = inner
        self._most = most
        self._ids = itertools.count()
        self._open: dict[str, tuple[str, int]] = {}
        self.time_based = inner.time_based

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:
        """Counts the records of each path."""
        found = self._inner.encode(part, now_ms)
        if len(self._open) > _MOST_COUNTED:
            self._open.clear()  # files become smaller for it, never larger than allowed: a new chunk is a new file
        paths = [path if path is NOT_FOUND else self._counted(path) for path in found.paths]
        return Encoded(paths, None, found.times, found.errors)

    def _counted(self, path: str) -> str:
        chunk, count = self._open.get(path, ("", self._most))
        if count == self._most:
            chunk, count = f"{path}{_CHUNK}{next(self._ids)}", 0
        self._open[path] = (chunk, count + 1)
        return chunk


class TemplateNaming:
    """Names of objects by template, with the extension of the compression behind them."""

    def __init__(self, template: str, formats: FormatSettings, *, any_extension: bool = False) -> None:
        """``any_extension``: names with whatever extension are read back."""
        self._extension = COMPRESSED[formats.compression]
        self._parts = parts_of(template)
        behind = r"(?:\.[a-zA-Z0-9.]+)?" if any_extension else re.escape(self._extension)
        self._pattern = re.compile(_pattern(self._parts) + behind, re.DOTALL)

    @property
    def root(self) -> str:
        """What all names begin with; may be empty."""
        first = self._parts[0] if self._parts else ""
        return first if isinstance(first, str) else ""

    def prefix(self, topic: str) -> str:
        """Up to the first variable that is not the topic."""
        known = ""
        for part in self._parts:
            if not isinstance(part, str) and part.name != "topic":
                break
            known += part if isinstance(part, str) else topic
        return known

    def file(self, topic: str, encoded: str, partition: int, offset: int, *, tombstones: bool = False) -> FileKeys:  # noqa: ARG002
        """The name of the file that begins at ``offset``."""
        name = encoded.partition(_CHUNK)[0].replace(_OFFSET, str(offset)).replace(_PADDED_OFFSET, f"{offset:0{_WIDTH}}")
        return FileKeys(characters(name + self._extension), None, None)

    def parse(self, key: str) -> Parsed | None:
        """What a name tells; None for one that was not made here, or does not tell its topic, partition and offset."""
        found = self._pattern.fullmatch(key)
        groups = {} if found is None else found.groupdict()
        if not {"topic", "partition", "start_offset"} <= groups.keys():
            return None
        return Parsed(groups["topic"], "", int(groups["partition"]), int(groups["start_offset"]), None, self._extension)


def _pattern(parts: Sequence[str | Named]) -> str:
    """The expression for names; a variable that comes again must be the same again."""
    known = dict(_VARIABLES)
    expression = []
    for part in parts:
        if isinstance(part, str):
            expression.append(re.escape(part))
        else:
            expression.append(known.get(part.name, ".*?"))
            if part.name in known:
                known[part.name] = f"(?P={part.name})"
    return "".join(expression)
