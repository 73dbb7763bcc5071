"""What a connector tells of itself before it runs: a connection test, and what it would do to what it writes to.

Served under ``/penstock/connector-plugins/{class}/check`` and ``/plan``; Connect has no such thing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What one step of a connection test found. ``text`` is for people: what there is, or what is wrong and what to do;
    secrets must not be in it. ``milliseconds``: how long the step took."""

    name: str
    ok: bool
    text: str = ""
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One thing that a sink would do, ``text``, to ``target``. ``ok`` False: a record for ``target`` that would be refused, and
    why."""

    target: str
    text: str
    ok: bool = True
