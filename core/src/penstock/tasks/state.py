"""The machines of :mod:`penstock.states`, under the name by which tasks and what is above them know them."""

from __future__ import annotations

from penstock.states import SUCCESSORS, State, TargetState

__all__ = ["SUCCESSORS", "State", "TargetState"]
