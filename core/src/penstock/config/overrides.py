"""Connect's own policies on client overrides (spec 2.4), and the overrides of a connector."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from penstock.api.config import ConfigDef, ConfigType, ConfigValue, Importance
from penstock.api.config_types import parse_value
from penstock.api.override import ClientType, ConnectorClientConfigOverridePolicy, ConnectorClientConfigRequest
from penstock.api.validators import unique_list
from penstock.config.client_keys import ADMIN_KEYS, CONSUMER_KEYS, PRODUCER_KEYS

logger = logging.getLogger(__name__)

_PACKAGE = "org.apache.kafka.connect.connector.policy."
_PRINCIPAL = ("sasl.jaas.config", "sasl.mechanism", "security.protocol")

CLIENT_KEYS: Mapping[ClientType, ConfigDef] = {
    ClientType.PRODUCER: PRODUCER_KEYS,
    ClientType.CONSUMER: CONSUMER_KEYS,
    ClientType.ADMIN: ADMIN_KEYS,
}


def override_prefix(client: ClientType) -> str:
    """What the keys of overrides begin with: ``producer.override.``."""
    return f"{client.value}.override."


def client_overrides(props: Mapping[str, str | None], client: ClientType) -> dict[str, object]:
    """A connector's overrides of one client, under the client's own names, parsed to the types that the client gives them;
    unknown ones stay text. Raises :class:`ConfigException` for a value of another type."""
    prefix = override_prefix(client)
    keys = CLIENT_KEYS[client].keys
    found: dict[str, object] = {}
    for name, value in props.items():
        if name.startswith(prefix):
            own = name[len(prefix) :]
            found[own] = parse_value(own, value, keys[own].type) if own in keys else value
    return found


class _PolicyByName(ConnectorClientConfigOverridePolicy):
    """Decides for each override by its name."""

    policy_name: ClassVar[str]

    def validate(self, request: ConnectorClientConfigRequest) -> list[ConfigValue]:
        return [
            ConfigValue(name, value, errors=[] if self.allows(name) else [self._refusal(name)])
            for name, value in request.client_props.items()
        ]

    @abstractmethod
    def allows(self, name: str) -> bool:
        """Whether this setting may be overridden."""

    def _refusal(self, name: str) -> str:
        return (
            f"The '{self.policy_name}' policy does not allow '{name}' to be overridden in the connector configuration."
        )


class AllConnectorClientConfigOverridePolicy(_PolicyByName):
    """Everything may be overridden."""

    connect_name: ClassVar[str | None] = _PACKAGE + "AllConnectorClientConfigOverridePolicy"
    policy_name = "All"

    def allows(self, name: str) -> bool:  # noqa: ARG002
        return True


class NoneConnectorClientConfigOverridePolicy(_PolicyByName):
    """Nothing may be overridden."""

    connect_name: ClassVar[str | None] = _PACKAGE + "NoneConnectorClientConfigOverridePolicy"
    policy_name = "None"

    def allows(self, name: str) -> bool:  # noqa: ARG002
        return False


class PrincipalConnectorClientConfigOverridePolicy(_PolicyByName):
    """Only who the connector is may be overridden. Deprecated in Connect: Allowlist says the same more clearly."""

    connect_name: ClassVar[str | None] = _PACKAGE + "PrincipalConnectorClientConfigOverridePolicy"
    policy_name = "Principal"

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        logger.warning(
            "The Principal ConnectorClientConfigOverridePolicy is deprecated, use the Allowlist policy instead. To replicate "
            'the Principal policy behavior, set the connector.client.config.override.allowlist configuration to "%s"',
            ",".join(_PRINCIPAL),
        )

    def allows(self, name: str) -> bool:
        return name in _PRINCIPAL


class AllowlistConnectorClientConfigOverridePolicy(_PolicyByName):
    """What ``connector.client.config.override.allowlist`` lists may be overridden."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        "connector.client.config.override.allowlist",
        ConfigType.LIST,
        default=[],
        importance=Importance.MEDIUM,
        doc="Client settings that connectors may override, separated by commas.",
        validator=unique_list(empty_allowed=True, null_allowed=False),
    )
    connect_name: ClassVar[str | None] = _PACKAGE + "AllowlistConnectorClientConfigOverridePolicy"
    policy_name = "Allowlist"

    def allows(self, name: str) -> bool:
        return name in self.config.get_list("connector.client.config.override.allowlist")
