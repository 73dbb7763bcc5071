"""The table of a topic (spec jdbc 13.1)."""

from __future__ import annotations

import re

from penstock.api import ConnectException
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.sink.settings import SinkSettings

_NO_NAME = re.compile(r"[^A-Za-z0-9_]")


class Destinations:
    """Finds tables, and remembers them. ``own`` are catalog and schema of the connection, for names that lack them."""

    def __init__(self, settings: SinkSettings, rules: IdentifierRules) -> None:
        self._settings = settings
        self._rules = rules
        self._found: dict[str, TableId] = {}

    def table_of(self, topic: str) -> TableId:
        """The table as the configuration names it. Raises ConnectException for a name that is none."""
        found = self._found.get(topic)
        if found is None:
            found = self._found[topic] = self._named(topic)
        return found

    def _named(self, topic: str) -> TableId:
        given = self._settings.topics_to_tables.get(topic)
        name = self._settings.table_name_format.replace("${topic}", topic) if given is None else given
        if self._settings.normalize_names and given is None:
            name = _NO_NAME.sub("_", name)
        if not name.strip():
            raise ConnectException(
                f"Destination table name for topic '{topic}' is empty using the format string "
                f"'{self._settings.table_name_format}'"
            )
        return self._rules.parse(name)
