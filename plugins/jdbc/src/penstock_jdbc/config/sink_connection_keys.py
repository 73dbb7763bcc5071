"""The sink's keys of the group "Connection" (spec jdbc 2)."""

from __future__ import annotations

from penstock.api import ConfigKey, ConfigType, Importance, Width
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.layout import in_group
from penstock_jdbc.config.names import CONNECTION_URL

CONNECTION_KEYS = in_group(
    "Connection",
    [
        ConfigKey(
            CONNECTION_URL,
            ConfigType.STRING,
            importance=Importance.HIGH,
            doc="The database, as a JDBC URL: jdbc:postgresql://host/database, jdbc:mysql://host/database, jdbc:sqlite:path.",
            width=Width.LONG,
            display_name="JDBC URL",
        ),
        ConfigKey(
            "connection.user",
            ConfigType.STRING,
            None,
            Importance.HIGH,
            "The user to connect as.",
            width=Width.MEDIUM,
            display_name="JDBC User",
        ),
        ConfigKey(
            "connection.password",
            ConfigType.PASSWORD,
            None,
            Importance.HIGH,
            "The user's password.",
            width=Width.MEDIUM,
            display_name="JDBC Password",
        ),
        shared_keys.credentials_provider(),
        shared_keys.dialect_name(),
        shared_keys.attempts(),
        shared_keys.backoff(),
    ],
)
