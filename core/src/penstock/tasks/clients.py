"""Client configurations in their layers, later ones winning (spec 8.6): defaults, worker, connector overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_INT64 = str(2**63 - 1)
MAX_INT32 = str(2**31 - 1)


@dataclass(frozen=True, slots=True)
class ClientConfigs:
    """``worker`` are the worker's properties, ``connector`` the connector's config, both with references resolved.

    Whether overrides are allowed was checked by the policy when the config was validated and when the task was built.
    """

    name: str
    worker: Mapping[str, str]
    connector: Mapping[str, str]

    def source_producer(self, task: int) -> dict[str, str]:
        """For the records of a source task."""
        return {
            **self._bootstrap(),
            "max.block.ms": MAX_INT64,
            "enable.idempotence": "false",
            "acks": "all",
            "max.in.flight.requests.per.connection": "1",
            "delivery.timeout.ms": MAX_INT32,
            "client.id": f"connector-producer-{self.name}-{task}",
            **self._layered("producer."),
        }

    def dead_letter_producer(self, task: int) -> dict[str, str]:
        """For the dead letter queue of a sink task: as a source's producer, under another name."""
        config = {**self.source_producer(task), "client.id": f"connector-dlq-producer-{self.name}-{task}"}
        return {**config, **self._layered("producer.")}

    def sink_consumer(self, task: int | None) -> dict[str, str]:
        """For the records of a sink task; without a task, for what concerns its group only."""
        suffix = "" if task is None else f"-{task}"
        return {
            "group.id": f"connect-{self.name}",
            "client.id": f"connector-consumer-{self.name}{suffix}",
            **self._bootstrap(),
            "enable.auto.commit": "false",
            "auto.offset.reset": "earliest",
            **self._layered("consumer."),
        }

    def admin(self, client_id: str) -> dict[str, str]:
        """For topic creation, the dead letter topic and group offsets. The worker's top-level client keys count, too."""
        top_level = {
            key: value for key, value in self.worker.items() if not key.startswith(("producer.", "consumer.", "admin."))
        }
        return {**self._bootstrap(), "client.id": client_id, **_client_keys(top_level), **self._layered("admin.")}

    def _bootstrap(self) -> dict[str, str]:
        servers = self.worker.get("bootstrap.servers")
        return {} if servers is None else {"bootstrap.servers": servers}

    def _layered(self, prefix: str) -> dict[str, str]:
        override = f"{prefix}override."
        return {
            **{key[len(prefix) :]: value for key, value in self.worker.items() if key.startswith(prefix)},
            **{key[len(override) :]: value for key, value in self.connector.items() if key.startswith(override)},
        }


_SHARED = (
    "security.",
    "sasl.",
    "ssl.",
    "client.",
    "metadata.",
    "request.",
    "retry.",
    "reconnect.",
    "socket.",
    "connections.",
)


def _client_keys(props: Mapping[str, str]) -> dict[str, str]:
    """Of a worker's own properties those that mean something to a client: the rest would only be warned about."""
    return {key: value for key, value in props.items() if key.startswith(_SHARED)}
