"""Values in paths: an option of ours, as the original lets a value ``a/b`` make a directory of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from penstock_s3.config.choices import Escaping


def escape_of(choice: Escaping, delim: str) -> Callable[[str], str] | None:
    """What is done to values; None for nothing. Percent signs, control characters and the delimiter become ``%XX``, as do
    values that are ``.`` or ``..``; so different values never meet in one directory."""
    if choice is Escaping.NONE:
        return None
    special = re.compile(f"[%\\x00-\\x1f\\x7f/\\\\\\\\{re.escape(delim)}]")

    def escape(value: str) -> str:
        if value in (".", ".."):
            return value.replace(".", "%2E")
        return special.sub(_percent, value)

    return escape


def _percent(found: re.Match[str]) -> str:
    return "".join([f"%{byte:02X}" for byte in found[0].encode()])
