"""MERGE, which several databases spell nearly alike (spec jdbc 13.5)."""

# ruff: noqa: S608  # names are quoted, and values are parameters or escaped literals

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import TableFields


@dataclass(frozen=True, slots=True)
class MergeWords:
    """Where the spellings differ. ``as_word`` stands between a value and its name in the row that comes in."""

    target: str = " AS target"
    select: str = "SELECT"
    source: str = ""
    as_word: str = " AS "
    end: str = ""


class MergingDialect(SinkDialect):
    """A database whose upsert is a MERGE of one selected row."""

    words = MergeWords()

    def upsert(self, table: TableId, fields: TableFields, casts: Mapping[str, str]) -> str:
        words, quote = self.words, self.rules.quote
        row = ", ".join(f"{self.mark(field, casts)}{words.as_word}{quote(field.name)}" for field in fields.all)
        same = " AND ".join(f"target.{quote(f.name)}=incoming.{quote(f.name)}" for f in fields.keys)
        changed = ",".join(f"target.{quote(f.name)}=incoming.{quote(f.name)}" for f in fields.others)
        matched = f" WHEN MATCHED THEN UPDATE SET {changed}" if changed else ""
        return (
            f"MERGE INTO {self.rules.quoted(table)}{self.target_words()} USING ({words.select} {row}{words.source}) incoming "
            f"ON ({same}){matched} WHEN NOT MATCHED THEN INSERT ({self.names(fields.all)}) "
            f"VALUES ({self.names(fields.all, 'incoming.')}){words.end}"
        )

    def target_words(self) -> str:
        """What stands behind the table's name."""
        return self.words.target
