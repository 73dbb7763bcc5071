"""Messages through chains: both directions, with and without converters, with every kind of outcome."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.testing import masks

from penstock.api import Date as DateType
from penstock.api import Decimal as DecimalType
from penstock.api import (
    PluginKind,
    Schema,
    SchemaAndValue,
    SchemaBuilder,
    SinkRecord,
    Struct,
    Transformation,
)
from penstock.chains.build import Setting
from penstock.chains.case import load_case
from penstock.chains.message import Dropped, Failed, Message, Outcome, Passed, Unreached
from penstock.chains.parts import DataForm, read_bytes, write_bytes
from penstock.chains.run import ChainError, run_chain
from penstock.chains.text import Number, compact, loads, pretty, same
from penstock.discovery.plugins import PluginIndex
from penstock.discovery.scan import scan_plugins
from penstock.errors.stage import Stage

MASKS = "tests.unit.testing.masks"
HERE = "tests.unit.testing.test_chain_run"
DATA_ERROR = "org.apache.kafka.connect.errors.DataException"
JSON = {"value.converter": "JsonConverter", "value.converter.schemas.enable": "false"}
KINDS = (PluginKind.SOURCE, PluginKind.SINK)


@pytest.fixture(scope="module")
def index() -> PluginIndex:
    return scan_plugins()


def data(value: object, schema: Schema | None = None) -> SchemaAndValue:
    return SchemaAndValue(schema, value)


def chain(*functions: str, **more: str) -> dict[str, str]:
    names = [f"n{number}" for number in range(len(functions))]
    types = {f"transforms.{name}.type": function for name, function in zip(names, functions, strict=True)}
    return {"transforms": ",".join(names), **types, **{key.replace("_", "."): value for key, value in more.items()}}


def passed(outcome: Outcome) -> Message:
    assert isinstance(outcome, Passed), outcome
    return outcome.message


class FreshRecord(Transformation[SinkRecord]):
    """Forgets where its records were read."""

    def apply(self, record: SinkRecord) -> SinkRecord:
        return SinkRecord("elsewhere", 5, record.kafka_offset + 1000, record.value)


class RoutedRecord(Transformation[SinkRecord]):
    """Makes a new record, but says where it was read."""

    def apply(self, record: SinkRecord) -> SinkRecord:
        original = (record.original_topic, record.original_kafka_partition, record.original_kafka_offset)
        return SinkRecord("elsewhere", 5, 1, record.value, original=original)


class BadTime(Transformation):
    """Sets a time that Kafka refuses."""

    def apply(self, record):
        return record.replace(timestamp=-7)


@pytest.mark.parametrize("kind", KINDS)
def test_data_stays_data_without_converters(kind: PluginKind, index: PluginIndex) -> None:
    struct = Struct(SchemaBuilder.struct().field("a", Schema.STRING).build()).put("a", "x")
    message = Message(
        topic="t",
        key=data(7, Schema.INT32),
        value=data(struct, struct.schema),
        headers=(("h", data(1, Schema.INT8)), ("h", data(None))),
        timestamp=12,
        partition=3,
    )
    [outcome] = run_chain({}, Setting(kind, index), [message])
    assert passed(outcome) == message


@pytest.mark.parametrize("kind", KINDS)
def test_every_outcome_where_errors_are_tolerated(kind: PluginKind, index: PluginIndex) -> None:
    messages = [Message(value=data(value)) for value in ("a", "poison", "known", "b")]
    config = chain(f"{MASKS}:shout", f"{HERE}:drop_b", errors_tolerance="all")
    found = run_chain(config, Setting(kind, index), messages)
    assert passed(found[0]).value == data("A!")
    assert found[1] == Failed(Stage.TRANSFORMATION, f"{MASKS}.shout", DATA_ERROR, "this cannot be shouted")
    assert passed(found[2]).value == data("KNOWN!")
    assert found[3] == Dropped()


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_that_is_not_tolerated_ends_the_task(kind: PluginKind, index: PluginIndex) -> None:
    messages = [Message(value=data(value)) for value in ("a", "b", "poison", "c")]
    found = run_chain(chain(f"{MASKS}:shout", f"{HERE}:drop_b"), Setting(kind, index), messages)
    assert passed(found[0]).value == data("A!")
    assert found[1] == Dropped()
    assert isinstance(found[2], Failed)
    assert found[3] == Unreached()


@masks.transform(on="value")
def drop_b(value: str) -> str | None:
    return None if value == "B!" else value


def test_retries_take_no_time(index: PluginIndex) -> None:
    masks.attempts.clear()
    config = chain(f"{MASKS}:at_the_third_attempt", errors_retry_timeout="3600000")
    [outcome] = run_chain(config, Setting(PluginKind.SOURCE, index), [Message(value=data("x"))])
    assert passed(outcome).value == data("x")
    assert masks.attempts == ["x"] * 3


def test_a_record_whose_retries_are_used_up_is_skipped_and_the_next_is_reached(index: PluginIndex) -> None:
    masks.attempts.clear()
    messages = [Message(value=data(value)) for value in "xyz"]
    for kind in KINDS:
        found = run_chain(chain(f"{MASKS}:at_the_third_attempt"), Setting(kind, index), messages)
        assert [type(outcome) for outcome in found] == [Failed, Failed, Passed]


def test_a_source_ends_in_the_bytes_of_its_converters(index: PluginIndex) -> None:
    config = {**JSON, "key.converter": "StringConverter", "header.converter": "SimpleHeaderConverter"}
    message = Message(key=data("k"), value=data({"a": 1}), headers=(("h", data([1, 2])),), partition=1, timestamp=3)
    [outcome] = run_chain(config, Setting(PluginKind.SOURCE, index), [message])
    assert passed(outcome) == Message(key=b"k", value=b'{"a":1}', headers=(("h", b"[1,2]"),), partition=1, timestamp=3)


def test_a_sink_begins_with_the_bytes_of_its_converters(index: PluginIndex) -> None:
    messages = [Message(key=b"k", value=b'{"a":1}'), Message(value=None), Message(value=b"{")]
    config = {**JSON, "key.converter": "StringConverter", "errors.tolerance": "all"}
    found = run_chain(config, Setting(PluginKind.SINK, index), messages)
    assert passed(found[0]).value == data({"a": 1})
    assert passed(found[0]).key.value == "k"
    assert passed(found[1]).value == data(None)
    assert isinstance(found[2], Failed)
    assert found[2].stage is Stage.VALUE_CONVERTER


def test_the_workers_converters_hold_where_the_config_names_none(index: PluginIndex) -> None:
    setting = Setting(PluginKind.SINK, index, worker={"value.converter": "StringConverter"})
    [outcome] = run_chain({}, setting, [Message(value=b"x")])
    assert passed(outcome).value == data("x", Schema.OPTIONAL_STRING)


def test_references_are_resolved_by_the_workers_providers_where_the_chain_needs_them(
    index: PluginIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKS", "3")
    worker = {
        "config.providers": "env",
        "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    }
    config = {
        **chain(f"{MASKS}:shout"),
        "transforms.n0.marks": "${env:MARKS}",
        "connection.password": "${vault:nobody:knows}",
    }
    [outcome] = run_chain(config, Setting(PluginKind.SOURCE, index, worker=worker), [Message(value=data("x"))])
    assert passed(outcome).value == data("X!!!")


def test_a_sinks_record_is_traced_to_where_it_was_read(index: PluginIndex) -> None:
    messages = [Message(value=data("a")), Message(value=data("b"), topic="u", partition=2, offset=70)]
    found = run_chain(chain(f"{HERE}:RoutedRecord"), Setting(PluginKind.SINK, index), messages)
    assert [passed(outcome).value for outcome in found] == [data("a"), data("b")]
    assert passed(found[1]).topic == "elsewhere"
    with pytest.raises(
        ChainError, match=r"which came from no message: a sink's record must be changed with record\.replace"
    ):
        run_chain(chain(f"{HERE}:FreshRecord"), Setting(PluginKind.SINK, index), messages)


def test_what_no_stage_tolerates_is_the_end_too(index: PluginIndex) -> None:
    messages = [Message(value=data("a")), Message(value=data("b"))]
    found = run_chain(chain(f"{HERE}:BadTime", errors_tolerance="all"), Setting(PluginKind.SOURCE, index), messages)
    connect = "org.apache.kafka.connect.errors.ConnectException"
    assert found == [Failed(None, None, connect, "Invalid record timestamp -7"), Unreached()]


@pytest.mark.parametrize(
    ("kind", "config", "message", "text"),
    [
        (PluginKind.SOURCE, {}, Message(value=b"x"), "Message 1: its value is given as bytes, but no converter stands before"),
        (PluginKind.SINK, JSON, Message(value=data(1)), "Message 1: its value is given as data, but value.converter is to read"),
        (PluginKind.SINK, {}, Message(headers=(("h", b"x"),)), "Message 1: its header h is given as bytes, but no converter"),
    ],
)  # fmt: skip
def test_messages_of_the_wrong_form_are_refused(
    kind: PluginKind, config: dict[str, str], message: Message, text: str, index: PluginIndex
) -> None:
    with pytest.raises(ChainError, match=text):
        run_chain(config, Setting(kind, index), [message])


def test_a_wrong_config_is_told_as_at_the_start_of_a_connector(index: PluginIndex) -> None:
    with pytest.raises(
        Exception, match=r"Invalid value many for configuration transforms\.n0\.marks: Not a number of type LONG"
    ):
        run_chain({**chain(f"{MASKS}:shout"), "transforms.n0.marks": "many"}, Setting(PluginKind.SOURCE, index), [])


def test_the_connectors_own_file_can_be_the_config(tmp_path: Path, index: PluginIndex) -> None:
    (tmp_path / "sink.properties").write_text(
        "name=s\nconnector.class=FileStreamSink\ntopics=t\nfile=${secret:path:file}\n"
        "value.converter=org.apache.kafka.connect.json.JsonConverter\nvalue.converter.schemas.enable=false\n"
        f"transforms=m\ntransforms.m.type={MASKS}:mask\ntransforms.m.field=card\n"
    )
    (tmp_path / "chain.json").write_text(
        '{"config": "sink.properties", "topic": "t", "records": ['
        '{"in": {"value": {"json": {"card": "123", "n": 1.0}}}, "out": {"value": {"card": "***", "n": 1.00}}},'
        '{"in": {"value": "[]"}, "dropped": true},'
        f'{{"in": {{"value": "{{"}}, "error": {{"stage": "VALUE_CONVERTER", "error": "{DATA_ERROR}"}}}}]}}'
    )
    case = load_case(tmp_path / "chain.json", index)
    assert case.setting.kind is PluginKind.SINK
    assert case.run() == []


def test_a_source_with_converters_in_a_file(tmp_path: Path, index: PluginIndex) -> None:
    (tmp_path / "chain.json").write_text(
        '{"config": {"value.converter": "JsonConverter", "key.converter": "StringConverter"}, "records": ['
        '{"in": {"key": "k", "value": 1, "value_schema": "int32"}, "out": {"key": "k", "value": {"json": '
        '{"payload": 1, "schema": {"type": "int32", "optional": false}}}}},'
        '{"in": {"value": "x"}}]}'
    )
    case = load_case(tmp_path / "chain.json", index)
    [difference] = case.run()
    assert difference.update == {"out": {"value": {"json": {"schema": None, "payload": "x"}}}}


@pytest.mark.parametrize(
    ("value", "schema", "node"),
    [
        (None, None, None),
        ({"a": [1, True, None]}, None, {"a": [1, True, None]}),
        (b"\x00\xff", Schema.BYTES, "AP8="),
        (Decimal("12.30"), DecimalType.schema(2), Number("12.30")),
        (dt.date(1970, 1, 3), DateType.SCHEMA, 2),
        (None, Schema.OPTIONAL_STRING, None),
    ],
)  # fmt: skip
def test_data_as_json_and_back(value: object, schema: Schema | None, node: object) -> None:
    form = DataForm()
    written, written_schema = form.write(data(value, schema))
    assert same(written, node)
    assert form.read(written, written_schema, "here") == data(value, schema)


def test_plain_schemas_have_a_short_form_and_data_without_json_is_shown() -> None:
    form = DataForm()
    assert form.write(data("x", Schema.STRING)) == ("x", "string")
    assert form.write(data("x", Schema.OPTIONAL_STRING)) == ("x", {"type": "string", "optional": True})
    assert form.write(data({1, 2})) == ({"$python": "{1, 2}"}, None)


@pytest.mark.parametrize(
    ("raw", "like", "node"),
    [
        (None, None, None),
        (b"text", None, "text"),
        (b'{"a": 1.50}', None, {"json": {"a": Number("1.50")}}),
        (b'{"a": 1}', "as text", '{"a": 1}'),
        (b'"a"', None, '"a"'),
        (b'"a"', {"json": "b"}, {"json": "a"}),
        (b"\xff", {"json": "b"}, {"base64": "/w=="}),
        (b"a", {"base64": "/w=="}, {"base64": "YQ=="}),
        (b"\xff", None, {"base64": "/w=="}),
    ],
)
def test_bytes_as_json_and_back(raw: bytes | None, like: object, node: object) -> None:
    assert write_bytes(raw, like) == node
    read = read_bytes(node, "here")
    assert read == raw or (isinstance(node, dict) and "json" in node and read is not None)


def test_json_text_keeps_digits_and_breaks_long_lines() -> None:
    tree = loads('{"a": 1.10, "b": [1e2, {"c": "ü\\u0000"}], "d": {}}')
    assert compact(tree) == '{"a": 1.10, "b": [1e2, {"c": "ü\\u0000"}], "d": {}}'
    assert pretty(tree, width=12) == (
        '{\n  "a": 1.10,\n  "b": [\n    1e2,\n    {\n      "c": "ü\\u0000"\n    }\n  ],\n  "d": {}\n}'
    )
    assert same(tree, loads('{"d": {}, "b": [100.0, {"c": "ü\\u0000"}], "a": 1.1}'))
    assert not same({"a": 1}, {"a": True})
    assert not same([1], [loads("1.0")])
    with pytest.raises(TypeError, match="has no JSON text"):
        compact(object())
