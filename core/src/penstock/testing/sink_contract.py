"""What holds for a sink connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from penstock.api.batch import SinkBatch
from penstock.api.connector import Connector
from penstock.api.record import TopicPartition
from penstock.api.task import SinkTask
from penstock.tasks.build import task_class_of
from penstock.testing.connector_contract import ConnectorContract
from penstock.testing.contexts import SinkContextByHand
from penstock.testing.waiting import eventually
from penstock.testing.workbench import Workbench

_NAME = "contract"
_FIRST = TopicPartition("contract", 0)
_SECOND = TopicPartition("contract", 1)


class SinkConnectorContract(ConnectorContract):
    """Inherit it, say ``connector``, override the fixtures ``config`` (with ``topics``, one topic) and ``records``, and the
    method ``written``::

        class TestMySink(SinkConnectorContract):
            connector = MySinkConnector

            @pytest.fixture
            def config(self, tmp_path):
                return {"file": str(tmp_path / "out.txt"), "topics": "lines"}

            @pytest.fixture
            def records(self):
                return ["a", "b", "c"]

            def written(self, config):
                return len(Path(config["file"]).read_text().splitlines())
    """

    @pytest.fixture
    def records(self) -> Sequence[object]:
        """Records that the sink takes: plain values, or SourceRecords where keys, schemas or headers matter. Override it."""
        raise NotImplementedError(
            f"{type(self).__name__} must override the fixture 'records' with records that the sink takes"
        )

    def written(self, config: Mapping[str, str]) -> int:
        """How many records are in the target system. Asked once everything was committed."""
        raise NotImplementedError(f"{type(self).__name__} must override 'written', to count what is in the target")

    def test_records_are_written_and_then_committed(
        self, bench: Workbench, config: Mapping[str, str], records: Sequence[object]
    ) -> None:
        """What is committed is in the target, and is not written again after a restart."""
        topic = config["topics"]
        bench.send(topic, records)
        self._run(bench, config, len(records))
        assert self.written(config) == len(records)
        bench.send(topic, records)
        self._run(bench, config, 2 * len(records))
        assert self.written(config) == 2 * len(records)

    def test_nothing_can_be_put(self, task: SinkTask) -> None:
        """``put`` comes also without records, and ``flush`` without a ``put``."""
        task.open([_FIRST])
        task.put(SinkBatch())
        task.put(SinkBatch())
        task.flush({})
        task.close([_FIRST])

    def test_partitions_come_and_go(self, task: SinkTask) -> None:
        """They are taken away and given back, one at a time."""
        task.open([_FIRST])
        task.open([_SECOND])
        task.close([_FIRST])
        task.put(SinkBatch())
        task.open([_FIRST])
        task.close([_FIRST, _SECOND])

    def test_no_offset_is_made_up(self, task: SinkTask) -> None:
        """``pre_commit`` answers with offsets of the partitions that it was asked about, and with none beyond what was put."""
        task.open([_FIRST])
        asked = {_FIRST: 0}
        answered = task.pre_commit(dict(asked))
        assert all(asked.get(partition, -1) >= offset for partition, offset in answered.items()), answered
        task.close([_FIRST])

    def test_its_offsets_may_be_altered(self, made: Connector, config: Mapping[str, str]) -> None:
        """To some offset, and to none."""
        for wanted in (0, None):
            answer = made.alter_offsets(dict(config), {_FIRST: wanted})  # type: ignore[attr-defined]  # a SinkConnector's
            assert isinstance(answer, bool), f"alter_offsets answered {answer!r}"

    def test_a_task_that_never_started_can_be_stopped(self, made: Connector, config: Mapping[str, str]) -> None:
        """``stop`` comes also where ``start`` failed."""
        task = _task(made)
        task.initialize(SinkContextByHand(dict(config), []))
        task.stop()

    @pytest.fixture
    def task(self, made: Connector, config: Mapping[str, str]) -> Iterator[SinkTask]:
        """A task that was started as the runtime starts it, to be driven by hand."""
        task = _task(made)
        props = {"name": _NAME, **config}
        task.initialize(SinkContextByHand(props, [_FIRST, _SECOND]))
        task.use_config(props, made.config_def())
        task.start(props)
        yield task
        task.stop()

    def _run(self, bench: Workbench, config: Mapping[str, str], count: int) -> None:
        running = bench.start(self.connector, config, name=_NAME)
        eventually(
            lambda: sum(bench.committed(_NAME).values()) == count or any(task.trace for task in running.tasks),
            f"{count} records are committed",
        )
        running.stop(self.stops_within_s)
        assert not any(task.trace for task in running.tasks), running.tasks[0].trace


def _task(made: Connector) -> SinkTask:
    task = task_class_of(type(made))()
    assert isinstance(task, SinkTask), f"{type(task).__name__} is no SinkTask"
    return task
