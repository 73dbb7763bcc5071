"""How to reach a database, taken from a connector's configuration (spec jdbc 2)."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.api import ConnectException, ParsedConfig
from penstock_jdbc.database.credentials import DEFAULT_CLASS, CredentialsProvider, FixedCredentials, provider_of
from penstock_jdbc.database.identifiers import Quoting
from penstock_jdbc.database.isolation import Isolation
from penstock_jdbc.database.jdbc_url import JdbcUrl, parse_url
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.zones import parse_zone

logger = logging.getLogger(__name__)

_ISOLATION = "transaction.isolation.mode"
CONNECTION_PREFIX = "connection."
_AIVEN_QUOTING = "sql.quote.identifiers"
BLOCKED_VARIABLE = "JDBC_CONNECTION_URL_BLOCKED_PARAMS"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One database, and how to talk to it. Its repr holds no secret.

    ``properties`` are the ``connection.*`` keys that nobody defines, for the driver, without the prefix; they win over the
    options in the URL.
    """

    url: str = field(repr=False)
    credentials: CredentialsProvider = field(default_factory=FixedCredentials)
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    attempts: int = 3
    backoff_ms: int = 10_000
    dialect_name: str = ""
    quoting: Quoting = Quoting.ALWAYS
    db_timezone: dt.tzinfo = dt.UTC
    isolation: Isolation = Isolation.DEFAULT

    @classmethod
    def of(cls, config: ParsedConfig, props: Mapping[str, str | None]) -> ConnectionSettings:
        """The settings in a connector's or a task's configuration; ``config`` is parsed with the connector's ConfigDef.

        Raises ConnectException for a wrong ``quote.sql.identifiers``, ConfigException for a credentials provider that can't
        be made.
        """
        texts = {key: value for key, value in props.items() if value is not None}
        return cls(
            url=config.get_string("connection.url"),
            credentials=_credentials(config, texts),
            properties=driver_properties(config, texts),
            attempts=config.get_int("connection.attempts"),
            backoff_ms=config.get_long("connection.backoff.ms"),
            dialect_name=config.get_string("dialect.name", ""),
            quoting=_quoting(config),
            db_timezone=parse_zone(config.get_string("db.timezone", "UTC")),
            isolation=_isolation(config),
        )

    def parsed(self) -> JdbcUrl:
        """The URL taken apart. Raises ConnectException when it is none, or holds an option that the operator forbids."""
        found = parse_url(self.url)
        refuse_blocked(found, self.properties)
        return found

    def kind(self) -> DatabaseKind:
        """``dialect.name`` where it is given, else what the URL says. Raises ConnectException for an unknown name."""
        if self.dialect_name:
            return DatabaseKind.for_dialect_name(self.dialect_name)
        return DatabaseKind.for_url(self.url)


def driver_properties(config: ParsedConfig, props: Mapping[str, str]) -> dict[str, str]:
    """The ``connection.*`` keys of ``props`` that no connector key defines, without the prefix."""
    return {
        key[len(CONNECTION_PREFIX) :]: value
        for key, value in props.items()
        if key.startswith(CONNECTION_PREFIX) and key not in config
    }


def refuse_blocked(url: JdbcUrl, properties: Mapping[str, str]) -> None:
    """Raise ConnectException when the URL or ``connection.*`` sets an option that the worker's operator forbids with the
    environment variable ``JDBC_CONNECTION_URL_BLOCKED_PARAMS``, a list with commas."""
    blocked = {name.strip().lower() for name in os.environ.get(BLOCKED_VARIABLE, "").split(",") if name.strip()}
    if not blocked:
        return
    given = [*url.properties, *properties, *(url.native.query if url.native is not None else ())]
    found = sorted({name for name in given if name.lower() in blocked})
    if found:
        raise ConnectException(
            f"The connection sets {', '.join(found)}, which the operator of this worker forbids ({BLOCKED_VARIABLE}). "
            "Remove it from 'connection.url' and from the 'connection.*' keys"
        )


def _isolation(config: ParsedConfig) -> Isolation:
    if _ISOLATION not in config:
        return Isolation.DEFAULT
    text = config.get_string(_ISOLATION, Isolation.DEFAULT.name)
    if text.upper() not in Isolation.__members__:
        logger.warning("%s=%s is no isolation mode; the database's own is used", _ISOLATION, text)
    return Isolation.of(text)


def _quoting(config: ParsedConfig) -> Quoting:
    """``quote.sql.identifiers``, which Aiven's connectors know as ``sql.quote.identifiers`` (true or false)."""
    if _AIVEN_QUOTING in config and not config.get_bool(_AIVEN_QUOTING):
        return Quoting.NEVER
    text = config.get_string("quote.sql.identifiers", Quoting.ALWAYS.value)
    try:
        return Quoting(text.lower())
    except ValueError:
        raise ConnectException(f"No matching QuoteMethod found for '{text}'") from None


def _credentials(config: ParsedConfig, props: Mapping[str, str]) -> CredentialsProvider:
    name = config.get_string("jdbc.credentials.provider.class", DEFAULT_CLASS)
    if name == DEFAULT_CLASS:
        return FixedCredentials(
            config.get_string("connection.user", None), config.get_password("connection.password", None)
        )
    return provider_of(name, props)
