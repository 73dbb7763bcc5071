"""The keys of objects (spec 4): how they are put together, and how they are read back.

``<topics.dir>/<topic>/<encoded partition>/<topic>+<kafka partition>+<start offset><extension>``
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from penstock_s3.config.choices import Compression, FormatKind
from penstock_s3.config.settings import FormatSettings, NamingSettings

_PARQUET = {
    "none": "",
    "snappy": ".snappy",
    "gzip": ".gz",
    "lzo": ".lzo",
    "brotli": ".br",
    "lz4": ".lz4hadoop",
    "zstd": ".zstd",
    "lz4_raw": ".lz4raw",
}
COMPRESSED = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.SNAPPY: ".snappy", Compression.ZSTD: ".zst"}


def extension(kind: FormatKind, settings: FormatSettings) -> str:
    """The extension of objects in a format, with its dot; that of bytes is whatever was configured."""
    match kind:
        case FormatKind.AVRO:
            return ".avro"
        case FormatKind.PARQUET:
            return f"{_PARQUET[settings.parquet_codec]}.parquet"
        case FormatKind.BYTES:
            return settings.bytes_extension + COMPRESSED[settings.compression]
        case FormatKind.JSON | FormatKind.JSON_ARRAY:
            return ".json" + COMPRESSED[settings.compression]
        case FormatKind.CSV:
            return ".csv" + COMPRESSED[settings.compression]


def characters(key: str) -> str:
    """A key as UTF-8 can hold it: half a surrogate pair becomes a question mark, as Java writes it."""
    return key.encode(errors="replace").decode()


@dataclass(frozen=True, slots=True)
class FileKeys:
    """The objects that one file consists of: values, and keys and headers where they are stored. ``values`` is None for a
    file of tombstones."""

    values: str | None
    keys: str | None
    headers: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a key tells: where the file was written from. ``side`` is "keys", "headers" or None for values;
    ``encoded`` is the encoded partition; ``extension`` begins with its dot, if it has one."""

    topic: str
    encoded: str
    partition: int
    offset: int
    side: str | None
    extension: str


class Naming(Protocol):
    """Puts keys together, and takes them apart again. Thread-safe."""

    @property
    def root(self) -> str:
        """What all keys begin with; may be empty."""

    def prefix(self, topic: str) -> str:
        """What the keys of a topic begin with, as far as that is known."""

    def file(self, topic: str, encoded: str, partition: int, offset: int, *, tombstones: bool = False) -> FileKeys:
        """The keys of the file that begins with the record at ``offset``."""

    def parse(self, key: str) -> Parsed | None:
        """What a key tells; None for one that was not made here."""


class ObjectNaming:
    """Puts keys together, and takes them apart again. Thread-safe."""

    def __init__(self, naming: NamingSettings, formats: FormatSettings) -> None:
        self._naming = naming
        self._values = extension(formats.kind, formats)
        self._keys = None if formats.keys is None else f".keys{extension(formats.keys, formats)}"
        self._headers = None if formats.headers is None else f".headers{extension(formats.headers, formats)}"
        self._root = naming.topics_dir + naming.directory_delim if naming.topics_dir.strip() else ""
        self._pattern = self._compiled()

    @property
    def root(self) -> str:
        """What all keys begin with; may be empty."""
        return self._root

    def prefix(self, topic: str) -> str:
        """With the delimiter, so that no other topic's keys begin like that."""
        return f"{self._root}{topic}{self._naming.directory_delim}"

    def file(self, topic: str, encoded: str, partition: int, offset: int, *, tombstones: bool = False) -> FileKeys:
        """The keys of the file that begins with the record at ``offset``. ``topic`` is the record's after transformations."""
        delim, between = self._naming.directory_delim, self._naming.file_delim
        stem = characters(
            f"{self._root}{topic}{delim}{encoded}{delim}"
            f"{topic}{between}{partition}{between}{offset:0{self._naming.pad_width}d}"
        )
        return FileKeys(
            None if tombstones else stem + self._values,
            None if self._keys is None else stem + self._keys,
            None if self._headers is None else stem + self._headers,
        )

    def parse(self, key: str) -> Parsed | None:
        """What a key tells; None for one that was not made here. Extensions may be any: files of other formats are found."""
        found = self._pattern.fullmatch(key)
        if found is None:
            return None
        side, rest = None, found["extension"]
        for name in ("keys", "headers"):
            if rest.startswith(f".{name}."):
                side, rest = name, rest[len(name) + 1 :]
        topic, encoded = found["topic"], found["encoded"]
        return Parsed(topic, encoded, int(found["partition"]), int(found["offset"]), side, rest)

    def _compiled(self) -> re.Pattern[str]:
        delim, between = re.escape(self._naming.directory_delim), re.escape(self._naming.file_delim)
        # The name of the topic stands twice: before the encoded partition, which may hold anything, and in the file's name.
        return re.compile(
            f"{re.escape(self._root)}(?P<topic>[a-zA-Z0-9._-]+){delim}(?P<encoded>.*){delim}(?P=topic){between}"
            rf"(?P<partition>\d+?){between}(?P<offset>\d{{{max(self._naming.pad_width, 1)},}})(?P<extension>\D.*|)",
            re.DOTALL | re.ASCII,
        )
