"""The composition root: from a worker's configuration to the objects of a worker that is alone (design section 1.4).

Embedded: config, status and offsets in compacted topics of the SQLite log. On Kafka: config and status in memory, offsets in
Connect's file.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.api.hooks import PluginKind
from penstock.cli.api_level import COMMIT, CONNECT_API
from penstock.clock import SYSTEM_CLOCK
from penstock.config.worker import WorkerConfig, WorkerMode
from penstock.discovery.plugins import PluginIndex, PluginNotFoundError
from penstock.herder.herder import HerderWiring, SoloHerder
from penstock.herder.policy import HerderPolicy
from penstock.herder.results import ServerInfo
from penstock.log.address import LogAddress, LogKind
from penstock.log.base import Log
from penstock.log.compacted import ClientConfigs
from penstock.log.compacted_topic import CompactedTopic
from penstock.log.errors import LogError
from penstock.log.memory import MemoryLog
from penstock.rest.backend import Backend
from penstock.rest.log_levels import ROOT, LogLevels
from penstock.rest.server import RestServer
from penstock.rest.settings import rest_settings
from penstock.storage.config_store import ConfigStore
from penstock.storage.offset_file import FileOffsetStore
from penstock.storage.offset_store import LogOffsetStore, OffsetStore
from penstock.storage.status_store import StatusStore
from penstock.tasks import clients
from penstock.tasks.spec import WorkerSettings
from penstock.worker.build import Isolation, build_worker
from penstock.worker.options import WorkerOptions
from penstock.worker.worker import Worker

_API_TIMEOUT_MS = "60000"
_ANY_SIZE = str(2**31 - 1)
"""A worker that is alone takes configs of any size: they need not fit into a broker's limit."""
_CONFIG_TOPIC = CompactedTopic(
    name="connect-configs",
    setting="config.storage.topic",
    purpose="connector configurations",
    single_partition=True,
)
_STATUS_TOPIC = CompactedTopic(
    name="connect-status", setting="status.storage.topic", purpose="connector and task statuses"
)
_OFFSET_TOPIC = CompactedTopic(
    name="connect-offsets", setting="offset.storage.topic", purpose="source connector offsets"
)
_CONVERTERS = {
    "key.converter": PluginKind.CONVERTER,
    "value.converter": PluginKind.CONVERTER,
    "header.converter": PluginKind.HEADER_CONVERTER,
}


@dataclass(frozen=True, slots=True)
class Stores:
    """What the worker remembers. Started and stopped in this order and its reverse."""

    configs: ConfigStore
    statuses: StatusStore
    offsets: OffsetStore


@dataclass(frozen=True, slots=True)
class Wired:
    """A worker, put together and not yet started. Its sockets are open."""

    config: WorkerConfig
    index: PluginIndex
    rest: RestServer
    stores: Stores
    worker: Worker
    herder: SoloHerder
    backend: Backend
    ready: threading.Event


def wire(config: WorkerConfig, index: PluginIndex) -> Wired:
    """Put a worker together. Opens the sockets and asks the log for its cluster id, so that a port in use, an unreachable
    broker and a damaged log file are found here.

    Raises :class:`ConfigException`, :class:`ConnectException` and :class:`LogError` that say what to do.
    """
    config.require_classes(lambda key, name: _exists(index, _CONVERTERS[key], name))
    settings = rest_settings(config.values, config.props)
    rest = RestServer(settings)
    rest.open()
    try:
        address = log_address(config)
        log = address.open()
        cluster_id = _cluster_id(config, log)
        stores = _stores(config, log)
        worker = _worker(
            config, WorkerSettings(props=config.props, log=address, index=index, worker_id=rest.worker_id), stores
        )
        herder = SoloHerder(
            HerderWiring(
                policy=HerderPolicy.standalone(),
                server=ServerInfo(CONNECT_API, COMMIT, cluster_id),
                worker_id=rest.worker_id,
                index=index,
                worker=worker,
                configs=stores.configs,
                statuses=stores.statuses,
                offsets=stores.offsets,
                topic_tracking=settings.topic_tracking,
                clock=SYSTEM_CLOCK,
            )
        )
    except BaseException:
        rest.stop()
        raise
    worker.attach(herder)
    ready = threading.Event()
    levels = LogLevels(SYSTEM_CLOCK, on_change=lambda name, level: worker.set_log_levels({_logger(name): level}))
    backend = Backend(herder, settings, levels, index, ready.is_set)
    return Wired(config, index, rest, stores, worker, herder, backend, ready)


def log_address(config: WorkerConfig) -> LogAddress:
    """Where the worker's topics are."""
    servers = config.bootstrap_servers
    if config.mode is not WorkerMode.EMBEDDED and servers is not None:
        return LogAddress(LogKind.KAFKA, servers)
    path = Path(config.values.get_string("embedded.log.path")).absolute()
    return LogAddress(
        LogKind.SQLITE,
        str(path),
        config.values.get_string("embedded.log.durability"),
        retention_ms=_limit(config.values.get_long("embedded.log.retention.ms")),
        retention_bytes=_limit(config.values.get_long("embedded.log.retention.bytes")),
    )


def _limit(value: int) -> int | None:
    """A retention limit; -1 stands for none, as in Kafka's topic configs."""
    return None if value < 0 else value


def _stores(config: WorkerConfig, log: Log) -> Stores:
    clients = ClientConfigs(producer={"max.request.size": _ANY_SIZE})
    if config.mode is WorkerMode.EMBEDDED:
        offsets: OffsetStore = LogOffsetStore(log, _OFFSET_TOPIC, clients)
        kept: Log = log
    else:
        offsets = FileOffsetStore(Path(config.values.get_string("offset.storage.file.filename")))
        kept = MemoryLog()  # a worker that is alone on Kafka forgets what REST made when it ends (spec 10)
    return Stores(ConfigStore(kept, _CONFIG_TOPIC, clients), StatusStore(kept, _STATUS_TOPIC, clients), offsets)


def _worker(config: WorkerConfig, settings: WorkerSettings, stores: Stores) -> Worker:
    isolation = Isolation(config.values.get_string("task.isolation"))
    return build_worker(settings, stores.offsets, isolation, WorkerOptions(task_stop_s=config.task_shutdown_timeout_s))


def _cluster_id(config: WorkerConfig, log: Log) -> str:
    try:
        with closing(log.admin(_admin_config(config.props))) as admin:
            return admin.cluster_id(_api_timeout_s(config.props))
    except LogError as error:
        if config.mode is WorkerMode.EMBEDDED:
            raise
        raise ConnectException(
            "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties. "
            f"'bootstrap.servers' is {config.bootstrap_servers}: {error}"
        ) from error


def _admin_config(props: Mapping[str, str]) -> dict[str, str]:
    """The worker's own admin client: ``admin.*`` is for those of connectors (spec 2.1)."""
    own = {key: value for key, value in props.items() if not key.startswith("admin.")}
    return clients.ClientConfigs("", own, {}).admin("connect-admin")


def _api_timeout_s(props: Mapping[str, str]) -> float:
    """How long the broker may take to answer at the start: the admin client's own key for it."""
    text = props.get("default.api.timeout.ms", _API_TIMEOUT_MS)
    try:
        return int(text) / 1000
    except ValueError:
        raise ConfigException.of("default.api.timeout.ms", text, "Not a number of type INT") from None


def _exists(index: PluginIndex, kind: PluginKind, name: str) -> bool:
    try:
        index.find(kind, name)
    except PluginNotFoundError:
        return False
    return True


def _logger(name: str) -> str:
    return "" if name == ROOT else name
