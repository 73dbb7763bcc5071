"""Validation answers as the recorded worker did, without a worker: the same rules, called directly."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.compat.rest.expectation import Comparison, Variables
from tests.unit.config.recordings import PROFILE, Step, steps, validation, write_files
from tests.unit.config.standins import index

from penstock.api.exceptions import NotFoundException
from penstock.herder.results import RequestRefused
from penstock.rest import models

VALIDATING = ["standalone/validate.json", "standalone/validate-bad.json", "standalone/validate-plugins.json"]

# Answered by REST before anybody validates: names that do not match, bodies that are no config, methods.
_BEFORE = (400, 405, 415)


def asked(step: Step, variables: Variables) -> Any:
    """What a client would get as JSON for a validation request."""
    config = variables.fill(step.body)
    assert isinstance(config, dict)
    texts = {key: value if value is None or isinstance(value, str) else str(value) for key, value in config.items()}
    try:
        return models.config_infos(validation(index(), PROFILE).validate("any", texts).result())
    except RequestRefused as refused:
        prefix = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: "
        return {"error_code": 500, "message": f"{prefix}{refused.message}"}
    except Exception as error:
        return {"error_code": 500, "message": f"{getattr(error, 'connect_name', type(error).__name__)}: {error}"}


@pytest.mark.parametrize("file", VALIDATING)
def test_validation_is_as_recorded(file: str, tmp_path: Path) -> None:
    variables = Variables({"p": "abc", "group": "g", "dir": str(tmp_path)})
    compared = 0
    for step in steps(file):
        if not step.path.rstrip("/").endswith("/validate") or step.status in _BEFORE or not isinstance(step.body, dict):
            continue
        if any(isinstance(value, dict) for value in step.body.values()):
            continue
        found = Comparison(variables, subset=False).differences(variables.fill(step.answer), asked(step, variables))
        assert not found, f"step {step.number} {step.body}:\n" + "\n".join(found)
        compared += 1
    assert compared >= 5


def test_references_are_resolved_for_validation_as_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_USER", "labuser")
    monkeypatch.setenv("LAB_TOPIC", "env-topic")
    variables = Variables({"p": "abc", "dir": str(tmp_path)})
    write_files("standalone/providers.json", variables)
    compared = 0
    for step in steps("standalone/providers.json"):
        if step.path.endswith("/validate"):
            found = Comparison(variables).differences(variables.fill(step.answer), asked(step, variables))
            assert not found, f"step {step.number} {step.body}:\n" + "\n".join(found)
            compared += 1
    assert compared >= 8


def test_plugin_keys_are_as_recorded() -> None:
    variables, compared = Variables({}), 0
    for step in steps("standalone/plugins.json"):
        parts = step.path.split("/")
        if parts[-1] != "config" or step.body is not None or _without_counterpart(parts[2]):
            continue
        version = urllib.parse.parse_qs(step.query).get("version", [None])[0]
        answer: Any
        try:
            keys = validation(index(), PROFILE).plugin_config(parts[2], version).result()
            answer = [models.config_key(key) for key in keys]
        except RequestRefused as refused:
            answer = {"error_code": refused.status, "message": refused.message}
        except NotFoundException as missing:
            answer = {"error_code": 404, "message": str(missing)}
        found = Comparison(variables).differences(step.answer, answer)
        assert not found, f"step {step.number} {step.path}:\n" + "\n".join(found)
        compared += 1
    assert compared >= 15


def _without_counterpart(name: str) -> bool:
    """Plugins whose keys the stand-ins don't have, and Java classes that are no plugins."""
    return (
        "transforms." in name or name.startswith("java.") or name.endswith(".SourceConnector") or name == "HasHeaderKey"
    )


def test_results_are_plain_data() -> None:
    config: dict[str, str | None] = {"connector.class": "FileStreamSource", "name": "v", "topic": "t"}
    infos = validation(index(), PROFILE).validate_connector(config).result()
    assert msgspec.json.decode(msgspec.json.encode(infos))["error_count"] == 0
