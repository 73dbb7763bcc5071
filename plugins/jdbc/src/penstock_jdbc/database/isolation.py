"""``transaction.isolation.mode`` (spec jdbc 2, 3)."""

from __future__ import annotations

import enum


class Isolation(enum.Enum):
    """An isolation level. The value is SQLAlchemy's name; None leaves the database's own."""

    DEFAULT = None
    READ_UNCOMMITTED = "READ UNCOMMITTED"
    READ_COMMITTED = "READ COMMITTED"
    REPEATABLE_READ = "REPEATABLE READ"
    SERIALIZABLE = "SERIALIZABLE"
    SQL_SERVER_SNAPSHOT = "SNAPSHOT"

    @classmethod
    def of(cls, text: str) -> Isolation:
        """The level of this name, in any case. An unknown name is DEFAULT: validation lets it pass as Connect's does (spec
        jdbc 21.6)."""
        return cls.__members__.get(text.upper(), cls.DEFAULT)
