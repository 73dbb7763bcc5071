"""A connector's chain from its config: the parts that a task has, put together by the same code, without a task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from penstock.api.hooks import PluginKind
from penstock.chains import passthrough
from penstock.config.connector_keys import CONVERTERS, connector_keys
from penstock.config.enrich import enriched
from penstock.config.sink import SINK_KEYS
from penstock.config.source import SOURCE_KEYS
from penstock.config.transformer import ConfigTransformer, has_reference, make_providers
from penstock.discovery.plugins import PluginIndex
from penstock.errors.context import Failure
from penstock.errors.operator import ErrorPolicy, RetryWithTolerance
from penstock.ids import TaskId
from penstock.tasks.assembly import Assembly
from penstock.tasks.converters import Converters
from penstock.tasks.installed import InstalledPlugins
from penstock.tasks.transformation import TransformationChain

Config = Mapping[str, str | None]
_CHAIN_KEYS = ("transforms", "predicates", "errors.", *CONVERTERS)
_NAME = "chain"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a chain stands. ``worker`` holds worker properties: default converters and config providers, both optional."""

    kind: PluginKind
    index: PluginIndex
    worker: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """A chain's parts. ``raw`` is what :func:`raw_parts` says of its config."""

    transformations: TransformationChain  # type: ignore[type-arg]  # of whichever kind of record
    converters: Converters
    operator: RetryWithTolerance
    recorder: Recorder
    raw: frozenset[str]


class Recorder:
    """An ErrorReporter that keeps what it is told."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def report(self, failure: Failure) -> Future[None] | None:
        self.failures.append(failure)
        return None

    def flush(self, timeout_s: float) -> None:
        """Nothing is on its way."""

    def close(self) -> None:
        """Nothing was taken."""


class SteppingClock:
    """Time that passes only in waits, and at once: a chain that retries for an hour is tested in no time."""

    def __init__(self) -> None:
        self._now = 0.0

    def time_ms(self) -> int:
        return round(self._now * 1000)

    def monotonic(self) -> float:
        return self._now

    def wait(self, seconds: float) -> bool:
        """Let time pass. Nobody stops the task."""
        self._now += seconds
        return False


def raw_parts(config: Config, worker: Mapping[str, str]) -> frozenset[str]:
    """The converter keys that name a converter: these parts are bytes at the log's end of the chain."""
    return frozenset(key for key in CONVERTERS if config.get(key) or worker.get(key))


def chain_parts(config: Config, setting: Setting) -> Parts:
    """Make what the chain's keys of a connector config describe; all other keys, such as passwords, are not looked at.

    Raises ConfigException and ConnectException, as the start of the task would.
    """
    index = dataclasses.replace(setting.index, plugins=(*setting.index.plugins, *passthrough.DESCRIPTORS))
    plugins = InstalledPlugins(index)
    given = _resolved({key: value for key, value in config.items() if key.startswith(_CHAIN_KEYS)}, setting, plugins)
    raw = raw_parts(config, setting.worker)
    props = {
        "name": _NAME,
        "connector.class": _NAME,
        **given,
        **{key: passthrough.NAME for key in CONVERTERS if key not in raw},
    }
    keys = connector_keys().including(SOURCE_KEYS if setting.kind is PluginKind.SOURCE else SINK_KEYS)
    parsed = enriched(keys, props, plugins, strict=True).parsed(props, plugins.find_class)
    recorder, clock = Recorder(), SteppingClock()
    operator = RetryWithTolerance(TaskId(_NAME, 0), ErrorPolicy.of(parsed), [recorder], clock, clock.wait)
    assembly = Assembly(index, setting.worker, props)
    return Parts(assembly.chain(operator), assembly.converters(), operator, recorder, raw)


def _resolved(config: Config, setting: Setting, plugins: InstalledPlugins) -> dict[str, str]:
    if any(map(has_reference, config.values())):

        def provider_class(name: str) -> type:
            return plugins.find_kind(PluginKind.CONFIG_PROVIDER, name)

        with ConfigTransformer(make_providers(setting.worker, provider_class)) as transformer:
            config = transformer.transform(config).data
    return {key: value for key, value in config.items() if value is not None}
