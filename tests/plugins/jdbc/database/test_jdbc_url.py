"""JDBC URLs in all the forms of the specification."""

from __future__ import annotations

import pytest

from penstock.api import ConnectException
from penstock_jdbc.database.jdbc_url import masked, parse_url
from penstock_jdbc.database.url_forms import Host


@pytest.mark.parametrize(
    ("text", "hosts", "database", "properties"),
    [
        ("jdbc:postgresql://h/d", [Host("h")], "d", {}),
        (
            "jdbc:postgresql://h1:1,h2:2/d?ssl=true&x=a%20b&flag",
            [Host("h1", 1), Host("h2", 2)],
            "d",
            {"ssl": "true", "x": "a b", "flag": ""},
        ),
        ("jdbc:postgresql:d", [], "d", {}),
        ("jdbc:postgresql:///d", [], "d", {}),
        ("jdbc:postgresql://[::1]:5432/a%2Fb", [Host("::1", 5432)], "a/b", {}),
        ("jdbc:postgresql://u:p%40w@h/d?user=v", [Host("h")], "d", {"user": "v", "password": "p@w"}),
        ("jdbc:mysql://h:3307/d?useSSL=false", [Host("h", 3307)], "d", {"useSSL": "false"}),
        ("jdbc:mysql://h", [Host("h")], None, {}),
        ("jdbc:mysql://h?a=b", [Host("h")], None, {"a": "b"}),
        ("jdbc:mysql://h1,h2:2/", [Host("h1"), Host("h2", 2)], None, {}),
        ("jdbc:mysql:loadbalance://h1,h2/d", [Host("h1"), Host("h2")], "d", {}),
        (
            "jdbc:mariadb://address=(host=h1)(port=1)(type=master),address=(host=h2)/d",
            [Host("h1", 1), Host("h2", 3306)],
            "d",
            {},
        ),
        ("jdbc:mysql://(host=h,port=7)/d", [Host("h", 7)], "d", {}),
        ("jdbc:mysql://u:p@h/d", [Host("h")], "d", {"user": "u", "password": "p"}),
        (
            "jdbc:sqlserver://h\\inst:1433;databaseName=d;password={a;b}}c};encrypt=true",
            [Host("h", 1433)],
            "d",
            {"instanceName": "inst", "databaseName": "d", "password": "a;b}c", "encrypt": "true"},
        ),
        (
            "jdbc:sqlserver://;serverName=h;port=5;database=d",
            [Host("h", 5)],
            "d",
            {"serverName": "h", "port": "5", "database": "d"},
        ),
        ("jdbc:jtds:sqlserver://h:1/d;instance=i;domain=X", [Host("h", 1)], "d", {"instance": "i", "domain": "X"}),
        ("jdbc:oracle:thin:@h:1521:SID", [Host("h", 1521)], None, {"sid": "SID"}),
        ("jdbc:oracle:thin:@//h:1521/service", [Host("h", 1521)], "service", {}),
        ("jdbc:oracle:thin:@h/service", [Host("h")], "service", {}),
        ("jdbc:oracle:thin:@tcps://h:2484/service", [Host("h", 2484)], "service", {"protocol": "tcps"}),
        ("jdbc:oracle:thin:u/p@h:1:S", [Host("h", 1)], None, {"user": "u", "password": "p", "sid": "S"}),
        (
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=h)(PORT=1)))",
            [],
            "(DESCRIPTION=(ADDRESS=(HOST=h)(PORT=1)))",
            {},
        ),
        ("jdbc:oracle:thin:@alias?TNS_ADMIN=/x", [], "alias", {"TNS_ADMIN": "/x"}),
        ("jdbc:sqlite:/a/b.db", [], "/a/b.db", {}),
        ("jdbc:sqlite::memory:", [], ":memory:", {}),
        ("jdbc:sqlite:file:/a.db?mode=ro&busy_timeout=1", [], "file:/a.db", {"mode": "ro", "busy_timeout": "1"}),
        ("jdbc:db2://h:50000/d:user=u;password=p;", [Host("h", 50000)], "d", {"user": "u", "password": "p"}),
        ("jdbc:db2:alias", [], "alias", {}),
    ],
)
def test_a_url_is_taken_apart(text: str, hosts: list[Host], database: str | None, properties: dict[str, str]) -> None:
    found = parse_url(text)
    assert (list(found.parts.hosts), found.parts.database, dict(found.properties)) == (hosts, database, properties)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Not a valid JDBC URL: "),
        ("nope", "Not a valid JDBC URL: nope"),
        ("jdbc:", "Not a valid JDBC URL: jdbc:"),
        ("jdbc:sqlite", "Not a valid JDBC URL: jdbc:sqlite"),
        ("http://h/d", "Not a valid JDBC URL: http://h/d"),
        ("jdbc:nope:x", "No suitable driver found for jdbc:nope:x"),
        ("jdbc:nope:x?password=s3cret&a=b", "No suitable driver found for jdbc:nope:x?password=[hidden]&a=b"),
        (
            "jdbc:postgresql://h:x/d",
            "Not a valid JDBC URL: jdbc:postgresql://h:x/d: 'h:x' is no host; host:port is expected, an IPv6 address in brackets",
        ),
        (
            "jdbc:mysql://h:99999/d",
            "Not a valid JDBC URL: jdbc:mysql://h:99999/d: 99999 is no port; 1 to 65535 is expected",
        ),
        ("jdbc:mysql:h/d", "Not a valid JDBC URL: jdbc:mysql:h/d: '//' is expected before the host"),
        ("jdbc:oracle:thin:h", "Not a valid JDBC URL: jdbc:oracle:thin:h: '@' is expected before the address"),
    ],
)
def test_what_is_no_url_is_told_in_javas_words(text: str, message: str) -> None:
    with pytest.raises(ConnectException) as caught:
        parse_url(text)
    assert str(caught.value) == message


def test_neither_repr_nor_the_shown_url_tells_a_secret() -> None:
    found = parse_url("jdbc:postgresql://u:s3cret@h:1/d?password=s3cret&sslpassword=s3cret")
    assert found.shown == "jdbc:postgresql://h:1/d"
    assert "s3cret" not in repr(found)
    native = parse_url("postgresql+psycopg://u:s3cret@h/d?password=s3cret")
    assert native.shown == "postgresql+psycopg://u:***@h/d"
    assert "s3cret" not in repr(native)


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:postgresql://u:s3cret@h/d",
        "jdbc:oracle:thin:scott/s3cret@h:1:X",
        "jdbc:sqlserver://h;password=s3cret;x=y",
        "jdbc:mysql://h/d?PASSWORD=s3cret",
    ],
)
def test_a_url_in_an_error_text_hides_its_password(text: str) -> None:
    assert "s3cret" not in masked(text)
    assert "[hidden]" in masked(text)
