"""Where user and password come from (spec jdbc 2, ``jdbc.credentials.provider.class``).

A class of your own is named as ``module:Class`` or ``module.Class``, is made without arguments, may have
``configure(props)`` and must have ``credentials()``. It is asked for every new connection, so that secrets may rotate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, runtime_checkable

from penstock.api import ConfigException, ConnectException, Password

PREFIX = "jdbc.credentials.provider."
DEFAULT_CLASS = "io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider"
_KEY = f"{PREFIX}class"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password; either may be missing."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)


@runtime_checkable
class CredentialsProvider(Protocol):
    """What is asked for user and password. Called on the thread that opens a connection."""

    def credentials(self) -> Credentials:
        """User and password for the next connection. Whatever it raises ends the attempt to connect."""


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """Those of ``connection.user`` and ``connection.password``."""

    user: str | None = None
    password: Password | None = None

    def credentials(self) -> Credentials:
        """Always the same."""
        return Credentials(self.user, None if self.password is None else self.password.value)


def provider_of(name: str, props: Mapping[str, str]) -> CredentialsProvider:
    """The provider that ``name`` names, configured with those ``jdbc.credentials.provider.*`` keys of ``props`` (prefix
    removed) that there are, and with ``connection.user`` and ``connection.password``.

    Raises ConfigException when it can't be found, made or configured.
    """
    module, _, attribute = name.rpartition(":" if ":" in name else ".")
    try:
        made = getattr(import_module(module), attribute)()
        configure = getattr(made, "configure", None)
        if configure is not None:
            configure(_own(props))
    except Exception as error:
        raise ConfigException.of(
            _KEY,
            name,
            f"the provider can't be made: {error}. Name a Python class as module:Class; Java classes other than "
            f"{DEFAULT_CLASS} can't run here",
        ) from error
    if not isinstance(made, CredentialsProvider):
        raise ConfigException.of(_KEY, name, "the class has no method credentials()")
    return made


def ask(provider: CredentialsProvider) -> Credentials:
    """The provider's answer. Raises ConnectException when it gives something else."""
    found = provider.credentials()
    if not isinstance(found, Credentials):
        raise ConnectException(
            f"{type(provider).__qualname__}.credentials() returned {type(found).__name__}; "
            "penstock_jdbc.database.credentials.Credentials is expected"
        )
    return found


def _own(props: Mapping[str, str]) -> dict[str, str]:
    own = {key[len(PREFIX) :]: value for key, value in props.items() if key.startswith(PREFIX) and key != _KEY}
    return {**own, **{key: props[key] for key in ("connection.user", "connection.password") if key in props}}
