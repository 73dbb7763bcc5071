"""The policy on what connectors may override in their clients, as validation and the start of a task apply it (spec 2.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing

from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.api.override import ClientType, ConnectorClientConfigOverridePolicy, ConnectorClientConfigRequest
from penstock.config.overrides import client_overrides
from penstock.discovery.plugins import PluginIndex, load_class

POLICY_KEY = "connector.client.config.override.policy"


def make_policy(index: PluginIndex, worker: Mapping[str, str]) -> ConnectorClientConfigOverridePolicy:
    """The policy that the worker's properties name, configured; to be closed by who asked."""
    policy = load_class(index.find(PluginKind.OVERRIDE_POLICY, worker.get(POLICY_KEY, "All")))()
    if not isinstance(policy, ConnectorClientConfigOverridePolicy):
        raise ConnectException(f"{worker.get(POLICY_KEY)} is no ConnectorClientConfigOverridePolicy")
    policy.use_config(worker)
    policy.configure(worker)
    return policy


def check_overrides(
    index: PluginIndex,
    worker: Mapping[str, str],
    connector: type,
    kind: PluginKind,
    props: Mapping[str, str],
    clients: Collection[ClientType],
) -> None:
    """At a task's start: raises ConnectException when an override of one of its clients is not allowed, or has a wrong
    type. Validation has said so before; but a config may have been written under another policy."""
    overrides = {client: client_overrides(props, client) for client in clients}
    if not any(overrides.values()):
        return
    with closing(make_policy(index, worker)) as policy:
        for client, given in overrides.items():
            request = ConnectorClientConfigRequest(props.get("name"), kind.value, connector, given, client)
            refused = [value for value in policy.validate(request) if value.errors]
            if refused:
                reasons = "; ".join(error for value in refused for error in value.errors)
                raise ConnectException(f"Client Config Overrides not allowed {reasons}")
