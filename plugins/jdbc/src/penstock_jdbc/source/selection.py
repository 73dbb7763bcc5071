"""Which of the database's tables a connector reads (spec jdbc 4)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from penstock.api import ConnectException, ParsedConfig
from penstock_jdbc.config.names import BLACKLIST, EXCLUDE_LIST, INCLUDE_LIST, WHITELIST
from penstock_jdbc.config.regexes import compile_re2
from penstock_jdbc.database.identifiers import IdentifierRules, TableId
from penstock_jdbc.database.table import TableFilter

_DUPLICATES = (
    "The connector uses the unqualified table name as the topic name and has detected duplicate unqualified table names. This "
    "could lead to mixed data types in the topic and downstream processing errors. To prevent such processing errors, the JDBC "
    "Source connector fails to start when it detects duplicate table name configurations. Update the connector's "
    "'table.whitelist' config to include exactly one table in each of the tables listed below.\n\t"
)


@dataclass(frozen=True, slots=True)
class TableSelection:
    """The filters of a configuration. Those of the older generation, whitelist and blacklist, hold names; those of the newer
    one regular expressions for unquoted full names."""

    listed: TableFilter
    whitelist: frozenset[str] = frozenset()
    blacklist: frozenset[str] = frozenset()
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    unique_names: bool = True
    """Whether two tables of one bare name are refused, because their topic would be one."""

    @classmethod
    def of(cls, config: ParsedConfig, *, unique_names: bool = True) -> TableSelection:
        """The selection of a connector's configuration. Raises ValueError for a wrong expression."""
        return cls(
            listed=TableFilter(
                tuple(config.get_list("table.types")),
                config.get_string("catalog.pattern", None),
                config.get_string("schema.pattern", None),
            ),
            whitelist=frozenset(config.get_list(WHITELIST)),
            blacklist=frozenset(config.get_list(BLACKLIST)),
            include=tuple(compile_re2(text.strip()) for text in config.get_list(INCLUDE_LIST)),
            exclude=tuple(compile_re2(text.strip()) for text in config.get_list(EXCLUDE_LIST)),
            unique_names=unique_names,
        )

    def chosen(self, tables: Iterable[TableId], rules: IdentifierRules) -> list[TableId]:
        """Those of ``tables`` that are read, each once, in the order given. Raises ConnectException for two of one name."""
        found = list(dict.fromkeys(table for table in tables if self._wants(table, rules)))
        if self.unique_names:
            _refuse_duplicates(found)
        return found

    def _wants(self, table: TableId, rules: IdentifierRules) -> bool:
        full = table.full_name
        if self.include:
            wanted = any(pattern.fullmatch(full) for pattern in self.include)
            return wanted and not any(pattern.fullmatch(full) for pattern in self.exclude)
        names = {full, rules.quoted(table), table.table}
        if self.whitelist:
            return not self.whitelist.isdisjoint(names)
        return self.blacklist.isdisjoint(names)


def double_quoted(table: TableId) -> str:
    """The full name in double quotes, whatever the database: how Java's connector shows tables in some messages."""
    parts = [part for part in (table.catalog, table.schema, table.table) if part is not None]
    return ".".join(f'"{part}"' for part in parts)


def _refuse_duplicates(tables: Sequence[TableId]) -> None:
    by_name: defaultdict[str, list[TableId]] = defaultdict(list)
    for table in tables:
        by_name[table.table].append(table)
    groups = [same for same in by_name.values() if len(same) > 1]
    if groups:
        listed = ", ".join(f"[{', '.join(map(double_quoted, same))}]" for same in groups)
        raise ConnectException(f"{_DUPLICATES}[{listed}]")


def split_quoted(text: str, rules: IdentifierRules) -> list[str]:
    """The names in the list ``text``, between commas that stand outside of quotes."""
    names, start, quoted = [], 0, False
    for place, char in enumerate(text):
        if quoted:
            quoted = char != rules.closing
        elif char == rules.opening:
            quoted = True
        elif char == ",":
            names.append(text[start:place])
            start = place + 1
    names.append(text[start:])
    return [name.strip() for name in names if name.strip()]


def groups_of(tables: Sequence[TableId], most: int) -> list[list[TableId]]:
    """The tables in at most ``most`` groups of consecutive ones, whose sizes differ by one at most, larger ones first."""
    count = min(len(tables), most)
    size, more = divmod(len(tables), count) if count else (0, 0)
    groups, start = [], 0
    for number in range(count):
        end = start + size + (number < more)
        groups.append(list(tables[start:end]))
        start = end
    return groups
