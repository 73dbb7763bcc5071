"""Connector files of the command line (spec 10): flat JSON, JSON with ``name`` and ``config``, or Java properties.

The three forms are tried in this order, whatever the file's extension.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from penstock.api.exceptions import ConnectException
from penstock.config.properties import parse_properties

INITIAL_STATES = ("RUNNING", "PAUSED", "STOPPED")


@dataclass(frozen=True, slots=True)
class ConnectorFile:
    """What a file asks for. ``initial_state`` is RUNNING, PAUSED or STOPPED; None where the file does not say."""

    name: str
    config: Mapping[str, str | None]
    initial_state: str | None = None


def load_connector_file(path: str | Path) -> ConnectorFile:
    """The connector that the file describes. Raises :class:`ConnectException` that names the file and what is wrong."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ConnectException(f"{path} ({error.strerror}): the connector configuration file cannot be read") from error
    try:
        document = _parse_json(data)
    except ValueError as error:
        return _from_properties(path, data, error)
    if not isinstance(document, dict):
        raise ConnectException(
            f"Connector configuration at '{path}' is {_kind(document)}: write an object of keys and values, or an object with "
            "'name' and 'config'"
        )
    if isinstance(document.get("config"), dict):
        return _from_request(path, document, document["config"])
    return _named(path, _strings(path, document, ""), None)


class _Number(str):
    """A number as it was written: it is kept as text, digit for digit."""

    __slots__ = ()


def _parse_json(data: bytes) -> object:
    text = data.decode(json.detect_encoding(data), "strict")
    document: object
    document, _ = _DECODER.raw_decode(text.lstrip("\ufeff \t\r\n"))
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_no_constant)


def _from_request(path: str | Path, document: dict[str, object], given: dict[str, object]) -> ConnectorFile:
    config = _strings(path, given, "config.")
    name = document.get("name")
    if not isinstance(name, str):
        raise _missing_name(path)
    if config.setdefault("name", name) != name:
        raise ConnectException(
            f"Connector name configuration in 'config' doesn't match the one specified in 'name' at '{path}'"
        )
    state = document.get("initial_state")
    if state is None:
        return _named(path, config, None)
    if not isinstance(state, str) or state.upper() not in INITIAL_STATES:
        raise ConnectException(
            f"Connector configuration at '{path}' has initial_state {state!r}: it must be one of {', '.join(INITIAL_STATES)}"
        )
    return _named(path, config, state.upper())


def _from_properties(path: str | Path, data: bytes, json_error: ValueError) -> ConnectorFile:
    looks_like_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    try:
        config: dict[str, str | None] = dict(parse_properties(data))
    except ValueError as error:
        found = json_error if looks_like_json else error
        kind = "JSON" if looks_like_json else "properties"
        raise ConnectException(f"Connector configuration at '{path}' is malformed {kind}: {found}") from error
    if "name" not in config and looks_like_json:
        raise ConnectException(f"Connector configuration at '{path}' is malformed JSON: {json_error}") from json_error
    return _named(path, config, None)


def _strings(path: str | Path, given: dict[str, object], where: str) -> dict[str, str | None]:
    config: dict[str, str | None] = {}
    for key, value in given.items():
        if isinstance(value, (dict, list)):
            raise ConnectException(
                f"Connector configuration at '{path}' has {_kind(value)} as the value of '{where}{key}': values are texts, "
                "numbers, true or false; write a list as one text with commas"
            )
        config[key] = str(value).lower() if isinstance(value, bool) else None if value is None else str(value)
    return config


def _named(path: str | Path, config: dict[str, str | None], state: str | None) -> ConnectorFile:
    name = config.get("name")
    if name is None:
        raise _missing_name(path)
    return ConnectorFile(name, config, state)


def _missing_name(path: str | Path) -> ConnectException:
    return ConnectException(f"Connector configuration at '{path}' is missing the mandatory 'name' configuration")


def _kind(value: object) -> str:
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(value), "a single value")
