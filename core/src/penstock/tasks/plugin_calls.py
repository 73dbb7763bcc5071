"""Answers that need a plugin's class but no running instance (CALL frames). In a connector host, on a thread of their own.

Arguments and answers are plain data. What is raised goes back to who asked, by its Connect class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from penstock.api.check import PlannedStep
from penstock.api.connector import Connector, SinkConnector, SourceConnector
from penstock.api.exceptions import ConnectException, DataException
from penstock.api.record import TopicPartition
from penstock.discovery.plugins import PluginDescriptor, load_class
from penstock.tasks.build import resolve_connector_config
from penstock.tasks.connector_checks import checks, planned
from penstock.tasks.samples import Sample, read_samples
from penstock.tasks.sink_offsets import alter_sink_offsets, sink_offsets
from penstock.tasks.spec import WorkerSettings
from penstock.tasks.validation import plugin_config_infos, validate_connector

Arguments = Mapping[str, Any]


def answer(call: str, arguments: dict[str, Any], descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    """The answer to one call. Raises ConnectException for a call that nobody knows."""
    try:
        act = _CALLS[call]
    except KeyError:
        raise ConnectException(f"Unknown call {call!r}; this is a fault of Penstock, please report it") from None
    return act(arguments, descriptor, settings)


def _config_def(_arguments: Arguments, descriptor: PluginDescriptor, _settings: WorkerSettings) -> object:
    return plugin_config_infos(descriptor)


def _validate(arguments: Arguments, _descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    return validate_connector(arguments["config"], settings.index, settings.props)


def _alter_offsets(arguments: Arguments, descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    """``offsets``: (partition, offset) pairs, an offset of None means reset. Whether the connector took care of all."""
    connector = _make(descriptor)
    assert isinstance(connector, SourceConnector)
    props = resolve_connector_config(arguments["name"], arguments["config"], settings)
    pairs = [(partition, offset) for partition, offset in arguments["offsets"]]
    return connector.alter_offsets(props, pairs)


def _sink_offsets(arguments: Arguments, _descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    props = resolve_connector_config(arguments["name"], arguments["config"], settings)
    return sink_offsets(arguments["name"], props, settings)


def _alter_sink_offsets(arguments: Arguments, descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    connector = _make(descriptor)
    assert isinstance(connector, SinkConnector)
    props = resolve_connector_config(arguments["name"], arguments["config"], settings)

    def judge(offsets: Mapping[TopicPartition, int | None]) -> bool:
        return connector.alter_offsets(props, offsets)

    return alter_sink_offsets(arguments["name"], props, settings, arguments["offsets"], judge)


def _check(arguments: Arguments, descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    props = resolve_connector_config(arguments["name"], arguments["config"], settings)
    return checks(_make(descriptor), props, arguments["deadline_s"])


def _plan(arguments: Arguments, descriptor: PluginDescriptor, settings: WorkerSettings) -> object:
    """``records``: samples as (topic, key, value), the bytes of the log. One that can't be read is what the plan tells."""
    connector = _make(descriptor)
    assert isinstance(connector, SinkConnector)
    props = resolve_connector_config(arguments["name"], arguments["config"], settings)
    samples = [Sample(*given) for given in arguments["records"]]
    try:
        records = read_samples(samples, props, settings)
    except DataException as error:
        return [asdict(PlannedStep("", str(error), ok=False))]
    return planned(connector, props, records, arguments["deadline_s"])


def _make(descriptor: PluginDescriptor) -> Connector:
    connector = load_class(descriptor)()
    assert isinstance(connector, Connector)
    return connector


_CALLS: Mapping[str, Callable[[Arguments, PluginDescriptor, WorkerSettings], object]] = {
    "config_def": _config_def,
    "validate": _validate,
    "alter_offsets": _alter_offsets,
    "check": _check,
    "plan": _plan,
    "sink_offsets": _sink_offsets,
    "alter_sink_offsets": _alter_sink_offsets,
}
