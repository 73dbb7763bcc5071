"""JDBC URLs taken apart (spec jdbc 1.1). What their options mean for our drivers is told by :mod:`.connect_plan`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api import ConnectException
from penstock_jdbc.database.kind import SUB_PROTOCOLS, DatabaseKind
from penstock_jdbc.database.url_forms import Parts, parts_of

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


@dataclass(frozen=True, slots=True)
class JdbcUrl:
    """A URL of ``connection.url``, taken apart. ``properties`` are the options in it, as they stand there.

    ``native`` is set instead of hosts, database and properties where the URL is one of SQLAlchemy's, an extension of ours.
    Its repr and ``shown`` hide options, which may hold secrets.
    """

    text: str = field(repr=False)
    kind: DatabaseKind
    sub_protocol: str
    parts: Parts = field(default_factory=Parts, repr=False)
    native: URL | None = field(default=None, repr=False)

    @property
    def properties(self) -> Mapping[str, str]:
        """The options that stand in the URL."""
        return self.parts.properties

    @property
    def shown(self) -> str:
        """The URL for people: without options, user and password."""
        if self.native is not None:
            return self.native.set(query={}).render_as_string(hide_password=True)
        hosts = ",".join(host.text for host in self.parts.hosts)
        database = self.parts.database or ""
        return f"jdbc:{self.sub_protocol}:{'//' + hosts + '/' if hosts else ''}{database}"


def parse_url(text: str) -> JdbcUrl:
    """Take a JDBC URL apart, or a SQLAlchemy URL with a scheme that is known here.

    Raises ConnectException with Java's words for what is no URL, and for a database that no driver of ours serves.
    """
    if text[:5].lower() != "jdbc:":
        return _native(text)
    rest = text[5:]
    sub_protocol, separator, _ = rest.partition(":")
    if not sub_protocol or not separator:
        raise _not_valid(text)
    kind = DatabaseKind.for_sub_protocol(rest)
    if kind is DatabaseKind.GENERIC:
        raise ConnectException(f"No suitable driver found for {masked(text)}")
    lowered = rest.lower()
    sub_protocol = max((name for name in SUB_PROTOCOLS if lowered.startswith(f"{name}:")), key=len)
    try:
        parts = parts_of(sub_protocol, rest[len(sub_protocol) + 1 :])
    except ValueError as error:
        raise ConnectException(f"Not a valid JDBC URL: {masked(text)}: {error}") from error
    return JdbcUrl(text, kind, sub_protocol, parts)


def masked(text: str) -> str:
    """A URL, well-formed or not, with what looks like a password left out."""
    hidden = re.sub(r"(?i)((?:password|passwd|pwd|accessToken|secret)\s*=\s*)[^&;]*", r"\1[hidden]", text)
    return re.sub(r"([:/][^:/@\s]+[:/])[^/@\s]+@", r"\1[hidden]@", hidden)


def _native(text: str) -> JdbcUrl:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    kind = DatabaseKind.for_url(text)
    if kind is DatabaseKind.GENERIC or "://" not in text:
        raise _not_valid(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise _not_valid(text) from error
    return JdbcUrl(text, kind, url.get_backend_name(), native=url)


def _not_valid(text: str) -> ConnectException:
    return ConnectException(f"Not a valid JDBC URL: {masked(text)}")
