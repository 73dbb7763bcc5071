"""A function with ``@transform`` is a plugin as any other: announced by a hook, listed, validated, used by name or by place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.packages import make_package, on_path
from tests.unit.testing import test_workbench
from tests.unit.testing.test_workbench import Keep

from penstock.testing import Workbench, eventually

PACKAGE = '''
    from typing import Annotated, Literal

    from penstock.api import Plugin, hookimpl, transform


    @hookimpl
    def penstock_transformations():
        return [Plugin("masking:mask_email"), Plugin("masking:forgotten")]


    @transform(on="value")
    def mask_email(value: str, *, keep: Annotated[Literal["domain", "nothing"], "What stays."] = "domain") -> str:
        """Hides who it is."""
        return "***@" + value.partition("@")[2] if keep == "domain" else "***"


    def forgotten(value: str) -> str:
        return value
'''
SCRIPT = """
import json, sys
from penstock.chains.build import Setting
from penstock.chains.message import Message
from penstock.chains.run import run_chain
from penstock.api import PluginKind, SchemaAndValue
from penstock.discovery.scan import scan_plugins

index = scan_plugins()
found = [str(plugin) for plugin in index.plugins if plugin.distribution == "masking"]
values = []
for name in ("masking.mask_email", "masking:mask_email", "mask_email"):
    config = {"transforms": "m", "transforms.m.type": name, "transforms.m.plugin.version": "[1.0,2.0)"}
    [outcome] = run_chain(config, Setting(PluginKind.SOURCE, index), [Message(value=SchemaAndValue(None, "a@b.c"))])
    values.append(outcome.message.value.value)
print(json.dumps([found, [failure.error for failure in index.failures if failure.distribution == "masking"], values]))
"""


def test_a_function_is_announced_by_a_hook_and_found_by_every_name(tmp_path: Path) -> None:
    make_package(tmp_path, "masking", PACKAGE)
    printed = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=on_path(tmp_path)
    ).stdout
    found, failures, values = json.loads(printed)
    [described] = found
    assert described == (
        "PluginDesc{klass=class masking.mask_email, name='masking.mask_email', version='1.0', encodedVersion=1.0, "
        "type=transformation, typeName='transformation', location='masking'}"
    )
    assert failures == ["masking:forgotten is no class, nor a function with @transform"]
    assert values == ["***@b.c"] * 3


MASKS = "tests.unit.testing.masks"


@pytest.fixture
def base() -> dict[str, str]:
    return {"topics": "t", "transforms": "m"}


@pytest.mark.parametrize("name", [f"{MASKS}:mask", f"{MASKS}.mask"])
def test_the_validate_endpoint_knows_its_keys(name: str, workbench: Workbench, base: dict[str, str]) -> None:
    assert workbench.validate(Keep, {**base, "transforms.m.type": name}) == {
        "transforms.m.field": ['Missing required configuration "transforms.m.field" which has no default value.']
    }
    assert workbench.validate(Keep, {**base, "transforms.m.type": name, "transforms.m.field": "a"}) == {}


def test_the_validate_endpoint_tells_what_is_wrong_with_a_place(workbench: Workbench, base: dict[str, str]) -> None:
    type_key = "transforms.m.type"
    [undecorated, *_] = workbench.validate(Keep, {**base, type_key: f"{MASKS}:undecorated"})[type_key]
    assert undecorated == (
        f"Class {MASKS}:undecorated cannot be loaded: {MASKS}:undecorated is no transformation: it is neither a function with "
        "@transform nor a class that extends Transformation"
    )
    errors = workbench.validate(Keep, {**base, type_key: "org.example.Missing"})[type_key]
    assert (
        f"Invalid value org.example.Missing for configuration {type_key}: Class org.example.Missing could not be found."
        in errors
    )


def test_a_task_runs_it(workbench: Workbench, base: dict[str, str]) -> None:
    test_workbench.kept.clear()
    workbench.send("t", [{"card": "1234", "n": 1}, "dropped"])
    config = {**base, "transforms.m.type": f"{MASKS}:mask", "transforms.m.field": "card"}
    running = workbench.start(Keep, config, name="masked")
    eventually(lambda: sum(workbench.committed("masked").values()) == 2, "both are committed")
    running.stop()
    assert test_workbench.kept == [{"card": "***", "n": 1}]
