"""MySQL and MariaDB: options of Connector/J and MariaDB Connector/J for mysqlclient or PyMySQL."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy.engine import URL

from penstock_jdbc.database.driver_options import DriverOptions
from penstock_jdbc.database.jdbc_url import JdbcUrl
from penstock_jdbc.database.plan_postgresql import LOGIN_SECONDS
from penstock_jdbc.database.url_forms import Host

_DONE_ANYWAY = (
    "useCursorFetch",
    "defaultFetchSize",
    "rewriteBatchedStatements",
    "useBulkStmts",
    "useServerPrepStmts",
    "cachePrepStmts",
    "useUnicode",
    "characterEncoding",  # always UTF-8 on the wire, which loses nothing
    "nullCatalogMeansCurrent",
    "nullDatabaseMeansCurrent",
    "allowPublicKeyRetrieval",
    "autoReconnect",
    "useLegacyDatetimeCode",
    # Read from the URL by the source, which turns columns into values:
    "tinyInt1isBit",
    "transformedBitIsBoolean",
    "yearIsDateType",
    "zeroDateTimeBehavior",
    "serverTimezone",
    "connectionTimeZone",
    "timezone",
)


def mysql_driver() -> str:
    """SQLAlchemy's name of the driver: mysqlclient, written in C, where it is installed, else PyMySQL."""
    return "mysqldb" if find_spec("MySQLdb") is not None else "pymysql"


def plan_mysql(url: JdbcUrl, options: DriverOptions) -> tuple[URL, dict[str, object], tuple[str, ...]]:
    """The URL, the arguments of ``connect``, and the statements for every session. Raises ValueError for a wrong option."""
    options.accept(*_DONE_ANYWAY)
    driver = mysql_driver()
    milliseconds = options.number("connectTimeout")
    arguments: dict[str, object] = {
        "charset": "utf8mb4",
        "connect_timeout": max(1, milliseconds // 1000) if milliseconds else LOGIN_SECONDS,
        **_ssl(options, driver),
    }
    socket = options.number("socketTimeout")
    if socket:
        arguments["read_timeout"] = arguments["write_timeout"] = max(1, socket // 1000)
    user, password = options.text("user"), options.text("password")
    first = mysql_hosts(url)[0]
    target = URL.create(f"mysql+{driver}", user, password, first.name, first.port, url.parts.database)
    return target, arguments, _statements(url, options)


def mysql_hosts(url: JdbcUrl) -> tuple[Host, ...]:
    """The hosts to try, in order. The C client takes "localhost" for its socket file, where JDBC always speaks TCP."""
    given = url.parts.hosts or (Host("localhost"),)
    return tuple(
        Host("127.0.0.1" if host.name in {"", "localhost"} else host.name, host.port or 3306) for host in given
    )


def _statements(url: JdbcUrl, options: DriverOptions) -> tuple[str, ...]:
    """Connector/J makes sessions strict, so that values too long fail rather than being cut (jdbcCompliantTruncation)."""
    strict = options.flag("jdbcCompliantTruncation")
    statements = []
    if strict is not False:
        statements.append(
            "SET SESSION sql_mode = IF(@@sql_mode LIKE '%STRICT_%_TABLES%', @@sql_mode, "
            "CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_TRANS_TABLES'))"
        )
    if options.flag("forceConnectionTimeZoneToSession"):
        zone = url.properties.get("connectionTimeZone") or url.properties.get("serverTimezone") or "SERVER"
        if zone.upper() not in {"SERVER", "LOCAL"}:
            statements.append(f"SET SESSION time_zone = '{_quoted('+00:00' if zone.upper() == 'UTC' else zone)}'")
    variables = options.text("sessionVariables")
    if variables:
        statements.extend(f"SET SESSION {setting}" for setting in _settings(variables))
    return tuple(statements)


def _settings(text: str) -> list[str]:
    """Split at commas and semicolons outside quotes and brackets."""
    found, depth, quote, start = [], 0, "", 0
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
            if char in ",;" and depth == 0:
                found.append(text[start:place].strip())
                start = place + 1
    return [setting for setting in [*found, text[start:].strip()] if setting]


def _ssl(options: DriverOptions, driver: str) -> dict[str, object]:
    mode = (options.text("sslMode") or "").upper().replace("-", "_")
    mode = {"DISABLE": "DISABLED", "TRUST": "REQUIRED", "VERIFY_FULL": "VERIFY_IDENTITY"}.get(mode, mode)
    use, require, verify = (
        options.flag("useSSL"),
        options.flag("requireSSL"),
        options.flag("verifyServerCertificate"),
    )
    if not mode:
        if use is False:
            mode = "DISABLED"
        elif verify:
            mode = "VERIFY_CA"
        elif require or use:
            mode = "REQUIRED"
    files = {
        "ca": options.text("serverSslCert", "sslCa"),
        "cert": options.text("sslCert"),
        "key": options.text("sslKey"),
    }
    given: dict[str, object] = {name: path for name, path in files.items() if path}
    if mode in {"", "PREFERRED"}:
        return {"ssl": given} if given else {}
    if mode not in {"DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"}:
        raise ValueError(
            f"option sslMode must be DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, not '{mode}'"
        )
    if driver == "mysqldb":
        return {"ssl_mode": mode, **({"ssl": given} if given else {})}
    if mode == "DISABLED":
        return {"ssl_disabled": True}
    checks = {"check_hostname": mode == "VERIFY_IDENTITY", "verify_mode": mode.startswith("VERIFY")}
    return {"ssl": {**given, **checks}}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")
