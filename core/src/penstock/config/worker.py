"""The worker's own configuration (spec 2).

Its properties are resolved once, at start, through the config providers that they declare (design decision 13); what comes
here holds no references any more. Parsed in the worker, and again in children, which are sent the resolved properties.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from penstock.api.config import ConfigDef, ParsedConfig
from penstock.api.config_types import wrong_value
from penstock.config.distributed_keys import DISTRIBUTED_KEYS, check_distributed
from penstock.config.worker_keys import (
    COMMON_KEYS,
    JSON_CONVERTER,
    PENSTOCK_KEYS,
    STANDALONE_KEYS,
    bootstrap_keys,
    converter_keys,
)

logger = logging.getLogger(__name__)

_CLASS_KEYS = ("key.converter", "value.converter", "header.converter")
_DEFAULT_CONVERTERS = {"key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER}
_REMOVED_KEYS = ("internal.key.converter", "internal.value.converter")


class WorkerMode(enum.Enum):
    """Where a worker keeps its topics and state: all in one file, on Kafka but alone, or on Kafka in a group."""

    EMBEDDED = "embedded"
    STANDALONE = "standalone"
    DISTRIBUTED = "distributed"

    @staticmethod
    def alone(props: Mapping[str, str]) -> WorkerMode:
        """The mode of ``penstock standalone``: embedded unless the properties say where Kafka is."""
        return WorkerMode.STANDALONE if "bootstrap.servers" in props else WorkerMode.EMBEDDED

    @staticmethod
    def of(props: Mapping[str, str]) -> WorkerMode:
        """The mode of a worker with these properties, for its children: only a distributed one has a config topic."""
        return WorkerMode.DISTRIBUTED if "config.storage.topic" in props else WorkerMode.alone(props)


def worker_config_def(mode: WorkerMode) -> ConfigDef:
    """The keys of a worker in this mode."""
    if mode is WorkerMode.EMBEDDED:
        own = [*bootstrap_keys(None), *converter_keys(JSON_CONVERTER)]
    else:
        own = [*bootstrap_keys(), *converter_keys()]
    return ConfigDef([*own, *COMMON_KEYS, *_KEYS_OF_MODE[mode], *PENSTOCK_KEYS])


_KEYS_OF_MODE: Mapping[WorkerMode, ConfigDef] = {
    WorkerMode.EMBEDDED: ConfigDef(),
    WorkerMode.STANDALONE: STANDALONE_KEYS,
    WorkerMode.DISTRIBUTED: DISTRIBUTED_KEYS,
}


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """A worker's configuration. ``props`` are all properties as given, also those that no key defines: clients and plugins
    get them by prefix, and children all of them; in embedded mode the default converters are among them. ``values`` has the
    typed value of every key; the properties below name those that several rooms use."""

    mode: WorkerMode
    props: Mapping[str, str] = field(repr=False)
    values: ParsedConfig

    @staticmethod
    def parse(props: Mapping[str, str], mode: WorkerMode) -> WorkerConfig:
        """Raises :class:`ConfigException` for the first key that is missing or wrong, with Connect's text."""
        given = {**_DEFAULT_CONVERTERS, **props} if mode is WorkerMode.EMBEDDED else dict(props)
        values = worker_config_def(mode).parsed(given)
        if mode is WorkerMode.DISTRIBUTED:
            check_distributed(values)
        return WorkerConfig(mode, given, values)

    def require_classes(self, exists: Callable[[str, str], bool]) -> None:
        """Raises :class:`ConfigException`, with Connect's text, for the first key whose class ``exists(key, class name)``
        denies. The classes themselves are imported by children only."""
        for key in _CLASS_KEYS:
            name = self.values.get_string(key)
            if not exists(key, name):
                raise wrong_value(key, name, f"Class {name} could not be found.")

    def warn_of_removed_keys(self) -> None:
        """Log a warning for keys that were given but have no effect any more."""
        removed = [key for key in self.props if key.startswith(_REMOVED_KEYS)]
        if removed:
            logger.warning(
                "The worker has been configured with one or more internal converter properties (%s). They have no effect: "
                "internal data is always JSON without schemas. Remove them.",
                removed,
            )

    def with_prefix(self, prefix: str) -> dict[str, str]:
        """The properties that start with ``prefix``, under their names without it: ``producer.``, ``value.converter.``."""
        return {key[len(prefix) :]: value for key, value in self.props.items() if key.startswith(prefix)}

    @property
    def bootstrap_servers(self) -> str | None:
        """``host:port,…``, or None in embedded mode."""
        servers = self.values.get_list("bootstrap.servers", None)
        return None if servers is None else ",".join(servers)

    @property
    def key_converter(self) -> str:
        """Class or alias of the key converter."""
        return self.values.get_string("key.converter")

    @property
    def value_converter(self) -> str:
        """Class or alias of the value converter."""
        return self.values.get_string("value.converter")

    @property
    def header_converter(self) -> str:
        """Class or alias of the header converter."""
        return self.values.get_string("header.converter")

    @property
    def override_policy(self) -> str:
        """``All``, ``None``, ``Principal`` or a class: what connectors may override in their clients."""
        return self.values.get_string("connector.client.config.override.policy")

    @property
    def offset_flush_interval_s(self) -> float:
        """Seconds between commits of offsets."""
        return self.values.get_long("offset.flush.interval.ms") / 1000

    @property
    def offset_flush_timeout_s(self) -> float:
        """Seconds that a commit of offsets may take."""
        return self.values.get_long("offset.flush.timeout.ms") / 1000

    @property
    def task_shutdown_timeout_s(self) -> float:
        """Seconds for all tasks that are stopped together."""
        return self.values.get_long("task.shutdown.graceful.timeout.ms") / 1000

    @property
    def topic_creation_enabled(self) -> bool:
        """Whether source connectors may have topics created."""
        return self.values.get_bool("topic.creation.enable")

    @property
    def group_id(self) -> str | None:
        """The group of a distributed worker."""
        return self.values.get_string("group.id") if self.mode is WorkerMode.DISTRIBUTED else None

    @property
    def exactly_once_enabled(self) -> bool:
        """Whether source connectors may write exactly once."""
        if self.mode is not WorkerMode.DISTRIBUTED:
            return False
        return self.values.get_string("exactly.once.source.support").lower() == "enabled"

    @property
    def provider_names(self) -> list[str]:
        """The declared config providers."""
        return self.values.get_list("config.providers")
