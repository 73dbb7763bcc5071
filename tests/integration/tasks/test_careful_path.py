"""What happens around a record that fails in the middle of a batch (spec 7; design decision 9).

Stateful transformations and counting converters tell how often each record was touched; the log tells how often it was sent.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.integration.tasks import careful_plugins, harness, plugins
from tests.integration.tasks.careful_plugins import SCRIPTS, script
from tests.integration.tasks.harness import Bench, RunningTask
from tests.integration.tasks.plugins import handle
from tests.support.worker import eventually

from penstock.api import (
    ConnectException,
    DataException,
    Headers,
    RetriableException,
    Schema,
    SchemaBuilder,
    SinkRecord,
    SourceBatch,
    SourceRecord,
    Struct,
    TopicPartition,
)
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.log.address import LogAddress, LogKind
from penstock.log.base import NewTopic, OutgoingBatch
from penstock.log.embedded_producer import EmbeddedProducer
from penstock.states import State

OURS = careful_plugins.__name__
CONNECT = "org.apache.kafka.connect"
JSON = f"{CONNECT}.json.JsonConverter"
INTEGER = f"{CONNECT}.converters.IntegerConverter"
COUNTING = f"{OURS}.CountingConverter"
SINK_TASK = f"{CONNECT}.sink.SinkTask"
PREFIX = "__connect.errors."
NUMBERED = {
    "transforms": "number,behind",
    "transforms.number.type": f"{OURS}.Numbering",
    "transforms.behind.type": f"{OURS}.Behind",
}
COUNTED = {"key.converter": COUNTING, "value.converter": COUNTING}
ALL = {"errors.tolerance": "all"}
DLQ = {
    "errors.deadletterqueue.topic.name": "dead",
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
}
QUICK_RETRIES = {"errors.retry.timeout": "-1", "errors.retry.delay.max.ms": "1"}
POISON = "poison"
COUNT = 9
PLACES = [(0,), (4,), (8,), (3, 4), (0, 8), tuple(range(COUNT))]

_K = PluginKind
_MORE = (
    *(
        PluginDescriptor(kind, "penstock.converters.json:JsonConverter", JSON, "1", "penstock")
        for kind in _K
        if "CONVERTER" in kind.name
    ),
    *(
        PluginDescriptor(kind, "penstock.converters.numbers:IntegerConverter", INTEGER, "1", "penstock")
        for kind in _K
        if "CONVERTER" in kind.name
    ),
    PluginDescriptor(_K.CONVERTER, f"{OURS}:CountingConverter", COUNTING, "1", "tests"),
    PluginDescriptor(_K.TRANSFORMATION, f"{OURS}:Numbering", f"{OURS}.Numbering", "1", "tests"),
    PluginDescriptor(_K.TRANSFORMATION, f"{OURS}:Behind", f"{OURS}.Behind", "1", "tests"),
    PluginDescriptor(_K.PREDICATE, f"{OURS}:Choosing", f"{OURS}.Choosing", "1", "tests"),
)


@pytest.fixture(autouse=True)
def _plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    SCRIPTS.clear()
    plugins.HANDLES.clear()  # connectors of this file share names
    monkeypatch.setattr(harness, "INDEX", PluginIndex(plugins=(*harness.INDEX.plugins, *_MORE)))


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(topic, value) of everything that any producer of the embedded log was asked to send."""
    found: list[tuple[str, str]] = []
    send_batch = EmbeddedProducer.send_batch

    def spy(self: EmbeddedProducer, batch: OutgoingBatch, **more: Any) -> int:
        found.extend((batch.topic, v if isinstance(v, str) else (v or b"").decode()) for v in batch.values)
        return send_batch(self, batch, **more)

    monkeypatch.setattr(EmbeddedProducer, "send_batch", spy)
    return found


def texts(poison: Sequence[int] = ()) -> list[str]:
    """v0, v1, …, with poison at these places."""
    return [f"{POISON}{n}" if n in poison else f"v{n}" for n in range(COUNT)]


def poisoned(where: str, values: Sequence[str]) -> None:
    """Let a plugin fail on every poison, for good."""
    for value in values:
        if value.startswith(POISON):
            script(where).always[value] = lambda value=value: DataException(f"cannot take {value}")  # type: ignore[misc]


def source_records(
    values: Sequence[Any], topic: str = "t", schema: Schema | None = Schema.STRING
) -> list[SourceRecord]:
    return [
        SourceRecord(topic, value, value_schema=schema, source_partition={"p": 1}, source_offset={"n": number})
        for number, value in enumerate(values)
    ]


def got(task: RunningTask) -> list[object]:
    return [record.value for record in task.handle.got]


def context_of(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str | None]:
    """The ``__connect.errors.*`` headers without prefix and stack trace."""
    return {
        name.removeprefix(PREFIX): None if value is None else value.decode()
        for name, value in headers
        if name.startswith(PREFIX) and "stacktrace" not in name
    }


def produce(bench: Bench, batch: OutgoingBatch) -> None:
    producer = bench.log.producer({})
    producer.send_batch(batch)
    assert producer.flush(10)
    producer.close(10)


# --- nothing twice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", PLACES)
def test_a_sink_s_records_are_transformed_once_whatever_fails(bench: Bench, poison: tuple[int, ...]) -> None:
    values = texts(poison)
    poisoned("numbering", values)
    bench.produce("t", values)
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, **COUNTED, **ALL}, name="w1")
    good = [f"{n}:v{n}" for n in range(COUNT) if n not in poison]
    eventually(lambda: bench.committed("w1") == {TopicPartition("t", 0): COUNT}, "the commit over the holes")
    assert got(task) == good
    assert script("numbering").seen == values
    assert script("behind").seen == good
    assert script("value-converter").seen == values
    assert script("key-converter").seen == [None] * COUNT


@pytest.mark.parametrize("poison", PLACES)
@pytest.mark.parametrize("columns", [False, True])
def test_a_source_s_records_are_transformed_and_sent_once(
    bench: Bench, sends: list[tuple[str, str]], poison: tuple[int, ...], columns: bool
) -> None:
    values = texts(poison)
    poisoned("numbering", values)
    task = bench.start("SteeredSource", {**NUMBERED, **COUNTED, **ALL})
    task.handle.polls.append(
        SourceBatch(topic="t", values=values, source_partition={"p": 1}, source_offset={"n": COUNT})
        if columns
        else source_records(values)
    )
    good = [f"{n}:v{n}" for n in range(COUNT) if n not in poison]
    eventually(lambda: len(script("numbering").seen) == COUNT, "the batch is through")
    task.stop()
    assert bench.values("t") == good
    assert [value for topic, value in sends if topic == "t"] == good
    assert script("numbering").seen == values
    assert script("behind").seen == good
    assert script("value-converter").seen == good


@pytest.mark.parametrize("stage", ["key-converter", "value-converter"])
@pytest.mark.parametrize("poison", PLACES)
def test_a_source_s_records_are_converted_once_and_sent_once(
    bench: Bench, sends: list[tuple[str, str]], stage: str, poison: tuple[int, ...]
) -> None:
    values = texts(poison)
    poisoned(stage, values)
    task = bench.start("RecordingSource", {**COUNTED, **ALL})
    task.handle.polls.append(
        SourceBatch(
            topic="t",
            values=values,
            keys=values,
            source_partition={"p": 1},
            source_offsets=[{"n": number} for number in range(COUNT)],
        )
    )
    good = [f"v{n}" for n in range(COUNT) if n not in poison]
    eventually(lambda: len(task.handle.commit_records) == COUNT, "each record is answered")
    assert bench.values("t") == good
    assert [value for topic, value in sends if topic == "t"] == good
    assert script("key-converter").seen == values
    assert script("value-converter").seen == (good if stage == "key-converter" else values)
    assert {value for value, metadata in task.handle.commit_records if metadata is None} == set(values) - set(good)


@pytest.mark.parametrize("stage", ["numbering", "key-converter", "value-converter"])
def test_what_stands_before_the_poison_is_sent_once_though_the_task_fails(
    bench: Bench, sends: list[tuple[str, str]], stage: str
) -> None:
    values = texts([5])
    poisoned(stage, values)
    task = bench.start("SteeredSource", {**COUNTED, **(NUMBERED if stage == "numbering" else {})})
    task.handle.polls.append(source_records(values))
    for record in task.handle.polls[0]:
        record.key = record.value
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Tolerance exceeded in error handler\n")
    assert f"Caused by: {CONNECT}.errors.DataException: cannot take {POISON}5\n" in trace
    task.thread.join(10)
    before = [f"{n}:v{n}" if stage == "numbering" else f"v{n}" for n in range(5)]
    assert bench.values("t") == [value for _, value in sends] == before
    assert task.link.stored == {b'{"p":1}': b'{"n":4}'}
    assert Counter(script(stage).seen).most_common(1)[0][1] == 1, "something was touched twice"


def test_a_step_behind_takes_over_where_it_failed(bench: Bench) -> None:
    """The first step must not run again for the record at which the second one asks for another try."""
    script("behind").errors["4:v4"] = [RetriableException("not now"), RetriableException("nor now")]
    bench.produce("t", texts())
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, **QUICK_RETRIES}, name="w2")
    eventually(lambda: got(task) == [f"{n}:v{n}" for n in range(COUNT)], "all records, in order")
    assert script("numbering").seen == texts()
    assert Counter(script("behind").seen)["4:v4"] == 3
    assert len(script("behind").seen) == COUNT + 2


def test_a_second_batch_goes_on_with_the_state_of_the_first(bench: Bench) -> None:
    poisoned("numbering", texts([2]))
    bench.produce("t", texts([2]))
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, **ALL}, name="w3")
    eventually(lambda: len(got(task)) == COUNT - 1, "the first batch")
    bench.produce("t", ["later"])
    eventually(lambda: got(task)[-1] == f"{COUNT}:later", "one more call, and no other")


# --- converters that fail ---------------------------------------------------------------------------------------------

NOT_JSON = b'{"a": '
BROKEN_JSON = "Converting byte[] to Kafka Connect data failed due to serialization error: "
NO_ENVELOPE = (
    'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. '
    "If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration."
)
PLAIN_JSON = {f"{part}.converter.schemas.enable": "false" for part in ("key", "value", "header")}
SINK_FAILURES = [
    pytest.param("key", JSON, PLAIN_JSON, b'"good"', NOT_JSON, BROKEN_JSON, id="key-json"),
    pytest.param("value", JSON, PLAIN_JSON, b'{"x":1}', NOT_JSON, BROKEN_JSON, id="value-json"),
    pytest.param(
        "value", JSON, {}, b'{"schema":{"type":"int32"},"payload":1}', b'{"x":1}', NO_ENVELOPE, id="value-json-envelope"
    ),
    pytest.param("header", JSON, PLAIN_JSON, b"[1]", NOT_JSON, BROKEN_JSON, id="header-json"),
    pytest.param("key", INTEGER, {}, b"\0\0\0\1", b"\0\0\1", "Failed to deserialize integer: ", id="key-integer"),
    pytest.param("value", INTEGER, {}, b"\0\0\0\1", b"\0\0\1", "Failed to deserialize integer: ", id="value-integer"),
    pytest.param("header", INTEGER, {}, b"\0\0\0\1", b"\0\0\1", "Failed to deserialize integer: ", id="header-integer"),
]


def produce_raw(bench: Bench, part: str, good: bytes, bad: bytes) -> None:
    """Five records; number 2 is bad in its key, value or header."""
    column = [good, good, bad, good, good]
    constant = [b"c"] * 5
    produce(
        bench,
        OutgoingBatch(
            topic="t",
            keys=column if part == "key" else constant,
            values=column if part == "value" else constant,
            headers=[[("before", good), ("h", item), ("after", None)] for item in column] if part == "header" else None,
        ),
    )


@pytest.mark.parametrize(("part", "converter", "settings", "good", "bad", "message"), SINK_FAILURES)
def test_a_sink_s_converter_fails_on_one_record(
    bench: Bench, part: str, converter: str, settings: dict[str, str], good: bytes, bad: bytes, message: str
) -> None:
    produce_raw(bench, part, good, bad)
    config = {"topics": "t", f"{part}.converter": converter, **settings, **ALL, **DLQ}
    task = bench.start("SteeredSink", config, name="f1")
    eventually(lambda: bench.committed("f1") == {TopicPartition("t", 0): 5}, "the commit over the hole")
    assert [record.kafka_offset for record in task.handle.got] == [0, 1, 3, 4]
    ((key, value, headers),) = bench.read("dead")
    assert (key, value) == (bad if part == "key" else b"c", bad if part == "value" else b"c")
    if part == "header":
        assert headers[:3] == [("before", good), ("h", bad), ("after", None)]
    assert context_of(headers) == {
        "topic": "t",
        "partition": "0",
        "offset": "2",
        "connector.name": "f1",
        "task.id": "0",
        "stage": f"{part.upper()}_CONVERTER",
        "class.name": converter,
        "exception.class.name": f"{CONNECT}.errors.DataException",
        "exception.message": message,
    }
    trace = (dict(headers)[PREFIX + "exception.stacktrace"] or b"").decode()
    assert trace.startswith(f"{CONNECT}.errors.DataException: {message}\n")


@pytest.mark.parametrize(("part", "converter", "settings", "good", "bad", "message"), SINK_FAILURES)
def test_without_tolerance_the_converter_s_failure_is_the_end(
    bench: Bench, part: str, converter: str, settings: dict[str, str], good: bytes, bad: bytes, message: str
) -> None:
    produce_raw(bench, part, good, bad)
    task = bench.start("SteeredSink", {"topics": "t", f"{part}.converter": converter, **settings}, name="f2")
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Tolerance exceeded in error handler\n")
    assert f"Caused by: {CONNECT}.errors.DataException: {message}\n" in trace
    task.thread.join(10)
    assert bench.committed("f2").get(TopicPartition("t", 0), 0) <= 2


BODY = SchemaBuilder.struct().field("id", Schema.INT32).field("name", Schema.OPTIONAL_STRING).build()


def body(number: int, **fields: object) -> Struct:
    made = Struct(BODY).put("id", number)
    for name, value in fields.items():
        made.put(name, value)
    return made


def with_wrong_id(number: int) -> Struct:
    """A struct that nobody validated: its id is text."""
    return Struct.of(BODY, [f"x{number}", None])


SOURCE_FAILURES = [
    pytest.param(
        "value",
        JSON,
        BODY,
        body(1),
        with_wrong_id(2),
        "Invalid type for INT32: class java.lang.String",
        id="value-json",
    ),
    pytest.param(
        "key", JSON, BODY, body(1), with_wrong_id(2), "Invalid type for INT32: class java.lang.String", id="key-json"
    ),
    pytest.param(
        "value",
        INTEGER,
        Schema.INT32,
        7,
        "seven",
        "Failed to serialize to integer (was class java.lang.String): ",
        id="value-integer",
    ),
    pytest.param(
        "key",
        INTEGER,
        Schema.INT32,
        7,
        "seven",
        "Failed to serialize to integer (was class java.lang.String): ",
        id="key-integer",
    ),
    pytest.param(
        "header",
        INTEGER,
        Schema.INT32,
        7,
        "seven",
        "Failed to serialize to integer (was class java.lang.String): ",
        id="header-integer",
    ),
]


def records_with(part: str, schema: Schema, column: Sequence[object]) -> list[SourceRecord]:
    """One record an item, which is its key, value or header; the value tells its number wherever it can."""
    made = []
    for number, item in enumerate(column):
        record = SourceRecord(
            "t",
            f"v{number}",
            value_schema=Schema.STRING,
            key=f"k{number}",
            source_partition={"p": 1},
            source_offset={"n": number},
        )
        if part == "header":
            headers = Headers()
            headers.add("h", item, schema if isinstance(item, int) else Schema.STRING)
            record = record.replace(headers=headers)
        elif part == "key":
            record = record.replace(key=item, key_schema=schema)
        else:
            record = record.replace(value=item, value_schema=schema)
        made.append(record)
    return made


@pytest.mark.parametrize(("part", "converter", "schema", "good", "bad", "message"), SOURCE_FAILURES)
def test_a_source_s_converter_fails_on_one_record(
    bench: Bench,
    caplog: pytest.LogCaptureFixture,
    part: str,
    converter: str,
    schema: Schema,
    good: object,
    bad: object,
    message: str,
) -> None:
    config = {f"{part}.converter": converter, **ALL, "errors.log.enable": "true"}
    task = bench.start("RecordingSource", config, name="f3")
    task.handle.polls.append(records_with(part, schema, [good, good, bad, good, good]))
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"n":4}'}, "the last offset")
    assert len(bench.read("t")) == 4
    assert sum(metadata is None for _, metadata in task.handle.commit_records) == 1
    stage = f"{part.upper()}_CONVERTER"
    (line,) = [entry for entry in caplog.records if entry.name == "penstock.errors.reporter"]
    assert line.getMessage() == (f"Error encountered in task f3-0. Executing stage '{stage}' with class '{converter}'.")
    assert line.exc_info is not None
    assert str(line.exc_info[1]) == message


@pytest.mark.parametrize(("part", "converter", "schema", "good", "bad", "message"), SOURCE_FAILURES)
def test_without_tolerance_a_source_s_converter_ends_the_task(
    bench: Bench, part: str, converter: str, schema: Schema, good: object, bad: object, message: str
) -> None:
    task = bench.start("SteeredSource", {f"{part}.converter": converter}, name="f4")
    task.handle.polls.append(records_with(part, schema, [good, good, bad, good, good]))
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Tolerance exceeded in error handler\n")
    assert f"Caused by: {CONNECT}.errors.DataException: {message}\n" in trace
    task.thread.join(10)
    assert len(bench.read("t")) == 2
    assert task.link.stored == {b'{"p":1}': b'{"n":1}'}


# --- retries ----------------------------------------------------------------------------------------------------------


def test_a_record_that_asks_for_more_time_gets_it_in_a_sink(bench: Bench) -> None:
    script("value-converter").errors["v4"] = [RetriableException(f"try {n}") for n in range(3)]
    bench.produce("t", texts())
    task = bench.start("SteeredSink", {"topics": "t", **COUNTED, **QUICK_RETRIES, **DLQ}, name="r1")
    eventually(lambda: got(task) == texts(), "all records, in order")
    assert Counter(script("value-converter").seen) == Counter({**dict.fromkeys(texts(), 1), "v4": 4})
    assert bench.read("dead") == []


def test_what_is_not_retriable_is_not_tried_again(bench: Bench) -> None:
    poisoned("value-converter", texts([4]))
    bench.produce("t", texts([4]))
    task = bench.start("SteeredSink", {"topics": "t", **COUNTED, **QUICK_RETRIES, **ALL, **DLQ}, name="r2")
    eventually(lambda: len(got(task)) == COUNT - 1, "the others")
    assert Counter(script("value-converter").seen)[f"{POISON}4"] == 1


@pytest.mark.parametrize("timeout", ["0", "30"])
@pytest.mark.parametrize("tolerance", ["none", "all"])
def test_a_record_whose_time_is_up_is_left_out_whatever_the_tolerance_says(
    bench: Bench, timeout: str, tolerance: str
) -> None:
    """Connect's own rule: it reports the record and goes on, with tolerance none as well (spec 7.2 step 4)."""
    script("numbering").always["v4"] = lambda: RetriableException("still locked")
    bench.produce("t", texts())
    config = {
        "topics": "t",
        **NUMBERED,
        **DLQ,
        "errors.tolerance": tolerance,
        "errors.retry.timeout": timeout,
        "errors.retry.delay.max.ms": "5",
    }
    task = bench.start("SteeredSink", config, name="r3")
    eventually(lambda: bench.committed("r3") == {TopicPartition("t", 0): COUNT}, "the commit over the hole")
    tries = Counter(script("numbering").seen)["v4"]
    assert tries == 1 if timeout == "0" else tries > 1
    assert len(got(task)) == COUNT - 1
    ((_, value, headers),) = bench.read("dead")
    assert value == b"v4"
    assert context_of(headers)["exception.class.name"] == f"{CONNECT}.errors.RetriableException"
    assert context_of(headers)["exception.message"] == "still locked"


def test_a_stop_does_not_wait_for_a_retry(bench: Bench) -> None:
    script("numbering").always["v4"] = lambda: RetriableException("locked for long")
    task = bench.start(
        "SteeredSource", {**NUMBERED, "errors.retry.timeout": "-1", "errors.retry.delay.max.ms": "600000"}
    )
    task.handle.polls.append(source_records(texts()))
    eventually(lambda: "v4" in script("numbering").seen, "the record that waits")
    task.stop()  # fails when the thread is still there after 20 s
    assert task.link.states[-1][0] is State.UNASSIGNED
    assert bench.values("t") == [f"{n}:v{n}" for n in range(4)]
    assert task.link.stored == {b'{"p":1}': b'{"n":3}'}, "the record that nobody has judged comes again"


def test_a_sink_that_is_stopped_between_two_tries_reads_the_record_again(bench: Bench) -> None:
    script("numbering").always["v4"] = lambda: RetriableException("locked for long")
    bench.produce("t", texts())
    config = {"topics": "t", **NUMBERED, **ALL, **DLQ, "errors.retry.timeout": "-1"}
    task = bench.start("SteeredSink", config, name="r4")
    eventually(lambda: "v4" in script("numbering").seen, "the record that waits")
    task.stop()
    assert task.link.states[-1][0] is State.UNASSIGNED
    assert bench.read("dead") == []
    assert bench.committed("r4").get(TopicPartition("t", 0), 0) <= 4
    script("numbering").always.clear()
    bench.start("SteeredSink", config, name="r4")
    eventually(lambda: bench.committed("r4") == {TopicPartition("t", 0): COUNT}, "everything after a restart")
    assert sorted({str(value).partition(":")[2] for value in got(task)}) == texts()


# --- the log reporter -------------------------------------------------------------------------------------------------


def reported(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.getMessage() for entry in caplog.records if entry.name == "penstock.errors.reporter"]


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("messages", [False, True])
def test_the_log_tells_of_a_sink_s_failures(
    bench: Bench, caplog: pytest.LogCaptureFixture, enabled: bool, messages: bool
) -> None:
    poisoned("numbering", texts([4]))
    produce(
        bench, OutgoingBatch(topic="t", values=texts([4]), timestamps=[1_700_000_000_000 + n for n in range(COUNT)])
    )
    config = {"errors.log.enable": str(enabled).lower(), "errors.log.include.messages": str(messages).lower()}
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, **ALL, **config}, name="l1")
    eventually(lambda: len(got(task)) == COUNT - 1, "the others")
    line = f"Error encountered in task l1-0. Executing stage 'TRANSFORMATION' with class '{OURS}.Numbering'"
    place = ", where consumed record is {topic='t', partition=0, offset=4, timestamp=1700000000004, timestampType=CreateTime}"
    assert reported(caplog) == ([f"{line}{place if messages else ''}."] if enabled else [])
    if enabled:
        entry = next(entry for entry in caplog.records if entry.name == "penstock.errors.reporter")
        assert entry.levelno == logging.ERROR
        assert entry.exc_info is not None
        assert str(entry.exc_info[1]) == f"cannot take {POISON}4"


@pytest.mark.parametrize("messages", [False, True])
def test_the_log_tells_of_a_source_s_failures(bench: Bench, caplog: pytest.LogCaptureFixture, messages: bool) -> None:
    poisoned("numbering", texts([4]))
    config = {"errors.log.enable": "true", "errors.log.include.messages": str(messages).lower()}
    task = bench.start("SteeredSource", {**NUMBERED, **ALL, **config}, name="l2")
    task.handle.polls.append(source_records(texts([4])))
    eventually(lambda: len(bench.values("t")) == COUNT - 1, "the others")
    line = f"Error encountered in task l2-0. Executing stage 'TRANSFORMATION' with class '{OURS}.Numbering'"
    record = (
        ", where source record is = SourceRecord{sourcePartition={p=1}, sourceOffset={n=4}} ConnectRecord{topic='t', "
        f"kafkaPartition=null, key=null, keySchema=null, value={POISON}4, valueSchema=Schema{{STRING}}, timestamp=null, "
        "headers=ConnectHeaders(headers=)}"
    )
    assert reported(caplog) == [f"{line}{record if messages else ''}."]


def test_the_log_tells_although_the_task_then_fails(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    poisoned("numbering", texts([4]))
    bench.produce("t", texts([4]))
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, "errors.log.enable": "true"}, name="l3")
    task.wait_for(State.FAILED)
    task.thread.join(10)
    assert reported(caplog) == [
        f"Error encountered in task l3-0. Executing stage 'TRANSFORMATION' with class '{OURS}.Numbering'."
    ]


# --- predicates -------------------------------------------------------------------------------------------------------

CHOSEN = {
    **NUMBERED,
    "transforms.number.predicate": "choose",
    "predicates": "choose",
    "predicates.choose.type": f"{OURS}.Choosing",
}


def test_a_predicate_that_fails_is_a_failure_of_its_transformation(bench: Bench) -> None:
    poisoned("choosing", texts([4]))
    bench.produce("t", texts([4]))
    task = bench.start("SteeredSink", {"topics": "t", **CHOSEN, **ALL, **DLQ}, name="p1")
    eventually(lambda: bench.committed("p1") == {TopicPartition("t", 0): COUNT}, "the commit over the hole")
    assert len(got(task)) == COUNT - 1
    assert script("choosing").seen == texts([4])
    assert f"{POISON}4" not in script("numbering").seen
    ((_, value, headers),) = bench.read("dead")
    assert value == f"{POISON}4".encode()
    told = context_of(headers)
    assert (told["stage"], told["class.name"]) == ("TRANSFORMATION", f"{OURS}.Numbering")
    assert told["exception.message"] == f"cannot take {POISON}4"


def test_a_predicate_may_ask_for_another_try(bench: Bench) -> None:
    script("choosing").errors["v4"] = [RetriableException("not now")]
    task = bench.start("SteeredSource", {**CHOSEN, **QUICK_RETRIES})
    task.handle.polls.append(source_records(texts()))
    eventually(lambda: bench.values("t") == [f"{n}:v{n}" for n in range(COUNT)], "all records")
    assert Counter(script("choosing").seen)["v4"] == 2
    assert script("numbering").seen == texts()


def test_a_predicate_that_fails_ends_the_task_without_tolerance(bench: Bench) -> None:
    poisoned("choosing", texts([4]))
    task = bench.start("SteeredSource", CHOSEN)
    task.handle.polls.append(source_records(texts([4])))
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Tolerance exceeded in error handler\n")
    assert f"Caused by: {CONNECT}.errors.DataException: cannot take {POISON}4\n" in trace


# --- records that the task itself refuses -----------------------------------------------------------------------------

ODD_JSON = b'{ "schema" : {"type":"struct","fields":[{"field":"id","type":"int32"}]},\n "payload":{"id": 7 } }'


def report_odd_ones(running: Any, records: Sequence[SinkRecord]) -> None:
    for record in records:
        if record.value.get("id") % 2:
            running.context.errant_record_reporter.report(record, ValueError("odd"))


def test_a_reported_record_is_in_the_queue_with_the_bytes_that_were_read(bench: Bench) -> None:
    even = ODD_JSON.replace(b"7", b"8")
    produce(
        bench,
        OutgoingBatch(
            topic="t",
            values=[even, ODD_JSON, even],
            keys=["k0", "k1", "k2"],
            headers=[None, [("h", b"\xff\xfe"), ("none", None)], None],
            timestamps=[1, 2, 3],
        ),
    )
    handle("e1").on_put = report_odd_ones
    config = {"topics": "t", "value.converter": JSON, **ALL, **DLQ}
    task = bench.start("SteeredSink", config, name="e1")
    eventually(lambda: bench.committed("e1") == {TopicPartition("t", 0): 3}, "the commit, after the dead letter")
    assert len(task.handle.got) == 3
    ((key, value, headers),) = bench.read("dead")
    assert (key, value) == (b"k1", ODD_JSON)
    assert headers[:2] == [("h", b"\xff\xfe"), ("none", None)]
    told = context_of(headers)
    assert (told["offset"], told["stage"], told["class.name"]) == ("1", "TASK_PUT", SINK_TASK)
    assert told["exception.message"] == "odd"


def test_a_record_of_the_task_s_own_is_written_with_the_task_s_converters(bench: Bench) -> None:
    def report_another(running: Any, records: Sequence[SinkRecord]) -> None:
        for record in records:
            own = SinkRecord(
                record.topic,
                record.kafka_partition,
                record.kafka_offset,
                body(9, name="né"),
                value_schema=BODY,
                key="k",
            )
            running.context.errant_record_reporter.report(own, ValueError("made here"))

    handle("e2").on_put = report_another
    produce(bench, OutgoingBatch(topic="t", values=[ODD_JSON]))
    bench.start("SteeredSink", {"topics": "t", "value.converter": JSON, **ALL, **DLQ}, name="e2")
    eventually(lambda: bench.committed("e2") == {TopicPartition("t", 0): 1}, "the commit, after the dead letter")
    ((key, value, headers),) = bench.read("dead")
    assert key == b"k"
    assert (
        value
        == (
            '{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},'
            '{"type":"string","optional":true,"field":"name"}],"optional":false},"payload":{"id":9,"name":"né"}}'
        ).encode()
    )
    assert context_of(headers)["offset"] == "0"


# --- records that the log does not take -------------------------------------------------------------------------------

LARGE = "x" * 20_000
SMALL_REQUESTS = {"producer.override.max.request.size": "10000"}
WORKER_SOURCE_TASK = f"{CONNECT}.runtime.WorkerSourceTask"


def told_or_failed(task: RunningTask) -> bool:
    """Whether the last offset is stored, or the task has ended."""
    ended = bool(task.link.states) and task.link.states[-1][0] is State.FAILED
    return ended or task.link.stored == {b'{"p":1}': b'{"n":4}'}


def refused_and_tolerated(
    bench: Bench, caplog: pytest.LogCaptureFixture, records: list[SourceRecord], config: dict[str, str], error: str
) -> None:
    """Five records of which number 2 is refused: the others are there, all are answered, and the log tells of it."""
    config = {**ALL, "errors.log.enable": "true", **config}
    task = bench.start("RecordingSource", config)
    task.handle.polls.append(records)
    eventually(lambda: told_or_failed(task), "an end")
    assert task.link.states[-1][0] is State.RUNNING, task.link.states[-1][1]
    assert bench.values("t") == ["v0", "v1", "v3", "v4"]
    assert [value for value, metadata in task.handle.commit_records if metadata is None] == [records[2].value]
    assert len(task.handle.commit_records) == 5
    (line,) = [entry for entry in caplog.records if entry.name == "penstock.errors.reporter"]
    assert "Executing stage 'KAFKA_PRODUCE'" in line.getMessage()
    assert line.exc_info is not None
    assert type(line.exc_info[1]).connect_name == error  # type: ignore[union-attr]


def test_a_record_too_large_is_tolerated(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    records = source_records(["v0", "v1", LARGE, "v3", "v4"])
    refused_and_tolerated(
        bench, caplog, records, SMALL_REQUESTS, "org.apache.kafka.common.errors.RecordTooLargeException"
    )


def test_a_topic_that_cannot_be_is_tolerated(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    records = source_records(["v0", "v1", "v2", "v3", "v4"])
    records[2] = records[2].replace(topic="bad topic!")
    refused_and_tolerated(bench, caplog, records, {}, "org.apache.kafka.common.errors.InvalidTopicException")


def test_a_refusal_that_comes_with_the_delivery_is_tolerated(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A compacted topic takes no record without a key; the log says so when it reports."""
    admin = bench.log.admin({})
    admin.create_topics([NewTopic("t", 1, configs={"cleanup.policy": "compact"})], 10)
    admin.close()
    records = [record.replace(key=None if n == 2 else f"k{n}") for n, record in enumerate(source_records(texts()[:5]))]
    refused_and_tolerated(bench, caplog, records, {}, "org.apache.kafka.common.KafkaException")


def test_the_class_at_work_while_producing_is_connect_s(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    admin = bench.log.admin({})
    admin.create_topics([NewTopic("t", 1, configs={"cleanup.policy": "compact"})], 10)
    admin.close()
    task = bench.start("SteeredSource", {**ALL, "errors.log.enable": "true"}, name="k1")
    task.handle.polls.append(source_records(["keyless"]))
    eventually(lambda: reported(caplog), "the report")
    assert reported(caplog) == [
        f"Error encountered in task k1-0. Executing stage 'KAFKA_PRODUCE' with class '{WORKER_SOURCE_TASK}'."
    ]


@pytest.mark.parametrize("refused", ["too large", "bad topic", "told late"])
def test_without_tolerance_a_record_that_the_log_does_not_take_ends_the_task(bench: Bench, refused: str) -> None:
    records = source_records(["v0", "v1", LARGE if refused == "too large" else "v2", "v3", "v4"])
    if refused == "bad topic":
        records[2] = records[2].replace(topic="bad topic!")
    if refused == "told late":
        admin = bench.log.admin({})
        admin.create_topics([NewTopic("t", 1, configs={"cleanup.policy": "compact"})], 10)
        admin.close()
        records = [record.replace(key=None if n == 2 else "k") for n, record in enumerate(records)]
    task = bench.start("SteeredSource", SMALL_REQUESTS)
    task.handle.polls.append(records)
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Unrecoverable exception from producer send callback\n")
    task.thread.join(10)
    assert bench.values("t")[:2] == ["v0", "v1"]
    stored = task.link.stored.get(b'{"p":1}')
    assert stored in (None, b'{"n":0}', b'{"n":1}'), "an offset at or behind the record that was lost"


# --- the same on Kafka ------------------------------------------------------------------------------------------------


class KafkaBench(Bench):
    """Tasks over a real broker."""

    def __init__(self, directory: Path, bootstrap: str) -> None:
        super().__init__(directory)
        self.log_address = LogAddress(LogKind.KAFKA, bootstrap)
        self.log = self.log_address.open()
        self.worker["bootstrap.servers"] = bootstrap


@pytest.fixture
def kafka_bench(tmp_path: Path, kafka: Any) -> Iterator[KafkaBench]:
    bench = KafkaBench(tmp_path, kafka.bootstrap)
    yield bench
    bench.close()


def test_a_record_that_the_broker_refuses_is_tolerated(
    kafka_bench: KafkaBench, caplog: pytest.LogCaptureFixture
) -> None:
    admin = kafka_bench.log.admin({})
    admin.create_topics([NewTopic("careful-large", 1, 1, {"max.message.bytes": "10000"})], 30)
    admin.close()
    task = kafka_bench.start("RecordingSource", {**ALL, "errors.log.enable": "true"}, name="careful-large")
    # One poll each: a broker refuses a whole batch of records over one that is too large, as it does for Java's producer.
    for record in source_records(["v0", "v1", LARGE, "v3", "v4"], "careful-large"):
        task.handle.polls.append([record])
        answered = record.source_offset["n"] + 1  # type: ignore[index,operator]
        eventually(lambda answered=answered: len(task.handle.commit_records) >= answered, "an answer")
    eventually(lambda: task.link.stored == {b'{"p":1}': b'{"n":4}'}, "the last offset")
    assert kafka_bench.values("careful-large") == ["v0", "v1", "v3", "v4"]
    (line,) = [entry for entry in caplog.records if entry.name == "penstock.errors.reporter"]
    assert "Executing stage 'KAFKA_PRODUCE'" in line.getMessage()


def test_a_record_that_the_broker_refuses_ends_the_task(kafka_bench: KafkaBench) -> None:
    admin = kafka_bench.log.admin({})
    admin.create_topics([NewTopic("careful-none", 1, 1, {"max.message.bytes": "10000"})], 30)
    admin.close()
    task = kafka_bench.start("SteeredSource", name="careful-none")
    task.handle.polls += [source_records(["v0"], "careful-none"), source_records([LARGE], "careful-none")]
    trace = task.wait_for(State.FAILED) or ""
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Unrecoverable exception from producer send callback\n")


def test_poison_on_kafka_is_transformed_and_sent_once(kafka_bench: KafkaBench) -> None:
    values = texts([4])
    poisoned("numbering", values)
    task = kafka_bench.start("RecordingSource", {**NUMBERED, **COUNTED, **ALL}, name="careful-once")
    task.handle.polls.append(source_records(values, "careful-once"))
    eventually(lambda: len(task.handle.commit_records) == COUNT, "each record is answered")
    assert kafka_bench.values("careful-once") == [f"{n}:v{n}" for n in range(COUNT) if n != 4]
    assert script("numbering").seen == values
    assert script("value-converter").seen == [f"{n}:v{n}" for n in range(COUNT) if n != 4]


def test_a_failing_task_tells_the_record_it_failed_on(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """With nothing configured, an operator must find the record: topic, partition, offset and stage stand in trace or log."""
    poisoned("numbering", texts([4]))
    bench.produce("t", texts([4]))
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED}, name="n1")
    trace = task.wait_for(State.FAILED) or ""
    task.thread.join(10)
    assert trace.startswith(f"{CONNECT}.errors.ConnectException: Tolerance exceeded in error handler\n")
    told = trace + "\n".join(entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR)
    for detail in ("TRANSFORMATION", "topic='t'", "partition=0", "offset=4"):
        assert detail in told, f"{detail} is named neither in the trace nor in the log"


def test_connect_exceptions_of_a_plugin_are_data_errors_too(bench: Bench) -> None:
    script("numbering").always["v4"] = lambda: ConnectException("plain")
    bench.produce("t", texts())
    task = bench.start("SteeredSink", {"topics": "t", **NUMBERED, **ALL}, name="n2")
    eventually(lambda: len(got(task)) == COUNT - 1, "the others")
