"""Bytes to text, with every fault of the encoding told by file and byte."""

from __future__ import annotations

import codecs
import enum
import logging

from penstock.api import ConnectException

logger = logging.getLogger(__name__)

JAVA_REPLACE = "penstock_file.java_replace"
"""The name of an error handler for codecs: see :func:`_java_replace`."""


class OnMalformed(enum.Enum):
    """What to do with bytes that are no text; the values are those of ``file.encoding.errors``."""

    REPLACE = "replace"
    """Read U+FFFD in their place, as Connect does, and warn once a file."""
    STRICT = "strict"
    """Hand out the lines before them, then fail the task."""
    ESCAPE = "escape"
    r"""Read ``\xNN`` in their place, so that nothing is lost, and warn once a file."""


_HANDLERS = {OnMalformed.REPLACE: JAVA_REPLACE, OnMalformed.ESCAPE: "backslashreplace"}
_SHOWN = {
    OnMalformed.REPLACE: "Such bytes are read as U+FFFD, as Kafka Connect does",
    OnMalformed.ESCAPE: r"Such bytes are read as \xNN",
}


class Decoder:
    """Decodes whole lines of one file. ``name`` is what messages call the file."""

    def __init__(self, name: str, encoding: str = "utf-8", on_malformed: OnMalformed = OnMalformed.REPLACE) -> None:
        self._name = name
        self._encoding = encoding
        self._on_malformed = on_malformed
        self._warned = False

    def decode(self, data: bytes | memoryview) -> str:
        """The text of ``data``, which begins and ends at the border of a line. Raises UnicodeDecodeError."""
        return str(data, self._encoding)

    def decode_malformed(self, data: bytes, start: int) -> str:
        """The text of ``data`` (``start`` bytes into the file), which ``decode`` refused.

        Raises ConnectException, which names the first such byte, when the setting is STRICT.
        """
        try:
            return str(data, self._encoding)
        except UnicodeDecodeError as error:
            fault = self._fault(data, start, error)
            if self._on_malformed is OnMalformed.STRICT:
                raise ConnectException(
                    f"{fault}. Set 'file.encoding' to the encoding in which the file is written, or "
                    "'file.encoding.errors' to 'replace' or 'escape' to read on"
                ) from error
            if not self._warned:
                self._warned = True
                logger.warning(
                    "%s. %s. Set 'file.encoding' to the encoding in which the file is written, or 'file.encoding.errors' "
                    "to 'strict' to stop there. This is told once a file",
                    fault,
                    _SHOWN[self._on_malformed],
                )
            return str(data, self._encoding, _HANDLERS[self._on_malformed])

    def _fault(self, data: bytes, start: int, error: UnicodeDecodeError) -> str:
        bad = " ".join(f"0x{byte:02x}" for byte in data[error.start : error.end])
        return f"{self._name}, byte {start + error.start}: {bad} is not {self._encoding} text ({error.reason})"


def _java_replace(error: UnicodeError) -> tuple[str, int]:
    """One U+FFFD for what Java's decoder takes as one fault. It differs from Python's only at encoded surrogates: Java takes
    their bytes (0xED, 0xA0…0xBF, one more) together."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data, start = error.object, error.start
    surrogate = data[start] == 0xED and data[start + 1 : start + 2] >= b"\xa0"
    if not surrogate or error.encoding.lower().replace("_", "-") != "utf-8":
        return "\ufffd", error.end
    end = start + 1
    while end < start + 3 and data[end : end + 1] and data[end] & 0xC0 == 0x80:
        end += 1
    return "\ufffd", end


codecs.register_error(JAVA_REPLACE, _java_replace)
