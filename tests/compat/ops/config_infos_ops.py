"""The recorded operations on what REST shows of definitions, and on Connect's own definitions."""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable
from functools import cache
from typing import Any

from penstock import jackson
from penstock.api.config import ConfigDef, ConfigKey
from penstock.api.hooks import Plugin
from penstock.api.plugin import Configurable
from penstock.config.connector_keys import connector_keys
from penstock.config.sink import SINK_KEYS
from penstock.config.source import SOURCE_KEYS
from penstock.config.worker import WorkerMode, worker_config_def
from penstock.config.worker_keys import PENSTOCK_KEYS
from penstock.discovery import builtin
from penstock.discovery.plugins import PluginLoadError, load_target
from penstock.tasks.config_infos import key_info, main_section, result
from tests.compat.ops.config_ops import Plain, decode, definition, described_key, find_class

NAME = "org.example.MyConnector"


def infos(given: Plain) -> Plain:
    found = definition(given["def"])
    props = {key: decode(value) for key, value in given["props"].items()}
    section = main_section(found.keys, found.validate(props, find_class), found.groups)
    return {"json": jackson.dumps(result(NAME, [section])).decode()}


def shown_key(given: Plain) -> Plain:
    return {"json": jackson.dumps(key_info(definition(given["def"]).keys[given["key"]])).decode()}


def _worker_keys(mode: WorkerMode) -> Callable[[], ConfigDef]:
    """Connect's keys of a worker: ours without those that only Penstock has."""
    return lambda: ConfigDef(key for key in worker_config_def(mode) if key.name not in PENSTOCK_KEYS)


_RUNTIME = "org.apache.kafka.connect.runtime."
_STATIC: dict[str, Callable[[], ConfigDef]] = {
    _RUNTIME + "ConnectorConfig": connector_keys,
    _RUNTIME + "SinkConnectorConfig": lambda: connector_keys().including(SINK_KEYS),
    _RUNTIME + "SourceConnectorConfig": lambda: connector_keys().including(SOURCE_KEYS),
    _RUNTIME + "standalone.StandaloneConfig": _worker_keys(WorkerMode.STANDALONE),
    _RUNTIME + "distributed.DistributedConfig": _worker_keys(WorkerMode.DISTRIBUTED),
    "org.apache.kafka.connect.json.JsonConverterConfig": lambda: _keys_of(
        "org.apache.kafka.connect.json.JsonConverter"
    ),
    "org.apache.kafka.connect.storage.StringConverterConfig": lambda: _keys_of(
        "org.apache.kafka.connect.storage.StringConverter"
    ),
}


def static_names(given: Plain) -> list[str]:
    return sorted(_STATIC[given["class"]]().keys)


def static_key(given: Plain) -> Plain:
    return _described(_STATIC[given["class"]]().keys[given["key"]])


def plugin_keys(given: Plain) -> list[Plain]:
    return [_described(key) for key in _keys_of(given["class"])]


def _described(key: ConfigKey) -> Plain:
    found = described_key(key)
    default = found.get("default")
    if found["type"] == "CLASS" and default is not None:
        found["default"] = {**default, "t": "class"}  # ours stays a name until it is looked up
    return found


def _keys_of(name: str) -> ConfigDef:
    plugin: object = _installed()[name]()
    assert isinstance(plugin, Configurable)
    return plugin.config_def()


@cache
def _installed() -> dict[str, type]:
    """The classes that the installed distributions announce, by their Connect names."""
    doors = [entry.load() for entry in importlib.metadata.entry_points(group="penstock")]
    found: dict[str, type] = {}
    for door in [builtin, *doors]:
        for announced in (
            hook for name, hook in list(vars(door).items()) if name.startswith("penstock_") and callable(hook)
        ):
            for plugin in announced():
                assert isinstance(plugin, Plugin)
                with contextlib.suppress(PluginLoadError):  # a vector that asks for it says that it is missing
                    cls: Any = load_target(plugin.target)
                    found[plugin.connect_name or getattr(cls, "connect_name", None) or cls.__qualname__] = cls
    return found


OPS = {
    "config.infos": infos,
    "config.keyInfo": shown_key,
    "config.staticNames": static_names,
    "config.staticKey": static_key,
    "plugin.configDef": plugin_keys,
}
