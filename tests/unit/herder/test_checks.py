"""Connection tests and plans as the herder offers them: from a name to the plugin's answer."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import cast

import msgspec
import pytest
from tests.unit.config import standins

from penstock.api.check import Check, PlannedStep
from penstock.api.exceptions import ConfigException, NotFoundException
from penstock.discovery.plugins import PluginDescriptor
from penstock.herder.checks import CHECK_DEADLINE_S, Checks
from penstock.herder.results import RequestRefused
from penstock.log.address import LogAddress, LogKind
from penstock.tasks.plugin_calls import answer
from penstock.tasks.spec import WorkerSettings
from penstock.worker.options import CALL_DEADLINE_S
from penstock.worker.worker import Worker


class CallingWorker:
    """Answers as a connector host would, at once; what is asked and answered must be plain data."""

    def __init__(self) -> None:
        self.deadlines: list[float] = []
        self._settings = WorkerSettings(
            props={
                "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            },
            log=LogAddress(LogKind.SQLITE, {}),
            index=standins.index(),
            worker_id="w",
        )

    def call(
        self, descriptor: PluginDescriptor, name: str, arguments: Mapping[str, object], deadline_s: float
    ) -> Future[object]:
        self.deadlines.append(deadline_s)
        future: Future[object] = Future()
        given = msgspec.msgpack.decode(msgspec.msgpack.encode(arguments))
        try:
            found = answer(name, given, descriptor, self._settings)
            future.set_result(msgspec.msgpack.decode(msgspec.msgpack.encode(found)))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def worker() -> CallingWorker:
    return CallingWorker()


@pytest.fixture
def offered(worker: CallingWorker) -> Checks:
    return Checks(standins.index(), cast("Worker", worker))


def test_a_connector_is_checked_by_any_of_its_names(offered: Checks, worker: CallingWorker) -> None:
    found = offered.check("FileStreamSource", {"name": "n", "topic": "t"}).result()
    assert found == (Check("configuration", ok=True),)
    [wrong] = offered.check("org.apache.kafka.connect.file.FileStreamSourceConnector", {}).result()
    assert (wrong.ok, wrong.text) == (
        False,
        'topic: Missing required configuration "topic" which has no default value.',
    )
    assert all(CHECK_DEADLINE_S < deadline <= CALL_DEADLINE_S for deadline in worker.deadlines)


def test_a_sink_is_asked_for_its_plan(offered: Checks) -> None:
    steps: tuple[PlannedStep, ...] = ()
    assert offered.plan("FileStreamSink", {"topics": "t"}, []).result() == steps


def test_what_fails_in_the_child_is_the_answer(offered: Checks) -> None:
    with pytest.raises(ConfigException, match=r'^Missing required configuration "transforms.x.type"'):
        offered.plan("FileStreamSink", {"topics": "t", "transforms": "x"}, [("t", None, b"x")]).result()


def test_a_source_has_no_plan(offered: Checks) -> None:
    with pytest.raises(RequestRefused) as caught:
        offered.plan("FileStreamSource", {}, []).result()
    assert (caught.value.status, caught.value.message) == (
        400,
        "org.apache.kafka.connect.file.FileStreamSourceConnector is a source: only a sink has a plan.",
    )


def test_an_unknown_plugin_is_not_found(offered: Checks) -> None:
    for future in (offered.check("nope", {}), offered.plan("nope", {}, [])):
        with pytest.raises(NotFoundException, match=r"^Unknown plugin nope\.$"):
            future.result()
