"""Listeners: their syntax, their sockets, and the URL by which other workers and clients find this one (spec 1.1)."""

from __future__ import annotations

import enum
import errno
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api.exceptions import ConfigException, ConnectException
from penstock.rest.settings import RestSettings

_LISTENER = re.compile(r"(.*)://\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)")
_BACKLOG = 128
_HIGHEST_PORT = 65535
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})


class Scheme(enum.Enum):
    """What a listener speaks."""

    HTTP = "http"
    HTTPS = "https"


@dataclass(frozen=True, slots=True)
class Listener:
    """One entry of ``listeners``. An empty host stands for every address of the machine, port 0 for any free one."""

    scheme: Scheme
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme.value}://{in_url(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class BoundListener:
    """A listener with its open socket; ``port`` is the one that clients connect to."""

    listener: Listener
    socket: socket.socket
    port: int


def parse(text: str) -> Listener:
    """Raises :class:`ConfigException` in Connect's words."""
    match = _LISTENER.fullmatch(text.strip())
    if match is None:
        raise ConfigException("Listener doesn't have the right format (protocol://hostname:port).")
    schemes = {scheme.value: scheme for scheme in Scheme}
    scheme = schemes.get(match.group(1).lower())
    if scheme is None:
        raise ConfigException('Listener protocol must be either "http" or "https".')
    port = int(match.group(3))
    if not 0 <= port <= _HIGHEST_PORT:
        raise ConfigException(
            f"Listener {text} has port {port}. A port is a number from 0 (any free one) to {_HIGHEST_PORT}."
        )
    return Listener(scheme, match.group(2), port)


def bind(listener: Listener) -> BoundListener:
    """Open the listener's socket. Raises :class:`ConnectException` telling why it cannot be opened and what to do."""
    try:
        opened = _opened(listener)
    except OSError as error:
        raise ConnectException(
            f"Unable to initialize REST server: failed to bind to {listener}: {_reason(error)}. "
            "Stop the process that listens there, or give the worker another address in 'listeners' "
            "(port 0 takes any free one)."
        ) from error
    return BoundListener(listener, opened, opened.getsockname()[1])


def _reason(error: OSError) -> str:
    """What the system says; Python's own text repeats the address."""
    if error.errno is None or isinstance(error, socket.gaierror):  # a gaierror counts its numbers apart
        return str(error.strerror or error)
    return os.strerror(error.errno)


def _opened(listener: Listener) -> socket.socket:
    if not listener.host and socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("", listener.port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
            )
        except OSError as error:
            if error.errno not in _NO_IPV6:
                raise
    found = socket.getaddrinfo(listener.host or None, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda info: info[0] is not socket.AF_INET)  # Java prefers IPv4 too
    return socket.create_server((str(address[0]), listener.port), family=family, backlog=_BACKLOG)


def advertised_url(settings: RestSettings, bound: Sequence[BoundListener]) -> str:
    """``rest.advertised.*`` first, then what the listener of the advertised scheme says, then the machine's own address.
    Ends with a slash, as the group's metadata has it."""
    scheme = _advertised_scheme(settings)
    chosen = next((each for each in bound if each.listener.scheme.value == scheme), bound[0])
    host = settings.advertised_host or chosen.listener.host or _local_address()
    port = settings.advertised_port or chosen.port
    return f"{scheme}://{in_url(host)}:{port}/"


def worker_id(url: str) -> str:
    """``host:port`` of the advertised URL."""
    return url.rstrip("/").partition("://")[2]


def in_url(host: str) -> str:
    """IPv6 addresses stand in brackets."""
    return f"[{host}]" if ":" in host else host


def _advertised_scheme(settings: RestSettings) -> str:
    if settings.advertised_listener:
        return settings.advertised_listener.lower()
    listeners = ",".join(settings.listeners)
    return "https" if "https://" in listeners and "http://" not in listeners else "http"


def _local_address() -> str:
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
