"""Runs the recorded vectors: every line of a file through its operation, and says how the answer differs.

An operation is a function that takes the ``in`` of a vector and returns what its ``ok`` should be, or raises. The modules of
``tests/compat/ops`` have them in a dict ``OPS`` by the operation's name.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import json
import os
import pkgutil
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.compat import ops
from tests.compat.vectors_codec import same

Operation = Callable[[dict[str, Any]], Any]

_HERE = Path(__file__).parent
_IDENTITY_HASH = re.compile(r"@[0-9a-f]{1,8}\b")
_PHASE: contextvars.ContextVar[str | None] = contextvars.ContextVar("phase", default=None)

# The Java classes that Python's own exceptions stand for, where their text is Connect's.
_BUILTIN = {
    "java.lang.NullPointerException": TypeError,
    "java.lang.ClassCastException": TypeError,
    "java.lang.IllegalArgumentException": ValueError,
    "java.lang.NumberFormatException": ValueError,
    "java.util.NoSuchElementException": LookupError,
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """Vectors that we answer otherwise on purpose: a pattern of ids and why."""

    ids: str
    reason: str


def directory() -> Path:
    """Where the vectors are: the project's copy unless PENSTOCK_VECTORS names another directory."""
    return Path(os.environ.get("PENSTOCK_VECTORS") or _HERE / "vectors")


def deviations() -> list[Deviation]:
    """What ``deviations.toml`` lists."""
    text = (_HERE / "deviations.toml").read_text(encoding="utf-8")
    return [Deviation(entry["ids"], entry["reason"]) for entry in tomllib.loads(text).get("deviation", [])]


def operations() -> dict[str, Operation]:
    """All operations of all modules. Two modules with one name are a mistake."""
    found: dict[str, Operation] = {}
    for module in pkgutil.iter_modules(ops.__path__):
        for name, operation in importlib.import_module(f"{ops.__name__}.{module.name}").OPS.items():
            assert name not in found, f"the operation {name} is defined twice"
            found[name] = operation
    return found


@contextlib.contextmanager
def phase(name: str) -> Iterator[None]:
    """What is raised inside is of this phase. Operations that name none are not asked for one."""
    token = _PHASE.set(name)
    yield
    _PHASE.reset(token)  # not in a finally: the runner reads the phase in which something was raised


@contextlib.contextmanager
def time_zone(name: str | None) -> Iterator[None]:
    """The process's default time zone, UTC unless the vector says another."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name or "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def answer(operation: Operation, vector: dict[str, Any]) -> dict[str, Any]:
    """What our side says: ``{"ok": …}`` or ``{"raised": exception, "phase": …}``."""
    _PHASE.set(None)
    with time_zone(vector.get("tz")):
        try:
            return {"ok": operation(vector["in"])}
        except Exception as error:
            return {"raised": error, "phase": _PHASE.get()}


def difference(vector: dict[str, Any], operation: Operation) -> str | None:
    """None when we answer as recorded, else both answers."""
    expected, given = vector["expect"], answer(operation, vector)
    normalised = bool(expected.get("normalised"))
    if "ok" in expected and "ok" in given:
        mine = _without_hashes(given["ok"]) if normalised else given["ok"]
        if same_answer(expected["ok"], mine):
            return None
        return f"expected {json.dumps(expected['ok'])}\n     got {json.dumps(mine, default=str)}"
    if "error" in expected and "raised" in given and _same_error(expected["error"], given, normalised):
        return None
    shown = repr(given["raised"]) + f" in {given['phase']}" if "raised" in given else json.dumps(given, default=str)
    return f"expected {json.dumps(expected)}\n     got {shown}"


def same_answer(expected: Any, mine: Any) -> bool:
    """As :func:`same`, and inside operations of many steps each step's ``ok`` or ``error``."""
    if isinstance(expected, list) and isinstance(mine, list):
        return len(expected) == len(mine) and all(map(same_answer, expected, mine))
    if isinstance(expected, dict) and isinstance(mine, dict) and "raised" in mine:
        return "error" in expected and _same_error(expected["error"], mine, normalised=True)
    return same(expected, mine)


def step(call: Callable[[], Any]) -> dict[str, Any]:
    """One step of an operation that has many: its result or what it raised."""
    try:
        return {"ok": call()}
    except Exception as error:
        return {"raised": error, "phase": None}


def _same_error(expected: dict[str, Any], given: dict[str, Any], normalised: bool) -> bool:
    error: Exception = given["raised"]
    if given["phase"] is not None and expected.get("phase") not in (None, given["phase"]):
        return False
    if expected.get("wording") == "jvm":
        return True
    name = expected["class"]
    named = getattr(error, "connect_name", None) == name or (
        name in _BUILTIN and isinstance(error, _BUILTIN[name]) and not hasattr(error, "connect_name")
    )
    text = str(error) if error.args else None
    if normalised and text is not None:
        text = _without_hashes(text)
    return named and text == expected["message"]


def _without_hashes(value: Any) -> Any:
    if isinstance(value, str):
        return _IDENTITY_HASH.sub("@<hash>", value)
    if isinstance(value, list):
        return [_without_hashes(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_hashes(item) for key, item in value.items()}
    return value


def vectors(path: Path) -> Iterator[dict[str, Any]]:
    """The vectors of one file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def explained(vector: dict[str, Any], known: list[Deviation]) -> bool:
    """Whether a difference is listed."""
    return any(fnmatchcase(vector["id"], deviation.ids) for deviation in known)
