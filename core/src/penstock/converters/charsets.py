"""Character sets as Java has them: their names, what stands for malformed input and for characters they lack.

Java never raises here: what a set cannot write becomes ``?`` (U+FFFD in the UTF-16 and UTF-32 family), what it cannot read
U+FFFD. Where Python counts the malformed bytes otherwise, Java's count is followed.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_LEGAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.:_-]*")

_OTHER_NAMES = {
    "8859_": "iso8859-",
    "ansi-1251": "cp1251",
    "ascii7": "ascii",
    "default": "ascii",
    "iso-10646-ucs-2": "utf-16-be",
    "unicode": "utf-16",
    "unicodebig": "utf-16",
    "unicodebigunmarked": "utf-16-be",
    "unicodelittleunmarked": "utf-16-le",
    "iso-10646-ucs-4": "utf-32",
    "unicode-1-1-utf-8": "utf-8",
    "cesu-8": "",
    "windows-31j": "cp932",
}
"""Java's names that Python does not know, as Python's; an empty one has no counterpart."""

_PYTHON_ONLY = frozenset(
    {"idna", "mbcs", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7", "utf-8-sig"}
)

_WITH_BYTE_ORDER_MARK = {
    "utf-16": ((codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le")),
    "utf-32": ((codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF32_LE, "utf-32-le")),
}
"""Read in the order that the mark tells, else big-endian. Written big-endian, UTF-16 with a mark, UTF-32 without."""


class Charset(NamedTuple):
    """One character set, by the name of Python's codec."""

    codec: str

    @property
    def is_utf8(self) -> bool:
        """Whether text in this set is what ``str`` stands for in the log's contract."""
        return self.codec == "utf-8"

    def encode(self, text: str) -> bytes:
        """The bytes of a text; never raises."""
        if self.codec in _WITH_BYTE_ORDER_MARK:
            mark = codecs.BOM_UTF16_BE if self.codec == "utf-16" and text else b""
            return mark + text.encode(f"{self.codec}-be", _UNKNOWN)
        return text.encode(self.codec, _UNKNOWN)

    def decode(self, data: bytes) -> str:
        """The text behind bytes; never raises."""
        codec = self.codec
        for mark, ordered in _WITH_BYTE_ORDER_MARK.get(codec, ()):
            if data.startswith(mark):
                data, codec = data[len(mark) :], ordered
                break
        else:
            codec = f"{codec}-be" if codec in _WITH_BYTE_ORDER_MARK else codec
        return data.decode(codec, _MALFORMED)


def charset_of(name: str) -> Charset | None:
    """The character set that Java knows under this name, None where there is none."""
    if _LEGAL_NAME.fullmatch(name) is None:
        return None
    for candidate in _candidates(name.lower()):
        try:
            codec = codecs.lookup(candidate).name
            "".encode(codec)  # a codec between bytes and bytes refuses
        except LookupError:
            continue
        return None if codec in _PYTHON_ONLY else Charset(codec)
    return None


def _candidates(name: str) -> list[str]:
    known = _OTHER_NAMES.get(name, name)
    plain = known.removeprefix("x-")
    numbered = re.sub(r"^(?:ibm|windows|cpibm|ccsid|)-?0*(?=\d+$)", "cp", plain)
    return [known, plain, numbered, re.sub(r"^8859_", "iso8859-", plain)]


def _replace_unknown(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    replacement = b"?"
    if error.encoding.startswith(("utf-16", "utf-32")):
        replacement = "\ufffd".encode(error.encoding)
    return replacement * (error.end - error.start), error.end


def _replace_malformed(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data, start = error.object, error.start
    rest = data[start : start + 4]
    if error.encoding == "utf-8":
        return "\ufffd", max(error.end, start + _encoded_surrogate(rest))
    if error.encoding.startswith("utf-16") and len(rest) == 4:
        high = rest[0 if error.encoding.endswith("be") else 1]
        return "\ufffd", start + 4 if 0xD8 <= high < 0xDC else error.end
    if error.encoding.startswith("utf-32") and len(rest) == 4:
        code = int.from_bytes(rest, "big" if error.encoding.endswith("be") else "little")
        return chr(code) if 0xD800 <= code < 0xE000 else "\ufffd", start + 4
    return "\ufffd", error.end


def _encoded_surrogate(rest: bytes) -> int:
    """How many bytes Java drops at once where a surrogate was written as UTF-8; 0 elsewhere."""
    if len(rest) < 2 or rest[0] != 0xED or not 0xA0 <= rest[1] < 0xC0:
        return 0
    return 3 if len(rest) > 2 and rest[2] & 0xC0 == 0x80 else 2


_UNKNOWN = "penstock-java-unknown"
_MALFORMED = "penstock-java-malformed"
codecs.register_error(_UNKNOWN, _replace_unknown)
codecs.register_error(_MALFORMED, _replace_malformed)

UTF_8 = Charset("utf-8")
