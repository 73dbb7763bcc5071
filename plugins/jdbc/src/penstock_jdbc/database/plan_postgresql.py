"""PostgreSQL: pgjdbc's options for psycopg 3."""

from __future__ import annotations

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
    """The URL, the arguments of ``psycopg.connect`` and no statements. Raises ValueError for a wrong option."""
    options.accept(*_DONE_ANYWAY)
    arguments: dict[str, object] = {
        "application_name": options.text("ApplicationName", "application_name") or "penstock-jdbc",
        "connect_timeout": options.number("connectTimeout", "loginTimeout") or LOGIN_SECONDS,
        "options": _session(options),
        **_addresses(url),
        **_ssl(options),
        **_network(options),
    }
    if options.number("prepareThreshold") == 0:
        arguments["prepare_threshold"] = None  # a pooler in between may know no prepared statements
    user, password = options.text("user"), options.text("password")
    database = url.parts.database or options.text("PGDBNAME")
    return URL.create("postgresql+psycopg", user, password, database=database), arguments, ()


def _addresses(url: JdbcUrl) -> dict[str, object]:
    hosts = url.parts.hosts
    if not hosts:
        return {"host": "localhost"}
    return {
        "host": ",".join(host.name or "localhost" for host in hosts),
        "port": ",".join(str(host.port or 5432) for host in hosts),
    }


def _session(options: DriverOptions) -> str:
    """Server settings. pgjdbc sets the session's zone too; with UTC ``timestamptz`` reads the same everywhere."""
    given = options.text("options")
    settings = ["-c TimeZone=UTC", "-c DateStyle=ISO", "-c extra_float_digits=3"]
    schema = options.text("currentSchema")
    if schema is not None:
        settings.append(f"-c search_path={_escaped(schema)}")
    if given:
        settings.append(given)
    return " ".join(settings)


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
    if mode in {"verify-ca", "verify-full"} and "sslrootcert" not in found:
        found["sslrootcert"] = "system"
        found["sslmode"] = "verify-full"
    return found


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


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(" ", "\\ ")
