"""Policies on what connectors may override in their Kafka clients (KIP-458, spec 2.4)."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.config_key import ConfigValue
from penstock.api.plugin import Configurable


class ClientType(enum.Enum):
    """The clients that connectors may override settings of."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ConnectorClientConfigRequest:
    """What a connector wants to override in one client. ``client_props`` has values parsed to their types, under the
    client's own names; ``connector_type`` is ``source`` or ``sink``."""

    connector_name: str | None
    connector_type: str
    connector_class: type
    client_props: Mapping[str, object]
    client_type: ClientType


class ConnectorClientConfigOverridePolicy(Configurable, ABC):
    """Says which overrides are allowed. Made once per process that asks; called on one thread at a time."""

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002  # Connect's signature
        """Take the worker's properties; ``self.config`` has the policy's own keys already."""
        return

    @abstractmethod
    def validate(self, request: ConnectorClientConfigRequest) -> list[ConfigValue]:
        """One value for each override, with an error where it is not allowed."""

    def close(self) -> None:
        """Release what was taken."""
        return
