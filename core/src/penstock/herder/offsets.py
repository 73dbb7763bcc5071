"""Reading, altering and resetting the offsets of stopped connectors (KIP-875, spec 1.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from penstock import jackson
from penstock.api.exceptions import NotFoundException
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import CONNECTORS, PluginDescriptor, PluginIndex
from penstock.herder.loop import EventLoop
from penstock.herder.results import ConnectorOffset, RequestRefused
from penstock.herder.sink_offsets import parse_sink_offsets
from penstock.states import TargetState
from penstock.storage.config_store import ConfigStore
from penstock.storage.offset_store import OffsetStore
from penstock.storage.offsets import OffsetEntry
from penstock.worker.worker import Worker

DEADLINE_S = 90.0

Config = Mapping[str, str | None]
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OffsetParts:
    """What offset requests work with."""

    loop: EventLoop
    worker: Worker
    index: PluginIndex
    store: ConfigStore
    offsets: OffsetStore
    has_tasks: Callable[[str], bool]
    """Whether tasks of a connector are still here: what they store on their way out would undo the change."""


class Offsets:
    """Source offsets live in the offset store; a sink's are those of its consumer group, kept by the log and therefore
    read and changed in a child, which holds the client and the resolved config."""

    def __init__(self, parts: OffsetParts) -> None:
        self._parts = parts

    def read(self, name: str) -> Future[list[ConnectorOffset]]:
        """``GET /connectors/{c}/offsets``."""

        def read(result: Future[list[ConnectorOffset]]) -> None:
            config, descriptor = self._connector(name)
            if descriptor.kind is PluginKind.SOURCE:
                stored = self._parts.offsets.partitions(name)
                self._pass_on(stored, result, lambda entries: [_shown(*entry) for entry in entries])
                return
            call = self._parts.worker.call(
                descriptor, "sink_offsets", {"name": name, "config": dict(config)}, DEADLINE_S
            )
            self._pass_on(call, result, _sink_offsets)

        return self._parts.loop.call(read)

    def alter(self, name: str, offsets: Sequence[ConnectorOffset]) -> Future[str]:
        """``PATCH``: the connector judges, then what it let pass is stored."""
        return self._parts.loop.call(lambda result: self._change(name, list(offsets), result))

    def reset(self, name: str) -> Future[str]:
        """``DELETE``: every known partition is reset."""
        return self._parts.loop.call(lambda result: self._change(name, None, result))

    def _change(self, name: str, offsets: list[ConnectorOffset] | None, result: Future[str]) -> None:
        config, descriptor = self._connector(name)
        if offsets is not None and not offsets:
            raise RequestRefused(400, "Partitions / offsets need to be provided for an alter offsets request")
        self._check_stopped(name)
        if descriptor.kind is PluginKind.SINK:
            wanted = None if offsets is None else parse_sink_offsets(offsets)
            arguments: dict[str, object] = {"name": name, "config": dict(config), "offsets": wanted}
            call = self._parts.worker.call(descriptor, "alter_sink_offsets", arguments, DEADLINE_S)
            self._pass_on(call, result, lambda handled: _message(handled, offsets))
            return
        known = self._parts.offsets.partitions(name)

        def judge(done: Future[list[tuple[bytes, bytes | None]]]) -> None:
            if offsets is not None:
                wanted = _plain(offsets)
            else:
                wanted = [[jackson.loads(partition), None] for partition, _ in done.result()]
            arguments: dict[str, object] = {"name": name, "config": dict(config), "offsets": wanted}
            call = self._parts.worker.call(descriptor, "alter_offsets", arguments, DEADLINE_S)
            self._parts.loop.when_done(call, lambda judged: self._store(name, wanted, offsets, judged, result))

        self._parts.loop.when_done(known, _guarded(judge, result))

    def _store(
        self,
        name: str,
        wanted: Sequence[Sequence[object]],
        offsets: list[ConnectorOffset] | None,
        judged: Future[object],
        result: Future[str],
    ) -> None:
        try:
            handled = judged.result()
            entries = [
                OffsetEntry(jackson.dumps(partition), None if offset is None else jackson.dumps(offset))
                for partition, offset in wanted
            ]
        except Exception as error:  # noqa: BLE001  # the connector refused, or gave what cannot be stored
            result.set_exception(error)
            return
        self._pass_on(self._parts.offsets.set(name, entries), result, lambda _none: _message(handled, offsets))

    def _connector(self, name: str) -> tuple[Config, PluginDescriptor]:
        config = self._parts.store.snapshot().config(name)
        if config is None:
            raise NotFoundException(f"Connector {name} not found")
        return config, self._parts.index.find(CONNECTORS, config.get("connector.class") or "")

    def _check_stopped(self, name: str) -> None:
        state = self._parts.store.snapshot()
        if state.target_state(name) is not TargetState.STOPPED or state.tasks(name) or self._parts.has_tasks(name):
            raise RequestRefused(
                400,
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
                f"specified connector by issuing a 'PUT' request to the '/connectors/{name}/stop' endpoint",
            )

    def _pass_on(self, first: Future[S], result: Future[T], convert: Callable[[S], T]) -> None:
        def go_on(done: Future[S]) -> None:
            result.set_result(convert(done.result()))

        self._parts.loop.when_done(first, _guarded(go_on, result))


def _guarded(act: Callable[[Future[S]], None], result: Future[T]) -> Callable[[Future[S]], None]:
    """What ``act`` raises becomes the result's failure."""

    def guarded(done: Future[S]) -> None:
        try:
            act(done)
        except Exception as error:  # noqa: BLE001  # goes to who asked
            result.set_exception(error)

    return guarded


def _plain(offsets: Sequence[ConnectorOffset]) -> list[list[object]]:
    return [
        [None if o.partition is None else dict(o.partition), None if o.offset is None else dict(o.offset)]
        for o in offsets
    ]


def _shown(partition: bytes, offset: bytes | None) -> ConnectorOffset:
    return ConnectorOffset(
        jackson.loads(partition),  # type: ignore[arg-type]  # stored partitions are objects or null
        None if offset is None else jackson.loads(offset),  # type: ignore[arg-type]
    )


def _sink_offsets(plain: object) -> list[ConnectorOffset]:
    assert isinstance(plain, list)
    return [
        ConnectorOffset({"kafka_partition": partition, "kafka_topic": topic}, {"kafka_offset": offset})
        for topic, partition, offset in plain
    ]


def _message(handled: object, offsets: Sequence[ConnectorOffset] | None) -> str:
    """Connect's sentence: whether the connector took care of everything itself (spec 1.9)."""
    verb = "reset" if offsets is None else "altered"
    if handled:
        return f"The offsets for this connector have been {verb} successfully"
    return (
        f"The Connect framework-managed offsets for this connector have been {verb} successfully. However, if this connector "
        f"manages offsets externally, they will need to be manually {verb} in the system that the connector uses."
    )
