"""An exception as the text that clients of Connect know: the layout of a Java stack trace.

Statuses, dead letter headers and log lines carry it (spec 9.4, 7.4). Its first line is ``class: message``; that line is what
clients show and search, so its class is the one that Connect names wherever there is such a class.
"""

from __future__ import annotations

import os
import traceback

_OURS = "penstock"


def format_trace(error: BaseException) -> str:
    """The trace of an exception and of what caused it, as lines that end in a newline.

    First ``class: message`` (only the class when there is no message), then a line ``\\tat module.function(file.py:line)`` per
    frame, innermost first, then ``Caused by: …`` for the explicit cause or else for what was being handled. The exceptions
    of a group follow as ``\\tSuppressed: …``. Never raises.
    """
    lines: list[str] = []
    _append(error, lines, caption="", indent="", seen=set())
    return "".join(f"{line}\n" for line in lines)


def class_name(error: BaseException) -> str:
    """The Java class by which clients know an exception; for a class without one, its own qualified name.

    A subclass of ours stands for the Connect class it refines. A subclass that an author wrote is named itself, as Java
    would.
    """
    for cls in type(error).__mro__:
        declared = vars(cls).get("connect_name")
        if isinstance(declared, str):
            return declared
        if cls.__module__.partition(".")[0] != _OURS:
            break
    return _qualified(type(error))


def _qualified(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _append(error: BaseException, lines: list[str], *, caption: str, indent: str, seen: set[int]) -> None:
    if id(error) in seen:
        lines.append(f"{indent}{caption}[CIRCULAR REFERENCE: {_head(error)}]")
        return
    seen.add(id(error))
    lines.extend(f"{indent}{caption}{_head(error)}".split("\n"))
    for note in getattr(error, "__notes__", ()):
        lines.extend(str(note).split("\n"))
    lines.extend(f"{indent}\tat {frame}" for frame in _frames(error))
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            _append(member, lines, caption="Suppressed: ", indent=f"{indent}\t", seen=seen)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        _append(cause, lines, caption="Caused by: ", indent=indent, seen=seen)


def _head(error: BaseException) -> str:
    try:
        message = str(error)
    except Exception as failure:  # noqa: BLE001  # an author's __str__ must not hide the error it belongs to
        message = f"<no message: its __str__ raised {_qualified(type(failure))}>"
    return f"{class_name(error)}: {message}" if message else class_name(error)


def _frames(error: BaseException) -> list[str]:
    frames = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        module = frame.f_globals.get("__name__", "?")
        frames.append(f"{module}.{code.co_qualname}({os.path.basename(code.co_filename)}:{line})")
    frames.reverse()
    return frames
