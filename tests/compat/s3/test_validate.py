"""``PUT /connector-plugins/{class}/config/validate`` as recorded: values, errors, definitions and recommendations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.herder.results import RequestRefused
from penstock.rest.plugins import check_type
from penstock.tasks.validation import validate_connector
from tests.compat.s3.recorded import directory, lines
from tests.compat.s3.tally import Tally

Json = Any
WORKER = {
    "bootstrap.servers": "127.0.0.1:1",
    "offset.storage.file.filename": "offsets",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
}
VERSION = ".plugin.version"


@cache
def index() -> PluginIndex:
    return scan_plugins()


def test_validates_as_recorded(record_property: Callable[[str, object], None]) -> None:
    tally = Tally("validate.jsonl")
    for vector in lines(directory() / "validate.jsonl"):
        tally.add(vector, difference(vector))
    tally.report(record_property)


def difference(vector: Json) -> str | None:
    expected = vector["expect"]
    try:
        check_type(vector["class"], vector["config"])
        answer = validate_connector(vector["config"], index(), WORKER)
    except RequestRefused as refusal:
        found = {"status": refusal.status, "message": refusal.message}
        return None if found == expected else f"expected {expected}\nfound    {found}"
    found = recorded_form(answer)
    if expected["status"] == 500:  # a validator of Java's that broke: ours names the key (the recordings' README)
        return None if found["error_count"] and found["errors"] else f"expected an error, found {found}"
    if expected["status"] != 200:
        return f"expected {expected}, found {found}"
    return compared(without_versions(expected), without_versions(found))


def compared(expected: Json, found: Json) -> str | None:
    wrong = [
        f"{part}:\n  expected {expected[part]}\n  found    {found[part]}"
        for part in ("error_count", "errors", "groups")
        if expected[part] != found[part]
    ]
    shown = {name for name, _value, _visible in expected["values"]}
    wrong += listed_differences("values", expected["values"], [row for row in found["values"] if row[0] in shown])
    if "definitions" in expected:
        wrong += listed_differences("definitions", expected["definitions"], found["definitions"])
        theirs, ours = ([list(pair) for pair in each["recommended"].items()] for each in (expected, found))
        wrong += listed_differences("recommended", theirs, ours)
    return "\n".join(wrong) or None


_AVAILABLE = re.compile(r"available versions: \[[^\]]*\]")


def without_versions(told: Json) -> Json:
    """Versions are each project's own; only that there is one is compared."""
    if isinstance(told, list):
        of_version = told and isinstance(told[0], str) and told[0].endswith(VERSION)
        return [told[0], "a version", *told[2:]] if of_version else [without_versions(item) for item in told]
    if isinstance(told, dict):
        named = {key: without_versions(item) for key, item in told.items()}
        if str(told.get("name")).endswith(VERSION):
            named["default_value"] = "a version"
        return {key: ["a version"] if key.endswith(VERSION) else item for key, item in named.items()}
    return _AVAILABLE.sub("available versions: [a version]", told) if isinstance(told, str) else told


def listed_differences(what: str, expected: list[Json], found: list[Json]) -> list[str]:
    missing = [item for item in expected if item not in found]
    further = [item for item in found if item not in expected]
    if missing or further:
        return [f"{what}: expected {missing}\n  found    {further}"]
    return [] if expected == found else [f"{what}: in another order: {found}"]


def recorded_form(answer: Mapping[str, Any]) -> Json:
    found: Json = {"error_count": answer["error_count"], "groups": answer["groups"], "errors": {}, "values": []}
    found |= {"definitions": [], "recommended": {}}
    for config in answer["configs"]:
        definition, value = config["definition"], config["value"]
        found["definitions"].append({key: item for key, item in definition.items() if key != "documentation"})
        found["values"].append([value["name"], value["value"], value["visible"]])
        if value["errors"]:
            found["errors"][value["name"]] = value["errors"]
        if value["recommended_values"]:
            found["recommended"][value["name"]] = value["recommended_values"]
    return found
