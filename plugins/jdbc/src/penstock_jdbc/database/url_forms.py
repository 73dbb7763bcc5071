"""The forms that JDBC URLs have behind their sub-protocol, one function a family (spec jdbc 1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

_HOST = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.%]+)\](?::(?P<v6port>\d+))?|(?P<name>[^:/\[\]]*)(?::(?P<port>\d+))?")
_PAIR = re.compile(r"\(\s*(\w+)\s*=\s*([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Host:
    """One address. ``port`` None: the driver's own."""

    name: str
    port: int | None = None

    @property
    def text(self) -> str:
        """As a URL has it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands in a URL. ``database`` is a path for SQLite, a connect descriptor for Oracle."""

    hosts: tuple[Host, ...] = ()
    database: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


def parts_of(sub_protocol: str, rest: str) -> Parts:
    """What ``rest`` says, the text behind ``jdbc:<sub_protocol>:``. Raises ValueError with what is wrong."""
    return _FORMS.get(sub_protocol, _slashed)(rest)


def parse_host(text: str, *, what: str = "host") -> Host:
    """``name``, ``name:port`` or ``[v6]:port``. Raises ValueError."""
    match = _HOST.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no {what}; host:port is expected, an IPv6 address in brackets")
    port = match["port"] or match["v6port"]
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError(f"{port} is no port; 1 to 65535 is expected")
    return Host(match["v6"] or match["name"] or "", None if port is None else int(port))


def _slashed(rest: str) -> Parts:
    """``//h1:p,h2:p/database?a=b&c=d``; ``database?a=b`` without hosts."""
    before, _, query = rest.partition("?")
    properties = _query(query)
    if not before.startswith("//"):
        return Parts((), unquote(before.removeprefix("/")) or None, properties)
    authority, _, database = before[2:].partition("/")
    user, at, authority = authority.rpartition("@")
    if at:
        properties = {**_login(user, ":"), **properties}
    hosts = tuple(parse_host(part.strip()) for part in _listed(authority) if part.strip())
    return Parts(hosts, unquote(database) or None, properties)


def _mysql(rest: str) -> Parts:
    """Connector/J's and MariaDB's forms: ``//h:p,h2/db?…``, a host as ``(host=h,port=p)`` or ``address=(host=h)(port=p)``,
    and a mode before the slashes (``loadbalance://``), which is dropped: the first host that answers is taken."""
    before, slashes, after = rest.partition("//")
    if before and not slashes:
        raise ValueError("'//' is expected before the host")
    authority, slash, tail = _authority(after)
    hosts: list[Host] = []
    login: dict[str, str] = {}
    user, at, authority = authority.rpartition("@")
    if at:
        login = _login(user, ":")
    for part in _listed(authority.strip("[]") if authority.startswith("[(") else authority):
        if part.startswith("(") and "," in part:
            pairs = [tuple(pair.split("=", 1)) for pair in part.strip("()").split(",") if "=" in pair]
        else:
            pairs = _PAIR.findall(part)
        described = {key.strip().lower(): value.strip() for key, value in pairs}
        if described:
            hosts.append(parse_host(f"{described.get('host', 'localhost')}:{described.get('port', '3306')}"))
        elif part.strip():
            hosts.append(parse_host(part.strip()))
    database, _, query = tail.partition("?") if slash else ("", "", authority.partition("?")[2])
    return Parts(tuple(hosts), unquote(database) or None, {**login, **_query(query)})


def _authority(text: str) -> tuple[str, str, str]:
    """Up to the first slash or question mark outside brackets: (authority, the separator, the rest with a leading ?)."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and char == "/":
            return text[:place], "/", text[place + 1 :]
        if depth == 0 and char == "?":
            return text[:place], "/", text[place:]
    return text, "", ""


def _listed(text: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _sqlserver(rest: str) -> Parts:
    r"""``//host\instance:port;databaseName=d;user={a;b}``."""
    address, _, options = rest.removeprefix("//").partition(";")
    properties = _semicolons(options)
    address, backslash, instance = address.partition("\\")
    if backslash:
        instance, colon, port = instance.partition(":")
        address = f"{address}{colon}{port}"
        properties.setdefault("instanceName", instance)
    lowered = {key.lower(): value for key, value in properties.items()}
    name = address or lowered.get("servername") or lowered.get("server") or "localhost"
    host = parse_host(name)
    port_number = lowered.get("portnumber") or lowered.get("port")
    if host.port is None and port_number:
        host = parse_host(f"{host.text}:{port_number}")
    return Parts((host,), lowered.get("databasename") or lowered.get("database"), properties)


def _jtds(rest: str) -> Parts:
    """``//host:port/database;instance=i``."""
    address, _, options = rest.removeprefix("//").partition(";")
    address, _, database = address.partition("/")
    return Parts((parse_host(address),), database or None, _semicolons(options))


def _db2(rest: str) -> Parts:
    """``//host:port/database:user=u;password=p;``, or an alias of the catalog without a host."""
    if not rest.startswith("//"):
        alias, _, options = rest.partition(":")
        return Parts((), alias or None, _semicolons(options))
    address, _, tail = rest[2:].partition("/")
    database, _, options = tail.partition(":")
    return Parts((parse_host(address),), database or None, _semicolons(options))


def _oracle(rest: str) -> Parts:
    """``user/password@…`` before, and behind it ``//host:port/service``, ``host:port:SID``, ``host:port/service``,
    ``(DESCRIPTION=…)`` or an alias of tnsnames.ora, each with options after ``?``."""
    login, at, target = rest.partition("@")
    if not at:
        raise ValueError("'@' is expected before the address")
    properties = _login(login, "/") if login else {}
    if target.startswith("("):
        return Parts((), target, properties)
    target, _, query = target.partition("?")
    properties |= _query(query)
    protocol, slashes, address = target.partition("//")
    if slashes:
        return _oracle_service(address, properties, protocol.rstrip(":"))
    sid = re.fullmatch(r"(\[[^\]]+\]|[^:/]+):(\d+):([\w$#.]+)", target)
    if sid:
        return Parts((parse_host(f"{sid[1]}:{sid[2]}"),), None, {**properties, "sid": sid[3]})
    return _oracle_service(target, properties, "") if "/" in target else Parts((), target, properties)


def _oracle_service(address: str, properties: dict[str, str], protocol: str) -> Parts:
    hosts, _, service = address.partition("/")
    if protocol:
        properties = {**properties, "protocol": protocol}
    return Parts(tuple(parse_host(host.strip()) for host in _listed(hosts)), service or None, properties)


def _sqlite(rest: str) -> Parts:
    """A path, ``:memory:`` or a ``file:`` URI; options after ``?``, of which a URI keeps those that SQLite itself knows."""
    path, _, query = rest.partition("?")
    return Parts((), path, _query(query))


def _semicolons(text: str) -> dict[str, str]:
    """``a=b;c={d;e}}f}``: braces quote, a closing brace in them is doubled."""
    found: dict[str, str] = {}
    for match in re.finditer(r"\s*([^=;]+?)\s*=\s*(?:\{((?:[^}]|\}\})*)\}|([^;]*))\s*(?:;|$)", text):
        name, quoted, plain = match.groups()
        found[name] = quoted.replace("}}", "}") if quoted is not None else plain.strip()
    return found


def _query(text: str) -> dict[str, str]:
    """``a=b&c=d``, percent-decoded; a name without "=" has an empty value."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _login(text: str, separator: str) -> dict[str, str]:
    user, found, password = text.partition(separator)
    login = {"user": unquote(user)} if user else {}
    return {**login, "password": unquote(password)} if found else login


_FORMS: Mapping[str, Callable[[str], Parts]] = {
    "mysql": _mysql,
    "mariadb": _mysql,
    "sqlite": _sqlite,
    "sqlserver": _sqlserver,
    "microsoft:sqlserver": _sqlserver,
    "jtds:sqlserver": _jtds,
    "jtds:sybase": _jtds,
    "oracle": _oracle,
    "oracle:thin": _oracle,
    "oracle:oci": _oracle,
    "db2": _db2,
    "db2j": _db2,
    "db2j:net": _db2,
    "ibmdb": _db2,
}
