"""A client's way to reach the cluster, as kafka-python wants it: for the few things that librdkafka does not do."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

from penstock.api.exceptions import ConfigException


class _Hidden(str):
    """A secret: kafka-python logs its whole configuration at DEBUG."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[hidden]'"


def python_settings(native: Mapping[str, str], timeout_s: float) -> dict[str, object]:
    """kafka-python's settings from librdkafka's (:func:`~penstock.log.kafka_config.translate`). Raises ConfigException for a
    key store or a SASL mechanism that kafka-python cannot use."""
    protocol = native.get("security.protocol", "plaintext").upper()
    timeout_ms = max(int(timeout_s * 1000), 1)
    found: dict[str, object] = {
        "bootstrap_servers": [server.strip() for server in native["bootstrap.servers"].split(",")],
        "client_id": native.get("client.id", "penstock"),
        "security_protocol": protocol,
        "request_timeout_ms": timeout_ms,
        "bootstrap_timeout_ms": timeout_ms,
    }
    if protocol.endswith("SSL"):
        found["ssl_context"] = ssl_context(native)
    if protocol.startswith("SASL"):
        found.update(_sasl(native))
    return found


def _sasl(native: Mapping[str, str]) -> dict[str, object]:
    mechanism = native.get("sasl.mechanism") or native.get("sasl.mechanisms") or "GSSAPI"
    if mechanism not in {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}:
        raise ConfigException.of(
            "sasl.mechanism", mechanism, "this call goes over kafka-python, which is set up for PLAIN and SCRAM only"
        )
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": native.get("sasl.username", ""),
        "sasl_plain_password": _Hidden(native.get("sasl.password", "")),
    }


def ssl_context(native: Mapping[str, str]) -> ssl.SSLContext:
    """What librdkafka's ``ssl.*`` settings mean to Python's TLS."""
    if "ssl.keystore.location" in native:
        raise ConfigException.of(
            "ssl.keystore.location",
            native["ssl.keystore.location"],
            "this call goes over kafka-python, which reads no PKCS12 key store; use PEM files with ssl.keystore.type=PEM",
        )
    context = ssl.create_default_context(cafile=native.get("ssl.ca.location"), cadata=native.get("ssl.ca.pem"))
    if native.get("ssl.endpoint.identification.algorithm") == "none":
        context.check_hostname = False
    if native.get("enable.ssl.certificate.verification") == "false":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if "ssl.cipher.suites" in native:
        context.set_ciphers(native["ssl.cipher.suites"])
    password = native.get("ssl.key.password")
    if "ssl.certificate.location" in native:
        context.load_cert_chain(native["ssl.certificate.location"], native.get("ssl.key.location"), password)
    elif "ssl.certificate.pem" in native:
        with tempfile.TemporaryDirectory() as directory:  # Python takes keys from files only; this one is ours alone
            file = Path(directory) / "key.pem"
            file.write_text(native.get("ssl.key.pem", "") + native["ssl.certificate.pem"])
            context.load_cert_chain(file, password=password)
    return context
