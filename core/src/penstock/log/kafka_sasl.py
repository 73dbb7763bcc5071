"""Java's ``sasl.*`` keys as librdkafka's: PLAIN and SCRAM from a JAAS line, OAUTHBEARER from an OIDC token endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.api.config_types import ConfigType, Password
from penstock.api.exceptions import ConfigException
from penstock.api.validators import at_least
from penstock.log.jaas import LoginModule, parse_jaas
from penstock.log.kafka_keys import Fate, JavaKey, passed, within

_MODULES: Final = "org.apache.kafka.common.security."
_PLAIN, _SCRAM = f"{_MODULES}plain.PlainLoginModule", f"{_MODULES}scram.ScramLoginModule"
_OAUTH = f"{_MODULES}oauthbearer.OAuthBearerLoginModule"
_LOGIN_MODULES: Final[Mapping[str, str]] = {
    "PLAIN": _PLAIN,
    "SCRAM-SHA-256": _SCRAM,
    "SCRAM-SHA-512": _SCRAM,
    "OAUTHBEARER": _OAUTH,
}

_STRING, _INT, _LONG, _PASSWORD = ConfigType.STRING, ConfigType.INT, ConfigType.LONG, ConfigType.PASSWORD
_HANDLER = JavaKey(
    ConfigType.CLASS,
    Fate.REFUSED,
    why="callback handlers are Java classes, which cannot run here",
    harmless=(
        "",
        f"{_MODULES}oauthbearer.OAuthBearerLoginCallbackHandler",
        f"{_MODULES}oauthbearer.secured.OAuthBearerLoginCallbackHandler",
    ),
)
_RENEWAL = JavaKey(
    ConfigType.DOUBLE,
    Fate.LOST,
    why="librdkafka renews logins by its own rules (sasl.kerberos.min.time.before.relogin)",
)
_TOKENS = "sasl.oauthbearer."

SASL: Final[Mapping[str, JavaKey]] = {
    "sasl.mechanism": JavaKey(_STRING, Fate.OURS),
    "sasl.jaas.config": JavaKey(_PASSWORD, Fate.OURS),
    "sasl.client.callback.handler.class": _HANDLER,
    "sasl.login.callback.handler.class": _HANDLER,
    "sasl.login.class": _HANDLER,
    "sasl.kerberos.service.name": passed(_STRING, "sasl.kerberos.service.name"),
    "sasl.kerberos.min.time.before.relogin": passed(
        _LONG, "sasl.kerberos.min.time.before.relogin", within(0, 86_400_000), check=at_least(0)
    ),
    "sasl.kerberos.kinit.cmd": JavaKey(
        _STRING,
        Fate.LOST,
        why="librdkafka's command is a whole shell line, not a path; set librdkafka's sasl.kerberos.keytab and .principal",
        harmless=("/usr/bin/kinit",),
    ),
    "sasl.kerberos.ticket.renew.jitter": _RENEWAL,
    "sasl.kerberos.ticket.renew.window.factor": _RENEWAL,
    **{
        f"sasl.login.{name}": JavaKey(type_, Fate.SILENT)
        for name, type_ in {
            "connect.timeout.ms": _INT,
            "read.timeout.ms": _INT,
            "retry.backoff.ms": _LONG,
            "retry.backoff.max.ms": _LONG,
            "refresh.buffer.seconds": ConfigType.SHORT,
            "refresh.min.period.seconds": ConfigType.SHORT,
            "refresh.window.factor": ConfigType.DOUBLE,
            "refresh.window.jitter": ConfigType.DOUBLE,
        }.items()
    },
    f"{_TOKENS}token.endpoint.url": passed(_STRING, f"{_TOKENS}token.endpoint.url"),
    f"{_TOKENS}client.credentials.client.id": passed(_STRING, f"{_TOKENS}client.id"),
    f"{_TOKENS}client.credentials.client.secret": JavaKey(_PASSWORD, Fate.OURS),
    f"{_TOKENS}scope": passed(_STRING, f"{_TOKENS}scope"),
    f"{_TOKENS}sub.claim.name": passed(_STRING, f"{_TOKENS}sub.claim.name"),
    f"{_TOKENS}jwt.retriever.class": _HANDLER,
    f"{_TOKENS}jwt.validator.class": _HANDLER,
    # The other assertion keys have the same names in librdkafka and are handed on as its own.
    f"{_TOKENS}assertion.template.file": passed(_STRING, f"{_TOKENS}assertion.jwt.template.file"),
    **{  # the checks of a token are the broker's here
        f"{_TOKENS}{name}": JavaKey(type_, Fate.SILENT)
        for name, type_ in {
            "clock.skew.seconds": _INT,
            "expected.audience": ConfigType.LIST,
            "expected.issuer": _STRING,
            "header.urlencode": ConfigType.BOOLEAN,
            "jwks.endpoint.refresh.ms": _LONG,
            "jwks.endpoint.retry.backoff.max.ms": _LONG,
            "jwks.endpoint.retry.backoff.ms": _LONG,
            "jwks.endpoint.url": _STRING,
            "scope.claim.name": _STRING,
        }.items()
    },
}


def sasl_settings(values: Mapping[str, object], native: Mapping[str, str]) -> dict[str, str]:
    """librdkafka's settings for parsed ``sasl.*`` keys. ``native`` are librdkafka's own keys in the same configuration,
    such as ``sasl.username``: they stand for a JAAS line. Raises ConfigException."""
    mechanism = str(values.get("sasl.mechanism") or native.get("sasl.mechanisms") or "GSSAPI")
    jaas = values.get("sasl.jaas.config")
    module = parse_jaas(jaas.value) if isinstance(jaas, Password) else None
    found = {"sasl.mechanism": mechanism}
    if module is not None:
        _check_module(mechanism, module)
    if mechanism == "OAUTHBEARER":
        return {**found, **_token_settings(values, module)}
    if mechanism not in _LOGIN_MODULES:
        return found  # GSSAPI, with librdkafka's own keys
    if module is None:
        if "sasl.username" not in native or "sasl.password" not in native:
            raise ConfigException(f"sasl.mechanism={mechanism} needs a sasl.jaas.config with username and password")
        return found
    for name in ("username", "password"):
        if not module.options.get(name):
            raise ConfigException(f"sasl.jaas.config has no {name} for sasl.mechanism={mechanism}")
    if module.options.get("tokenauth", "false").lower() == "true":
        raise ConfigException(
            "sasl.jaas.config has tokenauth=true: librdkafka has no delegation tokens; use SCRAM users"
        )
    return {**found, "sasl.username": module.options["username"], "sasl.password": module.options["password"]}


def _check_module(mechanism: str, module: LoginModule) -> None:
    wanted = _LOGIN_MODULES.get(mechanism)
    if module.name == wanted:
        return
    if wanted is not None:
        raise ConfigException(
            f"sasl.jaas.config names the login module {module.name}, but sasl.mechanism={mechanism} needs {wanted}"
        )
    raise ConfigException(
        f"sasl.jaas.config names the login module {module.name}, which is a Java class that cannot run here. Of JAAS lines"
        " those for PLAIN, SCRAM and OAUTHBEARER are understood; for Kerberos (GSSAPI) set librdkafka's own keys"
        " sasl.kerberos.service.name, sasl.kerberos.principal and sasl.kerberos.keytab instead"
    )


def _token_settings(values: Mapping[str, object], module: LoginModule | None) -> dict[str, str]:
    options = module.options if module is not None else {}
    if not values.get(f"{_TOKENS}token.endpoint.url"):
        raise ConfigException(
            f"sasl.mechanism=OAUTHBEARER needs {_TOKENS}token.endpoint.url: tokens come from an OIDC provider only"
        )
    secret = values.get(f"{_TOKENS}client.credentials.client.secret")
    found = {f"{_TOKENS}method": "oidc"}
    if options.get("clientId"):
        found[f"{_TOKENS}client.id"] = options["clientId"]
    if isinstance(secret, Password) or options.get("clientSecret"):
        found[f"{_TOKENS}client.secret"] = secret.value if isinstance(secret, Password) else options["clientSecret"]
    if options.get("scope"):
        found[f"{_TOKENS}scope"] = options["scope"]
    extensions = {k.removeprefix("extension_"): v for k, v in options.items() if k.startswith("extension_")}
    if extensions:
        found[f"{_TOKENS}extensions"] = ",".join(f"{name}={value}" for name, value in extensions.items())
    return found
