"""A herder over real stores in memory and a worker that only remembers."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future
from pathlib import Path

from tests.support.worker import eventually
from tests.unit.herder.fake_worker import FakeWorker, done

from penstock.api.exceptions import ConnectException, NotFoundException
from penstock.api.hooks import PluginKind
from penstock.clock import SYSTEM_CLOCK
from penstock.discovery.plugins import PluginDescriptor, PluginIndex
from penstock.herder.herder import HerderWiring, SoloHerder
from penstock.herder.policy import HerderPolicy
from penstock.herder.results import ConfigInfos, ServerInfo
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.memory import MemoryLog
from penstock.states import State, TargetState
from penstock.storage.config_store import ConfigStore
from penstock.storage.offset_file import FileOffsetStore
from penstock.storage.status_store import StatusStore

INDEX = PluginIndex(
    plugins=(
        PluginDescriptor(PluginKind.SOURCE, "m:Source", "org.example.Source", "1", "d"),
        PluginDescriptor(PluginKind.SINK, "m:Sink", "org.example.Sink", "1", "d"),
    )
)
CONFIG = {"connector.class": "org.example.Source", "name": "c"}
WAIT = 10


class Wired:
    """A herder with everything that it needs."""

    def __init__(self, directory: Path) -> None:
        log = MemoryLog()
        self.worker = FakeWorker()
        self.configs = ConfigStore(log, CompactedTopic(name="c", setting="c", purpose="configs"), ClientConfigs())
        self.statuses = StatusStore(log, CompactedTopic(name="s", setting="s", purpose="statuses"), ClientConfigs())
        self.offsets = FileOffsetStore(directory / "offsets")
        self.herder = SoloHerder(
            HerderWiring(
                policy=HerderPolicy.standalone(),
                server=ServerInfo("4.3.1", "x", "id"),
                worker_id="w:1",
                index=INDEX,
                worker=self.worker,
                configs=self.configs,
                statuses=self.statuses,
                offsets=self.offsets,
                topic_tracking=True,
                clock=SYSTEM_CLOCK,
            )
        )
        # What validation answers is another suite's matter; here every config is fine.
        self.herder._changes._validate = lambda _config: done(ConfigInfos("x", 0, (), ()))
        self.worker.attach(self.herder)
        self.offsets.start()
        self.statuses.start()
        self.configs.start(self.herder.on_config_event)
        self.herder.start()

    def close(self) -> None:
        with contextlib.suppress(ConnectException):  # a test may have ended it
            self.herder.stop().result(WAIT)
        self.herder.close()
        self.configs.stop()
        self.statuses.stop()
        self.offsets.stop()

    def create(self, initial: TargetState | None = None, config: dict[str, str] | None = None) -> Future:
        return self.herder.create_connector("c", config or CONFIG, initial)

    def states(self) -> tuple[State, list[State]]:
        status = self.herder.connector_status("c")
        return status.connector.state, [task.state for _, task in status.tasks]

    def wait_for(self, connector: State, *tasks: State) -> None:
        def reached() -> bool:
            try:
                return self.states() == (connector, list(tasks))
            except NotFoundException:
                return False

        eventually(reached, f"{connector} {tasks}", WAIT)
