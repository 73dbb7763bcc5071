"""Topics and their partitions in SQLite, remembered until one comes or goes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from penstock.api.record import TopicPartition
from penstock.log.embedded_store import FOREVER, TopicInfo
from penstock.log.errors import TopicExistsError
from penstock.log.sqlite_connection import Connection
from penstock.log.topic_config import TopicSettings, topic_settings
from penstock.log.topics import check_new_topic_name


class TopicTable:
    """Part of a :class:`~penstock.log.sqlite_store.SqliteStore`."""

    def __init__(self, connection: Connection, defaults: TopicSettings) -> None:
        self._connection = connection
        self._defaults = defaults
        self._topics: Mapping[str, TopicInfo] = {}
        self._ids: dict[TopicPartition, int] = {}
        self._changes = -1
        self._version: tuple[int, int] | None = None

    def refreshed(self) -> Mapping[str, TopicInfo]:
        """All topics; the same object as before when none came or went."""
        version = self._connection.version()
        if version != self._version:
            ((changes,),) = self._connection.read("SELECT topic_changes FROM log_info")
            if changes != self._changes:
                self._load()
                self._changes = changes  # older than what was loaded at worst: then it is loaded once more
            self._version = version
        return self._topics

    def id_of(self, partition: TopicPartition) -> int | None:
        """The row of a partition as of the last ``refreshed``; None when there is none. Ids are never used again."""
        return self._ids.get(partition)

    def create(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        with self._connection.write(FOREVER) as execute:
            existing = [other for (other,) in execute("SELECT name FROM topics")]
            if name in existing:
                raise TopicExistsError(f"Topic '{name}' already exists.")
            check_new_topic_name(name, existing)
            text = json.dumps(dict(configs))
            topic_id = execute("INSERT INTO topics (name, configs) VALUES (?, ?)", (name, text)).lastrowid
            for number in range(partitions):
                execute("INSERT INTO partitions (topic_id, number) VALUES (?, ?)", (topic_id, number))
            execute("UPDATE log_info SET topic_changes = topic_changes + 1")

    def delete(self, name: str) -> None:
        with self._connection.write(FOREVER) as execute:
            for (topic_id,) in execute("SELECT id FROM topics WHERE name = ?", (name,)).fetchall():
                execute("DELETE FROM topics WHERE id = ?", (topic_id,))
                # The records may be many: housekeeping removes them bit by bit.
                execute("UPDATE partitions SET topic_id = NULL WHERE topic_id = ?", (topic_id,))
                execute("DELETE FROM group_offsets WHERE topic_id = ?", (topic_id,))
                execute("UPDATE log_info SET topic_changes = topic_changes + 1")

    def _load(self) -> None:
        rows = self._connection.read(
            "SELECT name, configs, number, partitions.id FROM topics JOIN partitions ON topic_id = topics.id "
            "ORDER BY topics.id, number"
        )
        self._ids = {TopicPartition(name, number): key for name, _, number, key in rows}
        counts: dict[str, int] = {}
        for name, _, _, _ in rows:
            counts[name] = counts.get(name, 0) + 1
        configs = {name: json.loads(text) for name, text, _, _ in rows}
        self._topics = {
            name: TopicInfo(name, count, configs[name], topic_settings(configs[name], self._defaults))
            for name, count in counts.items()
        }
