"""The keys of the JDBC connectors, and validation of configs, as the live Java connectors had them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.tasks.validation import plugin_config_infos, validate_connector
from tests.compat.jdbc.recordings import Json, Tally, filled, vectors
from tests.databases.server import PrivateDatabase, Server

WORKER = {
    "bootstrap.servers": "broker:9092",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "offset.storage.file.filename": "offsets",
}
OTHERS_VERSION = "${project.version}"
"""What the recorded connector calls its own version."""

CONVERTERS = ("key.converter", "value.converter", "header.converter")
DRIVER_WORDS = "Could not connect to database. "
SAID_BY_US = ("Not a valid JDBC URL", "No suitable driver found", "No matching QuoteMethod")
"""What follows ``DRIVER_WORDS`` and is no driver's own wording."""


@cache
def index() -> PluginIndex:
    return scan_plugins()


def connector(kind: str) -> PluginDescriptor:
    name = f"io.confluent.connect.jdbc.Jdbc{kind.capitalize()}Connector"
    return next(plugin for plugin in index().plugins if plugin.name == name)


def test_keys_are_as_recorded(record_property: Callable[[str, object], None]) -> None:
    tally = Tally("config-def.jsonl")
    keys: dict[str, dict[str, Json]] = {}
    for kind in ("source", "sink"):
        described = [dict(key) for key in plugin_config_infos(connector(kind))]
        keys[kind] = {str(key["name"]): without_documentation(key, connector(kind).version) for key in described}
    for vector in vectors("config-def.jsonl"):
        kind, expected = vector["id"].split("/")[1], vector["definition"]
        found = keys[kind].get(expected["name"])
        tally.add(vector["id"], None if found == expected else f"expected {expected}\nfound    {found}")
    tally.report(record_property)


def without_documentation(key: dict[str, Any], version: str | None) -> Json:
    own = {name: value for name, value in key.items() if name != "documentation"}
    return own | {"default_value": OTHERS_VERSION} if own["default_value"] == version else own


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_validation_is_as_recorded(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = Tally(f"config-validate.jsonl ({kind})")
    server = None if kind == "sqlite" else request.getfixturevalue(f"{kind}_server")
    for number, vector in enumerate(vectors("config-validate.jsonl", {kind})):
        with place(server, tmp_path / f"{number}.db", vector.get("setup", [])) as placeholders:
            tally.add(vector["id"], difference(vector, placeholders))
    tally.report(record_property)


@contextmanager
def place(server: Server | None, path: Path, setup: list[str]) -> Iterator[dict[str, str]]:
    """A fresh database with its setup, and what the placeholders stand for."""
    if server is None:
        with closing(sqlite3.connect(path)) as connection:
            for statement in setup:
                connection.execute(statement.replace("@DB@", str(path)))
            connection.commit()
        yield {"@DB@": str(path), "@HOST@": "127.0.0.1:1", "@USER@": "u", "@PASSWORD@": "p"}
        return
    with server.database() as database:
        database.run(*[statement.replace("@DB@", database.name) for statement in setup])
        yield placeholders_of(database)


def placeholders_of(database: PrivateDatabase) -> dict[str, str]:
    server = database.server
    return {
        "@DB@": database.name,
        "@HOST@": f"{server.host}:{server.port}",
        "@USER@": server.user,
        "@PASSWORD@": server.password,
    }


def difference(vector: Json, placeholders: Mapping[str, str]) -> str | None:
    config, expected = filled(vector["config"], placeholders), filled(vector["expect"], placeholders)
    try:
        answer = validate_connector(config, index(), WORKER)
    except Exception as error:
        return f"raised {error!r}"
    found = recorded_form(answer)
    if expected["status"] != 200:
        return f"expected {expected}\nfound    {found}"
    expected = {key: value for key, value in expected.items() if key != "status"}
    if vector["config"].get("connection.user") == "@USER@":
        expected["values"]["connection.user"] = placeholders["@USER@"]  # recorded as it was on that server
    for side in (expected, found):
        side["errors"] = {key: [portable(text) for text in texts] for key, texts in side["errors"].items()}
        side["invisible"] = sorted(side["invisible"])
    wrong = [key for key in expected if expected[key] != found.get(key)]
    return "\n".join(f"{key}: expected {expected[key]}\n{key}: found    {found.get(key)}" for key in wrong) or None


def portable(text: str) -> str:
    """A driver's own words are not compared."""
    rest = text.removeprefix(DRIVER_WORDS)
    return text if rest == text or rest.startswith(SAID_BY_US) else DRIVER_WORDS


def recorded_form(answer: Mapping[str, Any]) -> Json:
    """A validation result in the form of the recordings."""
    found: Json = {
        "name": answer["name"],
        "error_count": answer["error_count"],
        "groups": list(answer["groups"]),
        "errors": {},
        "values": {},
        "recommended": {},
        "invisible": [],
    }
    for config in answer["configs"]:
        definition, value = config["definition"], config["value"]
        name = value["name"]
        if value["errors"]:
            found["errors"][name] = value["errors"]
        shown = definition and definition["group"] and name != "name" and not name.startswith(CONVERTERS)
        if shown and value["value"] != definition["default_value"]:
            found["values"][name] = value["value"]
        if value["recommended_values"] and not name.startswith(CONVERTERS):
            own = name == "connector.plugin.version"
            found["recommended"][name] = [OTHERS_VERSION] if own else value["recommended_values"]
        if not value["visible"]:
            found["invisible"].append(name)
    return found
