"""Connection settings from a configuration, forbidden options, and providers of credentials."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import ClassVar

import pytest

from penstock.api import ConfigException, ConnectException, Password
from penstock_jdbc.config.sink_config import AIVEN_SINK_CONFIG, SINK_CONFIG
from penstock_jdbc.config.source_config import AIVEN_SOURCE_CONFIG, SOURCE_CONFIG
from penstock_jdbc.database.credentials import DEFAULT_CLASS, Credentials, FixedCredentials, ask, provider_of
from penstock_jdbc.database.identifiers import Quoting
from penstock_jdbc.database.isolation import Isolation
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.database.settings import BLOCKED_VARIABLE, ConnectionSettings

URL = {"connection.url": "jdbc:postgresql://h/d?ssl=false"}


def source(**props: str) -> ConnectionSettings:
    given = {**URL, **{key.replace("__", "."): value for key, value in props.items()}}
    return ConnectionSettings.of(SOURCE_CONFIG.parsed(given), given)


class Rotating:
    """A provider as users write them."""

    configured: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self.asked = 0

    def configure(self, props: Mapping[str, str]) -> None:
        Rotating.configured = props

    def credentials(self) -> Credentials:
        self.asked += 1
        return Credentials("u", f"p{self.asked}")


class WithoutMethod:
    """No provider."""


class Broken:
    """A provider that can't be made."""

    def configure(self, props: Mapping[str, str]) -> None:
        raise ValueError("vault is sealed")


class Odd:
    """A provider that answers something else."""

    def credentials(self) -> Credentials:
        return "u/p"  # type: ignore[return-value]


def test_settings_by_default() -> None:
    found = source()
    assert found == ConnectionSettings(URL["connection.url"], FixedCredentials())
    assert found.kind() is DatabaseKind.POSTGRESQL


def test_all_keys_are_read() -> None:
    found = source(
        connection__user="u",
        connection__password="p",
        connection__attempts="5",
        connection__backoff__ms="7",
        connection__sslmode="require",
        connection__ApplicationName="x",
        dialect__name="SqliteDatabaseDialect",
        quote__sql__identifiers="Never",
        db__timezone="EST",
        transaction__isolation__mode="serializable",
    )
    assert found == ConnectionSettings(
        URL["connection.url"],
        FixedCredentials("u", Password("p")),
        {"sslmode": "require", "ApplicationName": "x"},
        attempts=5,
        backoff_ms=7,
        dialect_name="SqliteDatabaseDialect",
        quoting=Quoting.NEVER,
        db_timezone=dt.timezone(dt.timedelta(hours=-5)),
        isolation=Isolation.SERIALIZABLE,
    )
    assert found.kind() is DatabaseKind.SQLITE


def test_the_sink_has_no_isolation_mode() -> None:
    assert ConnectionSettings.of(SINK_CONFIG.parsed(URL), URL).isolation is Isolation.DEFAULT


@pytest.mark.parametrize("definition", [AIVEN_SOURCE_CONFIG, AIVEN_SINK_CONFIG])
def test_aivens_key_for_quoting(definition: object) -> None:
    assert definition in (AIVEN_SOURCE_CONFIG, AIVEN_SINK_CONFIG)
    chosen = AIVEN_SOURCE_CONFIG if definition is AIVEN_SOURCE_CONFIG else AIVEN_SINK_CONFIG
    props = {**URL, "sql.quote.identifiers": "false"}
    assert ConnectionSettings.of(chosen.parsed(props), props).quoting is Quoting.NEVER
    assert ConnectionSettings.of(chosen.parsed(URL), URL).quoting is Quoting.ALWAYS


def test_an_unknown_quoting_is_told_in_connects_words() -> None:
    with pytest.raises(ConnectException, match=r"^No matching QuoteMethod found for 'nope'$"):
        source(quote__sql__identifiers="nope")


def test_an_unknown_isolation_mode_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert source(transaction__isolation__mode="nope").isolation is Isolation.DEFAULT
    assert "transaction.isolation.mode=nope is no isolation mode; the database's own is used" in caplog.text


def test_the_repr_tells_no_secret() -> None:
    found = source(
        connection__url="jdbc:mysql://h/d?password=s3cret", connection__password="s3cret", connection__x="s3cret"
    )
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("url", "props", "told"),
    [
        ("jdbc:mysql://h/d?AllowLoadLocalInfile=true", {}, "AllowLoadLocalInfile"),
        ("jdbc:mysql://h/d", {"connection__allowLoadLocalInfile": "true"}, "allowLoadLocalInfile"),
        ("mysql+pymysql://h/d?autodeserialize=1", {}, "autodeserialize"),
    ],
)
def test_options_that_the_operator_forbids(
    url: str, props: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BLOCKED_VARIABLE, "allowLoadLocalInfile, autoDeserialize")
    with pytest.raises(ConnectException) as caught:
        source(connection__url=url, **props).parsed()
    assert str(caught.value) == (
        f"The connection sets {told}, which the operator of this worker forbids (JDBC_CONNECTION_URL_BLOCKED_PARAMS). Remove "
        "it from 'connection.url' and from the 'connection.*' keys"
    )


def test_options_that_nobody_forbids_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BLOCKED_VARIABLE, "allowLoadLocalInfile")
    assert source().parsed().properties == {"ssl": "false"}


@pytest.mark.parametrize("name", [f"{__name__}:Rotating", f"{__name__}.Rotating"])
def test_a_provider_of_ones_own_is_configured_and_asked_every_time(name: str) -> None:
    found = source(
        jdbc__credentials__provider__class=name,
        jdbc__credentials__provider__path="/secret",
        connection__user="me",
    ).credentials
    assert Rotating.configured == {"path": "/secret", "connection.user": "me"}
    assert [ask(found).password, ask(found).password] == ["p1", "p2"]


def test_the_default_provider_gives_user_and_password() -> None:
    found = source(jdbc__credentials__provider__class=DEFAULT_CLASS, connection__user="u", connection__password="p")
    assert ask(found.credentials) == Credentials("u", "p")
    assert "p" not in repr(ask(found.credentials)).removeprefix("Credentials").replace("password", "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nope", "the provider can't be made: "),
        (
            "nope:Class",
            "the provider can't be made: No module named 'nope'. Name a Python class as module:Class; Java classes ",
        ),
        (f"{__name__}:Nope", "the provider can't be made: module "),
        (f"{__name__}:Broken", "the provider can't be made: vault is sealed."),
        (f"{__name__}:WithoutMethod", "the class has no method credentials()"),
    ],
)
def test_a_provider_that_is_none_is_told(name: str, reason: str) -> None:
    with pytest.raises(ConfigException) as caught:
        provider_of(name, {})
    assert str(caught.value).startswith(
        f"Invalid value {name} for configuration jdbc.credentials.provider.class: {reason}"
    )


def test_a_provider_that_answers_something_else_is_told() -> None:
    with pytest.raises(
        ConnectException, match=r"^Odd.credentials\(\) returned str; penstock_jdbc\..*Credentials is expected$"
    ):
        ask(Odd())
