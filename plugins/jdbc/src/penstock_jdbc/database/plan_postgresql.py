"""PostgreSQL: pgjdbc's options for psycopg 3."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL

from penstock_jdbc.database.driver_options import DriverOptions
from penstock_jdbc.database.jdbc_url import JdbcUrl

LOGIN_SECONDS = 40
"""How long a driver may take to log in (spec jdbc 2)."""

_TARGETS = {
    "any": "any",
    "primary": "primary",
    "master": "primary",
    "secondary": "standby",
    "slave": "standby",
    "preferSecondary": "prefer-standby",
    "preferSlave": "prefer-standby",
    "preferPrimary": "any",
}
_DONE_ANYWAY = (
    "reWriteBatchedInserts",
    "defaultRowFetchSize",
    "binaryTransfer",
    "stringtype",
    "adaptiveFetch",
    "autosave",
    "cleanupSavepoints",
    "preferQueryMode",
    "ApplicationName",
)


def plan_postgresql(url: JdbcUrl, options: DriverOptions) -> tuple[URL, dict[str, object], tuple[str, ...]]:
    """The URL, the arguments of ``psycopg.connect`` and the statements for every session. Raises ValueError."""
    options.accept(*_DONE_ANYWAY)
    arguments: dict[str, object] = {
        "application_name": options.text("ApplicationName", "application_name") or "penstock-jdbc",
        "connect_timeout": options.number("connectTimeout", "loginTimeout") or LOGIN_SECONDS,
        **_addresses(url),
        **_ssl(options),
        **_network(options),
    }
    if options.number("prepareThreshold") == 0:
        arguments["prepare_threshold"] = None  # a pooler in between may know no prepared statements
    given = options.text("options")
    if given:
        arguments["options"] = given
    user, password = options.text("user"), options.text("password")
    database = url.parts.database or options.text("PGDBNAME")
    return (
        URL.create("postgresql+psycopg", user, password, database=database),
        arguments,
        _statements(options, given or ""),
    )


def _addresses(url: JdbcUrl) -> dict[str, object]:
    hosts = url.parts.hosts
    if not hosts:
        return {"host": "localhost"}
    return {
        "host": ",".join(host.name or "localhost" for host in hosts),
        "port": ",".join(str(host.port or 5432) for host in hosts),
    }


def _statements(options: DriverOptions, given: str) -> tuple[str, ...]:
    """pgjdbc sets zone and date style of its sessions too: ``timestamptz`` then reads the same everywhere. What the user's own
    ``options`` set stays. Statements rather than start-up options: poolers between us and the server know few of those."""
    settings = {"TimeZone": "UTC", "DateStyle": "ISO"}
    schema = options.text("currentSchema")
    if schema:
        settings["search_path"] = schema
    set_by_user = {name for name in settings if name.lower() in given.lower()}
    texts = [
        f"set_config('{name}', '{value.replace(chr(39), chr(39) * 2)}', false)"
        for name, value in settings.items()
        if name not in set_by_user
    ]
    return (f"SELECT {', '.join(texts)}",) if texts else ()


def _ssl(options: DriverOptions) -> dict[str, object]:
    found: dict[str, object] = {}
    mode = options.text("sslmode")
    wanted = options.flag("ssl")
    if mode is None and wanted:
        mode = "verify-full"
    if mode is not None:
        found["sslmode"] = mode
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword"):
        value = options.text(name)
        if value is not None:
            found[name] = value
    if mode in {"verify-ca", "verify-full"} and "sslrootcert" not in found and not root_certificate_exists():
        found["sslrootcert"] = "system"
        found["sslmode"] = "verify-full"  # libpq wants host names checked with the system's certificates
    return found


def root_certificate_exists() -> bool:
    """Whether there are certificates to trust where libpq and pgjdbc look for them."""
    return Path("~/.postgresql/root.crt").expanduser().exists()


def _network(options: DriverOptions) -> dict[str, object]:
    found: dict[str, object] = {}
    keep_alive = options.flag("tcpKeepAlive")
    if keep_alive is not None:
        found["keepalives"] = int(keep_alive)
    seconds = options.number("socketTimeout")
    if seconds:
        found["tcp_user_timeout"] = seconds * 1000
    target = options.text("targetServerType")
    if target is not None:
        if target not in _TARGETS:
            raise ValueError(f"option targetServerType must be one of {', '.join(_TARGETS)}, not '{target}'")
        found["target_session_attrs"] = _TARGETS[target]
    balance = options.flag("loadBalanceHosts")
    if balance:
        found["load_balance_hosts"] = "random"
    return found
