"""SQL Server, Oracle and Db2: their JDBC drivers' options for pymssql, pyodbc, oracledb and ibm_db."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy.engine import URL

from penstock_jdbc.database.driver_options import DriverOptions
from penstock_jdbc.database.jdbc_url import JdbcUrl
from penstock_jdbc.database.plan_postgresql import LOGIN_SECONDS

_Plan = tuple[URL, dict[str, object], tuple[str, ...]]


def plan_sqlserver(url: JdbcUrl, options: DriverOptions) -> _Plan:
    """pyodbc where it alone is installed, which knows every option; else pymssql."""
    options.accept("databaseName", "database", "serverName", "server", "portNumber", "port")
    options.accept("sendStringParametersAsUnicode", "sendTimeAsDatetime", "selectMethod", "responseBuffering")
    user, password = options.text("user", "userName"), options.text("password")
    host = url.parts.hosts[0]
    instance = options.text("instanceName", "instance")
    timeout = options.number("loginTimeout") or LOGIN_SECONDS
    if has_pyodbc():
        return _pyodbc(url, options, (user, password)), {"timeout": timeout}, ()
    arguments: dict[str, object] = {
        "login_timeout": timeout,
        "appname": options.text("applicationName") or "penstock-jdbc",
    }
    if options.flag("integratedSecurity") or options.text("authentication", "accessToken"):
        raise ValueError(
            "integratedSecurity, authentication and accessToken need the driver pyodbc: pip install pyodbc, together with "
            "Microsoft's ODBC driver, and remove pymssql"
        )
    encrypt = options.text("encrypt", "ssl")
    options.accept("trustServerCertificate", "hostNameInCertificate")
    if encrypt is not None:
        arguments["encryption"] = "require" if encrypt.lower() in {"true", "strict", "require"} else "off"
    if options.text("applicationIntent", "ApplicationIntent") == "ReadOnly":
        arguments["read_only"] = True
    domain = options.text("domain")
    options.accept("useNTLMv2")
    login = f"{domain}\\{user}" if domain and user else user
    name = f"{host.name}\\{instance}" if instance else host.name
    port = host.port if host.port is not None or instance else 1433
    return URL.create("mssql+pymssql", login, password, name, port, url.parts.database), arguments, ()


def has_pyodbc() -> bool:
    """Whether pyodbc is the only driver there is."""
    return find_spec("pyodbc") is not None and find_spec("pymssql") is None


def _pyodbc(url: JdbcUrl, options: DriverOptions, login: tuple[str | None, str | None]) -> URL:
    host = url.parts.hosts[0]
    query = {"driver": "ODBC Driver 18 for SQL Server"}
    for ours, theirs in (
        ("encrypt", "Encrypt"),
        ("trustServerCertificate", "TrustServerCertificate"),
        ("hostNameInCertificate", "HostNameInCertificate"),
        ("applicationIntent", "ApplicationIntent"),
        ("multiSubnetFailover", "MultiSubnetFailover"),
        ("authentication", "Authentication"),
        ("applicationName", "APP"),
    ):
        value = options.text(ours)
        if value is not None:
            query[theirs] = {"true": "yes", "false": "no"}.get(value.lower(), value)
    if options.flag("integratedSecurity"):
        query["Trusted_Connection"] = "yes"
    instance = options.text("instanceName", "instance")
    name = f"{host.name}\\{instance}" if instance else host.name
    port = host.port if host.port is not None or instance else 1433
    return URL.create("mssql+pyodbc", *login, host=name, port=port, database=url.parts.database, query=query)


def plan_oracle(url: JdbcUrl, options: DriverOptions) -> _Plan:
    """python-oracledb in its thin mode: a connect descriptor, an Easy Connect text or an alias is its ``dsn``."""
    user, password = options.text("user"), options.text("password")
    arguments: dict[str, object] = {}
    milliseconds = options.number("oracle.net.CONNECT_TIMEOUT")
    seconds = max(1, milliseconds // 1000) if milliseconds else LOGIN_SECONDS
    arguments["tcp_connect_timeout"] = float(seconds)
    directory = options.text("TNS_ADMIN", "oracle.net.tns_admin")
    if directory:
        arguments["config_dir"] = directory
    wallet = options.text("oracle.net.wallet_location")
    if wallet:
        arguments["wallet_location"] = wallet.rpartition("DIRECTORY=")[2].strip("()") or wallet
    options.accept("oracle.jdbc.ReadTimeout")
    sid, protocol = options.text("sid"), options.text("protocol")
    arguments["dsn"] = _oracle_dsn(url, sid, protocol)
    return URL.create("oracle+oracledb", user, password), arguments, ()


def _oracle_dsn(url: JdbcUrl, sid: str | None, protocol: str | None) -> str:
    hosts = url.parts.hosts
    if sid is not None:
        host = hosts[0]
        address = f"(ADDRESS=(PROTOCOL=TCP)(HOST={host.name})(PORT={host.port or 1521}))"
        return f"(DESCRIPTION={address}(CONNECT_DATA=(SID={sid})))"
    if not hosts:
        return url.parts.database or ""
    listed = ",".join(host.text for host in hosts)
    return f"{protocol + '://' if protocol else ''}{listed}/{url.parts.database or ''}"


def plan_db2(url: JdbcUrl, options: DriverOptions) -> _Plan:
    """ibm_db."""
    user, password = options.text("user"), options.text("password")
    query: dict[str, str] = {}
    if options.flag("sslConnection"):
        query["SECURITY"] = "SSL"
        certificate = options.text("sslCertLocation")
        if certificate:
            query["SSLSERVERCERTIFICATE"] = certificate
    schema = options.text("currentSchema")
    statements = (f"SET CURRENT SCHEMA = '{schema.replace(chr(39), chr(39) * 2)}'",) if schema else ()
    hosts = url.parts.hosts
    host, port = (hosts[0].name, hosts[0].port or 50000) if hosts else (None, None)
    target = URL.create("db2+ibm_db", user, password, host, port, url.parts.database, query)
    return target, {}, statements
