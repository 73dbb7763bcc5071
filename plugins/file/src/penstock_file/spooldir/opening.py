"""Opening files: packed ones by their extension, text in a charset, whole lines at a time."""

from __future__ import annotations

import bz2
import codecs
import gzip
import importlib
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, cast

from penstock.api import ConnectException, DataException
from penstock_file.text import JAVA_REPLACE

MOST_READ: Final = 8 << 20
_UNSUPPORTED = ("lz4", "snappy", "z")


class DamagedError(DataException):
    """A packed file cannot be unpacked."""


_DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError)


def unpacked(stream: BinaryIO, name: str) -> BinaryIO:
    """The content of a file, unpacked if its extension says that it is packed.

    Raises DataException for a format that cannot be read, ConnectException when the library for it is not installed.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in _UNSUPPORTED:
        raise DataException(
            f"'{name}' is packed by {extension}, which is not supported. Unpack it, or pack it by gz, bz2, xz or zst"
        )
    opener = _OPENERS.get(extension)
    return stream if opener is None else opener(stream)


def _zstd(stream: BinaryIO) -> BinaryIO:
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        raise ConnectException(
            "Files with the extension .zst need a library: pip install 'penstock-file[zstd]'"
        ) from None
    reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True, closefd=True)
    return cast("BinaryIO", _Translating(reader, zstandard.ZstdError))


class _Translating:
    """A reader whose library has an exception of its own."""

    def __init__(self, reader: BinaryIO, error: type[Exception]) -> None:
        self._reader = reader
        self._error = error
        self.close = reader.close

    def read(self, count: int = -1) -> bytes:
        try:
            return self._reader.read(count)
        except self._error as error:
            raise DamagedError(str(error)) from error


_OPENERS: Mapping[str, Callable[[BinaryIO], BinaryIO]] = {
    "gz": lambda stream: cast("BinaryIO", gzip.GzipFile(fileobj=stream, mode="rb")),
    "bz2": lambda stream: cast("BinaryIO", bz2.BZ2File(stream)),
    "xz": lambda stream: cast("BinaryIO", lzma.LZMAFile(stream)),  # noqa: SIM115  # its file is closed
    "zst": _zstd,
}


def read_bytes(stream: BinaryIO, count: int, name: str) -> bytes:
    """At most ``count`` bytes; none at the end. Raises DamagedError for what cannot be unpacked, else OSError."""
    try:
        return stream.read(count)
    except _DAMAGE as error:
        raise DamagedError(f"'{name}' cannot be unpacked: {error}") from error
    except DamagedError as error:
        raise DamagedError(f"'{name}' cannot be unpacked: {error}") from error
    except OSError as error:
        if error.errno is None:  # bz2 says so
            raise DamagedError(f"'{name}' cannot be unpacked: {error}") from error
        raise


class Text:
    """The text of a file, in blocks of whole lines that end with a line feed.

    Every kind of line end is one, unless carriage returns are kept. ``tail`` is what stands behind the last line end once
    ``block`` has returned "". Bytes that are no text become U+FFFD, as in Java.
    """

    def __init__(self, stream: BinaryIO, name: str, charset: str, size: int, *, keep_returns: bool = False) -> None:
        self._stream = stream
        self._name = name
        self._size = size
        utf8 = codecs.lookup(charset).name == "utf-8"  # its byte order mark is no text
        decoder = codecs.getincrementaldecoder("utf-8-sig" if utf8 else charset)(JAVA_REPLACE)
        self._decoder = decoder if keep_returns else io.IncrementalNewlineDecoder(decoder, translate=True)
        self._parts: list[str] = []
        self.tail = ""

    def block(self, *, more: bool = False) -> str:
        """The next lines, "" at the end. ``more``: the last ones weren't enough, so read more at a time."""
        if more:
            self._size = min(self._size * 2, MOST_READ)
        while True:
            data = read_bytes(self._stream, self._size, self._name)
            text = self._decoder.decode(data, not data)
            end = text.rfind("\n") + 1
            if end:
                block = "".join([*self._parts, text[:end]])
                self._parts = [text[end:]] if end < len(text) else []
                return block
            if text:
                self._parts.append(text)
            if not data:
                self.tail = "".join(self._parts)
                self._parts = []
                return ""


class LineSource:
    """Blocks of lines that can be given back. The last line gets a line end, or is held back."""

    def __init__(self, text: Text, *, hold: bool) -> None:
        self._text = text
        self._hold = hold
        self._back = ""
        self._ended = False
        self.held = False
        """Whether there is a last line without an end, which is held back."""

    def block(self, *, more: bool = False) -> str:
        """The next whole lines, "" at the end. ``more`` as for :meth:`Text.block`."""
        if self._back:
            back, self._back = self._back, ""
            return back
        block = self._text.block(more=more)
        if block or self._ended:
            return block
        self._ended = True
        self.held = self._hold and bool(self._text.tail)
        return f"{self._text.tail}\n" if self._text.tail and not self.held else ""

    def push_back(self, text: str) -> None:
        """Give back whole lines that were taken last."""
        self._back = text + self._back

    def take(self, lines: int) -> str:
        """So many lines, fewer at the end."""
        found: list[str] = []
        while lines > 0:
            block = self.block()
            if not block:
                break
            count = block.count("\n")
            if count > lines:
                *taken, rest = block.split("\n", lines)
                self.push_back(rest)
                block, count = "\n".join([*taken, ""]), lines
            found.append(block)
            lines -= count
        return "".join(found)

    def skip(self, lines: int) -> None:
        """Pass over so many lines."""
        while lines > 0:
            block = self.block()
            if not block:
                return
            count = block.count("\n")
            if count >= lines:
                self.push_back(block.split("\n", lines)[-1])
                return
            lines -= count
