"""What a recording of the sink expects, against what came."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.compat.jdbc.recordings import Json
from tests.compat.jdbc.sink_played import Outcome, Played, normalised
from tests.compat.jdbc.sink_tables import sorted_rows

_DRIVERS = ("java.sql.", "org.postgresql.", "org.sqlite.", "org.mariadb.", "com.mysql.")
"""Errors whose wording is the driver's, or holds it."""
_OURS = (
    "java.sql.SQLException: Exception chain:\n",  # the driver raised it, rather than we
    " in UPDATE mode requires fields beside those of the key,",  # told before a statement that sets nothing is a syntax error
)
"""What ours may say there."""


def difference(played: Played) -> str | None:
    """The first difference, None when there is none."""
    waits = [step["expect"] for step in played.vector["steps"] if step["op"] == "wait"]
    for number, (expected, outcome) in enumerate(zip(waits, played.outcomes, strict=True), 1):
        told = _of_wait(expected, outcome)
        if told is not None:
            return f"wait {number}: {told}"
    return None


def _of_wait(expected: Json, outcome: Outcome) -> str | None:
    status = {key: expected["status"][key] for key in ("connector", "tasks")}
    checks: list[tuple[str, Any, Any]] = [
        ("status", status, outcome.status),
        ("consumed", expected["consumed"], outcome.consumed),
        ("tables", [_table(table) for table in expected["tables"]], [_table(table) for table in outcome.tables]),
    ]
    for what, wanted, found in checks:
        if _strictly(wanted) != _strictly(found):
            return f"{what}:\n  recorded {json.dumps(wanted, ensure_ascii=False)}\n  ours     {json.dumps(found, ensure_ascii=False)}\n{outcome.trace}"
    return _of_errors(expected["status"].get("error"), outcome) or _of_dead_letters(expected.get("dlq"), outcome)


def _strictly(value: Json) -> str:
    """To Python 1, 1.0 and true are the same."""
    return json.dumps(value, sort_keys=True)


def _table(table: Json) -> Json:
    return {**table, "rows": sorted_rows(table["rows"])}


def _of_errors(chain: list[str] | None, outcome: Outcome) -> str | None:
    """The last entry of the chain, unless it is in a driver's words: those of Java's drivers are nobody's here."""
    if not chain:
        return None
    kind, _, message = chain[-1].partition(": ")
    found = normalised(outcome.trace)
    if kind.startswith(_DRIVERS):
        return None if any(ours in found for ours in _OURS) else f"error:\n  recorded {chain[-1]}\n  ours     {found}"
    return None if f": {message}\n" in found else f"error:\n  recorded {chain[-1]}\n  ours     {found}"


def _of_dead_letters(expected: list[Json] | None, outcome: Outcome) -> str | None:
    wanted = [_letter(letter) for letter in expected or []]
    found = [_letter(letter) for letter in outcome.dlq or []]
    if wanted != found:
        return f"dlq:\n  recorded {json.dumps(wanted, ensure_ascii=False)}\n  ours     {json.dumps(found, ensure_ascii=False)}"
    return None


def _letter(letter: Json) -> Json:
    headers = dict(letter["headers"])
    headers.pop("__connect.errors.exception.stacktrace", None)
    if headers.get("__connect.errors.exception.class.name", "").startswith(_DRIVERS):
        message = headers["__connect.errors.exception.message"]
        headers["__connect.errors.exception.message"] = re.sub(r"(?s)(?<=Exception chain:\n).*", "", message)
    elif "__connect.errors.exception.message" in headers:
        headers["__connect.errors.exception.message"] = normalised(headers["__connect.errors.exception.message"])
    return {**letter, "headers": headers}
