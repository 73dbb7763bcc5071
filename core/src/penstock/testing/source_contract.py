"""What holds for a source connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api.connector import Connector, ConnectorTransactionBoundaries, ExactlyOnceSupport, SourceConnector
from penstock.api.record import SinkRecord
from penstock.api.task import SourceTask
from penstock.tasks.build import task_class_of
from penstock.testing.connector_contract import ConnectorContract
from penstock.testing.contexts import SourceContextByHand
from penstock.testing.workbench import Workbench

_NAME = "contract"


class SourceConnectorContract(ConnectorContract):
    """Inherit it, say ``connector``, override the fixture ``config`` and the method ``feed``::

    class TestMySource(SourceConnectorContract):
        connector = MySourceConnector

        @pytest.fixture
        def config(self, tmp_path):
            return {"file": str(tmp_path / "in.txt"), "topic": "lines"}

        def feed(self, config, count):
            with open(config["file"], "a") as file:
                ...
    """

    resumes: ClassVar[bool] = True
    """Whether the source keeps offsets and goes on after a restart; False for one that can not, such as standard input."""

    records_in_one_feed: ClassVar[int] = 3

    def feed(self, config: Mapping[str, str], count: int) -> None:
        """Make ``count`` more records available, no two of them alike in key and value. A source that makes its own records
        overrides this with nothing."""
        raise NotImplementedError(f"{type(self).__name__} must override 'feed', to make {count} more records available")

    def topic(self, config: Mapping[str, str]) -> str:
        """The topic that the records go to."""
        return config["topic"]

    def test_records_arrive(self, bench: Workbench, config: Mapping[str, str]) -> None:
        """What is there when it starts, and what comes later."""
        self.feed(config, self.records_in_one_feed)
        running = bench.start(self.connector, config)
        bench.wait_for_records(self.topic(config), self.records_in_one_feed)
        self.feed(config, self.records_in_one_feed)
        bench.wait_for_records(self.topic(config), 2 * self.records_in_one_feed)
        running.stop(self.stops_within_s)

    def test_it_goes_on_where_it_was(self, bench: Workbench, config: Mapping[str, str]) -> None:
        """After a stop in good order nothing comes twice and nothing is left out."""
        self.feed(config, self.records_in_one_feed)
        before = self._run(bench, config, self.records_in_one_feed)
        if not self.resumes:
            return
        assert bench.offsets(_NAME), "no offsets were stored: give records source_partition and source_offset"
        self.feed(config, self.records_in_one_feed)
        after = self._run(bench, config, len(before) + self.records_in_one_feed)
        assert after[: len(before)] == before
        twice = [content for place, content in enumerate(after) if content in after[:place]]
        assert not twice, f"came again after a restart: {twice}"

    def test_its_own_offsets_may_be_altered(self, bench: Workbench, config: Mapping[str, str], made: Connector) -> None:
        """The offsets that it stored are offsets that a user may store, and so is a reset."""
        assert isinstance(made, SourceConnector)
        self.feed(config, self.records_in_one_feed)
        self._run(bench, config, self.records_in_one_feed)
        for partition, offset in bench.offsets(_NAME):
            for wanted in (offset, None):
                answer = made.alter_offsets(dict(config), [(partition, wanted)])
                assert isinstance(answer, bool), f"alter_offsets answered {answer!r}"

    def test_it_says_what_it_supports(self, made: Connector, config: Mapping[str, str]) -> None:
        """Exactly-once and transaction boundaries, in the words that there are for it."""
        assert isinstance(made, SourceConnector)
        support = made.exactly_once_support(dict(config))
        assert support is None or isinstance(support, ExactlyOnceSupport)
        assert isinstance(made.can_define_transaction_boundaries(dict(config)), ConnectorTransactionBoundaries)

    def test_a_task_that_never_started_can_be_stopped(self, made: Connector, config: Mapping[str, str]) -> None:
        """``stop`` comes also where ``start`` failed."""
        task = task_class_of(type(made))()
        assert isinstance(task, SourceTask), f"{type(task).__name__} is no SourceTask"
        task.initialize(SourceContextByHand(dict(config)))
        task.stop()

    def _run(self, bench: Workbench, config: Mapping[str, str], count: int) -> Sequence[tuple[str, str]]:
        running = bench.start(self.connector, config, name=_NAME)
        bench.wait_for_records(self.topic(config), count)
        running.stop(self.stops_within_s)
        return [_content(record) for record in bench.read(self.topic(config))]


def _content(record: SinkRecord) -> tuple[str, str]:
    return repr(record.key), repr(record.value)
