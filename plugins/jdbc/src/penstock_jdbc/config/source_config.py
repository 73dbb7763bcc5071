"""The keys of the source connectors."""

from __future__ import annotations

from penstock.api import ConfigDef, ConfigKey, ConfigType, Importance
from penstock_jdbc.config.aiven import aiven_source_keys
from penstock_jdbc.config.names import TASK_TABLES, TASK_TABLES_FETCHED
from penstock_jdbc.config.source_connector_keys import CONNECTOR_KEYS
from penstock_jdbc.config.source_database_keys import DATABASE_KEYS
from penstock_jdbc.config.source_mode_keys import MODE_KEYS

SOURCE_CONFIG = ConfigDef([*DATABASE_KEYS, *MODE_KEYS, *CONNECTOR_KEYS])
"""What ``io.confluent.connect.jdbc.JdbcSourceConnector`` has, to the letter."""

AIVEN_SOURCE_CONFIG = ConfigDef(aiven_source_keys(SOURCE_CONFIG))
"""What ``io.aiven.connect.jdbc.JdbcSourceConnector`` takes beside (spec jdbc 16)."""

_TASK_KEYS = (
    ConfigKey(TASK_TABLES, ConfigType.LIST, "", Importance.HIGH, "The tables of this task, quoted full names."),
    ConfigKey(TASK_TABLES_FETCHED, ConfigType.BOOLEAN, False, Importance.HIGH, "Whether tables were listed yet."),
)

SOURCE_TASK_CONFIG = SOURCE_CONFIG.including(_TASK_KEYS)
"""The keys of a task's configuration."""

AIVEN_SOURCE_TASK_CONFIG = AIVEN_SOURCE_CONFIG.including(_TASK_KEYS)
"""The same of Aiven's."""
