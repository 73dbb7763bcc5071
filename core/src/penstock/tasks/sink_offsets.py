"""Reading and changing the consumer offsets of a sink connector (KIP-875, spec 1.9). In a connector host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from penstock.api.exceptions import ConnectException
from penstock.api.record import TopicPartition
from penstock.log.base import LogAdmin
from penstock.log.errors import GroupNotEmptyError, LogError
from penstock.tasks.clients import ClientConfigs
from penstock.tasks.spec import WorkerSettings

TIMEOUT_S = 30.0

Judge = Callable[[Mapping[TopicPartition, int | None]], bool]
"""The connector's ``alter_offsets``."""


def sink_offsets(name: str, props: Mapping[str, str], settings: WorkerSettings) -> list[list[object]]:
    """(topic, partition, offset) of everything that the connector's group has committed."""
    group, admin = _open(name, props, settings)
    try:
        committed = admin.group_offsets(group, TIMEOUT_S)
    except LogError as error:
        raise ConnectException(f"Failed to retrieve consumer group offsets for sink connector {name}") from error
    finally:
        admin.close()
    return [[partition.topic, partition.partition, offset] for partition, offset in committed.items()]


def alter_sink_offsets(
    name: str,
    props: Mapping[str, str],
    settings: WorkerSettings,
    offsets: Sequence[Sequence[object]] | None,
    judge: Judge,
) -> bool:
    """Alter the given (topic, partition, offset or None), or reset all (``offsets`` None). The connector judges first.

    Returns what the connector returned. Raises ConnectException with Connect's texts.
    """
    group, admin = _open(name, props, settings)
    try:
        if offsets is None:
            handled = judge(dict.fromkeys(admin.group_offsets(group, TIMEOUT_S)))
            admin.delete_group(group, TIMEOUT_S)
            return handled
        wanted = {TopicPartition(str(t), int(str(p))): None if o is None else int(str(o)) for t, p, o in offsets}
        handled = judge(wanted)
        _alter(name, admin, group, wanted)
    except GroupNotEmptyError as error:
        verb = "reset" if offsets is None else "altered"
        raise ConnectException(
            f"Failed to {'reset' if offsets is None else 'alter'} consumer group offsets for connector {name} either "
            "because its tasks haven't stopped completely yet or the connector was resumed before the request to "
            f"{'reset' if offsets is None else 'alter'} its offsets could be successfully completed. If the connector is in "
            "a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster "
            f"may need to be restarted to get rid of the zombie sink tasks; no offsets were {verb}."
        ) from error
    except LogError as error:
        raise ConnectException(f"Failed to reset consumer group offsets for connector {name}") from error
    finally:
        admin.close()
    return handled


def _alter(name: str, admin: LogAdmin, group: str, wanted: Mapping[TopicPartition, int | None]) -> None:
    if any(offset is not None and offset < 0 for offset in wanted.values()):
        raise ConnectException(f"Failed to modify offsets for sink connector {name}")
    if any(partition.partition < 0 for partition in wanted):
        raise ConnectException(f"Failed to alter consumer group offsets for connector {name}")
    altered = {partition: offset for partition, offset in wanted.items() if offset is not None}
    reset = [partition for partition, offset in wanted.items() if offset is None]
    try:
        if altered:
            admin.alter_group_offsets(group, altered, TIMEOUT_S)
        if reset:
            admin.delete_group_offsets(group, reset, TIMEOUT_S)
    except GroupNotEmptyError:
        raise
    except LogError as error:
        raise ConnectException(f"Failed to alter consumer group offsets for connector {name}") from error


def _open(name: str, props: Mapping[str, str], settings: WorkerSettings) -> tuple[str, LogAdmin]:
    clients = ClientConfigs(name, settings.props, props)
    group = clients.sink_consumer(None)["group.id"]
    return group, settings.log.open().admin(clients.admin(f"connector-worker-adminclient-{name}"))
