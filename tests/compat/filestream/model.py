r"""What our file source is meant to do where the Java one does otherwise, as a model that shares no code with it.

Java's task counts UTF-16 units where it resumes by bytes, leaves lines lying when a batch is full, and looks neither at the size
nor at the name of a file that it has open. A vector in which one of these matters is held to this model, every other one
to the recording; and where they must agree, the model is held to the recording too.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from tests.compat.filestream.vectors import Json, content, shown_records, source_offsets

_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\n|\r(?=[\s\S]))")


class Node:
    """A file, whatever its name is now."""

    def __init__(self) -> None:
        self.data = b""


class Model:
    """Steps in, outcomes out. ``differs`` collects why Java may have done otherwise."""

    def __init__(self, config: dict[str, str]) -> None:
        self.config = config
        self.file = config.get("file", "").strip()
        self.name = self.file.removeprefix("${dir}/")
        self.files: dict[str, Node] = {}
        self.stored: int | None = None
        self.state: str | None = None
        self.opened: Node | None = None
        self.position = self.read_to = 0
        self.outcomes: list[Any] = []
        self.differs: set[str] = set()

    def play(self, steps: list[Json]) -> None:
        for step in steps:
            getattr(self, step["op"])(**{key: value for key, value in step.items() if key != "op"})

    def write(self, file: str, content: Any) -> None:  # the vectors' word
        self.files.setdefault(file, Node()).data = b""
        self.append(file, content)

    def append(self, file: str, content: Any) -> None:
        self.files.setdefault(file, Node()).data += _bytes(content)

    def truncate(self, file: str, size: int) -> None:
        self.files[file].data = self.files[file].data[:size].ljust(size, b"\0")

    def delete(self, file: str) -> None:
        del self.files[file]

    def rename(self, **names: str) -> None:
        self.files[names["to"]] = self.files.pop(names["from"])

    def start(self) -> None:
        self.state = "RUNNING"
        self.opened = None

    restart = start

    def stop(self) -> None:
        self.state = self.opened = None

    def stop_state(self) -> None:
        self.state, self.opened = "STOPPED", None

    def pause(self) -> None:
        self.state = "PAUSED"

    def resume(self) -> None:
        self.state = "RUNNING"

    def patch_offset(self, position: object) -> None:
        if not isinstance(position, int) or position < 0:
            message = "The value for the 'position' key in the offset "
            message += (
                "should be a non-negative value" if isinstance(position, int) else "is expected to be a Long value"
            )
            self.outcomes.append({"patch": 500, "message": message})
            return
        self.stored = position
        self.outcomes.append({"patch": 200, "message": "The offsets for this connector have been altered successfully"})

    def reset_offsets(self) -> None:
        self.stored = None
        self.outcomes.append({"reset": 200, "message": "The offsets for this connector have been reset successfully"})

    def wait(self) -> None:
        values = self._read() if self.state == "RUNNING" else []
        status = {"connector": self.state, "tasks": [{"state": self.state}]}
        offsets = source_offsets(self.file, self.stored)
        self.outcomes.append({"status": status, "offsets": offsets, **shown_records(values)})

    def _read(self) -> list[bytes | None]:
        values: list[bytes | None] = []
        if self.opened is None and not self._open(self.stored or 0):
            return values
        assert self.opened is not None
        if len(self.opened.data) < self.read_to:
            self.differs.add("cut")
            self.position = 0
        self._lines(values)
        successor = self.files.get(self.name)
        if successor is not self.opened:
            self.differs.add("replaced")
            if successor is not None and successor.data:
                self._last(values)
                self._open(0)
                self._lines(values)
        return values

    def _open(self, position: int) -> bool:
        self.opened = self.files.get(self.name)
        if self.opened is None:
            return False
        if position > len(self.opened.data):
            self.differs.add("cut")
            position = 0
        self.position = position
        return True

    def _lines(self, values: list[bytes | None]) -> None:
        assert self.opened is not None
        data = self.opened.data
        if not data.isascii():
            self.differs.add("characters")
        found = 0
        while (line := _LINE.match(data, self.position)) is not None:
            values.append(_text(line[1]))
            self.stored = self.position = line.end()
            found += 1
        if found > max(1, int(self.config.get("batch.size", "2000"))):
            self.differs.add("left lying")
        self.read_to = len(data)
        if _cut_character(data[self.position :]):
            self.differs.add("cut character")  # Java doesn't wait for the rest of it

    def _last(self, values: list[bytes | None]) -> None:
        """The old file's last line has no end, and will get none."""
        assert self.opened is not None
        rest = self.opened.data[self.position :]
        if rest:
            values.append(_text(rest.removesuffix(b"\r")))
            self.stored = 0


def _bytes(told: Any) -> bytes:
    return content(told)


def _cut_character(rest: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(rest)
    return bool(decoder.getstate()[0])


def _text(line: bytes) -> bytes:
    # Each run of bytes that is no text becomes U+FFFD; an encoded surrogate is one such run, as in Java.
    return re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]?", b"\xff", line).decode(errors="replace").encode()
