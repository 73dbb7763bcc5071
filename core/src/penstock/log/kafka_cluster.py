"""Questions about topics and partitions, over a connection of their own.

A consumer's connection to a broker is busy waiting for records most of the time (``fetch.max.wait.ms``), and a broker
answers one request after the other; on a connection of its own a question takes a millisecond or two.
"""

from __future__ import annotations

import concurrent.futures
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import OffsetSpec as _Spec  # type: ignore[attr-defined]  # re-exported without saying so

from penstock.api.record import TopicPartition
from penstock.log.base import TopicDescription
from penstock.log.errors import LogTimeoutError, RetriableLogError, UnknownTopicError
from penstock.log.kafka_client import Deadline, Health, client_settings, refused_settings
from penstock.log.kafka_errors import translate

T = TypeVar("T")

_CONNECTION = re.compile(
    r"bootstrap\.servers|metadata\.broker\.list|client\.(id|dns\.lookup)|broker\.address\..+|security\.protocol|"
    r"(ssl|sasl|socket|reconnect|retry|connections|metadata)\..+|enable\.(ssl|sasl)\..+|https\..+|log_level|debug"
)
EARLIEST_OFFSET: Final[_Spec] = _Spec.earliest()  # type: ignore[no-untyped-call]
LATEST_OFFSET: Final[_Spec] = _Spec.latest()  # type: ignore[no-untyped-call]
_LOOK_S: Final = 1.0
"""How long a wait goes on before it is looked whether the client was refused."""
_PAUSE_S: Final = 0.05
"""Before a question is asked again."""
_GRACE_S: Final = 1.0
"""How much later than its own deadline librdkafka's answer may come."""


def connection_settings(native: Mapping[str, str]) -> dict[str, str]:
    """Those of a client's librdkafka settings that say how to reach the cluster."""
    return {name: value for name, value in native.items() if _CONNECTION.fullmatch(name)}


class KafkaCluster:
    """One connection, made at first need. Safe to share among threads."""

    def __init__(self, native: Mapping[str, str], name: str) -> None:
        self._native = connection_settings(native)
        self._health = Health(name)
        self._lock = threading.Lock()
        self._client: AdminClient | None = None

    @property
    def client(self) -> AdminClient:
        """librdkafka's client. Raises the error that ended it, such as refused credentials."""
        with self._lock:
            if self._client is None:
                try:
                    self._client = AdminClient(client_settings(self._native, self._health))
                except (KafkaException, TypeError, ValueError) as error:
                    raise refused_settings(error) from error
            client = self._client
        client.poll(0)  # serves log lines and the error callback
        self._health.check()
        return client

    def close(self) -> None:
        """Release the connection. Idempotent."""
        with self._lock:
            self._client = None

    def answer(self, future: concurrent.futures.Future[T], deadline: Deadline, doing: str) -> T:
        """Wait for one of librdkafka's futures. Raises LogError; refused credentials at once."""
        until = Deadline(deadline.left + _GRACE_S)
        while True:
            self.client  # noqa: B018  # raises what ended it
            try:
                return future.result(until.slice(_LOOK_S))
            except KafkaException as error:
                self.client  # noqa: B018
                raise translate(error, doing) from error
            except concurrent.futures.TimeoutError:
                if until.over:
                    raise LogTimeoutError(f"Could not {doing}: no answer in time") from None

    def ask(self, call: Callable[[AdminClient, float], T], timeout_s: float, doing: str) -> T:
        """Make a blocking call, in slices so that refused credentials are noticed. Raises LogError."""
        deadline = Deadline(timeout_s)
        while True:
            try:
                return call(self.client, deadline.slice(_LOOK_S))
            except KafkaException as error:
                self.client  # noqa: B018  # raises what ended it
                found = translate(error, doing)
                if deadline.over or not isinstance(found, (RetriableLogError, LogTimeoutError)):
                    raise found from error

    def topics(self, timeout_s: float) -> list[str]:
        """The names of all topics, in order."""
        return sorted(self.ask(lambda client, wait: client.list_topics(timeout=wait).topics, timeout_s, "list topics"))

    def describe(self, names: Collection[str], timeout_s: float) -> dict[str, TopicDescription]:
        """Topics that do not exist are left out."""
        if not names:
            return {}
        deadline = Deadline(timeout_s)
        futures = self.client.describe_topics(TopicCollection(list(names)), request_timeout=timeout_s)
        found: dict[str, TopicDescription] = {}
        for name, future in futures.items():
            try:
                described = self.answer(future, deadline, f"describe topic {name}")
            except UnknownTopicError:
                continue
            replicas = len(described.partitions[0].replicas) if described.partitions else 1
            found[name] = TopicDescription(name, len(described.partitions), replicas)
        return found

    def offsets(
        self, partitions: Collection[TopicPartition], spec: _Spec, timeout_s: float, *, committed: bool = False
    ) -> dict[TopicPartition, int]:
        """The offset at ``spec`` of each partition; with ``committed`` the end is that of the stable part."""
        if not partitions:
            return {}
        deadline = Deadline(timeout_s)
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        while True:
            try:
                return self._offsets(partitions, spec, level, deadline)
            except RetriableLogError:  # a leader is being chosen, or this client has yet to hear of a topic made anew
                if deadline.left <= _PAUSE_S:
                    raise
                time.sleep(_PAUSE_S)

    def _offsets(
        self, partitions: Collection[TopicPartition], spec: _Spec, level: IsolationLevel, deadline: Deadline
    ) -> dict[TopicPartition, int]:
        asked = {KafkaPartition(partition.topic, partition.partition): spec for partition in partitions}
        futures = self.client.list_offsets(asked, isolation_level=level, request_timeout=deadline.left)
        found: dict[TopicPartition, int] = {}
        for each, future in futures.items():
            partition = TopicPartition(each.topic, each.partition)
            found[partition] = self.answer(future, deadline, f"look up the offsets of {partition}").offset
        return found


class Clusters:
    """The connections of one log, one for each way to reach the cluster. Safe to share among threads."""

    def __init__(self) -> None:
        self._clusters: dict[frozenset[tuple[str, str]], KafkaCluster] = {}
        self._lock = threading.Lock()

    def of(self, native: Mapping[str, str]) -> KafkaCluster:
        """The connection for a client with these settings, shared with others that would reach the cluster in the same way."""
        settings = {name: value for name, value in connection_settings(native).items() if name != "client.id"}
        key = frozenset(settings.items())
        with self._lock:
            if key not in self._clusters:
                self._clusters[key] = KafkaCluster({**settings, "client.id": "penstock-metadata"}, "Metadata client")
            return self._clusters[key]
