"""The contracts find what they are there to find: each fault fails the check that is named after it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SOURCE = """
import itertools
import threading

import pytest

from penstock.api import ConfigDef, ConfigType, Importance, SourceConnector, SourceRecord, SourceTask
from penstock.testing import SourceConnectorContract


class CountingTask(SourceTask):
    def start(self, props):
        stored = self.context.offset_storage_reader.offset({"p": 1})
        self.numbers = itertools.count(stored["n"] + 1 if stored else 0)

    def poll(self):
        if self.context.wait(0.01):
            return None
        number = next(self.numbers)
        return [SourceRecord(self.config["topic"], number, source_partition={"p": 1}, source_offset={"n": number})]


class Counting(SourceConnector):
    CONFIG = ConfigDef().define("topic", ConfigType.STRING, importance=Importance.HIGH, doc="Where numbers go.")
    task_class = CountingTask


class Contract(SourceConnectorContract):
    stops_within_s = 0.5

    @pytest.fixture
    def config(self):
        return {"topic": "numbers"}

    def feed(self, config, count):
        pass


class TestGood(Contract):
    connector = Counting


class Silent(Counting):
    CONFIG = ConfigDef().define("topic", ConfigType.STRING)


class TestSilent(Contract):
    connector = Silent


class Greedy(Counting):
    def task_configs(self, max_tasks):
        return [{**self.props}] * (max_tasks + (max_tasks > 1))


class TestGreedy(Contract):
    connector = Greedy


class Once(Counting):
    started = False

    def start(self, props):
        if self.started:
            raise RuntimeError("again")
        self.started = True


class TestOnce(Contract):
    connector = Once


class Strict(Counting):
    def validate(self, props):
        if not props["topic"].strip():
            raise RuntimeError("no topic")
        return super().validate(props)


class TestStrict(Contract):
    connector = Strict


class DeafTask(CountingTask):
    def poll(self):
        threading.Event().wait(30)


class Deaf(Counting):
    task_class = DeafTask


class TestDeaf(Contract):
    connector = Deaf

    def test_records_arrive(self): ...
    def test_it_goes_on_where_it_was(self): ...
    def test_its_own_offsets_may_be_altered(self): ...
    def test_a_task_pauses_and_goes_on(self): ...


class ForgetfulTask(CountingTask):
    def start(self, props):
        self.numbers = itertools.count()


class Forgetful(Counting):
    task_class = ForgetfulTask


class TestForgetful(Contract):
    connector = Forgetful


class AimlessTask(CountingTask):
    def poll(self):
        return [SourceRecord(record.topic, record.value) for record in super().poll() or ()]


class Aimless(Counting):
    task_class = AimlessTask


class TestAimless(Contract):
    connector = Aimless


class ClumsyTask(CountingTask):
    def stop(self):
        self.numbers.close


class Clumsy(Counting):
    task_class = ClumsyTask

    def alter_offsets(self, props, offsets):
        return None

    def exactly_once_support(self, props):
        return "yes"

    def version(self):
        return 7


class TestClumsy(Contract):
    connector = Clumsy


class TestWrongExample(Contract):
    connector = Counting

    @pytest.fixture
    def config(self):
        return {"topic": "numbers", "transforms": "x"}
"""
SOURCE_FAULTS = {
    "TestSilent": ["test_every_key_is_documented"],
    "TestGreedy": ["test_it_makes_no_more_tasks_than_it_may"],
    "TestOnce": ["test_it_starts_again_after_a_stop"],
    "TestStrict": ["test_validation_tells_and_never_raises"],
    "TestDeaf": ["test_a_task_stops_soon"],
    "TestForgetful": ["test_it_goes_on_where_it_was"],
    "TestAimless": ["test_it_goes_on_where_it_was"],
    "TestClumsy": [
        "test_a_task_that_never_started_can_be_stopped",
        "test_it_says_what_it_supports",
        "test_its_class_can_be_made_without_arguments",
        "test_its_own_offsets_may_be_altered",
    ],
}

SINK = """
import pytest

from penstock.api import ConfigDef, SinkConnector, SinkTask
from penstock.testing import SinkConnectorContract

TARGET = {}


class ListTask(SinkTask):
    def start(self, props):
        self.target = TARGET.setdefault(props["list"], [])
        self.open_now = set()

    def open(self, partitions):
        self.open_now |= set(partitions)

    def close(self, partitions):
        self.open_now -= set(partitions)

    def put(self, records):
        self.target.extend(record.value for record in records)


class Listing(SinkConnector):
    task_class = ListTask


class Contract(SinkConnectorContract):
    @pytest.fixture
    def config(self, request):
        return {"topics": "t", "list": request.node.nodeid}

    @pytest.fixture
    def records(self):
        return ["a", "b"]

    def written(self, config):
        return len(TARGET[config["list"]])


class TestGood(Contract):
    connector = Listing


class FirstTask(ListTask):
    def put(self, records):
        self.target.append(records[0].value)


class First(Listing):
    task_class = FirstTask


class TestFirst(Contract):
    connector = First

    def test_a_task_pauses_and_goes_on(self): ...
    def test_a_task_stops_soon(self): ...


class TwiceTask(ListTask):
    def put(self, records):
        self.target.extend(2 * [record.value for record in records])


class Twice(Listing):
    task_class = TwiceTask


class TestTwice(Contract):
    connector = Twice


class HastyTask(ListTask):
    def pre_commit(self, current_offsets):
        return {partition: offset + 1 for partition, offset in current_offsets.items()}


class Hasty(Listing):
    task_class = HastyTask


class TestHasty(Contract):
    connector = Hasty

    def test_records_are_written_and_then_committed(self): ...


class OnceTask(ListTask):
    def close(self, partitions):
        del self.open_now

    def stop(self):
        self.target = None


class Once(Listing):
    task_class = OnceTask

    def alter_offsets(self, props, offsets):
        return [offset + 1 for offset in offsets.values()]


class TestOnce(Contract):
    connector = Once
"""
SINK_FAULTS = {
    "TestFirst": [
        "test_nothing_can_be_put",
        "test_partitions_come_and_go",
        "test_records_are_written_and_then_committed",
    ],
    "TestTwice": ["test_records_are_written_and_then_committed"],
    "TestHasty": ["test_no_offset_is_made_up"],
    "TestOnce": ["test_its_offsets_may_be_altered", "test_partitions_come_and_go"],
}

TRANSFORMATION = '''
import pytest

from penstock.api import ConfigDef, ConfigType, DataException, SourceRecord, Transformation, transform
from penstock.testing import TransformationContract


@transform
def good(record, *, topic: str = "t") -> object:
    """A function without documentation of its key."""
    return record.replace(topic=topic)


class TestFunction(TransformationContract):
    transformation = good


class TestNamed(TransformationContract):
    transformation = "org.apache.kafka.connect.transforms.MaskField$Value"

    @pytest.fixture
    def config(self):
        return {"fields": "name"}


class Plain(Transformation):
    def apply(self, record):
        return record


class TestPlain(TransformationContract):
    transformation = Plain


class InPlace(Plain):
    def apply(self, record):
        record.topic = "changed"
        return record


class TestInPlace(TransformationContract):
    transformation = InPlace


class Fresh(Plain):
    def apply(self, record):
        return type(record)(record.topic, record.value) if isinstance(record, SourceRecord) else record


class TestFresh(TransformationContract):
    transformation = Fresh


class Raising(Plain):
    def apply(self, record):
        return record.replace(value=record.value["id"])


class TestRaising(TransformationContract):
    transformation = Raising


class Skipping(Plain):
    def apply_batch(self, batch):
        return [batch.select([False, True, True])]


class TestSkipping(TransformationContract):
    transformation = Skipping


class Choosy(Plain):
    def apply(self, record):
        if record.value == "text":
            raise DataException("no text")
        return record


class TestChoosy(TransformationContract):
    transformation = Choosy


class Unclosed(Plain):
    def close(self):
        self.never_set.close()


class TestUnclosed(TransformationContract):
    transformation = Unclosed


class Explosive(Plain):
    def check(name, value):
        if value == "no such thing":
            raise RuntimeError("boom")

    CONFIG = ConfigDef().define("a", ConfigType.STRING, default="", doc="d", validator=check)


class TestExplosive(TransformationContract):
    transformation = Explosive
'''
ALL_OF_TRANSFORMATION = [
    "test_a_batch_is_its_records",
    "test_a_record_becomes_a_record_or_nothing",
    "test_it_closes_without_having_worked",
    "test_the_record_it_is_given_stays_as_it_is",
]
TRANSFORMATION_FAULTS = {
    "TestFunction": ["test_every_key_is_documented"],
    "TestInPlace": ["test_the_record_it_is_given_stays_as_it_is"],
    "TestFresh": ["test_a_record_becomes_a_record_or_nothing"],
    "TestRaising": ["test_a_record_becomes_a_record_or_nothing",
                    "test_the_record_it_is_given_stays_as_it_is"],
    "TestSkipping": ["test_a_batch_is_its_records"],
    "TestExplosive": ["test_validation_tells_and_never_raises"],
    "TestUnclosed": ALL_OF_TRANSFORMATION,
}  # fmt: skip

CONVERTER = """
import json

import pytest

from penstock.api import ConfigDef, ConfigType, Converter, DataException, Schema, SchemaAndValue
from penstock.testing import ConverterContract


class Text(Converter):
    CONFIG = ConfigDef().define("converter.type", ConfigType.STRING, doc="Set by the worker.")

    def from_connect_data(self, topic, headers, schema, value):
        return None if value is None else json.dumps(value).encode()

    def to_connect_data(self, topic, headers, value):
        try:
            return SchemaAndValue(None, None if value is None else json.loads(value))
        except ValueError as error:
            raise DataException(f"no JSON: {error}") from error


class Contract(ConverterContract):
    @pytest.fixture
    def values(self):
        return [SchemaAndValue(None, {"a": 1}), SchemaAndValue(None, "x")]


class TestGood(Contract):
    converter = Text


class TestNamed(ConverterContract):
    converter = "LongConverter"

    @pytest.fixture
    def values(self):
        return [SchemaAndValue(Schema.OPTIONAL_INT64, 5)]


class Lossy(Text):
    def to_connect_data(self, topic, headers, value):
        schema, found = super().to_connect_data(topic, headers, value)
        return SchemaAndValue(schema, str(found) if found is not None else None)


class TestLossy(Contract):
    converter = Lossy


class Raw(Text):
    def to_connect_data(self, topic, headers, value):
        return SchemaAndValue(None, None if value is None else json.loads(value))


class TestRaw(Contract):
    converter = Raw


class Nullable(Text):
    def from_connect_data(self, topic, headers, schema, value):
        return json.dumps(value).encode()


class TestNullable(Contract):
    converter = Nullable


class Columns(Text):
    def from_connect_data_batch(self, topic, schema, values):
        return [b"{}" for value in values]


class TestColumns(Contract):
    converter = Columns


class Greedy(Text):
    def to_connect_data_batch(self, topic, values):
        return [run for value in values for run in super(Greedy, self).to_connect_data_batch(topic, [value])]


class TestGreedy(Contract):
    converter = Greedy
"""
CONVERTER_FAULTS = {
    "TestLossy": ["test_what_is_written_can_be_read[key]", "test_what_is_written_can_be_read[value]"],
    "TestRaw": ["test_a_column_stops_at_the_item_that_fails", "test_bytes_of_others_fail_with_a_data_exception"],
    "TestNullable": ["test_null_is_null"],
    "TestColumns": ["test_a_column_is_its_items"],
    "TestGreedy": ["test_a_column_stops_at_the_item_that_fails"],
}


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        pytest.param(SOURCE, SOURCE_FAULTS, id="source"),
        pytest.param(SINK, SINK_FAULTS, id="sink"),
        pytest.param(TRANSFORMATION, TRANSFORMATION_FAULTS, id="transformation"),
        pytest.param(CONVERTER, CONVERTER_FAULTS, id="converter"),
    ],
)
def test_a_fault_fails_its_check(code: str, faults: dict[str, list[str]], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_author=code)
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "--tb=no", "-rfE")
    failed: dict[str, set[str]] = {}
    for line in result.outlines:
        if line.startswith(("FAILED ", "ERROR ")):
            _, cls, test = line.split(" ")[1].split("::")
            failed.setdefault(cls, set()).add(test)
    wrong_example = failed.pop("TestWrongExample", set())
    assert {cls: sorted(tests) for cls, tests in failed.items()} == faults, "\n".join(result.outlines)
    if code is SOURCE:
        assert "test_the_example_is_valid" in wrong_example
    assert result.parseoutcomes()["passed"] > len(faults)


def test_what_is_not_overridden_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_author="""
        from penstock.testing import ConverterContract, SinkConnectorContract, SourceConnectorContract

        class TestSource(SourceConnectorContract):
            connector = "VerifiableSource"

        class TestSink(SinkConnectorContract):
            connector = "VerifiableSink"

        class TestConverter(ConverterContract):
            converter = "StringConverter"
        """
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    for text in (
        "TestSource must override the fixture 'config' with a config that works",
        "TestSink must override the fixture 'config' with a config that works",
        "TestConverter must override the fixture 'values' with data that it converts",
    ):
        result.stdout.fnmatch_lines([f"*NotImplementedError: {text}"])


def test_the_plugin_costs_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    """A test run without Penstock imports the plugin's module and nothing behind it."""
    pytester.makepyfile(
        test_other="""
        import sys

        def test_nothing_of_penstock_is_loaded():
            assert [name for name in sorted(sys.modules) if name.startswith("penstock")] == ["penstock", "penstock.pytest_plugin"]
        """
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)


def test_the_fixtures(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(
        my_masks="""
        from penstock.api import transform

        @transform(on="value")
        def tail(value: str, *, keep: int = 4) -> str:
            return "*" * (len(value) - keep) + value[-keep:]
        """,
        test_masks="""
        import pytest
        from my_masks import tail
        from penstock.api import SinkRecord, SourceRecord

        def test_in_python(chain):
            config = {"transforms": "t", "transforms.t.type": tail, "transforms.t.keep": 2}
            result = chain(config, ["secret", None, SourceRecord("cards", "number", key="k")])
            assert result.values == ["****et", None, "****er"]
            assert [message.topic for message in result.messages] == ["test", "test", "cards"]
            assert result.failures == []

        def test_sink_with_converter(chain):
            config = {"value.converter": "JsonConverter", "value.converter.schemas.enable": False, "errors.tolerance": "all"}
            result = chain(config, ['{"a": 1}', b"{", None], task="sink")
            assert result.values == [{"a": 1}, None]
            assert [failure.stage.value for failure in result.failures] == ["VALUE_CONVERTER"]

        def test_sink_record(chain):
            assert chain({}, [SinkRecord("t", 2, 40, "v")], task="sink").messages[0].partition == 2

        def test_wrong_use(chain):
            def local(record): ...
            with pytest.raises(Exception, match="is defined inside a function, where it cannot be imported"):
                chain({"transforms": "t", "transforms.t.type": local}, [])
            with pytest.raises(Exception, match="task must be 'source' or 'sink', not 'both'"):
                chain({}, [], task="both")
            with pytest.raises(Exception, match="value.converter reads bytes or text, not 1"):
                chain({"value.converter": "JsonConverter"}, [1], task="sink")

        def test_file(chain):
            chain.check("tail.json")

        def test_workbench(workbench):
            workbench.send("t", ["a"])
            assert [record.value for record in workbench.read("t")] == ["a"]
        """,
    )
    (pytester.path / "tail.json").write_text(
        '{"config": {"transforms": "t", "transforms.t.type": "my_masks.tail"}, "records": [{"in": {"value": "secret"}}]}'
    )
    arguments = ("-q", "-p", "no:cacheprovider", "-W", "error")
    result = pytester.runpytest_subprocess(*arguments)
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(
        ["E *AssertionError: tail.json: 1 of 1 records not as expected", "E *record 1", '*+    "value": "[*][*]cret"']
    )
    pytester.runpytest_subprocess(*arguments, "--update-chains").assert_outcomes(passed=6)
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=6)
