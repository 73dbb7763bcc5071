"""Java's ``ssl.*`` keys of https listeners as a TLS context. Key stores are PEM: other kinds need a JVM to be read."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Mapping

from penstock.api.exceptions import ConfigException

_VERIFY = {"required": ssl.CERT_REQUIRED, "requested": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def server_context(values: Mapping[str, str]) -> ssl.SSLContext:
    """The context for ``values`` (keys from ``ssl.`` on). Raises :class:`ConfigException` naming the key that is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    versions = [each.strip() for each in values.get("ssl.enabled.protocols", "TLSv1.2,TLSv1.3").split(",")]
    unknown = [each for each in versions if each not in _VERSIONS]
    if unknown:
        raise ConfigException.of("ssl.enabled.protocols", unknown[0], f"it must be one of {', '.join(_VERSIONS)}")
    context.minimum_version = min(_VERSIONS[each] for each in versions)
    context.maximum_version = max(_VERSIONS[each] for each in versions)
    _load_own(context, values)
    client_auth = values.get("ssl.client.auth", "none")
    if client_auth not in _VERIFY:
        raise ConfigException.of("ssl.client.auth", client_auth, "String must be one of: required, requested, none")
    context.verify_mode = _VERIFY[client_auth]
    if context.verify_mode is not ssl.CERT_NONE:
        _load_trusted(context, values)
    return context


def _load_own(context: ssl.SSLContext, values: Mapping[str, str]) -> None:
    """The server's certificate chain and key: from one PEM file, or as text in two keys."""
    password = values.get("ssl.key.password")
    chain, key = values.get("ssl.keystore.certificate.chain"), values.get("ssl.keystore.key")
    if chain and key:
        descriptor, path = tempfile.mkstemp(suffix=".pem")  # readable by the owner alone; ssl loads from files only
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{chain}\n{key}\n")
            _load_chain(context, path, password, "ssl.keystore.key")
        finally:
            os.unlink(path)
        return
    _require_pem(values, "keystore")
    _load_chain(context, values["ssl.keystore.location"], password, "ssl.keystore.location")


def _load_chain(context: ssl.SSLContext, path: str, password: str | None, key: str) -> None:
    try:
        context.load_cert_chain(path, password=password or "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigException(
            f"The certificate and private key of the https listener cannot be read from '{key}': {error}. "
            "It must be PEM with the private key and the certificate chain; 'ssl.key.password' decrypts the key."
        ) from error


def _load_trusted(context: ssl.SSLContext, values: Mapping[str, str]) -> None:
    certificates = values.get("ssl.truststore.certificates")
    if certificates is None:
        _require_pem(values, "truststore")
    try:
        if certificates is not None:
            context.load_verify_locations(cadata=certificates)
        else:
            context.load_verify_locations(cafile=values["ssl.truststore.location"])
    except (OSError, ssl.SSLError) as error:
        raise ConfigException(
            f"The certificates in 'ssl.truststore.location' cannot be read: {error}. It must be a PEM file."
        ) from error


def _require_pem(values: Mapping[str, str], store: str) -> None:
    if not values.get(f"ssl.{store}.location"):
        raise ConfigException(
            f"An https listener needs 'ssl.{store}.location', a PEM file, and 'ssl.{store}.type=PEM'."
        )
    kind = values.get(f"ssl.{store}.type", "JKS")
    if kind.upper() != "PEM":
        raise ConfigException.of(
            f"ssl.{store}.type",
            kind,
            "only PEM can be read without a JVM. Convert the store with "
            "'keytool -importkeystore -deststoretype PKCS12' and 'openssl pkcs12 -nodes', and set the type to PEM",
        )
