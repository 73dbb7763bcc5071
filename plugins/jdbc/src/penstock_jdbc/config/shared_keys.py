"""Keys that source and sink share, with the validators that both use."""

from __future__ import annotations

from importlib import import_module

from penstock.api import ConfigException, ConfigKey, ConfigType, Importance, Width, recommenders, validators
from penstock_jdbc.config.names import DIALECT_NAME, DIALECT_NAMES, QUOTE_SQL_IDENTIFIERS
from penstock_jdbc.database.credentials import DEFAULT_CLASS, FixedCredentials
from penstock_jdbc.database.zones import parse_zone

CREDENTIALS_PROVIDER = "jdbc.credentials.provider.class"
_PROVIDER_INTERFACE = "interface io.confluent.connect.jdbc.util.JdbcCredentialsProvider"
_BAD_ZONE = (
    "Invalid time zone. See the list of valid time zones at "
    "https://docs.oracle.com/javase/8/docs/api/java/time/ZoneId.html#shortIds"
)


def _time_zone(name: str, value: object) -> None:
    """Any time zone that Java knows."""
    try:
        parse_zone(str(value))
    except ValueError as error:
        raise ConfigException.of(name, value, _BAD_ZONE) from error


def _provider(name: str, value: object) -> None:
    """Any class with a method credentials(). A name is taken as it is: it is looked up when a connection is opened."""
    if isinstance(value, str) or (isinstance(value, type) and hasattr(value, "credentials")):
        return
    shown = f"class {class_name(value)}" if isinstance(value, type) else value
    raise ConfigException.of(name, shown, f"Class must extend: {_PROVIDER_INTERFACE}")


def class_name(cls: type) -> str:
    """The Java name of a class that stands for one, else its Python name."""
    declared = getattr(cls, "connect_name", None) or {found: java for java, found in _JAVA_CLASSES.items()}.get(cls)
    return declared if isinstance(declared, str) else f"{cls.__module__}.{cls.__qualname__}"


class DefaultCredentialsProvider(FixedCredentials):
    """Stands for Java's default class, which gives ``connection.user`` and ``connection.password``."""

    connect_name = DEFAULT_CLASS


_JAVA_CLASSES: dict[str, type] = {
    DEFAULT_CLASS: DefaultCredentialsProvider,
    "java.lang.Object": object,
    "java.lang.String": str,
    "java.lang.Boolean": bool,
    "java.lang.Long": int,
    "java.lang.Double": float,
}


def find_class(name: str) -> type:
    """The class that a CLASS key names, as ``module:Class`` or ``module.Class``. Raises LookupError."""
    known = _JAVA_CLASSES.get(name)
    if known is not None:
        return known
    module, _, attribute = name.rpartition(":" if ":" in name else ".")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise LookupError(name) from error
    if isinstance(found, type):
        return found
    raise LookupError(name)


def _dialect(name: str, value: object) -> None:
    """The name of a dialect, or nothing. Unlike other names, its case matters (spec jdbc 21.6)."""
    if value != "" and value not in DIALECT_NAMES:
        raise ConfigException.of(name, value, "Invalid enumerator")


def credentials_provider() -> ConfigKey:
    """``jdbc.credentials.provider.class``."""
    return ConfigKey(
        CREDENTIALS_PROVIDER,
        ConfigType.CLASS,
        DEFAULT_CLASS,
        Importance.LOW,
        "The class that is asked for user and password whenever a connection is opened, so that secrets may rotate. Name a "
        "Python class as module:Class; it is given the keys that begin with jdbc.credentials.provider. The default takes "
        "connection.user and connection.password.",
        _provider,
        width=Width.LONG,
        display_name="JDBC Credentials Provider Class",
    )


def attempts() -> ConfigKey:
    """``connection.attempts``."""
    return ConfigKey(
        "connection.attempts",
        ConfigType.INT,
        3,
        Importance.LOW,
        "How often a connection is tried before giving up. At least 1.",
        validators.at_least(1),
        width=Width.SHORT,
        display_name="JDBC connection attempts",
    )


def backoff() -> ConfigKey:
    """``connection.backoff.ms``."""
    return ConfigKey(
        "connection.backoff.ms",
        ConfigType.LONG,
        10000,
        Importance.LOW,
        "Milliseconds between two attempts to connect.",
        width=Width.SHORT,
        display_name="JDBC connection backoff in milliseconds",
    )


def dialect_name() -> ConfigKey:
    """``dialect.name``."""
    return ConfigKey(
        DIALECT_NAME,
        ConfigType.STRING,
        "",
        Importance.LOW,
        "The SQL dialect to use. Empty: the one that fits connection.url.",
        validators.described(_dialect, "[, " + ", ".join(DIALECT_NAMES) + "]"),
        width=Width.LONG,
        display_name="Database Dialect",
        recommender=recommenders.values("", *DIALECT_NAMES),
    )


def db_timezone(display_name: str) -> ConfigKey:
    """``db.timezone``."""
    return ConfigKey(
        "db.timezone",
        ConfigType.STRING,
        "UTC",
        Importance.MEDIUM,
        "The time zone in which the database means times and timestamps that carry none.",
        validators.described(_time_zone, "Any valid JDK time zone"),
        width=Width.MEDIUM,
        display_name=display_name,
    )


def calendar_system() -> ConfigKey:
    """``date.calendar.system``."""
    return ConfigKey(
        "date.calendar.system",
        ConfigType.STRING,
        "LEGACY",
        Importance.LOW,
        "How dates before 15 October 1582 are counted: LEGACY follows the Julian calendar there, as Java's GregorianCalendar "
        "does; PROLEPTIC_GREGORIAN extends today's calendar backwards.",
        validators.one_of("LEGACY", "PROLEPTIC_GREGORIAN"),
        width=Width.MEDIUM,
        display_name="Date Calendar System",
    )


def quote_identifiers() -> ConfigKey:
    """``quote.sql.identifiers``. A wrong value shows when a connection is tried (spec jdbc 21.6)."""
    return ConfigKey(
        QUOTE_SQL_IDENTIFIERS,
        ConfigType.STRING,
        "ALWAYS",
        Importance.MEDIUM,
        "Whether names of tables and columns are quoted in SQL: always or never.",
        width=Width.MEDIUM,
        display_name="Quote Identifiers",
        recommender=recommenders.values("always", "never"),
    )
