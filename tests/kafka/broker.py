"""One Kafka broker of the version in ``pom.xml``: KRaft, one node, loopback ports, a temporary directory.

``python -m tests.kafka.broker`` starts one, prints its bootstrap address and stays up until it is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # re-exported without saying so
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.kafka.jars import ServiceUnavailableError, class_path, java
from tests.kafka.process import JavaProcess, free_ports
from tests.kafka.tls import Certificates, make_certificates

USER, PASSWORD = "alice", 'quote"and\\slash'
"""The user that every SASL listener knows, by PLAIN and by SCRAM. The password needs escapes in a JAAS line."""


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """``heap`` is the JVM's ``-Xmx`` (``PENSTOCK_KAFKA_HEAP`` overrides). ``secure`` adds SASL_PLAINTEXT (PLAIN, SCRAM), SSL
    and SASL_SSL listeners. ``properties`` are broker properties that beat ours."""

    heap: str = field(default_factory=lambda: os.environ.get("PENSTOCK_KAFKA_HEAP", "512M"))
    secure: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)


class Broker:
    """A running broker. ``bootstrap`` is its PLAINTEXT address, ``listeners`` has the address of each listener by name."""

    def __init__(self, options: BrokerOptions | None = None) -> None:
        self.options = options or BrokerOptions()
        self.directory = Path(tempfile.mkdtemp(prefix="penstock-kafka-"))
        self.certificates: Certificates | None = None
        self._process: JavaProcess | None = None
        names = ["PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL"] if self.options.secure else ["PLAINTEXT"]
        ports = free_ports(len(names) + 1)
        self._controller = f"127.0.0.1:{ports.pop()}"
        self.listeners = {name: f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
        try:
            self._format()
            self.start()
            if self.options.secure:
                self._add_scram_user()
        except BaseException:
            self.close()
            raise

    @property
    def bootstrap(self) -> str:
        return self.listeners["PLAINTEXT"]

    @property
    def process(self) -> JavaProcess:
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start the JVM (again, after ``kill`` or ``stop``) and wait until the broker answers a metadata request."""
        heap = self.options.heap
        command = [java(), f"-Xmx{heap}", "-Xms256M", "-XX:+UseG1GC", "-Djava.net.preferIPv4Stack=true", *_LOGGING]
        command += ["-cp", class_path(), "kafka.Kafka", str(self._properties_file)]
        self._process = JavaProcess(command, self.directory / "broker.log", self.directory)
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "reconnect.backoff.max.ms": "100", "log_level": "0"})
        for _ in range(90):
            if not self._process.running:
                raise ServiceUnavailableError(f"the Kafka broker did not start:\n{self._process.log_tail()}")
            try:
                if admin.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                continue  # not listening yet; the next call waits for it
        raise ServiceUnavailableError(f"the Kafka broker does not answer after 90 s:\n{self._process.log_tail()}")

    def kill(self) -> None:
        """End it as a crash does. ``start`` brings it back with what it had."""
        self.process.kill()

    def stop(self) -> None:
        """End it in order. ``start`` brings it back."""
        if self._process is not None:
            self._process.stop()

    def close(self) -> None:
        """Stop and delete everything. Idempotent."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add_scram_user(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for mechanism in (
            ScramMechanism.SCRAM_SHA_256,
            ScramMechanism.SCRAM_SHA_512,
        ):  # one a request: a broker takes no more
            wanted = UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
            admin.alter_user_scram_credentials([wanted])[USER].result(30)

    @property
    def _properties_file(self) -> Path:
        return self.directory / "server.properties"

    def _format(self) -> None:
        lines = {**self._properties(), **self.options.properties}
        self._properties_file.write_text("".join(f"{key}={_escape(value)}\n" for key, value in lines.items()))
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [java(), "-Xmx128M", "-XX:TieredStopAtLevel=1", *_LOGGING, "-cp", class_path()]
        command += ["kafka.tools.StorageTool", "format", "-t", f"p{cluster[1:]}", "-c", str(self._properties_file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise ServiceUnavailableError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")

    def _properties(self) -> dict[str, str]:
        addresses = {**self.listeners, "CONTROLLER": self._controller}
        protocols = {**{name: name for name in self.listeners}, "CONTROLLER": "PLAINTEXT"}
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{self._controller}",
            "listeners": ",".join(f"{name}://{address}" for name, address in addresses.items()),
            "advertised.listeners": ",".join(f"{name}://{address}" for name, address in self.listeners.items()),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            "log.dirs": str(self.directory / "data"),
            "group.initial.rebalance.delay.ms": "0",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "log.cleaner.dedupe.buffer.size": "8388608",
            "log.segment.delete.delay.ms": "1000",
            **(self._security() if self.options.secure else {}),
        }

    def _security(self) -> dict[str, str]:
        self.certificates = make_certificates(self.directory / "tls")
        found: dict[str, str] = {}
        plain = f'required username="admin" password="admin" user_admin="admin" user_{USER}="{_quote(PASSWORD)}";'
        for listener in ("sasl_plaintext", "sasl_ssl"):
            prefix = f"listener.name.{listener}"
            found[f"{prefix}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
            found[f"{prefix}.plain.sasl.jaas.config"] = f"{_MODULES}.plain.PlainLoginModule {plain}"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                found[f"{prefix}.{mechanism}.sasl.jaas.config"] = f"{_MODULES}.scram.ScramLoginModule required;"
        for listener, client_auth in (("ssl", "required"), ("sasl_ssl", "none")):
            prefix = f"listener.name.{listener}.ssl"
            found[f"{prefix}.keystore.type"] = found[f"{prefix}.truststore.type"] = "PEM"
            found[f"{prefix}.keystore.location"] = str(self.certificates.server_keystore)
            found[f"{prefix}.truststore.location"] = str(self.certificates.ca)
            found[f"{prefix}.client.auth"] = client_auth
        return found


_MODULES = "org.apache.kafka.common.security"
_LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _escape(text: str) -> str:
    """As a value in a properties file."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def main() -> None:
    """Run until interrupted."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    with Broker() as broker, contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is the ordinary end
        print(broker.bootstrap, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
