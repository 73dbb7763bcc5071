"""Every key of this package's connectors stands in the README."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from penstock.api import Connector
from penstock_file.rotating.connector import DirectorySinkConnector
from penstock_file.settings import SINK_OPTIONS, SOURCE_OPTIONS
from penstock_file.spooldir import connectors
from penstock_file.spooldir.connector import SpoolDirConnector
from penstock_file.stream_sink import FileStreamSinkConnector
from penstock_file.stream_source import FileStreamSourceConnector

README = Path(__file__).parents[3] / "plugins" / "file" / "README.md"


@pytest.mark.parametrize(
    "connector",
    [
        FileStreamSourceConnector,
        FileStreamSinkConnector,
        DirectorySinkConnector,
        connectors.SpoolDirCsvSourceConnector,
        connectors.SpoolDirJsonSourceConnector,
        connectors.SpoolDirSchemaLessJsonSourceConnector,
        connectors.SpoolDirLineDelimitedSourceConnector,
        connectors.SpoolDirBinaryFileSourceConnector,
    ],
)
def test_every_key_is_in_the_readme(connector: type[Connector]) -> None:
    text = README.read_text(encoding="utf-8")
    keys = [*connector().config_def(), *SOURCE_OPTIONS, *SINK_OPTIONS]
    if issubclass(connector, SpoolDirConnector):
        keys += connector.OWN
    short = {"schema.generation.value.name": ".value.name"}
    assert [key.name for key in keys if f"`{short.get(key.name, key.name)}`" not in text] == []


def test_the_examples_of_configs_are_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    configs = [json.loads(block)["config"] for block in blocks]
    assert len(configs) >= 5
    value = next(json.loads(config["value.schema"]) for config in configs if "value.schema" in config)
    assert list(value["fieldSchemas"]) == ["id", "name"]
