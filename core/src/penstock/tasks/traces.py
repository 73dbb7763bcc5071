"""Traces that leave the child: in statuses, which everybody may read."""

from __future__ import annotations

from penstock.errors.trace import format_trace
from penstock.logcontext import SECRETS


def public_trace(error: BaseException) -> str:
    """The trace of an exception without the secrets that this process has resolved (design decision 13)."""
    return SECRETS.clean(format_trace(error))
