"""Validation of a sink's configuration (spec jdbc 12)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from penstock.api import ConfigDef, ConfigValue
from penstock_jdbc.config import names
from penstock_jdbc.config.connection_check import Wait, connected, within_deadline
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.sink_config import SINK_CONFIG


def validate(props: Mapping[str, str | None], definition: ConfigDef = SINK_CONFIG) -> list[ConfigValue]:
    """Every key with its value, errors, recommendations and visibility. Where nothing is wrong a connection is opened, which
    may take the attempts, each of up to 40 s, with their backoff, but no more than 75 s. Never raises for what a user wrote."""
    found = Findings(definition, props)
    if keys_fit_together(found) and found.clean:
        return within_deadline(found, partial(_connect, found))
    return found.values


def _connect(found: Findings, wait: Wait) -> None:
    with connected(found, wait):
        pass


def keys_fit_together(found: Findings) -> bool:
    """Make the checks over several keys that need no database, of those that are right by themselves; errors are added."""
    pk_mode = found.value(names.PK_MODE)
    if found[names.DELETE_ENABLED] is not True or pk_mode is None or pk_mode.errors:
        return True
    if str(pk_mode.value).lower() == "record_key":
        return True
    found.add((names.PK_MODE, names.DELETE_ENABLED), "Deletes are only supported for pk.mode record_key")
    return False
