"""Keys of the worker's REST server (spec 1.1, 2.1), with Connect's checks and texts."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from penstock.api.config import ConfigDef, ConfigType, Importance
from penstock.api.exceptions import ConfigException
from penstock.api.validators import described, one_of, unique_list

_EXAMPLE = "ex: http://localhost:8080,https://localhost:8443."
_HEADER_ACTIONS = ("set", "add", "setDate", "addDate")


def check_listeners(_name: str, value: object) -> None:
    """At least one URL, none of them blank."""
    if not isinstance(value, list):
        raise ConfigException("Invalid value type for listeners (expected list of URLs , " + _EXAMPLE[:-1] + ").")
    if not value:
        raise ConfigException(f"Invalid value for listeners, at least one URL is expected, {_EXAMPLE}")
    for item in value:
        if not isinstance(item, str):
            raise ConfigException("Invalid type for listeners (expected String).")
        if not item.strip():
            raise ConfigException("Empty URL found when parsing listeners list.")


def check_response_headers(_name: str, value: object) -> None:
    """Rules of the form ``action name:value``, separated by commas."""
    for rule in header_rules(value if isinstance(value, str) else ""):
        action, _, header = rule.partition(" ")
        if not header.strip():
            raise ConfigException(
                f"Invalid format of header config '{rule}'. Expected: '[action] [header name]:[header value]'"
            )
        if action.lower() not in map(str.lower, _HEADER_ACTIONS):
            known = ", ".join(_HEADER_ACTIONS)
            raise ConfigException(f"Invalid header config action: '{action}'. Expected one of [{known}]")
        parts = header.strip().rstrip(":").split(":")
        if len(parts) != 2:
            raise ConfigException(
                f"Invalid format of header name and header value pair '{header}'. "
                "Expected: '[header name]:[header value]'"
            )
        name = parts[0].strip()
        if not name or len(name.split()) > 1:
            raise ConfigException(f"Invalid header name '{name}'. The '[header name]' cannot contain whitespace")


def header_rules(text: str) -> Iterator[str]:
    """The rules of ``response.http.headers.config``, quotes removed, blanks between action and header made one."""
    if not text.strip():
        return
    for row in csv.reader([text.replace("\n", " ").replace("\r", " ")], skipinitialspace=True):
        for rule in row:
            action, *header = rule.strip().split(maxsplit=1)[:2] or [""]
            yield f"{action} {header[0]}" if header else action


_HEADERS_TEXT = (
    "Comma-separated header rules, where each header rule is of the form '[action] [header name]:[header value]' and "
    "optionally surrounded by double quotes if any part of a header rule contains a comma"
)

REST_KEYS = (
    ConfigDef()
    .define(
        "listeners",
        ConfigType.LIST,
        default="http://:8083",
        importance=Importance.LOW,
        doc="URLs on which the REST API listens, separated by commas; without a host on all addresses, port 0 takes a free one.",
        validator=described(check_listeners, f"List of comma-separated URLs, {_EXAMPLE}"),
    )
    .define(
        "rest.advertised.host.name",
        ConfigType.STRING,
        default=None,
        importance=Importance.LOW,
        doc="Host name under which other workers reach this one.",
    )
    .define(
        "rest.advertised.port",
        ConfigType.INT,
        default=None,
        importance=Importance.LOW,
        doc="Port under which other workers reach this one.",
    )
    .define(
        "rest.advertised.listener",
        ConfigType.STRING,
        default=None,
        importance=Importance.LOW,
        doc="Protocol (http or https) of the listener that other workers are to use.",
    )
    .define(
        "access.control.allow.origin",
        ConfigType.STRING,
        default="",
        importance=Importance.LOW,
        doc="Access-Control-Allow-Origin of answers: a domain, or * for any. Empty: no cross-origin access.",
    )
    .define(
        "access.control.allow.methods",
        ConfigType.STRING,
        default="",
        importance=Importance.LOW,
        doc="Methods allowed to cross-origin requests, separated by commas. Empty: GET, POST and HEAD.",
    )
    .define(
        "response.http.headers.config",
        ConfigType.STRING,
        default="",
        importance=Importance.LOW,
        doc="Headers to set on answers: rules 'action name:value' separated by commas; action is set, add, setDate or addDate.",
        validator=described(check_response_headers, _HEADERS_TEXT),
    )
    .define(
        "ssl.client.auth",
        ConfigType.STRING,
        default="none",
        importance=Importance.LOW,
        doc="Whether clients of https listeners must show a certificate: required, requested or none.",
        validator=one_of("required", "requested", "none"),
    )
    .define(
        "rest.extension.classes",
        ConfigType.LIST,
        default=[],
        importance=Importance.LOW,
        doc="REST extensions to install, by class name, in this order.",
        validator=unique_list(empty_allowed=True, null_allowed=False),
    )
    .define(
        "admin.listeners",
        ConfigType.LIST,
        default=None,
        importance=Importance.LOW,
        doc="URLs on which /admin is served instead of on the listeners. Set but empty: /admin is not served at all.",
        validator=unique_list(empty_allowed=True, null_allowed=True),
    )
)
