"""The keys of the sink connectors (spec jdbc 12)."""

from __future__ import annotations

from penstock.api import ConfigDef
from penstock_jdbc.config.aiven import aiven_sink_keys
from penstock_jdbc.config.sink_connection_keys import CONNECTION_KEYS
from penstock_jdbc.config.sink_mapping_keys import MAPPING_KEYS
from penstock_jdbc.config.sink_writing_keys import DDL_KEYS, DML_KEYS, RETRY_KEYS, WRITE_KEYS

SINK_CONFIG = ConfigDef([*CONNECTION_KEYS, *WRITE_KEYS, *MAPPING_KEYS, *DDL_KEYS, *DML_KEYS, *RETRY_KEYS])
"""What ``io.confluent.connect.jdbc.JdbcSinkConnector`` has, to the letter."""

AIVEN_SINK_CONFIG = ConfigDef(aiven_sink_keys(SINK_CONFIG))
"""What ``io.aiven.connect.jdbc.JdbcSinkConnector`` takes beside (spec jdbc 16)."""
