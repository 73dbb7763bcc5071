"""``penstock chain test``: exit codes, what a person reads, and what ``--update`` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.command import run

from penstock.cli import main
from penstock.discovery import scan
from penstock.discovery.plugins import PluginIndex

MASKS = "tests.unit.testing.masks"
SHOUT = {"transforms": "s", "transforms.s.type": f"{MASKS}:shout"}
DATA_ERROR = "org.apache.kafka.connect.errors.DataException"


@pytest.fixture(scope="module")
def index() -> PluginIndex:
    return scan.scan_plugins()


@pytest.fixture(autouse=True)
def _scanned_once(index: PluginIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "scan_plugins", lambda: index)


def chain_file(directory: Path, document: Mapping[str, Any], name: str = "chain.json") -> Path:
    path = directory / name
    path.write_text(json.dumps(document))
    return path


def test_everything_as_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = chain_file(
        tmp_path, {"config": SHOUT, "records": [{"in": {"value": "a"}, "out": {"value": "A!"}}]}, "one.json"
    )
    none = chain_file(tmp_path, {"config": {}, "records": []}, "none.json")
    assert main.run(["chain", "test", str(one), str(none)]) == 0
    assert capsys.readouterr().out == f"{one}: 1 record, as expected\n{none}: 0 records, as expected\n"


def test_a_difference_is_shown_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        {"in": {"value": "fine"}, "out": {"value": "FINE!"}},
        {"about": "quiet", "in": {"value": "b", "timestamp": 5}, "out": {"value": "b"}},
        {"in": {"value": "c"}},
    ]
    path = chain_file(tmp_path, {"config": SHOUT, "records": records})
    assert main.run(["chain", "test", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: 2 of 3 records not as expected",
        "  record 2 (quiet)",
        '       "out": {',
        '         "timestamp": 5,',
        '    -    "value": "b"',
        '    +    "value": "B!"',
        "       }",
        "     }",
        "  record 3: nothing is expected of it yet; --update writes it",
        "    +{",
        '    +  "out": {',
        '    +    "value": "C!"',
        "    +  }",
        "    +}",
    ]


def test_update_writes_what_differs_and_keeps_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        {"in": {"value": "a"}, "out": {"value": "A!", "topic": "test"}},
        {"in": {"value": 1.50}, "dropped": True},
        {"about": "bad", "in": {"value": "poison", "topic": "t"}, "out": {}},
        {"in": {"value": "late"}},
    ]
    config = {**SHOUT, "predicates": "p", "predicates.p.type": "TopicNameMatches", "predicates.p.pattern": "t.*",
              "transforms.s.predicate": "p"}  # fmt: skip
    path = chain_file(tmp_path, {"about": "shouting", "topic": "other", "config": config, "records": records})
    path.write_text(path.read_text().replace('"A!", "topic": "test"', '"a"').replace("1.5}", "1.50}"))
    assert main.run(["chain", "test", "--update", str(path)]) == 0
    assert "3 of 4 records updated" in capsys.readouterr().out
    written = path.read_text()
    assert '{"in": {"value": 1.50}, "out": {}}' in written
    document = json.loads(written)
    assert (document["about"], document["config"]) == ("shouting", config)
    assert document["records"] == [
        {"in": {"value": "a"}, "out": {"value": "a"}},
        {"in": {"value": 1.5}, "out": {}},
        {
            "about": "bad",
            "in": {"value": "poison", "topic": "t"},
            "error": {
                "stage": "TRANSFORMATION",
                "class": f"{MASKS}.shout",
                "error": DATA_ERROR,
                "message": "this cannot be shouted",
            },
        },
        {"in": {"value": "late"}, "unreached": True},
    ]
    assert main.run(["chain", "test", str(path)]) == 0


def test_a_file_that_is_as_expected_is_not_written(tmp_path: Path) -> None:
    path = chain_file(tmp_path, {"config": {}, "records": [{"in": {"value": 1}, "out": {}}]})
    before = path.read_bytes()
    assert main.run(["chain", "test", "--update", str(path)]) == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "the file must hold one object"),
        ('{"config": {}, "config": {}}', "the key 'config' stands twice in one object"),
        ('{"config": {"a": NaN}}', "NaN is no JSON value"),
        ('{"recrods": []}', "the file has the unknown key 'recrods'; known are about, task, config, worker, topic, records"),
        ('{"records": []}', "'config' must be an object of keys and values, or the name of a connector's file"),
        ('{"config": {"a": []}, "records": []}', "'a' in 'config' must be a text, a number, true, false or null"),
        ('{"config": {}, "worker": 1, "records": []}', "'worker' must be an object of keys and values, or the name of a properties file"),
        ('{"config": {}, "task": "both", "records": []}', "'task' must be \"source\" or \"sink\", not 'both'"),
        ('{"config": {}}', "'records' must be a list of objects, each with 'in' and what is expected of it"),
        ('{"config": {}, "records": [{}]}', "record 1 needs 'in', an object"),
        ('{"config": {}, "records": [{"in": {"vlaue": 1}}]}', ("'in' of record 1 has the unknown key 'vlaue'; known are topic, partition, "
         "timestamp, key, key_schema, value, value_schema, headers, offset")),
        ('{"config": {}, "records": [{"in": {}, "out": {}, "dropped": true}]}', "record 1 expects several things at once: out and dropped"),
        ('{"config": {}, "records": [{"in": {}, "out": null}]}', ("'out' of record 1 must be an object; a record that is dropped has "
         '\'"dropped": true\'')),
        ('{"config": {}, "records": [{"in": {}, "dropped": false}]}', "'dropped' of record 1 can only be true"),
        ('{"config": {}, "records": [{"in": {"topic": 1}}]}', "record 1: 'topic' must be a text"),
        ('{"config": {}, "records": [{"in": {"timestamp": true}}]}', "record 1: 'timestamp' must be an integer, or null"),
        ('{"config": {}, "records": [{"in": {"headers": [1]}}]}', ("record 1: 'headers' must be a list of objects with 'name', 'value' and, "
         "if it has one, 'schema'")),
        ('{"config": {}, "records": [{"in": {"headers": [{"name": "a", "vaule": 1}]}}]}', "record 1: a header has the unknown key 'vaule'"),
        ('{"config": {}, "records": [{"in": {"headers": [{}]}}]}', "record 1, headers: 'name' must be a text"),
        ('{"config": {}, "records": [{"in": {"value": 1, "value_schema": "sting"}}]}', ("record 1: 'value' is no data of its schema: "
         "Unknown schema type: sting")),
        ('{"task": "sink", "config": {"value.converter": "StringConverter"}, "records": [{"in": {"value": 1}}]}',
         "record 1: 'value' stands for the bytes of the log: write a text, {\"json\": …}, {\"base64\": \"…\"} or null, not 1"),
        ('{"task": "sink", "config": {"value.converter": "StringConverter"}, "records": [{"in": {"value": {"base64": "?"}}}]}',
         "record 1: 'value' is no base64: Only base64 data is allowed"),
        ('{"task": "sink", "config": {"key.converter": "StringConverter"}, "records": [{"in": {"key": "a", "key_schema": "string"}}]}',
         "record 1: 'key' stands for the bytes of the log, which key.converter reads: it has no schema here"),
        ('{"config": {"transforms": "x"}, "records": []}', ("the chain cannot be run: org.apache.kafka.common.config.ConfigException: "
         "Invalid value null for configuration transforms.x.type: Not a Transformation")),
        ('{"task": "sink", "config": {}, "records": [{"in": {"offset": 7}}, {"in": {"offset": 7}}]}',
         ("the chain cannot be run: org.apache.kafka.connect.errors.ConnectException: Messages 1 and 2 both have offset 7 in test-0: "
         "give each its own")),
    ],
)  # fmt: skip
def test_a_bad_file_is_told(text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert main.run(["chain", "test", str(path)]) == 2
    assert capsys.readouterr().err == f"penstock: {path}: {told}\n"


def test_files_that_are_not_there_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.json"
    assert main.run(["chain", "test", str(missing)]) == 2
    assert capsys.readouterr().err == f"penstock: {missing} cannot be read: No such file or directory\n"
    path = chain_file(tmp_path, {"config": "gone.json", "records": []})
    assert main.run(["chain", "test", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"penstock: {path}: {tmp_path}/gone.json (No such file or directory): the connector configuration file cannot be read\n"
    )
    path = chain_file(tmp_path, {"config": {}, "worker": "gone.properties", "records": []})
    assert main.run(["chain", "test", str(path)]) == 2
    assert (
        capsys.readouterr().err == f"penstock: {tmp_path}/gone.properties cannot be read: No such file or directory\n"
    )


def test_the_installed_command(tmp_path: Path) -> None:
    """In a process of its own, with what is really installed, from the directory of the author's module."""
    (tmp_path / "my_masks.py").write_text(
        "from penstock.api import transform\n\n"
        '@transform(on="value")\n'
        "def tail(value: str, *, keep: int = 4) -> str:\n"
        '    return "*" * (len(value) - keep) + value[-keep:]\n'
    )
    config = {"transforms": "t", "transforms.t.type": "my_masks.tail", "transforms.t.keep": 2}
    chain_file(tmp_path, {"config": config, "records": [{"in": {"value": "secret"}, "out": {"value": "****et"}}]})
    ended = run("chain", "test", "chain.json", cwd=tmp_path, env={"PYTHONPATH": "."})
    assert (ended.code, ended.out, ended.err) == (0, "chain.json: 1 record, as expected\n", "")
