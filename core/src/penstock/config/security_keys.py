"""The ``ssl.*`` and ``sasl.*`` keys, which workers and all Kafka clients share. Names, types and defaults are Kafka's."""

from __future__ import annotations

from penstock.api.config import ConfigKey, ConfigType, Importance, Validator
from penstock.api.validators import between, one_of_ignoring_case, unique_list

BOOLEAN, STRING, INT, SHORT, LONG = (
    ConfigType.BOOLEAN,
    ConfigType.STRING,
    ConfigType.INT,
    ConfigType.SHORT,
    ConfigType.LONG,
)
DOUBLE, LIST, CLASS, PASSWORD = ConfigType.DOUBLE, ConfigType.LIST, ConfigType.CLASS, ConfigType.PASSWORD
HIGH, MEDIUM, LOW = Importance.HIGH, Importance.MEDIUM, Importance.LOW
_PACKAGE = "org.apache.kafka.common.security.oauthbearer."

_Row = tuple[str, ConfigType, object, Importance] | tuple[str, ConfigType, object, Importance, Validator]

_UNIQUE = unique_list(empty_allowed=True, null_allowed=False)

_SSL: tuple[_Row, ...] = (
    ("ssl.protocol", STRING, "TLSv1.3", MEDIUM),
    ("ssl.provider", STRING, None, MEDIUM),
    ("ssl.cipher.suites", LIST, [], LOW, _UNIQUE),
    ("ssl.enabled.protocols", LIST, ["TLSv1.2", "TLSv1.3"], MEDIUM, _UNIQUE),
    ("ssl.keystore.type", STRING, "JKS", MEDIUM),
    ("ssl.keystore.location", STRING, None, HIGH),
    ("ssl.keystore.password", PASSWORD, None, HIGH),
    ("ssl.key.password", PASSWORD, None, HIGH),
    ("ssl.keystore.key", PASSWORD, None, HIGH),
    ("ssl.keystore.certificate.chain", PASSWORD, None, HIGH),
    ("ssl.truststore.certificates", PASSWORD, None, HIGH),
    ("ssl.truststore.type", STRING, "JKS", MEDIUM),
    ("ssl.truststore.location", STRING, None, HIGH),
    ("ssl.truststore.password", PASSWORD, None, HIGH),
    ("ssl.keymanager.algorithm", STRING, "SunX509", LOW),
    ("ssl.trustmanager.algorithm", STRING, "PKIX", LOW),
    ("ssl.endpoint.identification.algorithm", STRING, "https", LOW),
    ("ssl.secure.random.implementation", STRING, None, LOW),
    ("ssl.engine.factory.class", CLASS, None, LOW),
)

_SASL: tuple[_Row, ...] = (
    ("sasl.kerberos.service.name", STRING, None, MEDIUM),
    ("sasl.kerberos.kinit.cmd", STRING, "/usr/bin/kinit", LOW),
    ("sasl.kerberos.ticket.renew.window.factor", DOUBLE, 0.8, LOW),
    ("sasl.kerberos.ticket.renew.jitter", DOUBLE, 0.05, LOW),
    ("sasl.kerberos.min.time.before.relogin", LONG, 60_000, LOW),
    ("sasl.login.refresh.window.factor", DOUBLE, 0.8, LOW, between(0.5, 1.0)),
    ("sasl.login.refresh.window.jitter", DOUBLE, 0.05, LOW, between(0.0, 0.25)),
    ("sasl.login.refresh.min.period.seconds", SHORT, 60, LOW, between(0, 900)),
    ("sasl.login.refresh.buffer.seconds", SHORT, 300, LOW, between(0, 3600)),
    ("sasl.mechanism", STRING, "GSSAPI", MEDIUM),
    ("sasl.jaas.config", PASSWORD, None, MEDIUM),
    ("sasl.client.callback.handler.class", CLASS, None, MEDIUM),
    ("sasl.login.callback.handler.class", CLASS, None, MEDIUM),
    ("sasl.login.class", CLASS, None, MEDIUM),
    ("sasl.login.connect.timeout.ms", INT, None, LOW),
    ("sasl.login.read.timeout.ms", INT, None, LOW),
    ("sasl.login.retry.backoff.max.ms", LONG, 10_000, LOW),
    ("sasl.login.retry.backoff.ms", LONG, 100, LOW),
    ("sasl.oauthbearer.jwt.retriever.class", CLASS, _PACKAGE + "DefaultJwtRetriever", MEDIUM),
    ("sasl.oauthbearer.jwt.validator.class", CLASS, _PACKAGE + "DefaultJwtValidator", MEDIUM),
    ("sasl.oauthbearer.scope", STRING, None, MEDIUM),
    ("sasl.oauthbearer.client.credentials.client.id", STRING, None, MEDIUM),
    ("sasl.oauthbearer.client.credentials.client.secret", PASSWORD, None, MEDIUM),
    ("sasl.oauthbearer.assertion.algorithm", STRING, "RS256", MEDIUM, one_of_ignoring_case("ES256", "RS256")),
    ("sasl.oauthbearer.assertion.claim.aud", STRING, None, MEDIUM),
    ("sasl.oauthbearer.assertion.claim.exp.seconds", INT, 300, LOW, between(0, 86400)),
    ("sasl.oauthbearer.assertion.claim.iss", STRING, None, MEDIUM),
    ("sasl.oauthbearer.assertion.claim.jti.include", BOOLEAN, False, MEDIUM),
    ("sasl.oauthbearer.assertion.claim.nbf.seconds", INT, 60, LOW, between(0, 3600)),
    ("sasl.oauthbearer.assertion.claim.sub", STRING, None, MEDIUM),
    ("sasl.oauthbearer.assertion.file", STRING, None, MEDIUM),
    ("sasl.oauthbearer.assertion.private.key.file", STRING, None, MEDIUM),
    ("sasl.oauthbearer.assertion.private.key.passphrase", PASSWORD, None, MEDIUM),
    ("sasl.oauthbearer.assertion.template.file", STRING, None, MEDIUM),
    ("sasl.oauthbearer.scope.claim.name", STRING, "scope", LOW),
    ("sasl.oauthbearer.sub.claim.name", STRING, "sub", LOW),
    ("sasl.oauthbearer.token.endpoint.url", STRING, None, MEDIUM),
    ("sasl.oauthbearer.jwks.endpoint.url", STRING, None, MEDIUM),
    ("sasl.oauthbearer.jwks.endpoint.refresh.ms", LONG, 3_600_000, LOW),
    ("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", LONG, 10_000, LOW),
    ("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", LONG, 100, LOW),
    ("sasl.oauthbearer.clock.skew.seconds", INT, 30, LOW),
    ("sasl.oauthbearer.expected.audience", LIST, [], HIGH, _UNIQUE),
    ("sasl.oauthbearer.expected.issuer", STRING, None, HIGH),
    ("sasl.oauthbearer.header.urlencode", BOOLEAN, False, LOW),
)


def _keys(rows: tuple[_Row, ...], doc: str) -> tuple[ConfigKey, ...]:
    found = []
    for name, type_, default, importance, *validator in rows:
        check = validator[0] if validator else None
        found.append(ConfigKey(name, type_, default=default, importance=importance, doc=doc, validator=check))
    return tuple(found)


SSL_KEYS = _keys(_SSL, "TLS for connections; as Kafka's clients take this key.")
SASL_KEYS = _keys(_SASL, "Authentication by SASL; as Kafka's clients take this key.")
SECURITY_PROTOCOL = ConfigKey(
    "security.protocol",
    STRING,
    default="PLAINTEXT",
    importance=MEDIUM,
    doc="How to talk to brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
    validator=one_of_ignoring_case("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
)
