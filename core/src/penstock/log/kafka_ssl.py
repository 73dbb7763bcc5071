"""Java's ``ssl.*`` keys as librdkafka's (OpenSSL's): stores in PEM and PKCS12, host names, cipher suites.

Error texts are Java's (``DefaultSslEngineFactory``) where Java refuses the same thing.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from penstock.api.config_types import ConfigType, Password
from penstock.api.exceptions import ConfigException
from penstock.log.kafka_keys import Fate, JavaKey

_STRING, _PASSWORD = ConfigType.STRING, ConfigType.PASSWORD
_OURS = JavaKey(_STRING, Fate.OURS)
_OUR_SECRET = JavaKey(_PASSWORD, Fate.OURS)

SSL: Final[Mapping[str, JavaKey]] = {
    "ssl.cipher.suites": JavaKey(ConfigType.LIST, Fate.OURS),
    "ssl.enabled.protocols": JavaKey(
        ConfigType.LIST,
        Fate.LOST,
        why="librdkafka speaks the TLS versions that its OpenSSL allows (1.2 and 1.3); limit them in the broker",
        harmless=(["TLSv1.2", "TLSv1.3"], ["TLSv1.3", "TLSv1.2"]),
    ),
    "ssl.protocol": JavaKey(
        _STRING,
        Fate.LOST,
        why="librdkafka speaks the TLS versions that its OpenSSL allows (1.2 and 1.3)",
        harmless=("TLS", "TLSv1.3"),
    ),
    "ssl.provider": JavaKey(_STRING, Fate.LOST, why="TLS is OpenSSL's here, not a Java provider's", harmless=("",)),
    "ssl.engine.factory.class": JavaKey(
        ConfigType.CLASS, Fate.REFUSED, why="an engine factory is a Java class, which cannot run here", harmless=("",)
    ),
    "ssl.keymanager.algorithm": JavaKey(_STRING, Fate.SILENT),
    "ssl.trustmanager.algorithm": JavaKey(_STRING, Fate.SILENT),
    "ssl.secure.random.implementation": JavaKey(_STRING, Fate.SILENT),
    "ssl.endpoint.identification.algorithm": _OURS,
    "ssl.keystore.type": _OURS,
    "ssl.keystore.location": _OURS,
    "ssl.keystore.password": _OUR_SECRET,
    "ssl.keystore.key": _OUR_SECRET,
    "ssl.keystore.certificate.chain": _OUR_SECRET,
    "ssl.key.password": _OUR_SECRET,
    "ssl.truststore.type": _OURS,
    "ssl.truststore.location": _OURS,
    "ssl.truststore.password": _OUR_SECRET,
    "ssl.truststore.certificates": _OUR_SECRET,
}

_JKS_MAGIC, _JCEKS_MAGIC, _DER_SEQUENCE = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\x30"
_PEM_BLOCK = re.compile(r"-+BEGIN\s+([A-Z0-9 ]+?)\s*-+(.*?)-+END\s+\1\s*-+", re.DOTALL)
_PEM_HEADERS = re.compile(r"(?:[A-Za-z-]+: [^\n]*\n)+")


def ssl_settings(values: Mapping[str, object]) -> dict[str, str]:
    """librdkafka's settings for parsed ``ssl.*`` keys. Raises ConfigException for what cannot be kept, and says what to do."""
    found = {**_key_store(values), **_trust_store(values)}
    if "ssl.endpoint.identification.algorithm" in values:
        found["ssl.endpoint.identification.algorithm"] = _endpoint(
            _text(values, "ssl.endpoint.identification.algorithm")
        )
    suites = values.get("ssl.cipher.suites")
    if isinstance(suites, list) and suites:
        found["ssl.cipher.suites"] = openssl_ciphers(suites)
    return found


def _key_store(values: Mapping[str, object]) -> dict[str, str]:
    kind = (_text(values, "ssl.keystore.type") or "JKS").upper()
    location = _text(values, "ssl.keystore.location")
    key, chain = _secret(values, "ssl.keystore.key"), _secret(values, "ssl.keystore.certificate.chain")
    password, key_password = _secret(values, "ssl.keystore.password"), _secret(values, "ssl.key.password")
    unlock = {"ssl.key.password": key_password} if key_password else {}
    if key is not None:
        if kind != "PEM":
            raise ConfigException(f"SSL private key can be specified only for PEM, but key store type is {kind}.")
        if chain is None:
            raise ConfigException("SSL private key is specified, but certificate chain is not specified.")
        if location:
            raise ConfigException("Both SSL key store location and separate private key are specified.")
        return {
            "ssl.key.pem": pem("ssl.keystore.key", key, "PRIVATE KEY"),
            "ssl.certificate.pem": pem("ssl.keystore.certificate.chain", chain, "CERTIFICATE"),
            **unlock,
        }
    if chain is not None:
        raise ConfigException("SSL certificate chain is specified, but private key is not specified")
    if not location:
        if password is not None:
            raise ConfigException("SSL key store is not specified, but key store password is specified.")
        return {}
    if kind == "PEM":
        _head("keystore", location, kind)
        return {"ssl.key.location": location, "ssl.certificate.location": location, **unlock}
    return _binary_key_store(location, kind, password)


def _binary_key_store(location: str, kind: str, password: str | None) -> dict[str, str]:
    if password is None:
        raise ConfigException("SSL key store is specified, but key store password is not specified.")
    head = _head("keystore", location, kind)
    if head.startswith((_JKS_MAGIC, _JCEKS_MAGIC)):
        raise ConfigException(
            f"ssl.keystore.location={location} is a Java key store (JKS), which only Java can read. Convert it with 'keytool"
            f" -importkeystore -srckeystore {location} -destkeystore {Path(location).stem}.p12 -deststoretype PKCS12' and"
            " set ssl.keystore.type=PKCS12, or use PEM files with ssl.keystore.type=PEM"
        )
    if not head.startswith(_DER_SEQUENCE):
        raise ConfigException(f"Failed to load SSL keystore {location} of type {kind}: it is no PKCS12 file")
    return {"ssl.keystore.location": location, "ssl.keystore.password": password}


def _trust_store(values: Mapping[str, object]) -> dict[str, str]:
    kind = (_text(values, "ssl.truststore.type") or "JKS").upper()
    location = _text(values, "ssl.truststore.location")
    certificates = _secret(values, "ssl.truststore.certificates")
    password = _secret(values, "ssl.truststore.password")
    if certificates is not None:
        if kind != "PEM":
            raise ConfigException(
                f"SSL trust store certs can be specified only for PEM, but trust store type is {kind}."
            )
        if location:
            raise ConfigException("Both SSL trust store location and separate trust certificates are specified.")
        return {"ssl.ca.pem": pem("ssl.truststore.certificates", certificates, "CERTIFICATE")}
    if not location:
        if password is not None:
            raise ConfigException("SSL trust store is not specified, but trust store password is specified.")
        return {}
    if kind == "PEM":
        if password is not None:
            raise ConfigException("SSL trust store password cannot be specified for PEM format.")
        _head("truststore", location, kind)
        return {"ssl.ca.location": location}
    is_java = _head("truststore", location, kind).startswith((_JKS_MAGIC, _JCEKS_MAGIC))
    command = (
        f"keytool -exportcert -rfc -keystore {location} -alias <name> -file ca.pem"
        if is_java
        else f"openssl pkcs12 -in {location} -nokeys -out ca.pem"
    )
    raise ConfigException(
        f"ssl.truststore.location={location} is a {'Java (JKS)' if is_java else 'PKCS12'} trust store; OpenSSL reads trusted"
        f" certificates from PEM only. Convert it with '{command}' and set ssl.truststore.type=PEM"
        " and ssl.truststore.location=ca.pem"
    )


def pem(name: str, text: str, kind: str) -> str:
    """The PEM blocks in ``text``, each in the form that OpenSSL reads; Java also takes them in one line. ``kind`` is what
    the first block's title must end with. Raises ConfigException."""
    blocks = [(match[1], match[2]) for match in _PEM_BLOCK.finditer(text)]
    if not blocks or not blocks[0][0].endswith(kind):
        raise ConfigException(f"Invalid PEM keystore configs: {name} holds no {kind} in PEM format")
    return "".join(_pem_block(title, body) for title, body in blocks)


def _pem_block(title: str, body: str) -> str:
    headers = _PEM_HEADERS.match(body.lstrip())
    kept = headers[0] + "\n" if headers else ""
    data = "".join(body.lstrip()[headers.end() if headers else 0 :].split())
    lines = [data[at : at + 64] for at in range(0, len(data), 64)]
    return "\n".join([f"-----BEGIN {title}-----", kept + "\n".join(lines), f"-----END {title}-----", ""])


def openssl_ciphers(suites: Sequence[object]) -> str:
    """Java's names of cipher suites as an OpenSSL list. TLS 1.3 suites cannot be chosen, they are always on."""
    chosen: list[str] = []
    for suite in map(str, suites):
        if not suite.startswith("TLS_"):
            chosen.append(suite)  # an OpenSSL name already
        elif "_WITH_" in suite:
            exchange, _, cipher = suite.removeprefix("TLS_").partition("_WITH_")
            cipher = (
                re.sub(r"AES_(128|256)", r"AES\1", cipher).replace("_CBC", "").replace("POLY1305_SHA256", "POLY1305")
            )
            chosen.append("-".join([*(exchange.split("_") if exchange != "RSA" else ()), *cipher.split("_")]))
    for name in chosen:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(name)
        except ssl.SSLError:
            raise ConfigException.of("ssl.cipher.suites", suites, f"OpenSSL has no cipher suite {name}") from None
    if not chosen:
        raise ConfigException.of(
            "ssl.cipher.suites",
            suites,
            "OpenSSL's TLS 1.3 suites are always on and cannot be chosen; name one of TLS 1.2, too",
        )
    return ":".join(chosen)


def _endpoint(algorithm: str) -> str:
    if algorithm.lower() not in {"", "https"}:
        raise ConfigException.of(
            "ssl.endpoint.identification.algorithm", algorithm, "must be https, or empty to check no host names"
        )
    return algorithm.lower() or "none"


def _head(store: str, location: str, kind: str) -> bytes:
    try:
        with Path(location).open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise ConfigException(f"Failed to load SSL {store} {location} of type {kind}: {error.strerror}") from error


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _secret(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    return value.value if isinstance(value, Password) else None
